import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

const actions: Readonly<Record<string, MessageDescriptor>> = {
  "organisation.create": msg({ message: "Set up the organisation", context: "audit" }),
  "session.start": msg({ message: "Signed in", context: "audit" }),
  "password.change": msg({ message: "Changed the own password", context: "audit" }),
  "person.create": msg({ message: "Added a person", context: "audit" }),
  "person.change": msg({ message: "Changed a person", context: "audit" }),
  "person.block": msg({ message: "Blocked a person", context: "audit" }),
  "person.unblock": msg({ message: "Unblocked a person", context: "audit" }),
  "person.retire": msg({ message: "Retired a person", context: "audit" }),
  "person.invitation": msg({ message: "Made an invitation link", context: "audit" }),
  "person.resetLink": msg({ message: "Made a link to reset a password", context: "audit" }),
  "invitation.use": msg({ message: "Chose a password by an invitation link", context: "audit" }),
  "reset.use": msg({ message: "Chose a new password by a link", context: "audit" }),
  "person.skills": msg({ message: "Set a person's skills", context: "audit" }),
  "call.listen": msg({ message: "Listened to a talk", context: "audit" }),
  "call.whisper": msg({ message: "Whispered to an agent in a talk", context: "audit" }),
  "call.barge": msg({ message: "Joined a talk", context: "audit" }),
  "call.takenOver": msg({ message: "Took a talk over", context: "audit" }),
  "call.ended": msg({ message: "Ended a call without an agent", context: "audit" }),
  "call.mentor": msg({ message: "Went into a trainee's talk as a mentor", context: "audit" }),
  "call.pickedUp": msg({ message: "Took a line over at another phone", context: "audit" }),
  "person.mentors": msg({ message: "Set a person's mentors", context: "audit" }),
  "role.create": msg({ message: "Added a role", context: "audit" }),
  "role.change": msg({ message: "Changed a role", context: "audit" }),
  "preset.apply": msg({ message: "Made a ready-made set-up", context: "audit" }),
  "preset.undo": msg({ message: "Undid a ready-made set-up", context: "audit" }),
  "project.create": msg({ message: "Added a project", context: "audit" }),
  "project.change": msg({ message: "Changed a project", context: "audit" }),
  "hours.create": msg({ message: "Added opening hours", context: "audit" }),
  "hours.change": msg({ message: "Changed opening hours", context: "audit" }),
  "queue.create": msg({ message: "Added a queue", context: "audit" }),
  "queue.change": msg({ message: "Changed a queue", context: "audit" }),
  "queue.members": msg({ message: "Set the members of a queue", context: "audit" }),
  "number.create": msg({ message: "Added a number", context: "audit" }),
  "number.change": msg({ message: "Changed a number", context: "audit" }),
  "skill.create": msg({ message: "Added a skill", context: "audit" }),
  "skill.change": msg({ message: "Changed a skill", context: "audit" }),
  "wrapUpCode.create": msg({ message: "Added a result", context: "audit" }),
  "wrapUpCode.change": msg({ message: "Changed a result", context: "audit" }),
  "reason.create": msg({ message: "Added a reason of being not ready", context: "audit" }),
  "reason.change": msg({ message: "Changed a reason of being not ready", context: "audit" }),
  "prompt.create": msg({ message: "Added what callers hear", context: "audit" }),
  "prompt.retire": msg({ message: "Retired what callers hear", context: "audit" }),
  "prompt.unretire": msg({ message: "Took what callers hear into use again", context: "audit" }),
  "prompt.replace": msg({ message: "Replaced what callers hear", context: "audit" }),
  "prompt.restore": msg({ message: "Went back to the shipped recording", context: "audit" }),
  "doctor.run": msg({ message: "Let the network doctor look", context: "audit" }),
  "recorder.create": msg({ message: "Added a recorder", context: "audit" }),
  "recorder.change": msg({ message: "Changed a recorder", context: "audit" }),
  "recorder.retire": msg({ message: "Retired a recorder", context: "audit" }),
  "trunk.create": msg({ message: "Added a trunk", context: "audit" }),
  "trunk.change": msg({ message: "Changed a trunk", context: "audit" }),
  "trunk.retire": msg({ message: "Retired a trunk", context: "audit" }),
  "trunk.inboundPassword": msg({ message: "Gave the other side of a trunk a new password", context: "audit" }),
  "device.create": msg({ message: "Added a phone", context: "audit" }),
  "device.change": msg({ message: "Changed a phone", context: "audit" }),
  "person.phone": msg({ message: "Chose which phone rings", context: "audit" }),
  "device.renew": msg({ message: "Gave a phone a new password", context: "audit" }),
  "device.setUp": msg({ message: "A phone fetched its setup", context: "audit" }),
  "device.retire": msg({ message: "Retired a phone", context: "audit" }),
  "access.reach": msg({ message: "Opened or closed Allo to the local network", context: "audit" }),
  "access.acme": msg({ message: "Changed the public certificate", context: "audit" }),
  "dialPolicy.change": msg({ message: "Changed the rules for outgoing calls", context: "audit" }),
  "dialling.stop": msg({ message: "Stopped outgoing calls", context: "audit" }),
  "dialling.lift": msg({ message: "Let outgoing calls go on", context: "audit" }),
  "security.lift": msg({ message: "Let a blocked source in again", context: "audit" }),
  "exchange.drain": msg({ message: "Let the exchange run empty", context: "audit" }),
  "exchange.drill": msg({ message: "Began a drill", context: "audit" }),
  "exchange.resume": msg({ message: "Let the exchange take calls again", context: "audit" }),
  "customer.create": msg({ message: "Added a customer", context: "audit" }),
  "customer.change": msg({ message: "Changed a customer", context: "audit" }),
  "customerField.create": msg({ message: "Added a field of the customer card", context: "audit" }),
  "customerField.change": msg({ message: "Changed a field of the customer card", context: "audit" }),
  "lostCall.attempt": msg({ message: "Tried to call back", context: "audit" }),
  "lostCall.settle": msg({ message: "Settled a lost call", context: "audit" }),
  "lostCall.reopen": msg({ message: "Opened a lost call again", context: "audit" }),
  "call.recordingTold": msg({ message: "Said that a call out is recorded", context: "audit" }),
  "internalCalls.read": msg({ message: "Looked at the calls between colleagues", context: "audit" }),
  "testCall.start": msg({ message: "Placed a test call", context: "audit" }),
  "trace.download": msg({ message: "Downloaded SIP messages of a call", context: "audit" }),
  "trace.settings": msg({ message: "Changed for how long SIP messages are kept", context: "audit" }),
  "recording.storage": msg({ message: "Changed how recordings are kept", context: "audit" }),
  "recording.checked": msg({ message: "Checked a recording's file", context: "audit" }),
  "recording.played": msg({ message: "Played a recording", context: "audit" }),
};

