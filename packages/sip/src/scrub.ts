// What must not be kept of a message that is kept for looking at: proofs of identity, media keys, digits that were pressed.

const HIDDEN = "***";
/** The parameters of credentials that prove something; realm, algorithm and user stay, for they tell what was wrong. */
const PROOF = /\b(response|cnonce|nonce|nextnonce|opaque|rspauth)\s*=\s*("[^"]{0,4096}"|[^,\s]{1,4096})/gi;
const CREDENTIALS = new Set([
  "authorization",
  "proxy-authorization",
  "www-authenticate",
  "proxy-authenticate",
  "authentication-info",
  "proxy-authentication-info",
]);
const HIDDEN_WHOLE = new Set(["cookie", "set-cookie", "identity", "y"]);
const SDP_SECRET = /^(a=crypto:\d{1,9} [A-Za-z0-9_-]{1,64} )inline:[^\r\n]*|^(a=ice-pwd:)[^\r\n]*|^(k=)[^\r\n]*|^(a=key-mgmt:)[^\r\n]*/gm;

/**
 * A SIP message as text, without secrets: proofs in credentials (RFC 7616), cookies, SDES keys (RFC 4568), MIKEY messages (RFC 4567), ICE passwords, and the digits of INFO
 * (application/dtmf-relay, application/dtmf). Bodies that are not descriptions, fragments or keypad are left out whole. Never fails; linear time.
 */
export function scrubMessage(text: string): string {
  const split = /\r?\n\r?\n/.exec(text);
  const head = split === null ? text : text.slice(0, split.index);
  const body = split === null ? "" : text.slice(split.index + split[0].length);
  const lines = unfolded(head);
  const type = bodyTypeOf(lines);
  const scrubbed = lines.map(scrubHeader).join("\r\n");
  return split === null ? scrubbed : `${scrubbed}\r\n\r\n${scrubBody(type, body)}`;
}

function unfolded(head: string): string[] {
  const lines: string[] = [];
  for (const line of head.split(/\r?\n/)) {
    const last = lines.at(-1);
    if (last !== undefined && lines.length > 1 && (line.startsWith(" ") || line.startsWith("\t")))
      lines[lines.length - 1] = `${last} ${line.trim()}`;
    else lines.push(line);
  }
  return lines;
}

function scrubHeader(line: string, place: number): string {
  if (place === 0) return line;
  const colon = line.indexOf(":");
  if (colon < 0) return line;
  const name = line.slice(0, colon).trim().toLowerCase();
  if (HIDDEN_WHOLE.has(name)) return `${line.slice(0, colon)}: ${HIDDEN}`;
  if (!CREDENTIALS.has(name)) return line;
  const value = line.slice(colon + 1).trim();
  // Basic and bearer credentials have no parameters: all of them is the proof.
  if (!/^digest\s/i.test(value) && name.endsWith("authorization")) return `${line.slice(0, colon)}: ${HIDDEN}`;
  return `${line.slice(0, colon)}: ${value.replaceAll(PROOF, `$1="${HIDDEN}"`)}`;
}

function bodyTypeOf(lines: readonly string[]): string {
  for (const line of lines) {
    const match = /^(?:content-type|c)\s*:\s*([^;\s]{1,128})/i.exec(line);
    if (match !== null) return (match[1] ?? "").toLowerCase();
  }
  return "";
}

function scrubBody(type: string, body: string): string {
  if (body === "") return "";
  if (type === "application/sdp" || type === "multipart/mixed")
    return body.replaceAll(SDP_SECRET, (_, crypto?: string, ice?: string, key?: string, managed?: string) =>
      crypto === undefined ? `${ice ?? key ?? managed ?? ""}${HIDDEN}` : `${crypto}inline:${HIDDEN}`,
    );
  if (type === "application/dtmf-relay") return body.replaceAll(/^(\s*signal\s*=\s*).*$/gim, `$1${HIDDEN}`);
  if (type === "message/sipfrag") return body;
  return `(${body.length} characters of ${type === "" ? "an unknown type" : type} left out)`;
}
