// What a trusted network says of the parties: RFC 3325 identity, RFC 3323 privacy, RFC 5806 diversion.
import { headerAll, headerGet } from "./message.ts";
import type { SipHeader } from "./message.ts";
import { paramGet, parseNameAddrList, unquote } from "./uri.ts";
import type { NameAddr } from "./uri.ts";

type Headers = { readonly headers: readonly SipHeader[] };
export type Diversion = { readonly from: NameAddr; readonly reason: string | null; readonly counter: number | null };

/** RFC 3325 §9.1: at most one sip(s) and one tel identity; nothing where the peer isn't trusted (§5: such headers are ignored). */
export function assertedIdentities(message: Headers, peer: { readonly isTrusted: boolean }): readonly NameAddr[] {
  if (!peer.isTrusted) return [];
  const all = headerAll(message, "P-Asserted-Identity").flatMap((value) => parseNameAddrList(value) ?? []);
  const sip = all.find((each) => each.uri.kind === "sip");
  const tel = all.find((each) => each.uri.kind === "other" && each.uri.scheme === "tel");
  return all.filter((each) => each === sip || each === tel);
}

/** Whether the caller wants his identity withheld: id, user or header of RFC 3323 §4.2 and RFC 3325 §9.3. */
export function isIdentityWithheld(message: Headers): boolean {
  return (headerGet(message, "Privacy") ?? "")
    .toLowerCase()
    .split(/[;,\s]+/)
    .some((word) => word === "id" || word === "user" || word === "header");
}

/** RFC 5806: who sent the call on, the latest first; nothing where the peer isn't trusted. */
export function diversions(message: Headers, peer: { readonly isTrusted: boolean }): readonly Diversion[] {
  if (!peer.isTrusted) return [];
  return headerAll(message, "Diversion")
    .flatMap((value) => parseNameAddrList(value) ?? [])
    .map((from) => {
      const reason = paramGet(from.params, "reason");
      const counter = paramGet(from.params, "counter");
      return {
        from,
        reason: typeof reason === "string" ? unquote(reason).toLowerCase() : null,
        counter: typeof counter === "string" && /^[0-9]{1,2}$/.test(counter) ? Number(counter) : null,
      };
    });
}