/** What was done, in words; an action the desk doesn't know stands under its own name. */
export function auditAction(action: string): MessageDescriptor {
  return actions[action] ?? { id: action, message: action };
}

export const auditObjectTypes = [
  "person",
  "role",
  "preset",
  "project",
  "hours",
  "queue",
  "number",
  "skill",
  "wrapUpCode",
  "notReadyReason",
  "prompt",
  "device",
  "recorder",
  "trunk",
  "customer",
  "customerField",
  "contact",
  "lostCall",
  "recording",
  "session",
  "organisation",
  "access",
  "dialPolicy",
  "dialling",
  "security",
  "doctor",
  "exchange",
] as const;
const objectNames: Readonly<Record<(typeof auditObjectTypes)[number], MessageDescriptor>> = {
  person: msg({ message: "People", context: "audit" }),
  role: msg({ message: "Roles", context: "audit" }),
  preset: msg({ message: "Ready-made set-ups", context: "audit" }),
  project: msg({ message: "Projects", context: "audit" }),
  hours: msg({ message: "Opening hours", context: "audit" }),
  queue: msg({ message: "Queues", context: "audit" }),
  number: msg({ message: "Numbers", context: "audit" }),
  skill: msg({ message: "Skills", context: "audit" }),
  wrapUpCode: msg({ message: "Results", context: "audit" }),
  notReadyReason: msg({ message: "Reasons", context: "audit" }),
  prompt: msg({ message: "What callers hear", context: "audit" }),
  device: msg({ message: "Phones", context: "audit" }),
  recorder: msg({ message: "Recorders elsewhere", context: "audit" }),
  trunk: msg({ message: "Trunks", context: "audit" }),
  customer: msg({ message: "Customers", context: "audit" }),
  customerField: msg({ message: "Fields of the card", context: "audit" }),
  contact: msg({ message: "Calls", context: "audit" }),
  lostCall: msg({ message: "Lost calls", context: "audit" }),
  recording: msg({ message: "Recordings", context: "audit" }),
  session: msg({ message: "Signing in", context: "audit" }),
  organisation: msg({ message: "Organisation", context: "audit" }),
  access: msg({ message: "Address and certificate", context: "audit" }),
  dialPolicy: msg({ message: "Rules for outgoing calls", context: "audit" }),
  dialling: msg({ message: "Stops of outgoing calls", context: "audit" }),
  security: msg({ message: "Blocked sources", context: "audit" }),
  doctor: msg({ message: "Network doctor", context: "audit" }),
  exchange: msg({ message: "Maintenance", context: "audit" }),
};
export function objectTypeName(type: (typeof auditObjectTypes)[number]): MessageDescriptor {
  return objectNames[type];
}

export type Difference = { readonly key: string; readonly before: string | undefined; readonly after: string | undefined };

/** What differs between the two, key by key; values as short texts. */
export function auditDifferences(before: unknown, after: unknown): readonly Difference[] {
  const [was, is] = [asRecord(before), asRecord(after)];
  return [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .map((key) => ({ key, before: asText(was[key]), after: asText(is[key]) }))
    .filter((each) => each.before !== each.after);
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function asText(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
}
