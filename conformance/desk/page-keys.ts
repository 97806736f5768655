// A page as hands on the keyboard meet it.
import { expect } from "vitest";
import type { Page } from "playwright-core";
import type { Opening } from "./pages.ts";
import { quiet } from "./quiet.ts";

const TAB_STOPS_MAX = 200;
const OPENED = ":is([role=dialog], [role=menu]):visible";

type Stop = { readonly what: string; readonly mark: string; readonly trouble: string | null; readonly inPage: boolean };

/**
 * Tabs once around the page: each stop must be in sight, outlined and later in the document than the one before it, and nothing that can
 * be pressed or filled in may be passed over.
 */
export async function walkFocus(tab: Page): Promise<{ readonly troubles: readonly string[]; readonly inPage: number }> {
  const wanted = await tab.evaluate(() => {
    (document.activeElement as HTMLElement | null)?.blur();
    getSelection()?.removeAllRanges();
    const seen = (each: HTMLElement): boolean => each.checkVisibility({ visibilityProperty: true, opacityProperty: false });
    const all = [...document.querySelectorAll<HTMLElement>("a[href], button, input, select, textarea, [tabindex]")].filter(
      (each) =>
        each.tabIndex >= 0 &&
        !each.matches(":disabled, [type=hidden]") &&
        seen(each) &&
        each.closest("[inert], [aria-hidden=true]") === null,
    );
    // Of radio buttons with one name one has the focus.
    const radios = new Map<string, HTMLElement>();
    for (const each of all)
      if (each instanceof HTMLInputElement && each.type === "radio" && (each.checked || !radios.has(each.name)))
        radios.set(each.name, each);
    const stops = all.filter((each) => !(each instanceof HTMLInputElement && each.type === "radio") || radios.get(each.name) === each);
    stops.forEach((each, index) => {
      each.dataset["stop"] = String(index);
    });
    return stops.map(
      (each) =>
        `${each.tagName.toLowerCase()} ${each.getAttribute("aria-label") ?? (each.textContent.slice(0, 40) || each.outerHTML.slice(0, 120))}`,
    );
  });
  const troubles: string[] = [];
  const passed = new Set<string>();
  let inPage = 0;
  let last = -1;
  let first: string | null = null;
  for (let count = 0; count < TAB_STOPS_MAX; count += 1) {
    await tab.keyboard.press("Tab");
    const stop = await tab.evaluate(lookAtFocus);
    // From the end of the document one comes to its beginning by way of the browser's own frame.
    if (stop === null) {
      last = -1;
      continue;
    }
    if (stop.mark === first && count > 1) break;
    // A player has several stops inside.
    if (stop.mark !== "" && Number(stop.mark) === last) continue;
    first ??= stop.mark;
    passed.add(stop.mark);
    if (stop.trouble !== null) troubles.push(stop.trouble);
    if (stop.inPage) inPage += 1;
    // What came while one was tabbing has no place in the list.
    if (stop.mark === "") continue;
    if (Number(stop.mark) < last) troubles.push(`${stop.what} comes after what stands behind it`);
    last = Number(stop.mark);
  }
  const there = await tab.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("[data-stop]")].map(({ dataset }) => dataset["stop"] ?? ""),
  );
  wanted.forEach((what, index) => {
    if (!passed.has(String(index)) && there.includes(String(index))) troubles.push(`${what} is never reached`);
  });
  return { troubles, inPage };
}

/** In the page: what has the focus now, and whether one can see it. */
function lookAtFocus(): Stop | null {
  const at = document.activeElement;
  if (!(at instanceof HTMLElement) || at === document.body) return null;
  const box = at.getBoundingClientRect();
  // A switch or a radio of Mantine is drawn by its label: the outline stands beside the input.
  const drawn = [at, at.parentElement, at.nextElementSibling].filter((each) => each !== null).map((each) => getComputedStyle(each));
  // A part of a date is drawn in the accent while it has the focus.
  const filled = at.getAttribute("role") === "spinbutton" && getComputedStyle(at).backgroundColor !== "rgba(0, 0, 0, 0)";
  const outlined =
    filled ||
    // The browser draws the focus inside its own player.
    at.matches("audio") ||
    drawn.some((style) => (style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none") ||
    at.matches("input, textarea");
  const seen = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  const what = `${at.tagName.toLowerCase()} ${at.getAttribute("aria-label") ?? at.textContent.slice(0, 40)}`;
  return {
    what,
    mark: at.dataset["stop"] ?? "",
    trouble: seen ? (outlined ? null : `${what} has no outline`) : `${what} is out of sight`,
    inPage: at.closest("main") !== null && at.id !== "page",
  };
}

/** Opens by keys, hands over what stands open, closes by Escape; says what of it went wrong, the way of the focus too. */
export async function openByKeys(tab: Page, opening: Opening, look: () => Promise<readonly string[]>): Promise<readonly string[]> {
  const troubles: string[] = [];
  const key = /^key:(.+)$/u.exec(opening.by)?.[1];
  const place = opening.by === "row" ? "main [role=grid]" : key === undefined ? opening.by : "#page";
  try {
    // This very element: what comes above it meanwhile (a bar, a strip) mustn't be taken for it.
    const opener = await tab.locator(place).first().elementHandle();
    if (opener === null) throw new Error(`nothing is at ${place}`);
    await opener.focus();
    if (opening.by === "row") await tab.keyboard.press("ArrowDown");
    await tab.keyboard.press(key ?? "Enter");
    await tab.locator(OPENED).first().waitFor({ timeout: 10_000 });
    await expect
      .poll(() => tab.evaluate(() => document.activeElement?.closest("[role=dialog], [role=menu]") !== null), { timeout: 5_000 })
      .toBe(true)
      .catch(() => troubles.push("the focus stays outside"));
    await quiet(tab);
    troubles.push(...(await look()));
    await tab.keyboard.press("Escape");
    await tab.locator(OPENED).first().waitFor({ state: "hidden", timeout: 10_000 });
    await expect
      .poll(() => opener.evaluate((element) => element === document.activeElement), { timeout: 5_000 })
      .toBe(true)
      .catch(async () => {
        const at = await tab.evaluate(() => document.activeElement?.outerHTML.slice(0, 100));
        troubles.push(`the focus doesn't come back: it is at ${at ?? "nothing"}`);
      });
  } catch (error) {
    troubles.push(String(error).split("\n")[0] ?? "");
  }
  return troubles.map((trouble) => `${opening.name}: ${trouble}`);
}
