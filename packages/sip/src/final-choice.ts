// Which failure stands for a call that was tried at several places, and where a redirection points (RFC 3261 §16.7, §8.1.3.4).
import { headerAll } from "./message.ts";
import type { SipResponse } from "./message.ts";
import { paramGet, parseNameAddrList } from "./uri.ts";
import type { NameAddr } from "./uri.ts";

/** RFC 3261 §16.7 step 6: a 6xx wins, else the lowest class; within 4xx what the caller can act on. 503 is never passed on, but 500. */
export function chooseFinal(statuses: readonly number[]): number | null {
  const rank = (status: number): number => {
    if (status >= 600) return 0;
    const within4xx = [401, 407, 415, 420, 484].includes(status) ? 0 : 1;
    return Math.floor(status / 100) * 10 + within4xx;
  };
  const best = [...statuses].filter((status) => status >= 300).sort((a, b) => rank(a) - rank(b))[0];
  return best === undefined ? null : best === 503 ? 500 : best;
}

/** The Contacts of a 3xx, best first (q, else as they stand). */
export function redirectTargets(response: SipResponse): readonly NameAddr[] {
  const q = (address: NameAddr): number => {
    const value = paramGet(address.params, "q");
    return typeof value === "string" && /^(0(\.[0-9]{0,3})?|1(\.0{0,3})?)$/.test(value) ? Number(value) : 1;
  };
  return headerAll(response, "Contact")
    .flatMap((value) => (value === "*" ? [] : (parseNameAddrList(value) ?? [])))
    .sort((a, b) => q(b) - q(a));
}
