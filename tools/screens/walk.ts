// Walks one language through every state worth looking at, on real calls.
import type { Language } from "@allo/contract";
import type { Program } from "@allo/testkit";
import type { Page } from "playwright-core";
import { goReadyOn, signInOn, type Chromium } from "../../conformance/desk/chromium.ts";
import { setupSections } from "../../conformance/desk/pages.ts";
import { walkWizard } from "../../conformance/desk/wizard.ts";
import { PASSWORD } from "../../conformance/call/centre.ts";
import type { Album } from "./album.ts";
import { casts } from "./cast.ts";
import { adminEmail, numbers, openDesk, peopleCentre, until, untilRinging } from "./centre.ts";
import { colleaguesWithEachOther } from "./colleagues.ts";
import { everybodyInACall, panelsOfExchange, setUpExchange } from "./exchange.ts";
import { dialog, finishWrapUp, goReadyIfResting, proven, state, type Walk } from "./walk-steps.ts";

const rooms = ["desk", "floor", "contacts", "recording-gaps", "internal-calls", "lost-calls", "customers", "people", "test-call"] as const;

export async function walkLanguage(program: Program, chromium: Chromium, language: Language, album: Album): Promise<void> {
  const cast = casts[language];
  const context = await chromium.person({ locale: cast.locale, timeZone: cast.timeZone });
  const lead = await context.newPage();
  await walkWizard(
    lead,
    await program.setupUrl(),
    language,
    { organisation: cast.organisation, administrator: cast.administrator, email: adminEmail, queue: cast.queue, number: cast.number },
    (step) => album.shoot(lead, `first-setup-${step}`),
  );
  await lead.locator("button").last().click();
  await lead.locator("nav a[href='/desk']").waitFor();
  await emptyRooms(lead, program.url, album);
  await entry(chromium, program, language, album);
  const centre = await peopleCentre(program, language);
  let closeExchange: () => Promise<void> = () => Promise.resolve();
  try {
    const agentContext = await chromium.person({ locale: cast.locale, timeZone: cast.timeZone, microphone: false });
    const agent = await signInOn(agentContext, program.url, { email: centre.agents[0]?.email ?? "", password: PASSWORD });
    const walk = { centre, chromium, album, lead, agent };
    await invitation(walk);
    await learning(walk);
    await firstCall(walk);
    await oneOfEach(walk);
    await history(walk);
    closeExchange = await setUpExchange(centre);
    await panelsOfExchange(walk);
    await everybodyInACall(walk);
    await colleaguesWithEachOther(walk);
    await manyOnTheFloor(walk);
    await lookingBack(walk);
    await setup(walk);
    await formsOfSetup(walk);
    await workplaces(walk);
    await missedRings(walk);
    await offline(walk);
    await agentContext.close();
  } finally {
    await closeExchange();
    await centre.hangUpAll();
  }
  await context.close();
}

async function emptyRooms(lead: Page, url: string, album: Album): Promise<void> {
  for (const room of rooms) {
    if (!album.wants(`${room}-empty`)) continue;
    await lead.goto(`${url}${room}`);
    await lead.locator("main h1, main h2").first().waitFor();
    await album.shoot(lead, `${room}-empty`);
  }
  for (const section of setupSections()) {
    if (!album.wants(`setup-${section}-first`)) continue;
    await lead.goto(`${url}setup/${section}`);
    await lead.locator("main h1").waitFor();
    await album.shoot(lead, `setup-${section}-first`);
  }
  await lead.goto(`${url}desk`);
  await lead.locator("main h1, main h2").first().waitFor();
  await lead.keyboard.press("?");
  await dialog(lead);
  await album.shoot(lead, "frame-keys");
  await lead.keyboard.press("Escape");
  await lead.keyboard.press("Control+k");
  await dialog(lead);
  await album.shoot(lead, "frame-commands");
  await lead.keyboard.press("Escape");
  await lead.locator("header button:has(.tabler-icon-user-circle)").click();
  await dialog(lead);
  await album.shoot(lead, "frame-account");
  await lead.locator("header [role=dialog] button:has(.tabler-icon-key)").click();
  await lead.locator("[aria-modal=true]").waitFor();
  await album.shoot(lead, "frame-password");
  await lead.keyboard.press("Escape");
}

