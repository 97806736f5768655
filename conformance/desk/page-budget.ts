// What a page costs and whether it stands still while it loads: counted, never timed.
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";

/** In bytes of gzip, in pieces, and in the browser's own unit of layout shift. */
export const Budget = {
  /** All script of a page that is opened first, with what it fetches once it stands; that before is english.web.test.ts's. */
  pageBytesMax: 450 * 1_024,
  /** What one room has for itself, beyond what every room loads. */
  roomBytesMax: 170 * 1_024,
  requestsMax: 170,
  layoutShiftMax: 0.1,
  elementsMax: 1_500,
} as const;

export type Cost = {
  readonly scripts: ReadonlyMap<string, number>;
  readonly requests: number;
  readonly layoutShift: number;
  readonly elements: number;
  /** Of what a page may not do at all. */
  readonly faults: readonly string[];
};
type Visit = { readonly cost: () => Promise<Cost> };

/** Says what the page does from now on; `origin` is the only place it may speak with. Called before it goes anywhere. */
export async function watchPage(tab: Page, origin: string): Promise<{ readonly visit: () => Visit }> {
  let scripts = new Map<string, Promise<number>>();
  let requests = 0;
  let faults: string[] = [];
  // Each visit is a first one: no cache, and no service worker that keeps the shell.
  const session = await tab.context().newCDPSession(tab);
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  await tab.addInitScript(() => {
    Object.defineProperty(navigator, "serviceWorker", { value: undefined, configurable: true });
    const shifts = { sum: 0, what: [] as string[] };
    Object.assign(window, { alloShifts: shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & {
        readonly value: number;
        readonly hadRecentInput: boolean;
        readonly sources: readonly { readonly node: Node | null }[];
      })[]) {
        if (entry.hadRecentInput) continue;
        shifts.sum += entry.value;
        const [moved] = entry.sources;
        shifts.what.push(`${entry.value.toFixed(3)} ${moved?.node instanceof Element ? moved.node.outerHTML.slice(0, 80) : "text"}`);
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  tab.on("request", (request) => {
    const address = new URL(request.url());
    if (address.protocol === "data:" || address.protocol === "blob:") return;
    requests += 1;
    if (address.origin !== origin) faults.push(`asks ${address.origin}`);
  });
  tab.on("response", (response) => {
    if (response.request().resourceType() !== "script") return;
    scripts.set(
      new URL(response.url()).pathname,
      response.body().then(
        (body) => gzipSync(body).length,
        () => 0, // the page has gone on
      ),
    );
  });
  tab.on("console", (message) => {
    // Whoever isn't signed in is told so by the first answer; the browser writes that down by itself.
    const isSignedOut = message.location().url.endsWith("/api/v1/session") && message.text().includes("401");
    if (["error", "warning"].includes(message.type()) && !isSignedOut) faults.push(`console: ${message.text().slice(0, 200)}`);
  });
  tab.on("pageerror", (error) => faults.push(`throws: ${error.message}`));
  return {
    visit: () => {
      scripts = new Map();
      requests = 0;
      faults = [];
      return {
        cost: async () => {
          const loaded = await Promise.all([...scripts].map(async ([path, bytes]) => [path, await bytes] as const));
          const { shift, what, elements, loose } = await tab.evaluate(lookAtPage);
          return {
            scripts: new Map(loaded),
            requests,
            layoutShift: shift,
            elements,
            faults: [...faults, ...loose, ...(shift < Budget.layoutShiftMax ? [] : what.map((each) => `moves: ${each}`))],
          };
        },
      };
    },
  };
}

/** In the page: how much it moved, how big it is, and what of it is loose. */
function lookAtPage() {
  const { sum, what } = (window as unknown as { readonly alloShifts: { readonly sum: number; readonly what: readonly string[] } })
    .alloShifts;
  const loose: string[] = [];
  for (const image of document.images) {
    if (!image.complete || image.naturalWidth === 0) loose.push(`${image.src} isn't there`);
    if (!image.hasAttribute("width") || !image.hasAttribute("height")) loose.push(`${image.src} has no size`);
  }
  if (document.title === "") loose.push("no title");
  const marks = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  const twice = marks.filter((id, index) => marks.indexOf(id) !== index);
  if (twice.length > 0) loose.push(`ids twice: ${twice.join(" ")}`);
  return { shift: sum, what, elements: document.querySelectorAll("*").length, loose };
}
