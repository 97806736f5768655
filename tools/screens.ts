/* npm run screens [-- --language fa --only floor --theme dark --width 390]: every main screen in every state, language, theme and width,
   taken from the whole program on real calls, into screens/ with an index.html to look through. */
import { mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Language } from "@allo/contract";
import { hasBaresip, hasChromium, startProgram } from "@allo/testkit";
import { MAIN } from "../conformance/call/centre.ts";
import { openChromium } from "../conformance/desk/chromium.ts";
import { openAlbum, writeIndex, type Theme } from "./screens/album.ts";
import { walkLanguage } from "./screens/walk.ts";

const LANGUAGES: readonly Language[] = ["en", "ru", "fa"];
const THEMES: readonly Theme[] = ["light", "dark"];
const WIDTHS = [1440, 390];
const WHOLE_RUN_MS_MAX = 20 * 60_000;

const { values } = parseArgs({
  options: { language: { type: "string" }, only: { type: "string", default: "" }, theme: { type: "string" }, width: { type: "string" } },
});
const languages = LANGUAGES.filter((language) => values.language === undefined || values.language === language);
const themes = THEMES.filter((theme) => values.theme === undefined || values.theme === theme);
const widths = values.width === undefined ? WIDTHS : [Number(values.width)];
const folder = fileURLToPath(new URL("../screens/", import.meta.url));

if (languages.length === 0 || themes.length === 0 || widths.some((width) => !(width >= 320))) {
  process.stderr.write(
    "usage: npm run screens [-- --language en|ru|fa] [--only=part-of-a-name,another] [--theme light|dark] [--width 390]\n",
  );
  process.exit(2);
}
if (!hasChromium() || !hasBaresip()) {
  process.stderr.write("Screens are taken with Debian's chromium and baresip-core: sudo apt-get install chromium baresip-core\n");
  process.exit(1);
}

setTimeout(() => {
  process.stderr.write(`not done after ${WHOLE_RUN_MS_MAX / 60_000} minutes\n`);
  process.exit(1);
}, WHOLE_RUN_MS_MAX).unref();

const chromium = await openChromium();
for (const language of languages) {
  const startedAt = performance.now();
  if (values.only === "" && values.theme === undefined && values.width === undefined)
    rmSync(join(folder, language), { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const album = openAlbum(language, { folder, themes, widths, only: values.only });
  const program = await startProgram({ main: MAIN });
  try {
    await walkLanguage(program, chromium, language, album);
  } catch (error) {
    process.exitCode = 1;
    process.stderr.write(`${language}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n${program.logs()}\n`);
  } finally {
    await program.stop();
  }
  process.stdout.write(`${language}: ${album.count()} screens in ${Math.round((performance.now() - startedAt) / 1_000)} s\n`);
}
await chromium.close();
writeIndex(folder);
process.stdout.write(`Look through them: ${join(folder, "index.html")}\n`);
