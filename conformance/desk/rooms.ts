// The rooms of the desk with something in each, and what can be opened in them.
import { expect } from "vitest";
import type { Page } from "playwright-core";
import { quiet } from "./quiet.ts";
import { STATE_MS_MAX, type World } from "./world.ts";

export const rooms = ["desk", "floor", "contacts", "lost-calls", "customers", "people", "setup/queues"] as const;
export type Furnished = { readonly customerId: string; readonly personId: string; readonly contactId: string };

const furnished = new WeakMap<World, Promise<Furnished>>();

/** A customer with every kind of field, a person, and a contact that was lost because nobody was there; made once a world. */
export function furnish(world: World): Promise<Furnished> {
  const there = furnished.get(world) ?? makeFurniture(world);
  furnished.set(world, there);
  return there;
}

async function makeFurniture(world: World): Promise<Furnished> {
  const admin = await world.admin();
  const team = await world.team("Vera Long-Surname");
  await admin.call("skillCreate", { body: { names: { en: "Leak triage", ru: "", fa: "" } } });
  const field = await admin.call("customerFieldCreate", {
    body: { names: { en: "Account", ru: "Лицевой счёт", fa: "شمارهٔ اشتراک" }, type: "text" },
  });
  const customer = await admin.call("customerCreate", {
    body: {
      name: "Alice Thornton",
      note: "Prefers e-mail",
      language: "en",
      fields: { [field.fieldId]: "MW-204881" },
      identities: [
        { kind: "phone", value: "+442079460199" },
        { kind: "email", value: "alice@example.test" },
      ],
    },
  });
  const caller = await world.dial(team.number, "02079460199").catch(() => null);
  await caller?.hangUp();
  const newest = async () => (await admin.call("contactsList", { query: {} })).items[0];
  await expect.poll(async () => (await newest())?.state, { timeout: STATE_MS_MAX, message: "the furnishing call is over" }).toBe("closed");
  return { customerId: customer.customerId, personId: team.agent.personId, contactId: (await newest())?.contactId ?? "" };
}

/** Goes there and waits until what is to be seen is there. */
export async function enterRoom(page: Page, url: string, path: string): Promise<void> {
  await page.goto(`${url}${path}`);
  await page.locator("main :is(h1, h2, [role=grid])").first().waitFor();
  await quiet(page);
}

/** One's own settings, from the top bar. */
export async function openAccount(page: Page): Promise<void> {
  await page.locator("header button:has(.tabler-icon-user-circle)").click();
  await page.locator("header [role=dialog]").waitFor();
}
