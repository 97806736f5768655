// RFC 3261 §22.1, §26.3.2.4: who doesn't say who they are is asked without a transaction, so that unanswered questions fill no table.
import { utf8Encode } from "@allo/kernel";
import type { Hmac } from "@allo/kernel";
import { headerGet } from "./message.ts";
import type { SipHeader } from "./message.ts";
import { parseMessage } from "./parse.ts";
import { branchOf, createResponse, serializeMessage } from "./serialize.ts";
import type { HostPort, SipFlow } from "./stack-types.ts";
import { responseTarget, stampVia } from "./transaction-layer.ts";
import { tagOf } from "./uri.ts";

const TAG_BYTES = 10;
const REQUEST_BYTES_MIN = 12;

export type StatelessChallenge = {
  readonly bytes: Uint8Array;
  readonly to: HostPort | null;
  /** What the sender says it is. */
  readonly userAgent: string | null;
};

/**
 * The 401 for a request outside a dialog that bears no credentials; null: it is for the stack. A request sent again gets the same tag
 * (RFC 3261 §8.2.7).
 */
export function statelessChallenge(
  bytes: Uint8Array,
  flow: SipFlow,
  { challenge, hmac }: { readonly challenge: (userAgent: string | null) => readonly SipHeader[]; readonly hmac: Hmac },
): StatelessChallenge | null {
  if (bytes.length < REQUEST_BYTES_MIN || isResponse(bytes) || hasCredentials(bytes)) return null;
  const parsed = parseMessage(bytes);
  if (!parsed.ok || parsed.message.kind !== "request") return null;
  const request = stampVia(parsed.message, flow);
  if (request.method === "ACK" || request.method === "CANCEL" || tagOf(request.to) !== null) return null;
  const [via] = request.vias;
  const branch = via === undefined ? null : branchOf(via);
  const seed = utf8Encode(`${branch ?? ""}|${request.callId}|${tagOf(request.from) ?? ""}|${request.cseq.number}`);
  const toTag = hexOf(hmac(seed).subarray(0, TAG_BYTES));
  const userAgent = headerGet(request, "User-Agent");
  const printed = serializeMessage(createResponse(request, 401, { toTag, headers: challenge(userAgent) }));
  if (!printed.ok) return null;
  return { bytes: printed.value, to: responseTarget(request, flow), userAgent };
}

/** "SIP/": a status line begins with the version, a request line with a method. */
function isResponse(bytes: Uint8Array): boolean {
  return bytes[0] === 0x53 && bytes[1] === 0x49 && bytes[2] === 0x50 && bytes[3] === 0x2f;
}

const NAME = utf8Encode("authorization");

/** Whether a line begins with "Authorization", however it is written. Looks at each byte once. */
function hasCredentials(bytes: Uint8Array): boolean {
  const last = bytes.length - NAME.length;
  for (let at = bytes.indexOf(10); at >= 0 && at < last; at = bytes.indexOf(10, at + 1)) {
    let same = 0;
    // ASCII letters differ by this bit between upper and lower case.
    while (same < NAME.length && ((bytes[at + 1 + same] ?? 0) | 0x20) === NAME[same]) same += 1;
    if (same === NAME.length) return true;
  }
  return false;
}

function hexOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}
