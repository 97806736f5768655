import type { ReactNode } from "react";
import { AccountMenu } from "../../features/session/account-menu.tsx";
import styles from "./frame.module.css";

/** The agent's state, the call bar, and one's own menu. */
export function TopBar(): ReactNode {
  return (
    <header className={styles["top"]}>
      <div className={styles["topRow"]}>
        <div className={styles["ends"]}>
          <AccountMenu />
        </div>
      </div>
    </header>
  );
}