async function entry(chromium: Chromium, program: Program, language: Language, album: Album): Promise<void> {
  const cast = casts[language];
  const context = await chromium.person({ locale: cast.locale, timeZone: cast.timeZone });
  const page = await context.newPage();
  await page.goto(`${program.url}sign-in`);
  await page.locator("input[name=email]").waitFor();
  await album.shoot(page, "sign-in");
  await page.locator("input[name=email]").fill("nobody@example.test");
  await page.locator("input[name=password]").fill("not the password");
  await page.locator("button[type=submit]").click();
  await page.locator("[role=alert]").waitFor();
  await album.shoot(page, "sign-in-refused");
  await page.goto(`${program.url}no/such/page`);
  await page.locator("h1").waitFor();
  await album.shoot(page, "no-such-page");
  await context.close();
}

async function invitation({ centre, chromium, album }: Walk): Promise<void> {
  const context = await chromium.person({ locale: centre.cast.locale, timeZone: centre.cast.timeZone });
  const page = await context.newPage();
  await page.goto(centre.invitation);
  await page.locator("input[name=password]").waitFor();
  await album.shoot(page, "invitation");
  await page.goto(`${new URL(centre.invitation).origin}/link/not-a-link`);
  await page.locator("[role=alert]").waitFor();
  await album.shoot(page, "invitation-ended");
  await context.close();
}

/** Help, the glossary, the tour's first card, the workplace: what a newcomer opens. */
async function learning({ centre, album, agent }: Walk): Promise<void> {
  const fromMenu = async (icon: string): Promise<void> => {
    await agent.locator("header button:has(.tabler-icon-user-circle)").click();
    await agent.locator(`header [role=dialog] button:has(.tabler-icon-${icon})`).first().click();
  };
  await agent.goto(`${centre.program.url}desk`);
  await agent.locator("main h1").first().waitFor();
  const states = [
    ["frame-help", () => agent.getByTestId("help").click(), '[data-testid="help-page"]'],
    ["frame-glossary", () => fromMenu("vocabulary"), '[data-testid="glossary"]'],
    ["frame-workplace", () => fromMenu("headset"), "[aria-modal=true]"],
    ["frame-tour", () => fromMenu("route"), '[data-testid="tour-card"]'],
  ] as const;
  for (const [name, open, shown] of states) {
    if (!album.wants(name)) continue;
    await open();
    await agent.locator(shown).first().waitFor();
    await album.shoot(agent, name);
    await agent.keyboard.press("Escape");
    await agent.locator(shown).first().waitFor({ state: "detached" });
  }
}

/** A known customer rings, is answered, held, muted, wrapped up. */
async function firstCall({ centre, album, agent, lead }: Walk): Promise<void> {
  await state(agent, "notReady");
  await album.shoot(agent, "desk-not-ready");
  await agent.locator('[data-testid="agent-state"] > button').first().click();
  await agent.locator("[role=menu]").waitFor();
  await album.shoot(agent, "desk-state-menu");
  await agent.keyboard.press("Escape");
  await agent.locator('[data-testid="agent-state"] > button').last().click();
  await Promise.race([dialog(agent), state(agent, "ready")]);
  if ((await agent.locator("[role=dialog]").count()) > 0) {
    await album.shoot(agent, "desk-microphone");
    await agent.keyboard.press("Escape");
  }
  await goReadyOn(agent);
  await proven(centre);
  await album.shoot(agent, "desk-ready");
  const [customer] = centre.cast.customers;
  await centre.dial(customer?.number ?? "");
  await state(agent, "ringing");
  await album.shoot(agent, "desk-ringing");
  if (album.wants("floor-ringing")) {
    await lead.goto(`${centre.program.url}floor`);
    await lead.locator('[data-testid="floor"]').waitFor();
    await album.shoot(lead, "floor-ringing");
  }
  await agent.keyboard.press("F2");
  await state(agent, "talking");
  await agent.locator('[data-testid="note"]').fill(centre.cast.note);
  await album.shoot(agent, "desk-talking");
  await agent.keyboard.press("F4");
  await agent.locator('[data-testid="call-bar"] [aria-pressed=true]').waitFor();
  await album.shoot(agent, "desk-muted");
  await agent.keyboard.press("F4");
  await agent.keyboard.press("F8");
  await agent
    .locator('[data-testid="contact-card"] .tabler-icon-player-pause, [data-testid="call-bar"] .tabler-icon-player-play')
    .first()
    .waitFor();
  await album.shoot(agent, "desk-hold");
  await agent.keyboard.press("F8");
  await agent.locator('[data-testid="call-bar"] .tabler-icon-player-pause').first().waitFor();
  await agent.goto(`${centre.program.url}customers`);
  await state(agent, "talking");
  await album.shoot(agent, "customers-while-talking");
  await agent.goto(`${centre.program.url}desk`);
  await state(agent, "talking");
  await agent.keyboard.press("Shift+F8");
  await state(agent, "wrapUp");
  await album.shoot(agent, "desk-wrap-up");
  await finishWrapUp(agent);
}

