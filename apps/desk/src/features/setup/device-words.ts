import type { Device, DeviceLogEntry, DeviceTrouble } from "@allo/contract";
import type { I18n, MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import type { Format } from "../../ui/format.ts";
import type { Said } from "../trunks/trunk-words.ts";

/** What went wrong last at a phone, and what to do. */
const troubles: Readonly<Record<DeviceTrouble, MessageDescriptor>> = {
  unregistered: msg`it signed off by itself`,
  expired: msg`it did not register again in time: it is switched off, or its network is away`,
  connectionClosed: msg`its connection was closed: a restart, or a network that is away`,
  wrongPassword: msg`somebody tried a wrong password for it: type the password anew, or add the phone anew`,
  noAnswer: msg`it did not answer when it was asked: look at its network, and whether a router on the way closes its path`,
  turnsAway: msg`it answers and turns calls away: look at its settings, or whether it has room for another call`,
  busy: msg`a call was refused as busy`,
  declined: msg`a call was declined there`,
  unavailable: msg`it was on “do not disturb”, or took no call`,
  notPickedUp: msg`it rang and nobody picked it up`,
  notAcceptable: msg`it refuses our sound: allow PCMA or PCMU in it, and look whether both sides want sealed audio`,
  refused: msg`it refused a call`,
  dialRefused: msg`what was dialled on it could not be called: its person sees why on their desk`,
};

/** How a phone fares, in sentences; the worst first. */
export function deviceSentences(device: Device, i18n: I18n, format: Format): readonly Said[] {
  if (device.retired) return [];
  const { state } = device;
  const said: Said[] = [];
  const contacts = state?.contacts ?? [];
  if (contacts.length === 0) {
    const seen = state?.lastSeenAt ?? null;
    const since = seen === null ? "" : format.shortDateTime(seen);
    said.push({
      tone: "quiet",
      text: since === "" ? i18n._(msg`Not connected.`) : i18n._(msg`Not connected since ${since}.`),
    });
  }
  for (const contact of contacts) {
    const where = `\u2066${contact.address}:${String(contact.port)} ${contact.transport.toUpperCase()}\u2069`;
    const software = contact.userAgent === null ? "" : `\u2066${contact.userAgent}\u2069`;
    const until = format.time(contact.expiresAt);
    const ms = contact.roundTripMs === null ? "" : format.number(Math.round(contact.roundTripMs));
    const again = contact.blockedUntil === null ? "" : format.time(contact.blockedUntil);
    if (again !== "") said.push({ tone: "bad", text: i18n._(msg`${where} turns calls away: it is offered none until ${again}.`) });
    else if (!contact.answers) said.push({ tone: "bad", text: i18n._(msg`${where} does not answer: no calls go there until it does.`) });
    else if (ms === "") said.push({ tone: "good", text: i18n._(msg`Connected from ${where} until ${until}; it is renewed before.`) });
    else said.push({ tone: "good", text: i18n._(msg`Connected from ${where} until ${until}; it answers in ${ms} ms.`) });
    if (software !== "") said.push({ tone: "quiet", text: i18n._(msg`Software: ${software}`) });
  }
  if (state?.call === "ringing") said.push({ tone: "good", text: i18n._(msg`It rings now.`) });
  if (state?.call === "dialling") said.push({ tone: "good", text: i18n._(msg`Its person is dialling on it now.`) });
  if (state?.call === "talking") said.push({ tone: "good", text: i18n._(msg`It is in a call now.`) });
  if (state != null && state.trouble !== null) {
    const at = format.shortDateTime(state.trouble.at);
    const why = i18n._(troubles[state.trouble.what]);
    const status = state.trouble.status === null ? "" : format.digits(String(state.trouble.status));
    said.push({
      tone: contacts.length === 0 ? "bad" : "warning",
      text: status === "" ? i18n._(msg`At ${at}: ${why}.`) : i18n._(msg`At ${at}: ${why} (${status}).`),
    });
  }
  return said;
}

/** What happened at a phone, as a sentence. */
export function deviceLogSentence(entry: DeviceLogEntry, i18n: I18n, format: Format): Said {
  const where = entry.address === null ? "" : `\u2066${entry.address} ${(entry.transport ?? "").toUpperCase()}\u2069`;
  const why = entry.trouble === null ? "" : i18n._(troubles[entry.trouble]);
  switch (entry.what) {
    case "registered": {
      const software = entry.userAgent === null ? "" : `\u2066${entry.userAgent}\u2069`;
      const text = software === "" ? i18n._(msg`It registered from ${where}.`) : i18n._(msg`It registered from ${where} with ${software}.`);
      return { tone: "good", text };
    }
    case "gone":
      return { tone: "warning", text: why === "" ? i18n._(msg`No longer at ${where}.`) : i18n._(msg`No longer at ${where}: ${why}.`) };
    case "silent":
      return { tone: "bad", text: i18n._(msg`${where} stopped answering: no calls go there until it does.`) };
    case "answersAgain":
      return { tone: "good", text: i18n._(msg`${where} answers again.`) };
    case "ringing":
      return { tone: "quiet", text: i18n._(msg`It rang.`) };
    case "talking":
      return { tone: "quiet", text: i18n._(msg`A call was taken on it.`) };
    case "dialled":
      return { tone: "quiet", text: i18n._(msg`Its person dialled on it.`) };
    case "reached":
      return { tone: "quiet", text: i18n._(msg`Whoever was dialled on it answered.`) };
    case "callOver":
      return { tone: "quiet", text: i18n._(msg`The call on it was over.`) };
    case "trouble": {
      const status = entry.status === null ? "" : format.digits(String(entry.status));
      const text = status === "" ? i18n._(msg`Trouble: ${why}.`) : i18n._(msg`Trouble: ${why} (${status}).`);
      return { tone: "warning", text };
    }
    default:
      return entry.what satisfies never;
  }
}
