import type { DialCapName, DialCaps, DialKind, DialReason, DialScope, DialStop } from "@allo/contract";
import type { I18n, MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import type { Format } from "../../ui/format.ts";

export const scopeNames: Readonly<Record<DialScope, MessageDescriptor>> = {
  agent: msg({ message: "One agent", context: "cap of calls" }),
  project: msg({ message: "One project", context: "cap of calls" }),
  trunk: msg({ message: "One trunk", context: "cap of calls" }),
  organisation: msg({ message: "The whole organisation", context: "cap of calls" }),
};
export const capNames: Readonly<Record<keyof DialCaps, MessageDescriptor>> = {
  concurrent: msg({ message: "Calls at once", context: "cap of calls" }),
  perHour: msg({ message: "Calls an hour", context: "cap of calls" }),
  perDay: msg({ message: "Calls a day", context: "cap of calls" }),
  minutesPerDay: msg({ message: "Minutes a day", context: "cap of calls" }),
  costPerDay: msg({ message: "Cost a day", context: "cap of calls" }),
};
export const kindNames: Readonly<Record<DialKind, MessageDescriptor>> = {
  agent: msg({ message: "Call", context: "kind of outgoing call" }),
  callback: msg({ message: "Call back", context: "kind of outgoing call" }),
  transfer: msg({ message: "Transfer", context: "kind of outgoing call" }),
  forward: msg({ message: "Forwarding", context: "kind of outgoing call" }),
  redirect: msg({ message: "Redirect by the other exchange", context: "kind of outgoing call" }),
};

const sentences: Readonly<Record<Exclude<DialReason["code"], "capReached" | "velocity">, MessageDescriptor>> = {
  notSetUp: msg`Outgoing calls aren't set up yet: only emergency numbers can be called.`,
  unavailable: msg`It can't be checked at the moment, so the call isn't placed. Try again shortly.`,
  switchedOff: msg`Outgoing calls are switched off in the setup.`,
  stopped: msg`All outgoing calls are stopped for the moment. A lead can let them go on.`,
  notANumber: msg`This is no number that can be called.`,
  unknownCountry: msg`The number belongs to no country.`,
  unknownRange: msg`No numbering plan knows this number.`,
  countryDenied: msg`Calls to this country aren't allowed.`,
  prefixDenied: msg`Numbers that begin like this are forbidden.`,
  premium: msg`It is a premium-rate number.`,
  sharedCost: msg`It is a number at a raised price.`,
  satellite: msg`It is a satellite number.`,
  kindDenied: msg`Outgoing calls of this kind aren't allowed.`,
  outsideHours: msg`It is outside the hours for outgoing calls.`,
  noRate: msg`Its price isn't known, and there is a cap on cost.`,
};
const reached: Readonly<Record<DialCapName, MessageDescriptor>> = {
  concurrent: msg({ message: "the most calls at once", context: "a cap is reached" }),
  perHour: msg({ message: "the most calls in an hour", context: "a cap is reached" }),
  perDay: msg({ message: "the most calls in a day", context: "a cap is reached" }),
  minutesPerDay: msg({ message: "the most minutes in a day", context: "a cap is reached" }),
  costPerDay: msg({ message: "the highest cost in a day", context: "a cap is reached" }),
  callsPerMinute: msg({ message: "the most calls in a minute", context: "a cap is reached" }),
  costPerHour: msg({ message: "the highest cost in an hour", context: "a cap is reached" }),
};

/** Why a number may not be called, in a sentence. */
export function dialReasonWords(reason: DialReason, i18n: I18n, format: Format): string {
  if (reason.code !== "capReached" && reason.code !== "velocity") return i18n._(sentences[reason.code]);
  const cap = reason.cap === undefined ? "" : i18n._(reached[reason.cap]);
  const limit = format.number(reason.limit ?? 0);
  if (reason.code === "velocity") return i18n._(msg`Too much at once (${cap}: ${limit}): all outgoing calls were stopped.`);
  const scope = reason.scope === undefined ? "" : i18n._(scopeNames[reason.scope]);
  return i18n._(msg`A cap is reached. ${scope}: ${cap}, ${limit}.`);
}

/** The same where only the code is known. */
export function dialCodeWords(code: string): MessageDescriptor | null {
  if (code === "capReached") return msg`A cap of calls out is reached.`;
  if (code === "velocity") return msg`There were too many calls out at once: all were stopped.`;
  return code in sentences ? sentences[code as keyof typeof sentences] : null;
}

export function stopWords(stop: DialStop, i18n: I18n, format: Format): string {
  const limit = format.number(stop.limit ?? 0);
  if (stop.cause === "callsPerMinute") return i18n._(msg`There were more than ${limit} calls in a minute.`);
  if (stop.cause === "costPerHour") return i18n._(msg`Calls cost more than ${limit} within an hour.`);
  return stop.reason;
}

/** A country as the reader calls it. */
export function countryName(country: string, language: string): string {
  try {
    return new Intl.DisplayNames(language, { type: "region" }).of(country) ?? country;
  } catch {
    return country; // no region code: shown as it is
  }
}