async function oneOfEach({ centre, album, lead }: Walk): Promise<void> {
  const [first] = centre.cast.unknownNumbers;
  const caller = await centre.dial(first ?? "", numbers[3]).catch(() => null);
  await caller?.closed;
  for (const room of ["contacts", "lost-calls", "floor"] as const) {
    if (!album.wants(`${room}-one`)) continue;
    await lead.goto(`${centre.program.url}${room}`);
    await lead.locator("[role=grid], [data-testid=floor]").first().waitFor();
    await album.shoot(lead, `${room}-one`);
  }
}

/** Calls that end in every way, in some number. */
async function history({ centre, agent, album }: Walk): Promise<void> {
  const { customers, unknownNumbers } = centre.cast;
  const api = centre.agents[0]?.api;
  if (api === undefined) throw new Error("there is no first agent");
  // An unknown caller, answered and left without a result.
  await centre.dial(unknownNumbers[1] ?? "", numbers[1]);
  await state(agent, "ringing");
  await agent.keyboard.press("F2");
  await state(agent, "talking");
  await album.shoot(agent, "desk-unknown-caller");
  await agent.keyboard.press("Shift+F8");
  await until("the wrap-up lapses", async () => ((await api.call("deskGet")).state === "ready" ? true : null));
  await album.shoot(agent, "desk-not-coded");
  const codes = (await api.call("wrapUpCodesList")).items;
  for (const [index, customer] of customers.slice(1, 6).entries()) {
    await centre.dial(customer.number);
    const ringing = await untilRinging(api);
    await api.call("offerAccept", { params: { offerId: ringing.offerId } });
    await until("they talk", async () => ((await api.call("deskGet")).state === "talking" ? true : null));
    await api.call("contactHangUp", { params: { contactId: ringing.contactId } });
    await until("wrap-up begins", async () => ((await api.call("deskGet")).state === "wrapUp" ? true : null));
    await api.call("wrapUpFinish", {
      params: { contactId: ringing.contactId },
      body: { wrapUpCodeId: codes[index % codes.length]?.wrapUpCodeId ?? "", note: index === 0 ? centre.cast.note : "" },
    });
  }
  // Nobody takes these: they wait and leave; one of them calls twice.
  const lunch = (await api.call("reasonsList")).items.find((reason) => reason.code === "lunch");
  await api.call("deskNotReady", { body: { reasonId: lunch?.reasonId ?? "" } });
  for (const from of [...unknownNumbers, customers[6]?.number ?? "", customers[2]?.number ?? "", unknownNumbers[2] ?? ""]) {
    const caller = await centre.dial(from);
    await until("the caller waits", async () => ((await centre.admin.call("floorGet")).waiting.length > 0 ? true : null));
    await caller.hangUp();
    await until("the caller has left", async () => ((await centre.admin.call("floorGet")).waiting.length === 0 ? true : null));
  }
  const lost = (await centre.admin.call("lostCallsList", { query: {} })).items.at(-1);
  if (lost !== undefined) {
    const tried = await centre.admin.call("lostCallAttempt", { params: { lostCallId: lost.lostCallId } });
    await centre.admin.call("lostCallSettle", {
      params: { lostCallId: lost.lostCallId },
      body: { state: "calledBack", reason: "", version: tried.version },
    });
  }
}

