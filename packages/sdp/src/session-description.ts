// RFC 8866, as far as audio calls need it. Unknown lines are skipped, malformed ones refused; parsing is linear.
import { utf8Decode, utf8Encode } from "@allo/kernel";

export const sdpLimits = { sdpBytesMax: 65_536, mediaMax: 64, linesMax: 2_048, lineCharsMax: 8_192 } as const;

export type SdpAttribute = { readonly name: string; readonly value: string | null };
export type SdpOrigin = { readonly username: string; readonly sessionId: string; readonly version: string; readonly address: string };
export type MediaDescription = {
  readonly kind: string;
  readonly port: number;
  readonly protocol: string;
  readonly formats: readonly string[];
  /** The address of its own c= line; null where the session's holds. */
  readonly connection: string | null;
  readonly attributes: readonly SdpAttribute[];
};
export type SessionDescription = {
  readonly origin: SdpOrigin;
  readonly name: string;
  readonly connection: string | null;
  readonly attributes: readonly SdpAttribute[];
  readonly media: readonly MediaDescription[];
};
export type SdpParseResult =
  | { readonly ok: true; readonly session: SessionDescription }
  | { readonly ok: false; readonly reason: string; readonly offset: number };

/** Parses a session description. CRLF or LF ends a line (RFC 8866 §5). Never throws. */
export function parseSdp(input: Uint8Array): SdpParseResult {
  if (input.length > sdpLimits.sdpBytesMax) return bad("description is larger than sdpBytesMax", sdpLimits.sdpBytesMax);
  const text = utf8Decode(input);
  let origin: SdpOrigin | null = null;
  let name: string | null = null;
  let connection: string | null = null;
  const attributes: SdpAttribute[] = [];
  const media: {
    -readonly [K in keyof MediaDescription]: MediaDescription[K] extends readonly SdpAttribute[] ? SdpAttribute[] : MediaDescription[K];
  }[] = [];
  let start = 0;
  let lineCount = 0;
  while (start < text.length) {
    let end = text.indexOf("\n", start);
    if (end < 0) end = text.length;
    const line = text.slice(start, text[end - 1] === "\r" && end > start ? end - 1 : end);
    const offset = start;
    start = end + 1;
    lineCount += 1;
    if (lineCount > sdpLimits.linesMax) return bad("more lines than linesMax", offset);
    if (line.length > sdpLimits.lineCharsMax) return bad("line is longer than lineCharsMax", offset);
    if (line.length === 0 && start >= text.length) break;
    if (line[1] !== "=" || line.includes("\r") || line.includes("\0")) return bad("line is not of the form type=value", offset);
    const value = line.slice(2);
    const type = line[0] as string;
    if (lineCount === 1) {
      if (type !== "v" || value !== "0") return bad("first line is not v=0", offset);
      continue;
    }
    const current = media.at(-1);
    switch (type) {
      case "v":
        return bad("v= stands twice", offset);
      case "o":
        if (origin !== null || current !== undefined) return bad("o= is misplaced", offset);
        origin = parseOrigin(value);
        if (origin === null) return bad("o= is malformed", offset);
        break;
      case "s":
        if (name !== null || current !== undefined) return bad("s= is misplaced", offset);
        name = value;
        break;
      case "c": {
        const address = parseConnection(value);
        if (address === null) return bad("c= is malformed", offset);
        if (current === undefined) connection ??= address;
        else current.connection ??= address;
        break;
      }
      case "a": {
        const colon = value.indexOf(":");
        const attribute = colon < 0 ? { name: value, value: null } : { name: value.slice(0, colon), value: value.slice(colon + 1) };
        if (attribute.name.length === 0) return bad("a= has no name", offset);
        (current === undefined ? attributes : current.attributes).push(attribute);
        break;
      }
      case "m": {
        if (media.length >= sdpLimits.mediaMax) return bad("more media than mediaMax", offset);
        const parts = value.split(" ");
        const port = /^([0-9]{1,5})(?:\/[0-9]{1,5})?$/.exec(parts[1] ?? "")?.[1];
        if (parts.length < 4 || port === undefined || Number(port) > 65_535 || parts.some((part) => part.length === 0)) {
          return bad("m= is malformed", offset);
        }
        media.push({
          kind: parts[0] as string,
          port: Number(port),
          protocol: parts[2] as string,
          formats: parts.slice(3),
          connection: null,
          attributes: [],
        });
        break;
      }
      default:
        // t=, b=, k=, i= and the like say nothing that a call here uses.
        break;
    }
  }
  if (lineCount === 0) return bad("description is empty", 0);
  if (origin === null) return bad("o= is missing", 0);
  return { ok: true, session: { origin, name: name ?? "-", connection, attributes, media } };
}

/** Prints a description as bytes. A line break in a value becomes a space, so that no value adds a line. */
export function printSdp(session: SessionDescription): Uint8Array {
  const { origin } = session;
  const lines = [
    "v=0",
    `o=${origin.username} ${origin.sessionId} ${origin.version} IN ${family(origin.address)} ${origin.address}`,
    `s=${session.name}`,
  ];
  if (session.connection !== null) lines.push(`c=IN ${family(session.connection)} ${session.connection}`);
  lines.push("t=0 0");
  for (const attribute of session.attributes) lines.push(printAttribute(attribute));
  for (const each of session.media) {
    lines.push(`m=${each.kind} ${each.port} ${each.protocol} ${each.formats.join(" ")}`);
    if (each.connection !== null) lines.push(`c=IN ${family(each.connection)} ${each.connection}`);
    for (const attribute of each.attributes) lines.push(printAttribute(attribute));
  }
  return utf8Encode(lines.map((line) => `${line.replace(/[\r\n\0]/g, " ")}\r\n`).join(""));
}

/** The first value of an attribute: undefined where absent, null where it is a flag. */
export function attributeGet(attributes: readonly SdpAttribute[], name: string): string | null | undefined {
  return attributes.find((attribute) => attribute.name === name)?.value;
}

function parseOrigin(value: string): SdpOrigin | null {
  const parts = value.split(" ");
  const [username, sessionId, version, net, type, address] = parts;
  if (parts.length !== 6 || net !== "IN" || (type !== "IP4" && type !== "IP6")) return null;
  if (!username || !address || !isDigits(sessionId) || !isDigits(version)) return null;
  return { username, sessionId: sessionId as string, version: version as string, address };
}

function parseConnection(value: string): string | null {
  const [net, type, address, ...rest] = value.trim().split(" ");
  if (net !== "IN" || (type !== "IP4" && type !== "IP6") || !address || rest.length > 0) return null;
  return (address.split("/")[0] as string) || null;
}

function isDigits(text: string | undefined): boolean {
  return text !== undefined && /^[0-9]{1,32}$/.test(text);
}

function printAttribute(attribute: SdpAttribute): string {
  return attribute.value === null ? `a=${attribute.name}` : `a=${attribute.name}:${attribute.value}`;
}

function family(address: string): "IP4" | "IP6" {
  return address.includes(":") ? "IP6" : "IP4";
}

function bad(reason: string, offset: number): SdpParseResult {
  return { ok: false, reason, offset };
}
