// When a page has come to rest.
import type { Page, Request } from "playwright-core";

/** What the effects of one frame ask for is under way by the next. */
const FRAMES = 2;
const LOOKS = 2;
const QUIET_MS_MAX = 25_000;
const followed = new WeakMap<Page, Set<Request>>();

/**
 * Waits until what the page asked for has come and has been drawn: sooner than the half second without a request for which the browser's
 * driver waits, which in a walk of many pages is most of its time.
 */
export async function quiet(page: Page): Promise<void> {
  const underWay = followed.get(page);
  if (underWay === undefined) {
    follow(page);
    return page.waitForLoadState("networkidle"); // what was under way before isn't known
  }
  const startedAt = performance.now();
  for (let looks = 0; looks < LOOKS;) {
    const isQuiet = underWay.size === 0;
    await drawn(page);
    looks = isQuiet && underWay.size === 0 ? looks + 1 : 0;
    if (performance.now() - startedAt > QUIET_MS_MAX)
      throw new Error(`${page.url()} never rests: ${[...underWay].map((request) => request.url()).join(", ")}`);
  }
}

function drawn(page: Page): Promise<void> {
  return page.evaluate(async (frames) => {
    for (let count = 0; count < frames; count += 1) await new Promise((frame) => requestAnimationFrame(frame));
  }, FRAMES);
}

function follow(page: Page): void {
  const underWay = new Set<Request>();
  followed.set(page, underWay);
  const over = (request: Request): void => void underWay.delete(request);
  page.on("request", (request) => void underWay.add(request));
  page.on("requestfinished", over);
  page.on("requestfailed", over);
}