/** Agents in every state, callers waiting. */
async function manyOnTheFloor({ centre, chromium, album, agent, lead }: Walk): Promise<void> {
  const reasons = (await centre.admin.call("reasonsList")).items.filter((reason) => !reason.system);
  const second = await chromium.person({ locale: centre.cast.locale, timeZone: centre.cast.timeZone });
  const other = await signInOn(second, centre.program.url, { email: centre.agents[1]?.email ?? "", password: PASSWORD });
  const desks: (() => void)[] = [];
  for (const each of centre.agents.slice(2, 5)) desks.push(await openDesk(centre.program.url, each.api));
  for (const [index, each] of centre.agents.slice(2, 5).entries())
    await each.api.call("deskNotReady", { body: { reasonId: reasons[index]?.reasonId ?? "" } });
  await centre.agents[4]?.api.call("deskReady");
  await goReadyOn(other);
  await goReadyOn(agent);
  await proven(centre, 1);
  const { customers } = centre.cast;
  for (const customer of customers.slice(0, 4)) await centre.dial(customer.number);
  for (const page of [agent, other]) {
    await state(page, "ringing");
    await page.keyboard.press("F2");
    await state(page, "talking");
  }
  await until("two wait", async () => ((await centre.admin.call("floorGet")).waiting.length === 2 ? true : null));
  await other.keyboard.press("Shift+F8");
  await state(other, "wrapUp");
  await lead.goto(`${centre.program.url}floor`);
  await lead.locator('[data-testid="floor"]').waitFor();
  await album.shoot(lead, "floor-many");
  await finishWrapUp(other);
  await state(other, "ringing");
  await album.shoot(other, "desk-ringing-second");
  await other.keyboard.press("F2");
  await state(other, "talking");
  await agent.keyboard.press("Shift+F8");
  await state(agent, "wrapUp");
  for (const close of desks) close();
  await second.close();
}

async function lookingBack({ centre, album, lead }: Walk): Promise<void> {
  const { url } = centre.program;
  const contacts = (await centre.admin.call("contactsList", { query: { limit: 100 } })).items;
  const answered = contacts.find((row) => row.outcome === "answered" && row.recordingId !== null && row.state === "closed");
  const abandoned = contacts.find((row) => row.outcome === "abandoned");
  const open = async (name: string, path: string, ready: string): Promise<void> => {
    if (!album.wants(name)) return;
    await lead.goto(`${url}${path}`);
    await lead.locator(ready).first().waitFor();
    await album.shoot(lead, name);
  };
  await open("contacts-many", "contacts", "[role=grid]");
  await open("contacts-none-found", "contacts?number=5551234", "main h1");
  await open("contacts-panel", `contacts?contact=${answered?.contactId ?? ""}`, "[role=dialog]");
  await open("contact-answered", `contacts/${answered?.contactId ?? ""}`, "main h1");
  await open("contact-abandoned", `contacts/${abandoned?.contactId ?? ""}`, "main h1");
  await open("lost-calls-many", "lost-calls", "[role=grid]");
  if (album.wants("lost-calls-panel")) {
    await lead.goto(`${url}lost-calls`);
    await lead.locator("[role=grid] [role=row][data-opens=true]").first().click();
    await dialog(lead);
    await album.shoot(lead, "lost-calls-panel");
  }
  await open("lost-calls-settled", "lost-calls?state=settled", "[role=grid]");
  await open("customers-many", "customers", "[role=grid]");
  await open("customers-panel", `customers?customer=${centre.customerIds[0] ?? ""}`, "[role=dialog]");
  await open("people-many", "people", "[role=grid]");
  await open("people-panel", `people?person=${centre.agents[0]?.personId ?? ""}`, "[role=dialog]");
  for (const room of ["customers", "people"] as const) {
    if (!album.wants(`${room}-new`)) continue;
    await lead.goto(`${url}${room}`);
    await lead.locator("main button:has(.tabler-icon-plus), main button:has(.tabler-icon-user-plus)").first().click();
    await dialog(lead);
    await album.shoot(lead, `${room}-new`);
  }
}

