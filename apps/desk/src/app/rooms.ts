import type { Permission } from "@allo/contract";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import {
  IconActivityHeartbeat,
  IconAddressBook,
  IconHeadset,
  IconHistory,
  IconPhoneX,
  IconSettings,
  IconUsers,
  type Icon,
} from "@tabler/icons-react";

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
  { path: "/floor", label: msg({ message: "Floor", context: "room" }), icon: IconActivityHeartbeat, permissions: ["floor.read"] },
  {
    path: "/contacts",
    label: msg({ message: "Contacts", context: "room" }),
    icon: IconHistory,
    permissions: ["contacts.readOwn", "contacts.readAll"],
  },
  { path: "/lost-calls", label: msg({ message: "Lost calls", context: "room" }), icon: IconPhoneX, permissions: ["lostCalls.work"] },
  { path: "/customers", label: msg({ message: "Customers", context: "room" }), icon: IconAddressBook, permissions: ["customers.read"] },
  { path: "/people", label: msg({ message: "People", context: "room" }), icon: IconUsers, permissions: ["people.manage"] },
  { path: "/setup", label: msg({ message: "Setup", context: "room" }), icon: IconSettings, permissions: ["setup.manage"] },
];

/** The rooms that these permissions open. */
export function roomsFor(permissions: readonly string[]): readonly Room[] {
  return rooms.filter((room) => room.permissions.some((permission) => permissions.includes(permission)));
}
