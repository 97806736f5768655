// Takes each state of the screen in every wanted theme and width, and makes one page to look through them.
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Language } from "@allo/contract";
import type { Page } from "playwright-core";

export type Theme = "light" | "dark";
export type AlbumWish = {
  readonly folder: string;
  readonly themes: readonly Theme[];
  readonly widths: readonly number[];
  /** Only shots whose name holds this, or one of these with commas between them. */
  readonly only: string;
};
export type Album = {
  /** `whole`: as high as what is on it, so that nothing has to be scrolled to. */
  readonly shoot: (page: Page, name: string, how?: { readonly whole?: boolean }) => Promise<void>;
  readonly wants: (name: string) => boolean;
  readonly count: () => number;
};

const HEIGHTS: Readonly<Record<number, number>> = { 390: 844 };
const HEIGHT_WIDE = 900;
const HEIGHT_MAX = 4_500;
const SETTLE_MS_MAX = 4_000;
const SHOT_MS_MAX = 15_000;

export function openAlbum(language: Language, wish: AlbumWish): Album {
  const folder = join(wish.folder, language);
  mkdirSync(folder, { recursive: true });
  let taken = 0;
  const wants = (name: string): boolean => wish.only.split(",").some((part) => name.includes(part));
  return {
    wants,
    count: () => taken,
    shoot: async (page, name, { whole = false } = {}) => {
      if (!wants(name)) return;
      await page.waitForLoadState("networkidle", { timeout: SETTLE_MS_MAX }).catch(() => undefined); // a lost connection is never idle
      for (const width of wish.widths) {
        const height = HEIGHTS[width] ?? HEIGHT_WIDE;
        await page.setViewportSize({ width, height });
        if (whole) await page.setViewportSize({ width, height: await heightOfAll(page, height) });
        for (const theme of wish.themes) {
          await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
          await settle(page);
          await page.screenshot({ path: join(folder, `${name}.${theme}.${width}.png`), timeout: SHOT_MS_MAX, animations: "disabled" });
          taken += 1;
        }
      }
      await page.setViewportSize({ width: 1440, height: HEIGHT_WIDE });
    },
  };
}

/** How high the window must be for the panel that is open, or else the page, to scroll no more. */
async function heightOfAll(page: Page, height: number): Promise<number> {
  await settle(page);
  const hidden = await page.evaluate(() => {
    const panel = document.querySelector("[role=dialog]");
    const parts = panel === null ? [...document.querySelectorAll("main, main *")] : [panel, ...panel.querySelectorAll("*")];
    const around = panel === null ? [document.documentElement] : [];
    const scrolls = (part: Element): boolean => /auto|scroll/u.test(getComputedStyle(part).overflowY) || part === document.documentElement;
    return Math.max(0, ...[...around, ...parts].filter(scrolls).map((part) => part.scrollHeight - part.clientHeight));
  });
  return Math.min(HEIGHT_MAX, height + hidden);
}

/** Fonts there, placeholders gone, drawn. */
async function settle(page: Page): Promise<void> {
  await page
    .waitForFunction(
      () =>
        document.fonts.status === "loaded" &&
        [...document.images].every((image) => image.complete) &&
        document.querySelector(".mantine-Skeleton-root") === null,
      null,
      { timeout: SETTLE_MS_MAX },
    )
    .catch(() => undefined); // what still loads is shown loading
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(null)))));
}

/** screens/index.html: every shot by name, its languages, themes and widths side by side. */
export function writeIndex(folder: string): void {
  const shots = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) =>
      readdirSync(join(folder, entry.name))
        .filter((file) => file.endsWith(".png"))
        .map((file) => {
          const [name = "", theme = "", width = ""] = file.split(".");
          return { language: entry.name, file, name, theme, width };
        }),
    );
  const names = [...new Set(shots.map((shot) => shot.name))].toSorted((a, b) => a.localeCompare(b));
  const section = (name: string): string => {
    const figures = shots
      .filter((shot) => shot.name === name)
      .map(
        (shot) =>
          `<a href="${shot.language}/${shot.file}" data-language="${shot.language}" data-theme="${shot.theme}" data-width="${shot.width}"><img loading="lazy" src="${shot.language}/${shot.file}" alt=""><span>${shot.language} · ${shot.theme} · ${shot.width}</span></a>`,
      );
    return `<h2 id="${name}">${name}</h2><div>${figures.join("")}</div>`;
  };
  const choice = (kind: string, values: readonly string[]): string =>
    `<label>${kind} <select data-kind="${kind}"><option value="">all</option>${values.map((value) => `<option>${value}</option>`).join("")}</select></label>`;
  const page = `<!doctype html><meta charset="utf-8"><title>Allo: screens</title>
<style>body{font:14px system-ui;margin:16px;background:#777;color:#fff}div{display:flex;flex-wrap:wrap;gap:12px;align-items:start}img{height:340px;display:block}a{color:#fff}span{font-size:12px}header{position:sticky;top:0;background:#555;padding:8px;display:flex;gap:16px}</style>
<header>${choice("language", ["en", "ru", "fa"])}${choice("theme", ["light", "dark"])}${choice("width", [...new Set(shots.map((shot) => shot.width))])}</header>
${names.map(section).join("\n")}
<script>const on=()=>{for(const a of document.querySelectorAll("div a"))a.hidden=[...document.querySelectorAll("select")].some(s=>s.value!==""&&a.dataset[s.dataset.kind]!==s.value);};document.querySelector("header").addEventListener("change",on)</script>
<style>a[hidden]{display:none}</style>
`;
  writeFileSync(join(folder, "index.html"), page);
}
