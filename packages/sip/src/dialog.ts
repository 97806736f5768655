// RFC 3261 §12: what a dialog remembers, and the requests made inside it.
import { headerAll } from "./message.ts";
import type { SipBody, SipHeader, SipRequest, SipResponse } from "./message.ts";
import { createRequest } from "./serialize.ts";
import type { HostPort, SipFlow } from "./stack-types.ts";
import { paramGet, parseHostPort, parseNameAddrList, printNameAddr, tagOf } from "./uri.ts";
import type { NameAddr, Uri } from "./uri.ts";

export type Dialog = {
  readonly callId: string;
  /** With their tags. */
  readonly local: NameAddr;
  readonly remote: NameAddr;
  readonly routeSet: readonly NameAddr[];
  remoteTarget: Uri;
  localCSeq: number;
  remoteCSeq: number | null;
};

/** RFC 3261 §12.1.1: the callee's side; the route set is Record-Route in order. Null where there is no usable Contact. */
export function dialogFromRequest(request: SipRequest, localTag: string, firstCSeq: number): Dialog | null {
  const target = contactUri(request);
  if (target === null) return null;
  return {
    callId: request.callId,
    local: { ...request.to, params: [...request.to.params.filter((param) => param.name !== "tag"), { name: "tag", value: localTag }] },
    remote: request.from,
    routeSet: recordRoutes(request),
    remoteTarget: target,
    localCSeq: firstCSeq,
    remoteCSeq: request.cseq.number,
  };
}

/** RFC 3261 §12.1.2: the caller's side; the route set is Record-Route reversed. */
export function dialogFromResponse(request: SipRequest, response: SipResponse): Dialog {
  return {
    callId: request.callId,
    local: request.from,
    remote: response.to,
    routeSet: [...recordRoutes(response)].reverse(),
    remoteTarget: contactUri(response) ?? request.uri,
    localCSeq: request.cseq.number,
    remoteCSeq: null,
  };
}

/** The key by which in-dialog requests find their dialog: Call-ID and both tags, ours first. */
export function dialogKey(callId: string, localTag: string, remoteTag: string): string {
  return `${callId}|${localTag}|${remoteTag}`;
}

export function keyOf(dialog: Dialog): string {
  return dialogKey(dialog.callId, tagOf(dialog.local) ?? "", tagOf(dialog.remote) ?? "");
}

/** A request in the dialog, without Via (RFC 3261 §12.2.1.1). Takes the next CSeq unless one is given (ACK). */
export function dialogRequest(
  dialog: Dialog,
  fields: { readonly method: string; readonly cseq?: number; readonly headers?: readonly SipHeader[]; readonly body?: SipBody | null },
): SipRequest {
  let cseq = fields.cseq;
  if (cseq === undefined) {
    dialog.localCSeq += 1;
    cseq = dialog.localCSeq;
  }
  let uri = dialog.remoteTarget;
  let routes = dialog.routeSet;
  const first = routes[0];
  if (first !== undefined && !isLoose(first)) {
    // A strict router wants to be the Request-URI, with the target last in Route.
    uri = first.uri;
    routes = [...routes.slice(1), { displayName: null, uri: dialog.remoteTarget, params: [] }];
  }
  return createRequest({
    method: fields.method,
    uri,
    vias: [],
    from: dialog.local,
    to: dialog.remote,
    callId: dialog.callId,
    cseq,
    headers: [...routes.map((route) => ({ name: "Route", value: printNameAddr(route) })), ...(fields.headers ?? [])],
    body: fields.body ?? null,
  });
}

/** Where an in-dialog request goes over UDP: the first route or the target where it names an address, else `source`. */
export function nextHop(dialog: Dialog, source: HostPort): HostPort {
  const uri = dialog.routeSet[0]?.uri ?? dialog.remoteTarget;
  return uriAddress(uri) ?? source;
}

/** The address that a URI names without DNS; null for names. */
export function uriAddress(uri: Uri): HostPort | null {
  if (uri.kind !== "sip") return null;
  const maddr = paramGet(uri.params, "maddr");
  const host = typeof maddr === "string" ? maddr : uri.host;
  if (host.startsWith("[")) return { address: host.slice(1, -1), port: uri.port ?? 5060 };
  return isIpv4(host) ? { address: host, port: uri.port ?? 5060 } : null;
}

/** RFC 3581: the peer's own idea of its address differs from where its messages come from. */
export function isBehindNat(request: SipRequest, flow: SipFlow): boolean {
  const via = request.vias[0];
  if (via === undefined) return false;
  const host = via.host.startsWith("[") ? via.host.slice(1, -1) : via.host;
  return !(host === flow.remote.address && (via.port ?? 5060) === flow.remote.port);
}

/** RFC 3261 §12.2.1.2, §12.2.2: a target refresh takes the new Contact. */
export function refreshTarget(dialog: Dialog, message: SipRequest | SipResponse): void {
  dialog.remoteTarget = contactUri(message) ?? dialog.remoteTarget;
}

export function contactUri(message: SipRequest | SipResponse): Uri | null {
  const value = headerAll(message, "Contact")[0];
  if (value === undefined || value === "*") return null;
  return parseNameAddrList(value)?.[0]?.uri ?? null;
}

function recordRoutes(message: SipRequest | SipResponse): readonly NameAddr[] {
  return headerAll(message, "Record-Route").flatMap((value) => parseNameAddrList(value) ?? []);
}

function isLoose(route: NameAddr): boolean {
  return route.uri.kind === "sip" && paramGet(route.uri.params, "lr") !== undefined;
}

function isIpv4(host: string): boolean {
  const parts = host.split(".");
  return parts.length === 4 && parseHostPort(host) !== null && parts.every((part) => /^[0-9]{1,3}$/.test(part) && Number(part) <= 255);
}
