// Which test stands for which row of the SIP and RTP checklist, read from the tests' names.
// node --conditions=source tools/rfc-map.ts     writes docs/rfc-map.md; `npm run check` says when it is stale.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run-step.ts";
import { readTree, type SourceFile } from "./source-tree.ts";

export const RFC_MAP_PATH = "docs/rfc-map.md";
/** The numbered rows; the other sections are named by RFC. */
const NUMBERED = [
  { section: "6.1", rows: 16 },
  { section: "6.6", rows: 20 },
] as const;
const TITLES: Readonly<Record<string, string>> = {
  "6.1": "Transactions and dialogs",
  "6.2": "Extensions",
  "6.3": "The browser's leg",
  "6.4": "RTP",
  "6.5": "Torture messages",
  "6.6": "What carriers do",
};
/** A name is a string literal of one line that begins with the row: "sip-rtp 6.1.7: …", "sip-rtp 6.2 RFC 3262: …". */
const NAME = /(["'`])sip-rtp (6\.[1-6])(?:\.([0-9]{1,2}))?(?: (RFC [0-9][0-9, ]*?)(?= §|:))?( §[^:]*)?:? ?((?:\\.|(?!\1)[^\\\n])*)\1/g;

type Entry = { readonly section: string; readonly row: number; readonly rfc: string; readonly path: string; readonly words: string };

/** The page, or null where no test has such a name. */
export function rfcMap(files: readonly SourceFile[]): string | null {
  const entries = files.filter(({ path }) => /\.test\.tsx?$/.test(path) && !path.startsWith("tools/")).flatMap(readEntries);
  if (entries.length === 0) return null;
  const lines = [
    "# Which test stands for which row",
    "",
    "Made from the names of the tests by `tools/rfc-map.ts`; change those, not this page.",
  ];
  for (const section of Object.keys(TITLES)) {
    const here = entries.filter((entry) => entry.section === section);
    if (here.length === 0) continue;
    lines.push("", `## ${section} ${TITLES[section]}`);
    const keys = [...new Set(here.map(keyOf))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
    for (const key of keys) {
      lines.push("", `### ${key}`, "");
      for (const { path, words } of here.filter((entry) => keyOf(entry) === key)) lines.push(`- \`${path}\`: ${words}`);
    }
  }
  const missing = NUMBERED.flatMap(({ section, rows }) =>
    Array.from({ length: rows }, (_, index) => index + 1)
      .filter((row) => !entries.some((entry) => entry.section === section && entry.row === row))
      .map((row) => `${section}.${row}`),
  );
  lines.push("", "## Rows without a test of that name", "", missing.length === 0 ? "None." : `${missing.join(", ")}.`);
  return `${lines.join("\n")}\n`;
}

function readEntries({ path, text }: SourceFile): Entry[] {
  return [...text.matchAll(NAME)].map(([, , section = "", row = "", rfc = "", clause = "", words = ""]) => ({
    section,
    row: row === "" ? 0 : Number(row),
    rfc: rfc.trim(),
    path,
    words: `${clause.trim()} ${words}`
      .trim()
      .replaceAll("\\", "")
      .replaceAll(/[<>*_`|]/g, " ")
      .replaceAll(/\s+/g, " ")
      .trim(),
  }));
}

function keyOf(entry: Entry): string {
  return entry.row > 0 ? `${entry.section}.${entry.row}` : entry.rfc === "" ? `${entry.section}, whole` : entry.rfc;
}

if (import.meta.main) {
  const page = rfcMap(readTree(root));
  if (page !== null) writeFileSync(join(root, RFC_MAP_PATH), page);
}
