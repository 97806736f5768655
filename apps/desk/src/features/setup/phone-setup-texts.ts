// What is typed, pasted or scanned into each kind of phone. Values from the server, in the words of the phones' makers.
import type { DeviceSecret, PhoneTransport } from "@allo/contract";

export const phoneKinds = ["any", "linphone", "wave", "grandstream", "zoiper", "baresip", "webrtc"] as const;
export type PhoneKind = (typeof phoneKinds)[number];

const REGISTER_SECONDS = 600;

/** Encrypted where the phone knows the certificate by itself. */
export function transportAtFirst(secret: DeviceSecret): PhoneTransport {
  return secret.tlsPort !== null && secret.tlsIsKnown ? "tls" : "udp";
}

/** Host and port that the phone registers at. */
export function serverOf(secret: DeviceSecret, transport: PhoneTransport): string {
  const port = transport === "tls" ? (secret.tlsPort ?? secret.port) : secret.port;
  return `${hostOf(secret.domain)}:${port}`;
}

/** Linphone fetches its configuration from here. */
export function linphoneLink(secret: DeviceSecret, transport: PhoneTransport): string {
  return `${secret.link.url}.${transport}`;
}

/** Grandstream's desk phones put their own file's name behind it; they choose the scheme in a field of its own. */
export function grandstreamPath(secret: DeviceSecret, transport: PhoneTransport): string {
  return linphoneLink(secret, transport).replace(/^https?:\/\//, "");
}

/** What Grandstream Wave scans. */
export function waveCode(secret: DeviceSecret, transport: PhoneTransport): string {
  const fields = [
    ["RegisterServer", serverOf(secret, transport)],
    ["OutboundServer", ""],
    ["UserID", secret.username],
    ["AuthID", secret.username],
    ["AuthPass", secret.password],
    ["AccountName", secret.device.name],
    ["DisplayName", secret.device.name],
    ["Transport", transport.toUpperCase()],
  ] as const;
  const account = fields.map(([name, value]) => `<${name}>${escape(value)}</${name}>`).join("");
  return `<?xml version="1.0" encoding="utf-8"?><AccountConfig version="1"><Account>${account}</Account></AccountConfig>`;
}

/** One line of baresip's accounts file. */
export function baresipLine(secret: DeviceSecret, transport: PhoneTransport): string {
  const parts = [
    `<sip:${secret.username}@${serverOf(secret, transport)};transport=${transport}>`,
    `auth_user=${secret.username}`,
    `auth_pass=${secret.password}`,
    `regint=${REGISTER_SECONDS}`,
    "audio_codecs=PCMA,PCMU",
    ...(transport === "tls" ? ["mediaenc=srtp"] : []),
  ];
  return parts.join(";");
}

/** A phone elsewhere can't reach this machine by this name. */
export function isOnlyHere(secret: DeviceSecret): boolean {
  return /^(localhost|127\.|\[?::1)/.test(secret.domain);
}

function hostOf(domain: string): string {
  return domain.includes(":") && !domain.startsWith("[") ? `[${domain}]` : domain;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
