// Who calls, as the network says it. What comes from outside is hostile text: it is cut to a length and never logged.
import { headerAll, headerGet, parseNameAddr, unescapeUser, type SipRequest } from "@allo/sip";

export const CallerLimits = { numberCharsMax: 64, nameCharsMax: 120 } as const;

export type CallerIdentity = { readonly callerNumber: string | null; readonly callerName: string | null };

/**
 * The caller's number and name: P-Asserted-Identity where the peer is a listed network (RFC 3325 §9.1), else From.
 * Withheld (Privacy: id, or an anonymous From) gives nulls.
 */
export function callerIdentity(request: SipRequest, trusted: boolean): CallerIdentity {
  const withheld = (headerGet(request, "Privacy") ?? "")
    .toLowerCase()
    .split(/[;,\s]+/)
    .some((word) => word === "id" || word === "user" || word === "header");
  if (withheld) return { callerNumber: null, callerName: null };
  if (trusted) {
    for (const value of headerAll(request, "P-Asserted-Identity")) {
      const asserted = parseNameAddr(value);
      const found = asserted === null ? null : identityOf(asserted);
      if (found !== null) return found;
    }
  }
  return identityOf(request.from) ?? { callerNumber: null, callerName: null };
}

function identityOf(address: SipRequest["from"]): CallerIdentity | null {
  const { uri } = address;
  if (uri.kind !== "sip") {
    const digits = uri.scheme === "tel" ? /^[+\d().-]+/.exec(uri.rest)?.[0] : undefined;
    return digits === undefined
      ? null
      : { callerNumber: cut(digits, CallerLimits.numberCharsMax), callerName: nameOf(address.displayName) };
  }
  const user = uri.user === null ? null : (unescapeUser(uri.user).split(";")[0] as string);
  if (user === null || user === "" || user.toLowerCase() === "anonymous" || uri.host.toLowerCase() === "anonymous.invalid") return null;
  return { callerNumber: cut(user, CallerLimits.numberCharsMax), callerName: nameOf(address.displayName) };
}

function nameOf(displayName: string | null): string | null {
  const name = displayName === null ? "" : displayName.replaceAll(/\p{Cc}/gu, " ").trim();
  return name === "" || name.toLowerCase() === "anonymous" ? null : cut(name, CallerLimits.nameCharsMax);
}

function cut(text: string, max: number): string {
  return [...text].slice(0, max).join("");
}
