// One program and one Chromium for a file of browser tests; each test makes its own people, queue and number in it.
import { afterAll, beforeAll, onTestFailed, onTestFinished } from "vitest";
import type { Language, QueueSettings, Role } from "@allo/contract";
import { baresipDial, hasBaresip, hasChromium, startProgram, type BaresipCall, type Program } from "@allo/testkit";
import type { Page } from "playwright-core";
import { createApiClient, linkToken, MAIN, PASSWORD, type ApiClient } from "../call/centre.ts";
import { goReadyOn, openChromium, signInOn, type Chromium, type PersonWish } from "./chromium.ts";
import type { WizardAnswers } from "./wizard.ts";

export const able = hasBaresip() && hasChromium();
export const STATE_MS_MAX = 20_000;
const CALLER_HZ = 440;
const SHORT_NUMBER_FIRST = 700;

export const answers: Readonly<Record<Language, WizardAnswers>> = {
  en: { organisation: "Meridian", administrator: "Ada Lowell", email: "ada@example.test", queue: "Support", number: "600" },
  ru: { organisation: "Меридиан", administrator: "Соколова Ада", email: "ada@example.test", queue: "Поддержка", number: "600" },
  fa: { organisation: "سپیدرود", administrator: "آیدا حسینی", email: "ada@example.test", queue: "پشتیبانی", number: "600" },
};

export type TeamMember = { readonly personId: string; readonly name: string; readonly email: string; readonly api: ApiClient };
export type Team = { readonly agent: TeamMember; readonly queueId: string; readonly number: string };
export type World = {
  readonly program: () => Program;
  readonly chromium: () => Chromium;
  readonly url: () => string;
  /** The administrator's API; sets the centre up where the wizard hasn't. */
  readonly admin: () => Promise<ApiClient>;
  readonly person: (name: string, roles?: readonly Role[]) => Promise<TeamMember>;
  /** An agent, a queue that only this agent serves, and a number that leads there. */
  readonly team: (name: string, settings?: Partial<QueueSettings>) => Promise<Team>;
  /** A signed-in tab in a browser of the person's own. */
  readonly tab: (who: { readonly email: string }, wish?: PersonWish) => Promise<Page>;
  readonly readyTab: (who: TeamMember) => Promise<Page>;
  readonly dial: (number: string, from: string) => Promise<BaresipCall>;
};

/** To be called at the top of a test file. */
export function useWorld(language: Language): World {
  let program: Program | null = null;
  let chromium: Chromium | null = null;
  let adminApi: ApiClient | null = null;
  let made = 0;
  beforeAll(async () => {
    if (!able) return;
    [program, chromium] = await Promise.all([startProgram({ main: MAIN }), openChromium()]);
  });
  afterAll(async () => {
    await chromium?.close();
    await program?.stop();
  });
  const there = <T>(value: T | null): T => {
    if (value === null) throw new Error("the world has not begun");
    return value;
  };

  const admin = async (): Promise<ApiClient> => {
    const { url, setupUrl } = there(program);
    if (adminApi !== null) return adminApi;
    const api = createApiClient(url);
    const given = answers[language];
    if ((await api.call("setupGet")).state === "done") {
      await api.call("sessionCreate", { body: { email: given.email, password: PASSWORD } });
    } else {
      await api.call("setupCreate", {
        body: {
          token: decodeURIComponent(new URL(await setupUrl()).hash.slice(1)),
          language,
          timeZone: "Europe/London",
          defaultCountry: "GB",
          organisation: { name: given.organisation },
          administrator: { name: given.administrator, email: given.email, password: PASSWORD },
          queue: { name: given.queue },
          number: { number: given.number, language, allowedNetworks: ["127.0.0.0/8"] },
        },
      });
    }
    adminApi = api;
    return api;
  };
  const person = async (name: string, roles: readonly Role[] = ["agent"]): Promise<TeamMember> => {
    const api = createApiClient(there(program).url);
    made += 1;
    const email = `person${made}@example.test`;
    const created = await (await admin()).call("personCreate", { body: { name, email, roles: [...roles], language } });
    await api.call("linkUse", { params: { token: linkToken(created.invitation.url) }, body: { password: PASSWORD } });
    return { personId: created.person.personId, name, email, api };
  };
  const tab = async (who: { readonly email: string }, wish: PersonWish = {}): Promise<Page> => {
    const context = await there(chromium).person(wish);
    onTestFinished(() => context.close());
    const page = await signInOn(context, there(program).url, { email: who.email, password: PASSWORD });
    onTestFailed(() => {
      process.stderr.write(`${there(program).logs()}\n`);
    });
    return page;
  };
  return {
    program: () => there(program),
    chromium: () => there(chromium),
    url: () => there(program).url,
    admin,
    person,
    team: async (name, settings = {}) => {
      const api = await admin();
      const agent = await person(name);
      const number = String(SHORT_NUMBER_FIRST + made);
      const queue = await api.call("queueCreate", { body: { names: { en: `Queue ${number}`, ru: "", fa: "" }, ...settings } });
      await api.call("queueMembersPut", { params: { queueId: queue.queueId }, body: { items: [{ personId: agent.personId, level: 3 }] } });
      await api.call("numberCreate", { body: { number, queueId: queue.queueId, language, allowedNetworks: ["127.0.0.0/8"] } });
      return { agent, queueId: queue.queueId, number };
    },
    tab,
    readyTab: async (who) => {
      const page = await tab(who);
      await goReadyOn(page);
      await page.locator('[data-testid="phone"][data-view="up"][data-proven="true"]').waitFor({ timeout: STATE_MS_MAX });
      return page;
    },
    dial: async (number, from) => {
      const call = baresipDial({ uri: `sip:${number}@127.0.0.1:${there(program).sipPort}`, toneHz: CALLER_HZ, from });
      onTestFinished(() => call.kill());
      await call.established;
      return call;
    },
  };
}

/** Waits until the top bar shows this state of the agent. */
export async function stateOn(page: Page, wanted: string): Promise<void> {
  await page.locator(`[data-testid="agent-state"][data-state="${wanted}"]`).waitFor({ timeout: STATE_MS_MAX });
}

/** A button of the call bar, by the act that its key stands for. */
export const callKeys = { answer: "F2", decline: "Shift+F2", mute: "F4", hold: "F8", hangUp: "Shift+F8" } as const;
export function callButton(page: Page, act: keyof typeof callKeys) {
  return page.locator(`[data-testid="call-bar"] button[aria-keyshortcuts="${callKeys[act]}"]`);
}

/** Codes the call with the first result and ends wrap-up. */
export async function finishWrapUp(page: Page): Promise<void> {
  await page.locator('[data-testid="codes"] [role=option]').first().click();
  await page.locator('[data-testid="contact-card"] button[title="Ctrl + Enter"]').click();
  await page.locator('[data-testid="agent-state"]:not([data-state="wrapUp"])').waitFor();
}
