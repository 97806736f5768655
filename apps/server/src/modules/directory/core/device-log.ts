/* What happened at a phone, from how it was and how it is; pure. */
import type { DeviceContact, DeviceLogEntry, DeviceState, DeviceTrouble } from "@allo/contract";

const LOSSES: ReadonlySet<DeviceTrouble> = new Set<DeviceTrouble>(["unregistered", "expired", "connectionClosed"]);
const NOTHING = { address: null, transport: null, userAgent: null, trouble: null, status: null } as const;

/** The entries between two states, oldest first. `before` undefined: nothing was known of the phone. */
export function deviceLogEntries(before: DeviceState | undefined, after: DeviceState): readonly DeviceLogEntry[] {
  const entries: DeviceLogEntry[] = [];
  const { at, trouble } = after;
  const isNew = trouble !== null && trouble.at !== before?.trouble?.at;
  const was = new Map(before?.contacts.map((contact) => [placeOf(contact), contact]));
  const is = new Map(after.contacts.map((contact) => [placeOf(contact), contact]));
  for (const [place, contact] of was) {
    if (is.has(place)) continue;
    const why = isNew && LOSSES.has(trouble.what) ? trouble.what : null;
    entries.push({ at, what: "gone", ...said(contact), trouble: why, status: null });
  }
  for (const [place, contact] of is) {
    const known = was.get(place);
    // What it was registered with before the edge was asked is as new here as what comes now; the time tells them apart.
    if (known === undefined) entries.push({ at: contact.since, what: "registered", ...said(contact), trouble: null, status: null });
    else if (known.answers !== contact.answers)
      entries.push({ at, what: contact.answers ? "answersAgain" : "silent", ...said(contact), trouble: null, status: null });
  }
  const call = before?.call ?? "idle";
  if (after.call !== call) {
    const what = callSaid(call, after.call);
    if (what !== null) entries.push({ at, what, ...NOTHING });
  }
  if (isNew && !entries.some((entry) => entry.what === "gone" && entry.trouble === trouble.what))
    entries.push({ at: trouble.at, what: "trouble", ...NOTHING, trouble: trouble.what, status: trouble.status });
  return entries;
}

function callSaid(was: DeviceState["call"], is: DeviceState["call"]): DeviceLogEntry["what"] | null {
  switch (is) {
    case "ringing":
      return "ringing";
    case "dialling":
      return "dialled";
    case "talking":
      return was === "dialling" ? "reached" : "talking";
    case "idle":
      return was === "talking" ? "callOver" : null;
    default:
      return is satisfies never;
  }
}

function placeOf({ address, port, transport }: DeviceContact): string {
  return `${transport} ${address} ${String(port)}`;
}

function said({ address, port, transport, userAgent }: DeviceContact): Pick<DeviceLogEntry, "address" | "transport" | "userAgent"> {
  return { address: address.includes(":") ? `[${address}]:${String(port)}` : `${address}:${String(port)}`, transport, userAgent };
}
