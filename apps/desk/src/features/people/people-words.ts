import type { Person, Role } from "@allo/contract";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

export const roleNames: Readonly<Record<Role, MessageDescriptor>> = {
  administrator: msg({ message: "Administrator", context: "role" }),
  lead: msg({ message: "Team lead", context: "role" }),
  agent: msg({ message: "Agent", context: "role" }),
};
export const roleMay: Readonly<Record<Role, MessageDescriptor>> = {
  administrator: msg`Everything: setup, people, the audit list.`,
  lead: msg`All calls and recordings, the floor, steering agents; and what an agent may.`,
  agent: msg`Answers calls, sees own calls, customers and lost calls.`,
};
export const statusNames: Readonly<Record<Person["status"], MessageDescriptor>> = {
  invited: msg({ message: "Invited", context: "status of a login" }),
  active: msg({ message: "Active", context: "status of a login" }),
  blocked: msg({ message: "Blocked", context: "status of a login" }),
  retired: msg({ message: "Retired", context: "status of a login" }),
};
