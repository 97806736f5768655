/** Digits of other scripts, which keyboards in Persian and Arabic give. */
const SCRIPTS: readonly number[] = [0x06f0, 0x0660]; // "۰", "٠"

/** The text with Persian and Arabic digits as 0 to 9. */
export function latinDigits(text: string): string {
  return [...text]
    .map((char) => {
      const code = char.codePointAt(0) ?? 0;
      const zero = SCRIPTS.find((first) => code >= first && code <= first + 9);
      return zero === undefined ? char : String(code - zero);
    })
    .join("");
}
