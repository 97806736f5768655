// Credentials that a relay believes for some hours, made without asking it.
import { createHmac } from "node:crypto";
import type { IceServers } from "@allo/contract";
import type { Instant } from "@allo/kernel";

export const turnLimits = {
  /** A relay goes on with what it has allocated; only a new allocation needs credentials that still hold. */
  credentialsMs: 12 * 60 * 60 * 1_000,
} as const;

/**
 * draft-uberti-behave-turn-rest-00 §2.2, as coturn's use-auth-secret: the name is when it ends (Unix seconds) and whose it is, the password is the
 * name's HMAC-SHA-1 in base64. The relay's secret itself never leaves the server.
 */
export function iceServersFor(
  turn: { readonly urls: readonly string[]; readonly secret: string } | undefined,
  personId: string,
  at: Instant,
): IceServers {
  if (turn === undefined) return { iceServers: [], validUntil: null };
  const validUntil = at + turnLimits.credentialsMs;
  const username = `${Math.floor(validUntil / 1_000)}:${personId}`;
  const credential = createHmac("sha1", turn.secret).update(username).digest("base64");
  return { iceServers: [{ urls: [...turn.urls], username, credential }], validUntil };
}
