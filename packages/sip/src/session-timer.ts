// RFC 4028: what is agreed on how long a session lives without being refreshed, and who refreshes it. Pure decisions over messages.
import { headerGet, headerTokens } from "./message.ts";
import type { SipHeader, SipRequest, SipResponse } from "./message.ts";
import { Scanner } from "./scanner.ts";
import { paramGet, parseDecimal, scanParams } from "./uri.ts";

export type SessionTimerSettings = {
  /** What we ask for and the longest that we agree to. */
  readonly expiresSeconds: number;
  /** The shortest that we agree to; at least 90 (RFC 4028 §4). */
  readonly minSeconds: number;
};

export const sessionTimerLimits = {
  expiresSecondsDefault: 1_800,
  minSecondsDefault: 90,
  /** A peer who asks for more than a day has no timer in mind. */
  expiresSecondsMax: 86_400,
  /** How often one INVITE is sent again because of 422. */
  retriesMax: 3,
  /** The non-refresher ends the call so long before the end, or a third of the interval where that is less (RFC 4028 §10). */
  earlyByeSecondsMax: 32,
} as const;

export type Refresher = "uac" | "uas";
/** `refresher` says who of the request's two sides refreshes. */
export type AgreedSession = { readonly seconds: number; readonly refresher: Refresher; readonly requireTimer: boolean };
export type SessionAnswer =
  | { readonly kind: "none" }
  | { readonly kind: "malformed" }
  | { readonly kind: "tooSmall"; readonly minSeconds: number }
  | ({ readonly kind: "agreed" } & AgreedSession);

/** The interval and the refresher of a Session-Expires value; null where it is malformed. */
export function parseSessionExpires(value: string): { readonly seconds: number; readonly refresher: Refresher | null } | null {
  const scanner = new Scanner(value.trim());
  const digits = scanner.token();
  const seconds = digits === null ? null : parseDecimal(digits, 2 ** 31 - 1);
  const params = scanParams(scanner);
  if (seconds === null || params === null || !scanner.atEnd()) return null;
  const refresher = (paramGet(params, "refresher") ?? "").toLowerCase();
  return { seconds, refresher: refresher === "uac" || refresher === "uas" ? refresher : null };
}

/** The seconds of Min-SE; null where it is absent or malformed. */
export function readMinSe(message: SipRequest | SipResponse): number | null {
  const value = headerGet(message, "Min-SE");
  return value === null ? null : parseDecimal((value.split(";")[0] as string).trim(), 2 ** 31 - 1);
}

/** RFC 4028 §9: what a callee answers to an INVITE or UPDATE. `settings` null: we have no session timers. */
export function answerSession(request: SipRequest, settings: SessionTimerSettings | null): SessionAnswer {
  if (settings === null) return { kind: "none" };
  const peerSupports = ["Supported", "Require"].some((name) => headerTokens(request, name).includes("timer"));
  const value = headerGet(request, "Session-Expires");
  const asked = value === null ? null : parseSessionExpires(value);
  if (value !== null && asked === null) return { kind: "malformed" };
  if (asked === null) {
    // Not asked for: who knows timers is refreshed by us, so that a peer who is gone is found on hold too, and owes nothing himself.
    if (!peerSupports) return { kind: "none" };
    const seconds = Math.max(settings.expiresSeconds, readMinSe(request) ?? 0);
    return { kind: "agreed", seconds, refresher: "uas", requireTimer: false };
  }
  if (asked.seconds < settings.minSeconds && peerSupports) return { kind: "tooSmall", minSeconds: settings.minSeconds };
  const floor = Math.max(settings.minSeconds, readMinSe(request) ?? 0);
  const seconds = Math.max(Math.min(asked.seconds, settings.expiresSeconds), floor);
  // RFC 4028 §9 table 2: a peer who does not know timers cannot refresh; one who says nothing does it himself.
  const refresher = peerSupports ? (asked.refresher ?? "uac") : "uas";
  return { kind: "agreed", seconds, refresher, requireTimer: refresher === "uac" };
}

/** The headers of our 2xx for what was agreed. */
export function sessionAnswerHeaders(agreed: AgreedSession | null): readonly SipHeader[] {
  if (agreed === null) return [];
  return [
    { name: "Session-Expires", value: `${agreed.seconds};refresher=${agreed.refresher}` },
    ...(agreed.requireTimer ? [{ name: "Require", value: "timer" }] : []),
  ];
}

/** The headers of our INVITE or UPDATE. `refresher` is null where the callee may choose, else whoever does it now (RFC 4028 §7.4). */
export function sessionRequestHeaders(fields: {
  readonly seconds: number;
  readonly minSeconds: number | null;
  readonly refresher: Refresher | null;
}): readonly SipHeader[] {
  const refresher = fields.refresher === null ? "" : `;refresher=${fields.refresher}`;
  return [
    { name: "Session-Expires", value: `${fields.seconds}${refresher}` },
    ...(fields.minSeconds === null ? [] : [{ name: "Min-SE", value: String(fields.minSeconds) }]),
  ];
}

/**
 * RFC 4028 §7.2: what a 2xx to our INVITE or UPDATE agreed. One that was not asked for (our request did not name timers) counts as none,
 * and an interval under the 90 s that the RFC allows counts as 90.
 */
export function sessionOfAnswer(response: SipResponse, asked: boolean): AgreedSession | null {
  const value = headerGet(response, "Session-Expires");
  const said = value === null || !asked ? null : parseSessionExpires(value);
  if (said === null) return null;
  const seconds = Math.min(Math.max(said.seconds, sessionTimerLimits.minSecondsDefault), sessionTimerLimits.expiresSecondsMax);
  return { seconds, refresher: said.refresher ?? "uac", requireTimer: false };
}

/** When to refresh and when to give up, from the moment of agreement. `refreshMs` null: the peer refreshes. */
export function sessionDelays(seconds: number, weRefresh: boolean): { readonly refreshMs: number | null; readonly expireMs: number } {
  if (weRefresh) return { refreshMs: seconds * 500, expireMs: seconds * 1_000 };
  return { refreshMs: null, expireMs: Math.round(1_000 * (seconds - Math.min(sessionTimerLimits.earlyByeSecondsMax, seconds / 3))) };
}
