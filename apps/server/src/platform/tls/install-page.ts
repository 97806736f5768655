// The page that installs the local authority on another machine: three languages, no script, no sign-in, served in plain HTTP too, since
// whoever needs it can't trust our HTTPS yet. That is why it tells to compare the fingerprint.
import { createHash } from "node:crypto";
import { installWords, type InstallLanguage, type InstallWords, type System } from "./install-words.ts";

export type InstallFacts = {
  readonly authority: {
    readonly name: string;
    readonly fingerprint: string;
    readonly thumbprint: string;
    readonly validUntil: number;
  } | null;
  /** Where the desk opens over HTTPS. */
  readonly secureUrl: string;
};

export const installPaths = {
  page: "/install",
  der: "/install/allo-ca.crt",
  pem: "/install/allo-ca.pem",
  profile: "/install/allo-ca.mobileconfig",
} as const;

const LANGUAGES: readonly { readonly language: InstallLanguage; readonly name: string }[] = [
  { language: "en", name: "English" },
  { language: "ru", name: "Русский" },
  { language: "fa", name: "فارسی" },
];
const SYSTEMS: readonly System[] = ["windows", "macos", "ios", "android", "linux", "firefox"];

const STYLE = `:root{color-scheme:light dark;--ink:#1c2230;--quiet:#5b6475;--paper:#fff;--soft:#f3f5f9;--line:#d8dde6;--accent:#1a5fd0}
@media(prefers-color-scheme:dark){:root{--ink:#e8ebf2;--quiet:#a5aebf;--paper:#15181f;--soft:#1e232d;--line:#343b49;--accent:#7fb0ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.6 system-ui,"Segoe UI",Roboto,Vazirmatn,Tahoma,sans-serif}
main{max-inline-size:44rem;margin-inline:auto;padding:1.5rem 1.25rem 4rem}
nav{display:flex;gap:1rem;flex-wrap:wrap;justify-content:flex-end}
h1{font-size:1.6rem;line-height:1.25;margin:1.5rem 0 .5rem}
h2{font-size:1.15rem;margin:2rem 0 .5rem}
a{color:var(--accent)}
code,.print{font-family:ui-monospace,"Cascadia Mono",Menlo,monospace;font-size:.9rem;direction:ltr;unicode-bidi:isolate;overflow-wrap:anywhere}
.print{display:block;background:var(--soft);border:1px solid var(--line);border-radius:.5rem;padding:.75rem;text-align:start}
.quiet{color:var(--quiet)}
.acts{display:flex;gap:.75rem;flex-wrap:wrap;padding:0;list-style:none}
.act{display:inline-block;padding:.6rem 1rem;border-radius:.5rem;border:1px solid var(--line);background:var(--soft);text-decoration:none;color:var(--ink)}
.first{background:#1a5fd0;border-color:#1a5fd0;color:#fff}
details{border:1px solid var(--line);border-radius:.5rem;margin-block:.5rem;padding:.25rem 1rem}
summary{cursor:pointer;padding-block:.5rem;font-weight:600}
:lang(fa) ol{list-style-type:persian}
ol{padding-inline-start:1.4rem}li{margin-block:.35rem}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:.25rem}`;

/** Nothing but this page's own style. */
export const installContentSecurity = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The asked language, else the browser's, else English. */
export function installLanguage(asked: string | undefined, accepted: string | undefined): InstallLanguage {
  const isKnown = (word: string): word is InstallLanguage => LANGUAGES.some(({ language }) => language === word);
  if (asked !== undefined && isKnown(asked)) return asked;
  for (const part of (accepted ?? "").slice(0, 200).split(",")) {
    const word = part.trim().slice(0, 2).toLowerCase();
    if (isKnown(word)) return word;
  }
  return "en";
}

