import type { ReactNode } from "react";
import { AgentStateControl } from "../../features/desk/agent-state-control.tsx";
import { CallBar } from "../../features/desk/call-bar.tsx";
import { PhoneIndicator } from "../../features/desk/phone-indicator.tsx";
import { HelpBell } from "../../features/floor/help-bell.tsx";
import { HelpButton } from "../../features/learning/help-button.tsx";
import { AccountMenu } from "../../features/session/account-menu.tsx";
import { DemonstrationMark } from "../../features/session/demonstration.tsx";
import { useMay } from "../../features/session/session.ts";
import styles from "./frame.module.css";

/** The agent's state, the call bar, the phone, and one's own menu. */
export function TopBar(): ReactNode {
  const works = useMay()("desk.work");
  return (
    <header className={styles["top"]}>
      <div className={styles["topRow"]}>{works && <AgentStateControl />}</div>
      <div className={styles["call"]}>{works && <CallBar />}</div>
      <DemonstrationMark />
      <div className={styles["ends"]}>
        <HelpBell />
        {works && <PhoneIndicator />}
        <HelpButton />
        <AccountMenu />
      </div>
    </header>
  );
}
