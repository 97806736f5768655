import { useLingui } from "@lingui/react";
import { useLingui as useMacro } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useMe } from "../../features/session/session.ts";
import { roomsFor } from "../rooms.ts";
import styles from "./frame.module.css";

/** The rooms one may enter. */
export function Rail(): ReactNode {
  const { _ } = useLingui();
  const { t } = useMacro();
  const { permissions } = useMe();
  return (
    <nav className={styles["rail"]} aria-label={t`Rooms`}>
      <div className={styles["mark"]}>
        <img src="/logo.svg" alt="Allo" width={28} height={28} />
      </div>
      {roomsFor(permissions).map((room) => (
        <Link key={room.path} to={room.path} className={styles["room"]}>
          <room.icon size={22} stroke={1.6} aria-hidden />
          <span>{_(room.label)}</span>
        </Link>
      ))}
    </nav>
  );
}
