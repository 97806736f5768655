/** Arguments of one call: engines limit them. */
const ASCII_PER_CALL = 4_096;

/** Encodes text as UTF-8; lone surrogates become U+FFFD, as in the WHATWG encoder. */
export function utf8Encode(text: string): Uint8Array {
  const out = new Uint8Array(text.length * 3);
  let length = 0;
  for (let i = 0; i < text.length; i += 1) {
    let code = text.charCodeAt(i);
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = code <= 0xdbff ? text.charCodeAt(i + 1) : Number.NaN;
      if (low >= 0xdc00 && low <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        i += 1;
      } else {
        code = 0xfffd;
      }
    }
    if (code < 0x80) {
      out[length++] = code;
    } else if (code < 0x800) {
      out[length++] = 0xc0 | (code >> 6);
      out[length++] = 0x80 | (code & 0x3f);
    } else if (code < 0x10000) {
      out[length++] = 0xe0 | (code >> 12);
      out[length++] = 0x80 | ((code >> 6) & 0x3f);
      out[length++] = 0x80 | (code & 0x3f);
    } else {
      out[length++] = 0xf0 | (code >> 18);
      out[length++] = 0x80 | ((code >> 12) & 0x3f);
      out[length++] = 0x80 | ((code >> 6) & 0x3f);
      out[length++] = 0x80 | (code & 0x3f);
    }
  }
  return out.subarray(0, length);
}

/** Decodes UTF-8; each malformed sequence becomes one U+FFFD. */
export function utf8Decode(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let i = start;
  while (i < end && (bytes[i] as number) < 0x80) i += 1;
  // Many characters a call: a string made of single ones is a tree of them.
  let text = "";
  for (let at = start; at < i; at += ASCII_PER_CALL)
    text += String.fromCharCode.apply(null, bytes.subarray(at, Math.min(i, at + ASCII_PER_CALL)) as unknown as number[]);
  while (i < end) {
    const lead = bytes[i] as number;
    if (lead < 0x80) {
      text += String.fromCharCode(lead);
      i += 1;
      continue;
    }
    const extra = lead >= 0xc2 && lead <= 0xdf ? 1 : lead >= 0xe0 && lead <= 0xef ? 2 : lead >= 0xf0 && lead <= 0xf4 ? 3 : 0;
    let code = extra === 1 ? lead & 0x1f : extra === 2 ? lead & 0x0f : lead & 0x07;
    let taken = 0;
    while (taken < extra && i + 1 + taken < end) {
      const next = bytes[i + 1 + taken] as number;
      if ((next & 0xc0) !== 0x80) break;
      if (taken === 0 && ((lead === 0xe0 && next < 0xa0) || (lead === 0xed && next > 0x9f))) break;
      if (taken === 0 && ((lead === 0xf0 && next < 0x90) || (lead === 0xf4 && next > 0x8f))) break;
      code = (code << 6) | (next & 0x3f);
      taken += 1;
    }
    if (extra === 0 || taken < extra) {
      text += "�";
      i += 1 + taken;
    } else {
      text += String.fromCodePoint(code);
      i += 1 + extra;
    }
  }
  return text;
}
