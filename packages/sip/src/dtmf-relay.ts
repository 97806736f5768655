// Digits in INFO bodies as carriers and phones send them: application/dtmf-relay, and application/dtmf with the digit alone.
import { utf8Decode, utf8Encode } from "@allo/kernel";
import { contentTypeOf } from "./message.ts";
import type { SipBody, SipRequest } from "./message.ts";

export const dtmfRelayLimits = { durationMsDefault: 250, durationMsMin: 40, durationMsMax: 8_000 } as const;

export type RelayedDigit = { readonly digit: string; readonly durationMs: number };

const DIGIT = /^[0-9*#A-D]$/;
const BY_NUMBER: ReadonlyMap<string, string> = new Map([
  ["10", "*"],
  ["11", "#"],
  ["12", "A"],
  ["13", "B"],
  ["14", "C"],
  ["15", "D"],
]);

/** The digit of an INFO; null where it holds none. A duration out of bounds becomes the nearest bound. */
export function readRelayedDigit(request: SipRequest): RelayedDigit | null {
  const type = contentTypeOf(request);
  const text = request.body.length > 256 ? "" : utf8Decode(request.body);
  const signal =
    type === "application/dtmf-relay"
      ? (/^\s*Signal\s*=\s*([^\r\n]+?)\s*$/im.exec(text)?.[1] ?? "")
      : type === "application/dtmf"
        ? text.trim()
        : "";
  const digit = (BY_NUMBER.get(signal) ?? signal).toUpperCase();
  if (!DIGIT.test(digit)) return null;
  const said = /^\s*Duration\s*=\s*([0-9]{1,6})\s*$/im.exec(text)?.[1];
  const durationMs = said === undefined ? dtmfRelayLimits.durationMsDefault : Number(said);
  return { digit, durationMs: Math.min(Math.max(durationMs, dtmfRelayLimits.durationMsMin), dtmfRelayLimits.durationMsMax) };
}

/** The body of an INFO that sends one digit. */
export function relayedDigitBody({ digit, durationMs }: RelayedDigit): SipBody {
  return { contentType: "application/dtmf-relay", bytes: utf8Encode(`Signal=${digit}\r\nDuration=${Math.round(durationMs)}\r\n`) };
}
