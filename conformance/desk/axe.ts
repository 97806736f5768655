// axe on a page as it stands, in both themes.
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";

export type Theme = "light" | "dark";
const RULE_SETS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What axe finds, each with its place on the page: everything in light, what colours can change in dark. Empty where all is well. */
export async function axeFinds(page: Page, name: string, themes: readonly Theme[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const colorScheme of themes) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor();
    const axe = new AxeBuilder({ page }).setLegacyMode();
    const { violations } = await (colorScheme === "light" ? axe.withTags(RULE_SETS) : axe.withRules(["color-contrast"])).analyze();
    for (const { id, nodes } of violations) {
      for (const { target, any, all, none, html } of nodes) {
        found.push(`${name} (${colorScheme}): ${id} at ${target.join(" ")}: ${(any[0] ?? all[0] ?? none[0])?.message ?? html}`);
      }
    }
  }
  return found;
}
