// Draws the icons of the installed desk from its SVG files: node --conditions=source tools/make-icons.ts
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBrowser } from "@allo/testkit";

const folder = join(import.meta.dirname, "../apps/desk/public");
const icons = [
  { from: "logo.svg", to: "icons/allo-192.png", size: 192 },
  { from: "logo.svg", to: "icons/allo-512.png", size: 512 },
  { from: "icons/allo-maskable.svg", to: "icons/allo-maskable-512.png", size: 512 },
  { from: "icons/allo-maskable.svg", to: "icons/allo-180.png", size: 180 },
] as const;

const browser = await openBrowser({ toneHz: 440 });
for (const { from, to, size } of icons) {
  const page = await browser.context.newPage();
  await page.setViewportSize({ width: size, height: size });
  const svg = readFileSync(join(folder, from), "utf8");
  await page.setContent(`<style>*{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`);
  writeFileSync(join(folder, to), await page.screenshot({ omitBackground: true }));
  await page.close();
}
await browser.close();
