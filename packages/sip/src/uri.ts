import { Scanner } from "./scanner.ts";

/** One parameter; a quoted value keeps its quotes, a flag has the value null. Names are lower case. */
export type Param = { readonly name: string; readonly value: string | null };

/** A parsed URI. `other` is any scheme but sip and sips (tel among them), kept as text. */
export type Uri =
  | {
      readonly kind: "sip";
      readonly scheme: "sip" | "sips";
      /** As written, still escaped; null where the URI has no user part. */
      readonly user: string | null;
      readonly password: string | null;
      readonly host: string;
      readonly port: number | null;
      readonly params: readonly Param[];
      /** The text after "?", never turned into headers (RFC 3261 §19.1.5). */
      readonly headers: string | null;
    }
  | { readonly kind: "other"; readonly scheme: string; readonly rest: string };

export type SipUri = Extract<Uri, { kind: "sip" }>;

/** A name-addr or addr-spec with its header parameters (From, To, Contact, Route, Record-Route). */
export type NameAddr = { readonly displayName: string | null; readonly uri: Uri; readonly params: readonly Param[] };

/** Parses a URI; null where it is malformed. Linear in its length. */
export function parseUri(text: string): Uri | null {
  const colon = text.indexOf(":");
  if (colon <= 0) return null;
  const scheme = text.slice(0, colon).toLowerCase();
  if (!isScheme(scheme)) return null;
  const rest = text.slice(colon + 1);
  if (scheme !== "sip" && scheme !== "sips") {
    return rest.length > 0 && everyCode(rest, isUriCode) ? { kind: "other", scheme, rest } : null;
  }
  const at = rest.indexOf("@");
  let user: string | null = null;
  let password: string | null = null;
  let hostPart = rest;
  if (at >= 0) {
    const userInfo = rest.slice(0, at);
    hostPart = rest.slice(at + 1);
    const passwordColon = userInfo.indexOf(":");
    user = passwordColon >= 0 ? userInfo.slice(0, passwordColon) : userInfo;
    password = passwordColon >= 0 ? userInfo.slice(passwordColon + 1) : null;
    if (user.length === 0 || !isEscaped(user, "-_.!~*'()&=+$,;?/#")) return null;
    if (password !== null && !isEscaped(password, "-_.!~*'()&=+$,;?/#:")) return null;
  }
  let headers: string | null = null;
  const question = hostPart.indexOf("?");
  if (question >= 0) {
    headers = hostPart.slice(question + 1);
    hostPart = hostPart.slice(0, question);
    if (!isEscaped(headers, "-_.!~*'()[]/?:+$&=,;@")) return null;
  }
  const pieces = hostPart.split(";");
  const hostPort = parseHostPort(pieces[0] as string);
  if (hostPort === null) return null;
  const params: Param[] = [];
  for (let i = 1; i < pieces.length; i += 1) {
    const piece = pieces[i] as string;
    const equals = piece.indexOf("=");
    const name = equals >= 0 ? piece.slice(0, equals) : piece;
    const value = equals >= 0 ? piece.slice(equals + 1) : null;
    if (name.length === 0 || !isEscaped(name, "-_.!~*'()[]/:&+$")) return null;
    if (value !== null && !isEscaped(value, "-_.!~*'()[]/:&+$=")) return null;
    params.push({ name: name.toLowerCase(), value });
  }
  return { kind: "sip", scheme, user, password, host: hostPort.host, port: hostPort.port, params, headers };
}

/** Prints a URI as parseUri reads it. */
export function printUri(uri: Uri): string {
  if (uri.kind === "other") return `${uri.scheme}:${uri.rest}`;
  let text = `${uri.scheme}:`;
  if (uri.user !== null) text += uri.password === null ? `${uri.user}@` : `${uri.user}:${uri.password}@`;
  text += uri.host;
  if (uri.port !== null) text += `:${uri.port}`;
  text += printParams(uri.params);
  return uri.headers === null ? text : `${text}?${uri.headers}`;
}

