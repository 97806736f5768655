import type { Permission } from "@allo/contract";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { IconHeadset, type Icon } from "@tabler/icons-react";

export type Room = {
  readonly path: string;
  readonly label: MessageDescriptor;
  readonly icon: Icon;
  /** Any of these opens the room. */
  readonly permissions: readonly Permission[];
};

/** The rail, from top to bottom. A room is added here and in router.tsx. */
export const rooms: readonly Room[] = [
  { path: "/desk", label: msg({ message: "Desk", context: "room" }), icon: IconHeadset, permissions: ["desk.work"] },
];

/** The rooms that these permissions open. */
export function roomsFor(permissions: readonly string[]): readonly Room[] {
  return rooms.filter((room) => room.permissions.some((permission) => permissions.includes(permission)));
}
