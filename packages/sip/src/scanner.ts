/** A cursor over one unfolded header value; every method moves forward only, so that parsing is linear. */
export class Scanner {
  readonly text: string;
  pos = 0;

  constructor(text: string) {
    this.text = text;
  }

  atEnd(): boolean {
    return this.pos >= this.text.length;
  }

  peek(): string {
    return this.text.charAt(this.pos);
  }

  take(char: string): boolean {
    if (this.text.charAt(this.pos) !== char) return false;
    this.pos += 1;
    return true;
  }

  skipSpace(): void {
    while (isSpace(this.text.charCodeAt(this.pos))) this.pos += 1;
  }

  token(): string | null {
    const start = this.pos;
    while (isTokenCode(this.text.charCodeAt(this.pos))) this.pos += 1;
    return this.pos > start ? this.text.slice(start, this.pos) : null;
  }

  /** A token or a host: a parameter value without quotes. */
  paramValue(): string | null {
    const start = this.pos;
    for (;;) {
      const c = this.text.charCodeAt(this.pos);
      // "[", "]" and ":" for an IPv6 host; "/" and "@" appear in the wild in tags and instance values.
      if (!isTokenCode(c) && c !== 91 && c !== 93 && c !== 58 && c !== 47 && c !== 64) break;
      this.pos += 1;
    }
    return this.pos > start ? this.text.slice(start, this.pos) : null;
  }

  /** A quoted-string with its quotes; null where it does not end. */
  quotedString(): string | null {
    const start = this.pos;
    if (!this.take('"')) return null;
    while (this.pos < this.text.length) {
      const char = this.text[this.pos];
      this.pos += char === "\\" ? 2 : 1;
      if (char === '"') return this.text.slice(start, this.pos);
    }
    return null;
  }

  skipTokensAndSpace(): void {
    for (;;) {
      const c = this.text.charCodeAt(this.pos);
      // Display names in UTF-8 without quotes are common; RFC 3261 §25.1 allows tokens only, so ASCII stays strict.
      if (!isTokenCode(c) && !isSpace(c) && !(c >= 0x80)) return;
      this.pos += 1;
    }
  }

  skipUntilAny(stops: string): void {
    while (this.pos < this.text.length && !stops.includes(this.text[this.pos] as string)) this.pos += 1;
  }
}

export function isSpace(c: number): boolean {
  return c === 32 || c === 9;
}

/** RFC 3261 §25.1 token characters. */
export function isTokenCode(c: number): boolean {
  return (
    (c >= 48 && c <= 57) ||
    (c >= 65 && c <= 90) ||
    (c >= 97 && c <= 122) ||
    c === 45 ||
    c === 46 ||
    c === 33 ||
    c === 37 ||
    c === 42 ||
    c === 95 ||
    c === 43 ||
    c === 96 ||
    c === 39 ||
    c === 126
  );
}

export function isToken(text: string): boolean {
  if (text.length === 0) return false;
  for (let i = 0; i < text.length; i += 1) if (!isTokenCode(text.charCodeAt(i))) return false;
  return true;
}