async function setup({ centre, album, lead }: Walk): Promise<void> {
  for (const section of setupSections()) {
    if (!album.wants(`setup-${section}`)) continue;
    await lead.goto(`${centre.program.url}setup/${section}`);
    await lead.locator("main h1").waitFor();
    await album.shoot(lead, `setup-${section}-many`);
  }
  for (const section of ["queues", "numbers"] as const) {
    if (!album.wants(`setup-${section}-change`)) continue;
    await lead.goto(`${centre.program.url}setup/${section}`);
    await lead.locator("main article button[data-variant=default]").first().click();
    await dialog(lead);
    await album.shoot(lead, `setup-${section}-change`);
  }
}

/** What is made and looked at in the setup: hours, a project, an own greeting, a trade's set-up, a certificate, a role. */
async function formsOfSetup({ centre, album, lead }: Walk): Promise<void> {
  const plus = "main button:has(.tabler-icon-plus)";
  const forms = [
    ["setup-hours-new", "setup/hours", [plus]],
    ["setup-projects-new", "setup/projects", [plus]],
    ["setup-prompts-new", "setup/prompts", [plus]],
    ["setup-ready-made-look", "setup/ready-made", ["main article button, main li button"]],
    ["people-roles-new", "people", ["main [role=radiogroup] > :last-child label", plus]],
  ] as const;
  for (const [name, path, presses] of forms) {
    if (!album.wants(name)) continue;
    await lead.goto(`${centre.program.url}${path}`);
    for (const press of presses) await lead.locator(press).first().click();
    await dialog(lead);
    await album.shoot(lead, name);
  }
  if (!album.wants("people-roles")) return;
  await lead.goto(`${centre.program.url}people`);
  await lead.locator("main [role=radiogroup] label").last().click();
  await lead.locator("main article").first().waitFor();
  await album.shoot(lead, "people-roles");
}

/** Who is equipped to work, as the lead sees it. */
async function workplaces({ centre, album, lead }: Walk): Promise<void> {
  if (!album.wants("floor-workplaces")) return;
  await lead.goto(`${centre.program.url}floor`);
  await lead.locator("main button:has(.tabler-icon-headset)").first().click();
  await dialog(lead);
  await album.shoot(lead, "floor-workplaces");
}

async function missedRings({ centre, album, agent }: Walk): Promise<void> {
  await centre.hangUpAll();
  await finishWrapUp(agent);
  await goReadyIfResting(agent);
  await centre.dial(centre.cast.unknownNumbers[0] ?? "", numbers[2]);
  await state(agent, "ringing");
  await agent.locator('[data-testid="system-cause"]').waitFor();
  await album.shoot(agent, "desk-missed-rings");
}

/** The program dies under open pages. */
async function offline({ centre, album, agent, lead }: Walk): Promise<void> {
  await centre.hangUpAll();
  await goReadyIfResting(agent);
  await centre.dial(centre.cast.customers[0]?.number ?? "");
  await state(agent, "ringing");
  await agent.keyboard.press("F2");
  await state(agent, "talking");
  await lead.goto(`${centre.program.url}floor`);
  await lead.locator('[data-testid="floor"]').waitFor();
  await centre.program.killAll();
  for (const [page, name] of [
    [agent, "desk-offline"],
    [lead, "floor-offline"],
  ] as const) {
    await page.locator(".tabler-icon-plug-connected-x").waitFor();
    await album.shoot(page, name);
  }
  await lead.locator("nav a[href='/contacts']").click();
  await lead.locator("main [role=alert], main h1").first().waitFor();
  await album.shoot(lead, "contacts-offline");
}
