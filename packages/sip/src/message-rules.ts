// Rules over single messages that the engine asks of requests and puts into its own (RFC 3261 §8.2).
import { uriAddress } from "./dialog.ts";
import { contentTypeOf, headerAll, headerGet, headerTokens } from "./message.ts";
import type { SipBody, SipHeader, SipRequest, SipResponse } from "./message.ts";
import { MULTIPART, multipartBody, multipartParts } from "./multipart.ts";
import type { BodyPart } from "./multipart.ts";
import type { HostPort, SipFlow } from "./stack-types.ts";
import { hostText } from "./transaction-layer.ts";
import type { Uri } from "./uri.ts";

export const SDP = "application/sdp";
export const KNOWN_METHODS: readonly string[] = [
  "INVITE",
  "ACK",
  "CANCEL",
  "BYE",
  "OPTIONS",
  "REGISTER",
  "PRACK",
  "SUBSCRIBE",
  "NOTIFY",
  "PUBLISH",
  "INFO",
  "REFER",
  "MESSAGE",
  "UPDATE",
];
export const OWN_METHODS: readonly string[] = ["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS"];

/** What a body is refused for; null where it is none or one that we read (RFC 3261 §8.2.3). */
export function contentFault(
  request: SipRequest,
  accept: readonly string[],
): { readonly status: number; readonly headers: readonly SipHeader[] } | null {
  if (request.body.length === 0) return null;
  if ((headerGet(request, "Content-Disposition") ?? "").toLowerCase().includes("handling=optional")) return null;
  const encoding = (headerGet(request, "Content-Encoding") ?? "identity").toLowerCase();
  if (encoding !== "identity") return { status: 415, headers: [{ name: "Accept-Encoding", value: "identity" }] };
  const type = contentTypeOf(request);
  if (type === null || (accept.includes(type) && (type !== MULTIPART || areTaken(request, accept)))) return null;
  return { status: 415, headers: [{ name: "Accept", value: accept.join(", ") }] };
}

/** RFC 5621 §8.3: of several bodies each is taken, or may be passed over. */
function areTaken(request: SipRequest, accept: readonly string[]): boolean {
  const parts = multipartParts(headerGet(request, "Content-Type") ?? "", request.body);
  return (
    parts !== null &&
    parts.every(
      ({ contentType, disposition }) => accept.includes(contentType) || disposition?.toLowerCase().includes("handling=optional") === true,
    )
  );
}

/** Whether the caller takes a session description as an answer. */
export function acceptsSdp(request: SipRequest): boolean {
  const tokens = headerTokens(request, "Accept").map((token) => (token.split(";")[0] as string).trim().toLowerCase());
  return tokens.length === 0 || tokens.some((token) => token === SDP || token === "application/*" || token === "*/*");
}

/** The Contact that we put on our side of a dialog. */
export function contactOf(leg: { readonly contact: string | null; readonly flow: SipFlow }): string {
  return leg.contact ?? flowContact(leg.flow);
}

/** The flow's own advertised address, as a Contact. */
export function flowContact(flow: SipFlow): string {
  const transport = flow.transport === "udp" ? "" : `;transport=${flow.transport === "wss" ? "ws" : flow.transport}`;
  return `<sip:${hostText(flow.local.address)}:${flow.local.port}${transport}>`;
}

/** Requests outside a dialog go where the caller says: the flow of a binding, or the address that it resolved. */
export function udpTarget(flow: SipFlow): HostPort | null {
  return flow.transport === "udp" ? flow.remote : null;
}

/** A binding whose Contact names another address than its messages come from: a phone behind NAT. */
export function isElsewhere(uri: Uri, flow: SipFlow): boolean {
  const named = uriAddress(uri);
  return named !== null && (named.address !== flow.remote.address || named.port !== flow.remote.port);
}

/** A description, and what goes beside it; null: neither. */
export function describedBody(sdp: Uint8Array | null, attached: readonly BodyPart[], newBoundary: () => string): SipBody | null {
  const parts: readonly BodyPart[] = [...(sdp === null ? [] : [{ contentType: SDP, bytes: sdp }]), ...attached];
  const [only, ...others] = parts;
  if (only === undefined) return null;
  return others.length === 0 && attached.length === 0 ? only : multipartBody(parts, newBoundary());
}

/** The session description of a message, alone or beside other bodies; null where there is none. */
export function sdpOf(message: SipRequest | SipResponse): Uint8Array | null {
  if (message.body.length === 0) return null;
  const type = contentTypeOf(message);
  if (type === MULTIPART)
    return (
      multipartParts(headerGet(message, "Content-Type") ?? "", message.body)?.find(({ contentType }) => contentType === SDP)?.bytes ?? null
    );
  return type === SDP || (type === null && headerAll(message, "Content-Type").length === 0) ? message.body : null;
}
