import { useLingui } from "@lingui/react/macro";
import { Outlet, useLocation } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { DeskKeeper } from "../../features/desk/desk-keeper.tsx";
import { StopWatch } from "../../features/dialling/stop-watch.tsx";
import { LazyTourOffer, Learning } from "../../features/learning/learning.tsx";
import { useMay } from "../../features/session/session.ts";
import { useOwnTheme } from "../../features/session/use-prefer.ts";
import { RoomBoundary } from "../../ui/room-boundary.tsx";
import { ConnectionBar } from "./connection-bar.tsx";
import { ShellKeys } from "./shell-keys.tsx";
import { Rail } from "./rail.tsx";
import { TopBar } from "./top-bar.tsx";
import { UpdateBar } from "./update-bar.tsx";
import styles from "./frame.module.css";

/** Rail, top bar, page: the same in every room and at every width. */
export function Frame(): ReactNode {
  const { t } = useLingui();
  useOwnTheme();
  const works = useMay()("desk.work");
  const path = useLocation({ select: (location) => location.pathname });
  return (
    <div className={styles["frame"]}>
      <a href="#page" className={styles["skip"]}>{t`Skip to the page`}</a>
      <Learning />
      <Rail />
      <TopBar />
      <main id="page" className={styles["page"]} tabIndex={-1}>
        <ConnectionBar />
        <UpdateBar />
        <StopWatch />
        {works && <DeskKeeper />}
        <LazyTourOffer />
        <RoomBoundary resetKey={path}>
          <Outlet />
        </RoomBoundary>
      </main>
      <ShellKeys />
    </div>
  );
}
