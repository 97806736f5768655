/** What a person may do. A role is a set of these; the server asks `can(principal, permission)`, the desk hides what isn't granted. */
export const permissions = [
  "desk.work",
  "floor.read",
  "agents.steer",
  "calls.monitor",
  "calls.mentor",
  "contacts.readOwn",
  "contacts.readAll",
  "recordings.play",
  "customers.read",
  "customers.write",
  "customers.protected",
  "lostCalls.work",
  "internalCalls.place",
  "internalCalls.readAll",
  "dialling.steer",
  "setup.manage",
  "people.manage",
  "audit.read",
  "traces.read",
] as const;
export type Permission = (typeof permissions)[number];

export const roles = ["administrator", "lead", "agent"] as const;
export type Role = (typeof roles)[number];

const agentMay: readonly Permission[] = [
  "desk.work",
  "contacts.readOwn",
  "customers.read",
  "customers.write",
  "lostCalls.work",
  "internalCalls.place",
];
const leadMay: readonly Permission[] = [
  ...agentMay,
  "floor.read",
  "agents.steer",
  "calls.monitor",
  "calls.mentor",
  "contacts.readAll",
  "recordings.play",
  "customers.protected",
  "internalCalls.readAll",
  "dialling.steer",
];

export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  agent: agentMay,
  lead: leadMay,
  administrator: [...leadMay, "setup.manage", "people.manage", "audit.read", "traces.read"],
};

export function permissionsOf(held: readonly Role[]): ReadonlySet<Permission> {
  return new Set(held.flatMap((role) => rolePermissions[role]));
}
