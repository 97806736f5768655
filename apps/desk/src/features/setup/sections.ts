import type { Permission } from "@allo/contract";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

export const setupSections = [
  "queues",
  "numbers",
  "trunks",
  "hours",
  "projects",
  "wrap-up-codes",
  "not-ready-reasons",
  "skills",
  "prompts",
  "outgoing-calls",
  "devices",
  "customer-fields",
  "ready-made",
  "address",
  "network-doctor",
  "security",
  "recordings",
  "recorders",
  "traces",
  "maintenance",
  "drills",
  "audit",
] as const;
export type SetupSection = (typeof setupSections)[number];

export const sectionNames: Readonly<Record<SetupSection, MessageDescriptor>> = {
  queues: msg({ message: "Queues", context: "setup" }),
  numbers: msg({ message: "Numbers", context: "setup" }),
  trunks: msg({ message: "Trunks", context: "setup" }),
  hours: msg({ message: "Opening hours", context: "setup" }),
  projects: msg({ message: "Projects", context: "setup" }),
  "wrap-up-codes": msg({ message: "Results of calls", context: "setup" }),
  "not-ready-reasons": msg({ message: "Reasons of being not ready", context: "setup" }),
  skills: msg({ message: "Skills", context: "setup" }),
  prompts: msg({ message: "What callers hear", context: "setup" }),
  "outgoing-calls": msg({ message: "Outgoing calls", context: "setup" }),
  devices: msg({ message: "Phones", context: "setup" }),
  "customer-fields": msg({ message: "Fields of the customer card", context: "setup" }),
  "ready-made": msg({ message: "Ready-made set-ups", context: "setup" }),
  address: msg({ message: "Address and certificate", context: "setup" }),
  "network-doctor": msg({ message: "Network doctor", context: "setup" }),
  security: msg({ message: "Blocked sources", context: "setup" }),
  recordings: msg({ message: "Keeping of recordings", context: "setup" }),
  recorders: msg({ message: "Recorders elsewhere", context: "setup" }),
  traces: msg({ message: "SIP messages of calls", context: "setup" }),
  maintenance: msg({ message: "Maintenance", context: "setup" }),
  drills: msg({ message: "Drills", context: "setup" }),
  audit: msg({ message: "Who changed what", context: "setup" }),
};
/** What a part of the setup is about, in the order in which the groups stand. */
export const setupGroups = ["calls", "work", "customers", "system"] as const;
export type SetupGroup = (typeof setupGroups)[number];

export const groupNames: Readonly<Record<SetupGroup, MessageDescriptor>> = {
  calls: msg({ message: "Calls", context: "group of the setup" }),
  work: msg({ message: "Agents' work", context: "group of the setup" }),
  customers: msg({ message: "Customers", context: "group of the setup" }),
  system: msg({ message: "System", context: "group of the setup" }),
};

const groupOf: Readonly<Record<SetupSection, SetupGroup>> = {
  queues: "calls",
  numbers: "calls",
  trunks: "calls",
  hours: "calls",
  prompts: "calls",
  "outgoing-calls": "calls",
  "wrap-up-codes": "work",
  "not-ready-reasons": "work",
  skills: "work",
  projects: "customers",
  "customer-fields": "customers",
  "ready-made": "system",
  devices: "system",
  address: "system",
  "network-doctor": "system",
  security: "system",
  recordings: "system",
  recorders: "system",
  traces: "system",
  maintenance: "system",
  drills: "system",
  audit: "system",
};

/** The parts by what they are about; a group with no part that one may open is left out. */
export function sectionsByGroup(
  open: readonly SetupSection[],
): readonly { readonly group: SetupGroup; readonly sections: readonly SetupSection[] }[] {
  return setupGroups
    .map((group) => ({ group, sections: open.filter((section) => groupOf[section] === group) }))
    .filter(({ sections }) => sections.length > 0);
}

export const sectionNeeds: Readonly<Partial<Record<SetupSection, Permission>>> = { audit: "audit.read" };

export function isSection(text: string): text is SetupSection {
  return (setupSections as readonly string[]).includes(text);
}
