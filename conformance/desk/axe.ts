// axe on a page as it stands, in both themes.
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";

const RULE_SETS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What axe finds, each with its place on the page: empty where all is well. */
export async function axeFinds(page: Page, name: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor();
    const { violations } = await new AxeBuilder({ page }).withTags(RULE_SETS).setLegacyMode().analyze();
    for (const { id, nodes } of violations) {
      for (const node of nodes) found.push(`${name} (${colorScheme}): ${id} at ${node.target.join(" ")} — ${node.any[0]?.message ?? node.all[0]?.message ?? node.none[0]?.message ?? node.html}`);
    }
  }
  return found;
}