/** Host (lower case, IPv6 in brackets) and port; null where malformed. */
export function parseHostPort(text: string): { readonly host: string; readonly port: number | null } | null {
  let end = text.length;
  let port: number | null = null;
  const colon = text.startsWith("[") ? text.indexOf(":", text.indexOf("]") < 0 ? text.length : text.indexOf("]")) : text.indexOf(":");
  if (colon >= 0) {
    port = parseDecimal(text.slice(colon + 1), 65_535);
    if (port === null) return null;
    end = colon;
  }
  const host = text.slice(0, end).toLowerCase();
  if (host.length === 0 || host.length > 255) return null;
  if (host.startsWith("[")) {
    if (!host.endsWith("]") || host.length < 4) return null;
    return everyCode(host.slice(1, -1), isIpv6Code) ? { host, port } : null;
  }
  return everyCode(host, isHostCode) ? { host, port } : null;
}

/** A decimal of digits only, at most `max`; null otherwise. Leading zeros are allowed. */
export function parseDecimal(text: string, max: number): number | null {
  if (text.length === 0 || text.length > 64) return null;
  let value = 0;
  for (let i = 0; i < text.length; i += 1) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return null;
    value = value * 10 + digit;
    if (value > max) return null;
  }
  return value;
}

/** One name-addr or addr-spec at the scanner; null where malformed. Stops at a comma or the end. */
export function scanNameAddr(scanner: Scanner): NameAddr | null {
  scanner.skipSpace();
  let displayName: string | null = null;
  let uri: Uri | null;
  if (scanner.peek() === '"') {
    const quoted = scanner.quotedString();
    if (quoted === null) return null;
    displayName = unquote(quoted);
    scanner.skipSpace();
    if (scanner.peek() !== "<") return null;
  }
  if (scanner.peek() !== "<") {
    const start = scanner.pos;
    scanner.skipTokensAndSpace();
    if (scanner.peek() === "<") displayName = scanner.text.slice(start, scanner.pos).trim() || null;
    else scanner.pos = start;
  }
  if (scanner.peek() === "<") {
    const close = scanner.text.indexOf(">", scanner.pos);
    if (close < 0) return null;
    uri = parseUri(scanner.text.slice(scanner.pos + 1, close));
    scanner.pos = close + 1;
  } else {
    // RFC 3261 §20.10: without brackets, ";", "," and "?" belong to the header, so none may stand in the URI.
    const start = scanner.pos;
    scanner.skipUntilAny(";, \t");
    const bare = scanner.text.slice(start, scanner.pos);
    if (bare.includes("?")) return null;
    uri = parseUri(bare);
  }
  if (uri === null) return null;
  const params = scanParams(scanner);
  return params === null ? null : { displayName, uri, params };
}

/** Header parameters at the scanner, up to a comma or the end; null where malformed. */
export function scanParams(scanner: Scanner): Param[] | null {
  const params: Param[] = [];
  for (;;) {
    scanner.skipSpace();
    if (scanner.atEnd() || scanner.peek() === ",") return params;
    if (!scanner.take(";")) return null;
    scanner.skipSpace();
    const name = scanner.token();
    if (name === null) return null;
    scanner.skipSpace();
    if (!scanner.take("=")) {
      params.push({ name: name.toLowerCase(), value: null });
      continue;
    }
    scanner.skipSpace();
    const value = scanner.peek() === '"' ? scanner.quotedString() : scanner.paramValue();
    if (value === null) return null;
    params.push({ name: name.toLowerCase(), value });
  }
}

/** Parses a header value that holds exactly one address. */
export function parseNameAddr(text: string): NameAddr | null {
  const scanner = new Scanner(text);
  const address = scanNameAddr(scanner);
  return address !== null && scanner.atEnd() ? address : null;
}

/** Parses a comma-separated list of addresses; null where any of it is malformed. */
export function parseNameAddrList(text: string): readonly NameAddr[] | null {
  const scanner = new Scanner(text);
  const list: NameAddr[] = [];
  for (;;) {
    const address = scanNameAddr(scanner);
    if (address === null) return null;
    list.push(address);
    if (scanner.atEnd()) return list;
    if (!scanner.take(",")) return null;
  }
}

