/** A name or a number from outside inside a sentence: kept from turning the line around it (UAX #9: FSI … PDI). */
export function isolate(text: string): string {
  return `\u2068${text}\u2069`;
}