/** By what the browser says of itself; only chooses which instructions stand open. */
export function guessSystem(userAgent: string | undefined): System | null {
  const said = userAgent ?? "";
  if (/Android/.test(said)) return "android";
  if (/iPhone|iPad|iPod/.test(said)) return "ios";
  if (/Firefox\//.test(said)) return "firefox";
  if (/Windows/.test(said)) return "windows";
  if (/Macintosh/.test(said)) return "macos";
  return /Linux|X11/.test(said) ? "linux" : null;
}

export function installPage({
  facts,
  language,
  system,
}: {
  readonly facts: InstallFacts;
  readonly language: InstallLanguage;
  readonly system: System | null;
}): string {
  const words = installWords[language];
  return `<!doctype html>
<html lang="${language}" dir="${language === "fa" ? "rtl" : "ltr"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(words.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<nav aria-label="${escape(words.languages)}">${LANGUAGES.map((each) =>
    each.language === language
      ? `<span lang="${each.language}" aria-current="true">${each.name}</span>`
      : `<a href="${installPaths.page}?lang=${each.language}" lang="${each.language}" hreflang="${each.language}">${each.name}</a>`,
  ).join("")}</nav>
${facts.authority === null ? nothingToInstall(words, facts) : steps(words, { ...facts, authority: facts.authority }, { language, system })}
</main>
</body>
</html>
`;
}

function nothingToInstall(words: InstallWords, { secureUrl }: InstallFacts): string {
  return `<h1>${escape(words.nothingTitle)}</h1>
<p>${escape(words.nothing)}</p>
<p><a class="act first" href="${escape(secureUrl)}">${escape(words.open)}</a></p>`;
}

function steps(
  words: InstallWords,
  { authority, secureUrl }: InstallFacts & { readonly authority: NonNullable<InstallFacts["authority"]> },
  { language, system }: { readonly language: InstallLanguage; readonly system: System | null },
): string {
  const calendar = language === "fa" ? "fa-IR-u-ca-persian" : language === "ru" ? "ru-RU" : "en-GB";
  const until = new Intl.DateTimeFormat(calendar, { dateStyle: "long", timeZone: "UTC" }).format(authority.validUntil);
  return `<h1>${escape(words.title)}</h1>
<p>${escape(words.why)}</p>
<p class="quiet">${escape(words.limits)}</p>
<h2>${escape(words.compareTitle)}</h2>
<p>${escape(words.compare)}</p>
<p><bdi>${escape(authority.name)}</bdi><br><span class="quiet">SHA-256</span></p>
<code class="print">${breakable(authority.fingerprint)}</code>
<p class="quiet">${escape(words.windowsPrint)}</p>
<code class="print">${breakable(authority.thumbprint)}</code>
<p class="quiet">${escape(words.until)} ${escape(until)}</p>
<h2>${escape(words.downloadTitle)}</h2>
<ul class="acts">
<li><a class="act first" href="${installPaths.der}" download>${escape(words.download)}</a></li>
<li><a class="act" href="${installPaths.profile}">${escape(words.downloadProfile)}</a></li>
<li><a class="act" href="${installPaths.pem}" download>${escape(words.downloadPem)}</a></li>
</ul>
<h2>${escape(words.stepsTitle)}</h2>
${SYSTEMS.map(
  (each) => `<details${each === system ? " open" : ""}>
<summary>${escape(words.systems[each].name)}</summary>
<ol>
${words.systems[each].steps.map((step) => `<li>${mark(step)}</li>`).join("\n")}
</ol>
</details>`,
).join("\n")}
<h2>${escape(words.checkTitle)}</h2>
<p>${escape(words.check)}</p>
<p><a class="act first" href="${escape(secureUrl)}">${escape(words.open)}</a></p>
<p class="quiet"><code>${escape(secureUrl)}</code></p>
<h2>${escape(words.removeTitle)}</h2>
<p>${escape(words.remove)}</p>`;
}

/** Text with `code` between back quotes. */
function mark(text: string): string {
  return text
    .split("`")
    .map((part, index) => (index % 2 === 1 ? `<code>${escape(part)}</code>` : escape(part)))
    .join("");
}

/** May end a line after each colon. */
function breakable(fingerprint: string): string {
  return escape(fingerprint).replaceAll(":", ":<wbr>");
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;").replaceAll("'", "&#39;");
}

/** Apple's configuration profile with the authority in it; the same authority always gives the same ids, so that a second one replaces it. */
export function appleProfile({ der, name }: { readonly der: Uint8Array; readonly name: string }): string {
  const digest = createHash("sha256").update(der).digest("hex");
  const uuid = (from: number): string => {
    const hex = digest.slice(from, from + 32).toUpperCase();
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
  };
  const lines = Buffer.from(der)
    .toString("base64")
    .replaceAll(/(.{64})/g, "$1\n");
  const label = escape(name);
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
<key>PayloadContent</key>
<array>
<dict>
<key>PayloadCertificateFileName</key><string>allo-ca.crt</string>
<key>PayloadContent</key>
<data>
${lines}
</data>
<key>PayloadDisplayName</key><string>${label}</string>
<key>PayloadIdentifier</key><string>allo.authority.${digest.slice(0, 16)}.certificate</string>
<key>PayloadType</key><string>com.apple.security.root</string>
<key>PayloadUUID</key><string>${uuid(0)}</string>
<key>PayloadVersion</key><integer>1</integer>
</dict>
</array>
<key>PayloadDisplayName</key><string>${label}</string>
<key>PayloadIdentifier</key><string>allo.authority.${digest.slice(0, 16)}</string>
<key>PayloadType</key><string>Configuration</string>
<key>PayloadUUID</key><string>${uuid(32)}</string>
<key>PayloadVersion</key><integer>1</integer>
</dict>
</plist>
`;
}
