// A page as in a big centre: five hundred rows where the server has one, put in on the way to the browser.
import type { FloorAgent, FloorState, LiveFromServer } from "@allo/contract";
import type { Page } from "playwright-core";

export const ROWS = 500;

type Item = Readonly<Record<string, unknown>>;

/** From now on every list that is given by cursor, and the floor's agents, are `ROWS` long. Called before the page goes anywhere. */
export async function manyRows(tab: Page): Promise<void> {
  await tab.route(/\/api\/v1\//u, async (route) => {
    if (route.request().method() !== "GET") return route.fallback();
    const response = await route.fetch().catch(() => null);
    if (response === null) return route.abort().catch(() => undefined); // the page has gone on
    const body: unknown = await response.json().catch(() => null);
    if (!isPage(body) || body.items.length === 0) return route.fulfill({ response });
    return route.fulfill({ response, json: { items: copies(body.items), nextCursor: null } });
  });
  await tab.routeWebSocket(/\/api\/v1\/live$/u, (route) => {
    route.connectToServer().onMessage((text) => {
      const message = JSON.parse(String(text)) as LiveFromServer;
      if (message.kind !== "snapshot" || message.topic !== "floor") return route.send(text);
      const state = message.state as FloorState;
      const agents = copies(state.agents) as readonly unknown[] as readonly FloorAgent[];
      route.send(JSON.stringify({ ...message, state: { ...state, agents } }));
    });
  });
}

function isPage(body: unknown): body is { readonly items: readonly Item[] } {
  return typeof body === "object" && body !== null && "nextCursor" in body && "items" in body && Array.isArray(body.items);
}

/** The rows there are, over and over, each with an id of its own. */
function copies(items: readonly object[]): readonly Item[] {
  return Array.from({ length: ROWS }, (_, index) => {
    const item = items[index % items.length] as Item;
    const idKey = Object.keys(item).find((key) => key.endsWith("Id")) ?? "id";
    return index < items.length ? item : { ...item, [idKey]: `${String(item[idKey]).slice(0, -4)}${String(index).padStart(4, "0")}` };
  });
}