/** Prints an address always in brackets, so that URI and header parameters never mix. */
export function printNameAddr(address: NameAddr): string {
  const name = address.displayName === null ? "" : `${quote(address.displayName)} `;
  return `${name}<${printUri(address.uri)}>${printParams(address.params)}`;
}

export function printParams(params: readonly Param[]): string {
  let text = "";
  for (const param of params) text += param.value === null ? `;${param.name}` : `;${param.name}=${param.value}`;
  return text;
}

/** The value of a parameter: undefined where absent, null where it is a flag. */
export function paramGet(params: readonly Param[], name: string): string | null | undefined {
  for (const param of params) if (param.name === name) return param.value;
  return undefined;
}

/** The parameters with one set, keeping its place where it was there before. */
export function paramSet(params: readonly Param[], name: string, value: string | null): readonly Param[] {
  const next: Param[] = [];
  let found = false;
  for (const param of params) {
    if (param.name !== name) next.push(param);
    else if (!found) {
      found = true;
      next.push({ name, value });
    }
  }
  if (!found) next.push({ name, value });
  return next;
}

/** The tag of a From or To; null where it has none. */
export function tagOf(address: NameAddr): string | null {
  return paramGet(address.params, "tag") ?? null;
}

/** Text as a quoted-string. CR, LF and other controls become spaces: a display name can't break a header. */
export function quote(text: string): string {
  let out = '"';
  for (const char of text) {
    const code = char.charCodeAt(0);
    if (char === '"' || char === "\\") out += `\\${char}`;
    else out += code < 0x20 || code === 0x7f ? " " : char;
  }
  return `${out}"`;
}

/** The text of a quoted-string; text without quotes is returned as it is. */
export function unquote(text: string): string {
  if (!text.startsWith('"')) return text;
  let out = "";
  for (let i = 1; i < text.length - 1; i += 1) {
    if (text[i] === "\\" && i + 1 < text.length - 1) i += 1;
    out += text[i];
  }
  return out;
}

/** Unescapes %HH once, as UTF-8 code units kept in Latin-1 form; malformed escapes stay as they are. */
export function unescapeUser(text: string): string {
  let out = "";
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === "%" && isHex(text.charCodeAt(i + 1)) && isHex(text.charCodeAt(i + 2))) {
      out += String.fromCharCode(Number.parseInt(text.slice(i + 1, i + 3), 16));
      i += 2;
    } else out += text[i];
  }
  return out;
}

/**
 * The identity of an address-of-record: scheme, unescaped user and host, without port and parameters
 * (RFC 3261 §10.3 step 5, §19.1.4: the user part is case-sensitive, the host is not).
 */
export function addressOfRecord(uri: Uri): string | null {
  if (uri.kind !== "sip" || uri.user === null) return null;
  return `sip:${unescapeUser(uri.user)}@${uri.host}`;
}

function isScheme(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    const alpha = c >= 97 && c <= 122;
    const later = (c >= 48 && c <= 57) || c === 43 || c === 45 || c === 46;
    if (!alpha && (i === 0 || !later)) return false;
  }
  return true;
}

function everyCode(text: string, test: (code: number) => boolean): boolean {
  for (let i = 0; i < text.length; i += 1) if (!test(text.charCodeAt(i))) return false;
  return true;
}

function isEscaped(text: string, marks: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c === 37) {
      if (!isHex(text.charCodeAt(i + 1)) || !isHex(text.charCodeAt(i + 2))) return false;
      i += 2;
    } else if (!isAlphanumeric(c) && !marks.includes(text[i] as string)) return false;
  }
  return true;
}

function isUriCode(c: number): boolean {
  return c > 0x20 && c < 0x7f && c !== 0x22 && c !== 0x3c && c !== 0x3e;
}

function isAlphanumeric(c: number): boolean {
  return (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122);
}

function isHex(c: number): boolean {
  return (c >= 48 && c <= 57) || (c >= 65 && c <= 70) || (c >= 97 && c <= 102);
}

function isHostCode(c: number): boolean {
  return isAlphanumeric(c) || c === 45 || c === 46 || c === 95;
}

function isIpv6Code(c: number): boolean {
  return isHex(c) || c === 58 || c === 46;
}
