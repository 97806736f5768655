import { useLingui } from "@lingui/react";
import { useLingui as useMacro } from "@lingui/react/macro";
import { Menu, UnstyledButton } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { Link, useLocation } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useMe } from "../../features/session/session.ts";
import { useNarrow } from "../../ui/use-narrow.ts";
import { roomsFor, type Room } from "../rooms.ts";
import styles from "./frame.module.css";

/** So many fit side by side under a thumb at 390 pixels, in every language. */
const BAR_ROOMS_MAX = 5;

/** The rooms one may enter: a rail; on a telephone a bar below, whose last place opens those that don't fit. */
export function Rail(): ReactNode {
  const { _ } = useLingui();
  const { t } = useMacro();
  const { permissions } = useMe();
  const narrow = useNarrow();
  const rooms = roomsFor(permissions);
  const shown = narrow && rooms.length > BAR_ROOMS_MAX ? rooms.slice(0, BAR_ROOMS_MAX - 1) : rooms;
  return (
    <nav className={styles["rail"]} aria-label={t`Rooms`}>
      <div className={styles["mark"]}>
        <img src="/logo.svg" alt="Allo" width={28} height={28} />
      </div>
      {shown.map((room) => (
        <Link key={room.path} to={room.path} className={styles["room"]}>
          <room.icon size={22} stroke={1.6} aria-hidden />
          <span>{_(room.label)}</span>
        </Link>
      ))}
      {shown.length < rooms.length && <OtherRooms rooms={rooms.slice(shown.length)} />}
    </nav>
  );
}

/** The rooms without a place of their own in the bar; it shows the one of them that one is in. */
function OtherRooms({ rooms }: { readonly rooms: readonly Room[] }): ReactNode {
  const { _ } = useLingui();
  const { t } = useMacro();
  const path = useLocation({ select: (location) => location.pathname });
  const here = rooms.find((room) => path === room.path || path.startsWith(`${room.path}/`));
  const Shape = here?.icon ?? IconDots;
  const more = t({ message: "More", context: "rooms" });
  const word = here === undefined ? more : _(here.label);
  return (
    <Menu position="top-end" width={220} offset={4}>
      <Menu.Target>
        <UnstyledButton
          className={styles["room"]}
          data-status={here === undefined ? undefined : "active"}
          aria-label={here === undefined ? more : `${word}, ${more}`}
        >
          <Shape size={22} stroke={1.6} aria-hidden />
          <span aria-hidden>{word}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {rooms.map((room) => (
          <Menu.Item
            key={room.path}
            component={Link}
            to={room.path}
            data-here={room === here}
            leftSection={<room.icon size={20} stroke={1.6} aria-hidden />}
            className={styles["otherRoom"]}
          >
            {_(room.label)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
