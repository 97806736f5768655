// The words on the screen in each language, from the desk's own catalogues: a test asks for what the English source says.
import { readFileSync } from "node:fs";
import type { Language } from "@allo/contract";

export type Words = (source: string, context?: string) => string;

const read = new Map<Language, ReadonlyMap<string, string>>();

/** The translator of one language; throws for a sentence that the catalogue doesn't have. */
export function wordsOf(language: Language): Words {
  const catalogue = read.get(language) ?? readCatalogue(language);
  read.set(language, catalogue);
  return (source, context = "") => {
    const found = catalogue.get(keyOf(context, source));
    if (found === undefined) throw new Error(`${language}.po has no "${source}"${context === "" ? "" : ` (${context})`}`);
    return found;
  };
}

const keyOf = (context: string, source: string): string => `${context}\u0004${source}`;

function readCatalogue(language: Language): ReadonlyMap<string, string> {
  const text = readFileSync(new URL(`../../apps/desk/src/i18n/${language}.po`, import.meta.url), "utf8");
  const catalogue = new Map<string, string>();
  for (const entry of text.split(/\n\s*\n/u)) {
    const fields = { msgctxt: "", msgid: "", msgstr: "" };
    let field: keyof typeof fields | null = null;
    for (const line of entry.split("\n")) {
      const [, name, quoted] = /^(?:(msgctxt|msgid|msgstr) )?(".*")$/u.exec(line) ?? [];
      if (quoted === undefined) continue;
      if (name !== undefined) field = name as keyof typeof fields;
      if (field !== null) fields[field] += JSON.parse(quoted) as string;
    }
    if (fields.msgid !== "") catalogue.set(keyOf(fields.msgctxt, fields.msgid), fields.msgstr === "" ? fields.msgid : fields.msgstr);
  }
  return catalogue;
}
