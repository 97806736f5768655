// House rules that no other tool checks (docs/STYLE.md). Each is a function from the tree of files to sentences.
import { basename, dirname, extname, join, normalize } from "node:path";
import { RFC_MAP_PATH, rfcMap } from "./rfc-map.ts";
import type { SourceFile } from "./source-tree.ts";

/** A number that may only fall: tests switched off in the whole tree. */
const SKIPPED_TESTS_MAX = 0;
const TEST_SUFFIXES = ["pg", "net", "sim", "web", "property"];
const CODE_EXTENSIONS = new Set([".ts", ".tsx", ".mjs", ".cjs"]);

type BannedWord = { readonly pattern: RegExp; readonly instead: string; readonly where: (path: string) => boolean };
const isCode = (path: string): boolean => CODE_EXTENSIONS.has(extname(path));
const isCodeOrSql = (path: string): boolean => isCode(path) || path.endsWith(".sql");
const BANNED_WORDS: readonly BannedWord[] = [
  { pattern: /\b(?:TODO|FIXME|XXX|HACK)\b(?!\s*\(?#\d+)/, instead: "name the issue, TODO(#12), or do it", where: isCodeOrSql },
  { pattern: /\bselect\s+\*\s+from\s+[a-z_."]+(?![\w."]|\s*\()/i, instead: "name the columns", where: isCodeOrSql },
  { pattern: /@ts-ignore|@ts-nocheck/, instead: "mend the type", where: isCode },
  { pattern: /\b(?:it|test|describe)\.only\(/, instead: "run one file by its path", where: isCode },
  { pattern: /coming soon|not implemented yet/i, instead: "build it or leave it out", where: isCode },
  { pattern: /(?<![\w/.])\/(?:work|home|Users)\/[a-z]/, instead: "a path inside the repository", where: () => true },
];
const BANNED_FILE_NAMES = /^(?:utils?|helpers?|misc|common|manager|stuff)\.tsx?$/;

/** All problems of the tree, one sentence each; none means tidy. */
export function tidy(files: readonly SourceFile[]): readonly string[] {
  return [
    ...files.flatMap(checkWords),
    ...files.flatMap(checkName),
    ...checkSkippedTests(files),
    ...checkMigrations(files),
    ...files.flatMap((file) => checkForeignSchema(file, moduleNames(files))),
    ...checkDocuments(files),
    ...checkRfcMap(files),
    ...files.flatMap(checkVersions),
  ];
}

function checkWords({ path, text }: SourceFile): string[] {
  if (path.startsWith("tools/tidy")) return []; // it names what it looks for
  const rules = BANNED_WORDS.filter((rule) => rule.where(path));
  return text
    .split("\n")
    .flatMap((line, index) =>
      rules
        .filter((rule) => rule.pattern.test(line))
        .map((rule) => `${path}:${index + 1} has "${rule.pattern.exec(line)?.[0]}": ${rule.instead}.`),
    );
}

function checkName({ path }: SourceFile): string[] {
  const name = basename(path);
  const problems: string[] = [];
  if (isCode(path) && BANNED_FILE_NAMES.test(name)) problems.push(`${path} is named after nothing: say what is in it.`);
  if (/^(?:packages|apps|tools|bench|conformance)\//.test(path) && isCode(path) && !path.startsWith("apps/desk/") && /[A-Z_]/.test(name)) {
    problems.push(`${path} isn't in kebab-case.`);
  }
  const suffix = /\.([a-z]+)\.test\.tsx?$/.exec(name)?.[1];
  if (suffix !== undefined && !TEST_SUFFIXES.includes(suffix))
    problems.push(`${path} has the unknown suffix .${suffix}: docs/TESTING.md lists them.`);
  return problems;
}

function checkSkippedTests(files: readonly SourceFile[]): string[] {
  const places = files
    .filter(({ path }) => /\.test\.tsx?$/.test(path) && !path.startsWith("tools/tidy"))
    .flatMap(({ path, text }) =>
      text.split("\n").flatMap((line, index) => (/\b(?:it|test|describe)\.(?:skip|todo)\(/.test(line) ? [`${path}:${index + 1}`] : [])),
    );
  if (places.length <= SKIPPED_TESTS_MAX) return [];
  return [`${places.length} tests are switched off, ${SKIPPED_TESTS_MAX} is the most: ${places.join(", ")}.`];
}

const MIGRATION = /^apps\/server\/migrations\/([^/]+)$/;

function checkMigrations(files: readonly SourceFile[]): string[] {
  const names = files.flatMap(({ path }) => MIGRATION.exec(path)?.[1] ?? []).filter((name) => name.endsWith(".sql"));
  const numbers = new Map<string, string>();
  return names.flatMap((name) => {
    const number = /^(\d{4})_[a-z]+_[a-z0-9_]+\.sql$/.exec(name)?.[1];
    if (number === undefined) return [`apps/server/migrations/${name} isn't named NNNN_module_what.sql.`];
    const other = numbers.get(number);
    numbers.set(number, name);
    return other === undefined ? [] : [`apps/server/migrations/${name} and ${other} have the same number.`];
  });
}

function moduleNames(files: readonly SourceFile[]): ReadonlySet<string> {
  return new Set(files.flatMap(({ path }) => /^apps\/server\/src\/modules\/([^/]+)\//.exec(path)?.[1] ?? []));
}

/** A module's SQL stays in its own PostgreSQL schema. */
function checkForeignSchema({ path, text }: SourceFile, modules: ReadonlySet<string>): string[] {
  const own = /^apps\/server\/src\/modules\/([^/]+)\/.*(?<!\.test)\.tsx?$/.exec(path)?.[1];
  if (own === undefined || path.includes("/fixtures/")) return []; // a fixture may look behind the neighbour's back
  return [...text.matchAll(/\b(?:from|join|into|update|table)\s+"?([a-z_]+)"?\.(?="?[a-z_]+"?[\s(`;,])/gi)]
    .filter(([, schema = ""]) => schema !== own && modules.has(schema))
    .map(([words]) => `${path} has SQL on another module's tables ("${words}…"): ask that module or follow its events.`);
}

function checkDocuments(files: readonly SourceFile[]): string[] {
  const paths = new Set(files.map(({ path }) => path));
  const documents = files.filter(({ path }) => path.endsWith(".md"));
  const index = documents.find(({ path }) => path === "docs/adr/README.md")?.text ?? "";
  return documents.flatMap(({ path, text }) => {
    const prose = text.replaceAll(/^```[\s\S]*?^```/gm, "");
    const problems: string[] = [];
    const titles = prose.split("\n").filter((line) => line.startsWith("# ")).length;
    if (titles !== 1) problems.push(`${path} has ${titles} first headings: one names the page.`);
    for (const [, target = ""] of prose.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const linked = normalize(join(dirname(path), target)).replace(/\/$/, "");
      const isThere =
        paths.has(linked) || [...paths].some((known) => known.startsWith(`${linked}/`)) || linked === "LICENSE" || linked === ".ci/run";
      if (!isThere) problems.push(`${path} links to ${target}, which isn't there.`);
    }
    if (/^docs\/adr\/\d{4}-/.test(path) && !index.includes(basename(path))) problems.push(`${path} isn't linked from docs/adr/README.md.`);
    return problems;
  });
}

/** The page of rows and tests says what the tests are called. */
function checkRfcMap(files: readonly SourceFile[]): string[] {
  const page = rfcMap(files);
  const stands = files.find(({ path }) => path === RFC_MAP_PATH)?.text ?? null;
  return page === stands ? [] : [`${RFC_MAP_PATH} is stale: node --conditions=source tools/rfc-map.ts writes it.`];
}

/** Versions are exact: the lock says what is installed, package.json says the same. */
function checkVersions({ path, text }: SourceFile): string[] {
  if (basename(path) !== "package.json") return [];
  const read = JSON.parse(text) as Record<string, unknown>;
  return ["dependencies", "devDependencies", "optionalDependencies"].flatMap((group) => {
    const versions = (read[group] ?? {}) as Record<string, string>;
    return Object.entries(versions)
      .filter(([, version]) => !/^(?:npm:[^@]+@|npm:@[^@]+@)?\d/.test(version))
      .map(([name, version]) => `${path} has ${name} as "${version}": pin it.`);
  });
}
