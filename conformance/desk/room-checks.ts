// What axe says of every room and dialog; used by the files that stand in one language each.
import type { Page } from "playwright-core";
import { axeFinds, type Theme } from "./axe.ts";
import { enterRoom, openAccount, rooms, setupSections, type Furnished } from "./rooms.ts";

/** Every room, panel and dialog an administrator can open. `dialogsIn`: colours are the same in every language, so one file looks at all in dark too. */
export async function axeInEveryRoom(page: Page, url: string, there: Furnished, dialogsIn: readonly Theme[]): Promise<readonly string[]> {
  const found: string[] = [];
  const look = async (name: string, themes = dialogsIn): Promise<void> => {
    found.push(...(await axeFinds(page, name, themes)));
  };
  for (const room of rooms) {
    await enterRoom(page, url, room);
    await look(room, ["light", "dark"]);
  }
  for (const section of setupSections.slice(1)) {
    await enterRoom(page, url, `setup/${section}`);
    await look(`setup/${section}`);
  }
  for (const path of [
    `contacts/${there.contactId}`,
    `contacts?contact=${there.contactId}`,
    `customers?customer=${there.customerId}`,
    `people?person=${there.personId}`,
  ]) {
    await enterRoom(page, url, path);
    if (path.includes("?")) await page.locator("[role=dialog]").waitFor();
    await look(path.replace(/[?/=][a-z]{3}_.*/u, ""));
  }
  await enterRoom(page, url, "desk");
  for (const [name, key] of [
    ["sheet of keys", "?"],
    ["commands", "Control+k"],
  ] as const) {
    await page.keyboard.press(key);
    await page.locator("[role=dialog]").waitFor();
    await look(name);
    await page.keyboard.press("Escape");
    await page.locator("[role=dialog]").waitFor({ state: "detached" });
  }
  await page.locator('[data-testid="agent-state"] > button').first().click();
  await page.locator("[role=menu]").waitFor();
  await look("state menu");
  await page.keyboard.press("Escape");
  await openAccount(page);
  await look("account");
  await page.locator("header [role=dialog] button:has(.tabler-icon-key)").click();
  await page.locator("[aria-modal=true]").waitFor();
  await look("password dialog");
  await page.keyboard.press("Escape");
  for (const room of ["customers", "people", "setup/queues", "setup/numbers"]) {
    await enterRoom(page, url, room);
    await page.locator("main button:is(:has(.tabler-icon-plus), :has(.tabler-icon-user-plus))").first().click();
    await page.locator("[role=dialog]").waitFor();
    await look(`${room}: new`);
  }
  for (const section of ["queues", "numbers"]) {
    await enterRoom(page, url, `setup/${section}`);
    await page.locator("main article button").first().click();
    await page.locator("[role=dialog] form").first().waitFor();
    await look(`setup/${section}: change`);
  }
  await enterRoom(page, url, "lost-calls");
  await page.locator("[role=grid] [data-opens=true]").first().click();
  await page.locator("[role=dialog]").waitFor();
  await look("lost call");
  return found;
}
