/** Whether every word that was sought begins or stands in the name, however either is spelt. */
export function matchesName(name: string, sought: string): boolean {
  const folded = foldName(name);
  return foldName(sought)
    .split(" ")
    .every((word) => folded.includes(word));
}

/** Case, accents and ё, Arabic letters for the Persian ones, half-spaces: none of them tells two people apart. */
function foldName(text: string): string {
  return text
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[يى]/gu, "ی")
    .replaceAll("ك", "ک")
    .replaceAll(/[\u200c\u200d\s]+/gu, " ")
    .trim();
}
