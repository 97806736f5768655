// RFC 3326 Reason, and how Q.850 causes and SIP statuses stand for each other (RFC 3398 §7.2.4.1, §8.2.6.1).
import type { SipHeader } from "./message.ts";
import { headerAll } from "./message.ts";
import { Scanner } from "./scanner.ts";
import { paramGet, quote, scanParams, unquote } from "./uri.ts";

export type Reason = { readonly protocol: string; readonly cause: number | null; readonly text: string | null };

const STATUS_OF_CAUSE: ReadonlyMap<number, number> = new Map([
  [1, 404],
  [2, 404],
  [3, 404],
  [17, 486],
  [18, 408],
  [19, 480],
  [20, 480],
  [21, 403],
  [22, 410],
  [23, 410],
  [26, 404],
  [27, 502],
  [28, 484],
  [29, 501],
  [31, 480],
  [34, 503],
  [38, 503],
  [41, 503],
  [42, 503],
  [47, 503],
  [55, 403],
  [57, 403],
  [58, 503],
  [65, 488],
  [70, 488],
  [79, 501],
  [87, 403],
  [88, 503],
  [102, 504],
  [111, 500],
  [127, 500],
]);

const CAUSE_OF_STATUS: ReadonlyMap<number, number> = new Map([
  [400, 41],
  [401, 21],
  [402, 21],
  [403, 21],
  [404, 1],
  [405, 63],
  [406, 79],
  [407, 21],
  [408, 102],
  [410, 22],
  [413, 127],
  [414, 127],
  [415, 79],
  [416, 127],
  [420, 127],
  [421, 127],
  [423, 127],
  [480, 18],
  [481, 41],
  [482, 25],
  [483, 25],
  [484, 28],
  [485, 1],
  [486, 17],
  [487, 16],
  [488, 65],
  [500, 41],
  [501, 79],
  [502, 38],
  [503, 41],
  [504, 102],
  [505, 127],
  [513, 127],
  [580, 47],
  [600, 17],
  [603, 21],
  [604, 1],
  [606, 65],
]);

/** The SIP status that a Q.850 cause stands for in a failure; 480 for causes that have none of their own (RFC 3398 §7.2.4.1). */
export function statusOfCause(cause: number): number {
  return STATUS_OF_CAUSE.get(cause) ?? 480;
}

/** The Q.850 cause of a SIP status: 16 (normal clearing) for success, 31 where nothing closer is known. */
export function causeOfStatus(status: number): number {
  return status < 300 ? 16 : (CAUSE_OF_STATUS.get(status) ?? 31);
}

/** All readable values of Reason; those that are malformed are left out. Causes above 999 are no causes. */
export function readReasons(message: { readonly headers: readonly SipHeader[] }): readonly Reason[] {
  return headerAll(message, "Reason").flatMap((value) => {
    const reasons: Reason[] = [];
    const scanner = new Scanner(value);
    for (;;) {
      scanner.skipSpace();
      const protocol = scanner.token();
      if (protocol === null) return reasons;
      const params = scanParams(scanner);
      if (params === null) return reasons;
      const cause = paramGet(params, "cause");
      const text = paramGet(params, "text");
      reasons.push({
        protocol,
        cause: typeof cause === "string" && /^[0-9]{1,3}$/.test(cause) ? Number(cause) : null,
        text: typeof text === "string" ? unquote(text) : null,
      });
      scanner.skipSpace();
      if (!scanner.take(",")) return reasons;
    }
  });
}

/** A Reason header of ours: `{ protocol: "Q.850", cause: 16, text: "…" }`, or of protocol SIP with a status as the cause. */
export function reasonHeader(reason: { readonly protocol: "SIP" | "Q.850"; readonly cause: number; readonly text?: string }): SipHeader {
  const text = reason.text === undefined ? "" : `;text=${quote(reason.text)}`;
  return { name: "Reason", value: `${reason.protocol};cause=${reason.cause}${text}` };
}
