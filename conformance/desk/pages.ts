// Every page of the desk with something on it, and what opens there. Which pages there are the built desk says itself: one that isn't here
// fails the test of pages.web.test.ts.
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { quiet } from "./quiet.ts";
import { enterRoom, type Furnished } from "./rooms.ts";

export type Opening = {
  readonly name: string;
  /** What is pressed; "row" is the second row of the page's table. */
  readonly by: string;
};
export type DeskPage = {
  readonly address: string;
  /** Seen by somebody who isn't signed in. */
  readonly outside?: true;
  /** Nothing of its own: one is led on at once. */
  readonly leadsOn?: true;
  readonly opens: readonly Opening[];
};

const ADD = "main button:is(:has(.tabler-icon-plus), :has(.tabler-icon-user-plus))";
const FIRST_OF_CARD = "main article button";
/** The first button with a word only; not that of the workplace's check or of a bar, which may come meanwhile. */
const FIRST_WORD = "main button:not(:has(svg)):not([data-testid=workplace-strip] *, [role=status] *)";
const add: Opening = { name: "new", by: ADD };
const change = (by: string): Opening => ({ name: "change", by });
const row: Opening = { name: "row", by: "row" };
const page = (address: string, ...opens: readonly Opening[]): DeskPage => ({ address, opens });

/** By the path in the desk's route table; the parts of the setup by their own. */
export function deskPages(there: Furnished & { readonly invitation: string }): ReadonlyMap<string, DeskPage> {
  return new Map<string, DeskPage>([
    ["/sign-in", { ...page("sign-in"), outside: true }],
    ["/link/$token", { ...page(`link/${there.invitation}`), outside: true }],
    ["/first-setup", { ...page("first-setup"), outside: true }],
    ["/", { ...page(""), leadsOn: true }],
    ["/setup", { ...page("setup"), leadsOn: true }],
    ["/desk", page("desk")],
    ["/test-call", page("test-call")],
    ["/floor", page("floor", { name: "workplaces", by: "main button:has(.tabler-icon-headset)" })],
    ["/contacts", page("contacts", row, { name: "calendar", by: "main button:has(.tabler-icon-calendar)" })],
    ["/contacts/$contactId", page(`contacts/${there.contactId}`)],
    ["/recording-gaps", page("recording-gaps", { name: "calendar", by: "main button:has(.tabler-icon-calendar)" })],
    ["/internal-calls", page("internal-calls")],
    ["/lost-calls", page("lost-calls", row)],
    ["/customers", page("customers", add, row)],
    ["/people", page("people", add, row)],
    ["/people?view=roles", page("people?view=roles", add)],
    ["/setup/queues", page("setup/queues", add, change(FIRST_OF_CARD))],
    ["/setup/numbers", page("setup/numbers", add, change("main article button:not(:has(svg))"))],
    ["/setup/trunks", page("setup/trunks", add)],
    ["/setup/recorders", page("setup/recorders", add)],
    ["/setup/hours", page("setup/hours", add)],
    ["/setup/projects", page("setup/projects", add)],
    ["/setup/wrap-up-codes", page("setup/wrap-up-codes", add, change(FIRST_WORD))],
    ["/setup/not-ready-reasons", page("setup/not-ready-reasons", add, change(FIRST_WORD))],
    ["/setup/skills", page("setup/skills", add, change(FIRST_WORD))],
    ["/setup/prompts", page("setup/prompts", add)],
    ["/setup/outgoing-calls", page("setup/outgoing-calls")],
    ["/setup/devices", page("setup/devices", add)],
    ["/setup/customer-fields", page("setup/customer-fields", add, change(FIRST_WORD))],
    ["/setup/ready-made", page("setup/ready-made", { name: "look at it", by: FIRST_OF_CARD })],
    ["/setup/address", page("setup/address")],
    ["/setup/network-doctor", page("setup/network-doctor")],
    ["/setup/security", page("setup/security")],
    ["/setup/recordings", page("setup/recordings")],
    ["/setup/traces", page("setup/traces")],
    ["/setup/maintenance", page("setup/maintenance", { name: "ask", by: "main [data-testid=maintenance] button" })],
    ["/setup/drills", page("setup/drills", { name: "ask", by: "main [data-testid=drill] button:has(.tabler-icon-activity)" })],
    ["/setup/audit", page("setup/audit", row)],
  ]);
}

/** What opens in every room: from the keys and from the top bar. */
export const everywhere: readonly Opening[] = [
  { name: "sheet of keys", by: "key:?" },
  { name: "commands", by: "key:Control+k" },
  { name: "help", by: "[data-testid=help]" },
  { name: "states", by: "[data-testid=agent-state] > button" },
  { name: "account", by: "header button:has(.tabler-icon-user-circle)" },
];

/** The paths of the desk that runs in this page, and the parts of its setup. */
export async function pagesOfDesk(signedIn: Page): Promise<readonly string[]> {
  const routes = await signedIn.evaluate(() =>
    Object.keys((window as unknown as { readonly __TSR_ROUTER__: { readonly routesByPath: object } }).__TSR_ROUTER__.routesByPath),
  );
  return [...routes.filter((path) => path !== "/setup/$section"), ...setupSections().map((section) => `/setup/${section}`)];
}

/** The parts of the setup, as the desk lists them. */
export function setupSections(): readonly string[] {
  const source = readFileSync(new URL("../../apps/desk/src/features/setup/sections.ts", import.meta.url), "utf8");
  const sections = /export const setupSections = \[([^\]]*)\]/u.exec(source)?.[1] ?? "";
  return [...sections.matchAll(/"([a-z-]+)"/gu)].map(([, name]) => name ?? "");
}

/** Goes there and waits until it stands. */
export async function enterPage(tab: Page, url: string, wanted: DeskPage): Promise<void> {
  if (wanted.outside !== true) return enterRoom(tab, url, wanted.address);
  await tab.goto(`${url}${wanted.address}`);
  await tab.locator("main, form, h1").first().waitFor();
  await quiet(tab);
}
