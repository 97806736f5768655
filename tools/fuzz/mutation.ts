// Ways to damage an input: byte by byte, and as a message that still has the form of one.
import { utf8Decode, utf8Encode, type Prng } from "@allo/kernel";

const WORDS: readonly Uint8Array[] = [
  "\r\n",
  "\r\n ",
  '"',
  "<",
  ">",
  ";",
  ",",
  "%",
  "%00",
  ":",
  "sip:",
  "tag=",
  "branch=z9hG4bK",
  "*",
  "\0",
  "99999999999",
  "é",
].map(utf8Encode);
const NUMBERS: readonly number[] = [0, 1, 2, 3, 4, 7, 8, 127, 128, 254, 255];

/** Headers that say something to the engine, with values that are right, odd and wrong. */
const HEADERS: readonly (readonly [string, readonly string[]])[] = [
  ["Require", ["100rel", "timer", "replaces", "x", "100rel, timer, replaces"]],
  ["Supported", ["100rel", "timer", "replaces, norefersub", ""]],
  ["Session-Expires", ["90", "1800;refresher=uas", "60;refresher=uac", "99999999999", "x", "-1"]],
  ["Min-SE", ["90", "600", "999999999", "x"]],
  ["RSeq", ["1", "2", "4294967295", "4294967296", "-1"]],
  ["RAck", ["1 1 INVITE", "2 1 INVITE", "9 9 BYE", "x"]],
  ["Refer-To", ["<sip:1@192.0.2.9>", "<sip:1@h?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2>", "sip:1@h;x=y", "<tel:+7495>", "<sip:a@b", "*"]],
  ["Refer-Sub", ["false", "true", "x"]],
  ["Referred-By", ["<sip:a@b>", "x"]],
  ["Replaces", ["a;to-tag=1;from-tag=2", "a;to-tag=1", "a;to-tag=1;from-tag=2;early-only", ";;;"]],
  ["Event", ["refer", "refer;id=1", "presence", ""]],
  ["Subscription-State", ["active;expires=60", "terminated;reason=noresource", "pending", ""]],
  ["Max-Forwards", ["0", "1", "70", "255", "256", "x"]],
  ["Expires", ["0", "3600", "4294967296"]],
  ["Contact", ["<sip:a@192.0.2.9>", "*", "<sip:a@[::1]>", "<tel:1>", "x"]],
  ["Route", ["<sip:192.0.2.8;lr>", "<sip:192.0.2.8>", "x"]],
  ["Record-Route", ["<sip:192.0.2.8;lr>, <sip:192.0.2.7>", "<tel:1>", "x"]],
  ["Reason", ["Q.850;cause=16", 'SIP;cause=200;text="x"', ";"]],
  ["Allow", ["INVITE, UPDATE", "", "x"]],
  ["Content-Type", ["application/sdp", "message/sipfrag", "application/dtmf-relay", "multipart/mixed;boundary=a"]],
  ["Content-Length", ["0", "1", "65535", "99999999", "-1"]],
  ["Privacy", ["id", "none"]],
  ["P-Asserted-Identity", ["<sip:1@h>, <tel:1>", "x"]],
];

export function pick<T>(prng: Prng, from: readonly T[]): T {
  return from[prng.below(from.length)] as T;
}

/** Up to five changes of bytes: one replaced, a stretch cut, a word put in, a stretch doubled, the rest of another input joined on. */
export function mutateBytes(bytes: Uint8Array, prng: Prng, corpus: readonly Uint8Array[]): Uint8Array {
  let out: Uint8Array = bytes.slice();
  for (let edits = prng.below(5); edits > 0; edits -= 1) {
    const at = prng.below(out.length + 1);
    const end = Math.min(out.length, at + prng.below(20));
    switch (prng.below(6)) {
      case 0:
        if (at < out.length) out[at] = prng.below(256);
        break;
      case 1:
        out = join([out.subarray(0, at), out.subarray(end)]);
        break;
      case 2:
        out = join([out.subarray(0, at), pick(prng, WORDS), out.subarray(at)]);
        break;
      case 3:
        out = join([out.subarray(0, end), out.subarray(at)]);
        break;
      case 4:
        if (at < out.length) out[at] = pick(prng, NUMBERS);
        break;
      default:
        out = join([out.subarray(0, at), pick(prng, corpus).subarray(0, prng.below(400))]);
    }
  }
  return out;
}

/** Changes of header lines: one dropped, doubled, moved, given another's value, or a telling one put in. The form stays. */
export function mutateMessage(text: string, prng: Prng): string {
  const split = text.indexOf("\r\n\r\n");
  const head = split < 0 ? text : text.slice(0, split);
  const body = split < 0 ? "" : text.slice(split + 4);
  const lines = head.split("\r\n");
  for (let edits = 1 + prng.below(4); edits > 0; edits -= 1) {
    const at = 1 + prng.below(Math.max(1, lines.length - 1));
    const [name, values] = pick(prng, HEADERS);
    switch (prng.below(6)) {
      case 0:
        lines.splice(at, 1);
        break;
      case 1:
        lines.splice(at, 0, lines[at] ?? "");
        break;
      case 2:
        lines.push(...lines.splice(at, 1));
        break;
      case 3:
        lines[at] = `${(lines[at] ?? "X").split(":")[0] ?? "X"}: ${pick(prng, values)}`;
        break;
      default: {
        // In place of one of the same name, most of the time: two are refused anyhow.
        const same = lines.findIndex((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
        if (same > 0 && prng.below(4) > 0) lines[same] = `${name}: ${pick(prng, values)}`;
        else lines.splice(at, 0, `${name}: ${pick(prng, values)}`);
      }
    }
  }
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

/** Changes of lines of a session description. */
export function mutateLines(bytes: Uint8Array, prng: Prng, more: readonly string[]): Uint8Array {
  const lines = utf8Decode(bytes).split("\r\n");
  for (let edits = 1 + prng.below(4); edits > 0; edits -= 1) {
    const at = prng.below(lines.length);
    const roll = prng.below(4);
    if (roll === 0) lines.splice(at, 1);
    else if (roll === 1) lines.splice(at, 0, lines[prng.below(lines.length)] ?? "");
    else lines.splice(at, roll === 2 ? 1 : 0, pick(prng, more));
  }
  return utf8Encode(lines.join("\r\n"));
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
