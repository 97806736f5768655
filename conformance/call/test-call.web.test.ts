// The test call on real sockets: the built-in caller, the number's queue, a browser with a fake microphone, and what is counted after.
import { expect, onTestFinished, test } from "vitest";
import type { TestCall } from "@allo/contract";
import { hasChromium, openBrowser } from "@allo/testkit";
import { goReady, signIn, state } from "./agent-page.ts";
import { createApiClient, linkToken, openCentre, PASSWORD, type ApiClient, type Centre } from "./centre.ts";

const able = hasChromium() ? test : test.skip;

/** Waits until the test call is there, or ends elsewhere. */
async function until(agent: ApiClient, testCallId: string, wanted: TestCall["state"]): Promise<TestCall> {
  const now = (): Promise<TestCall> => agent.call("testCallGet", { params: { testCallId } });
  const isThere = ({ state: at }: TestCall): boolean => at === wanted || at === "ended" || at === "failed";
  await expect.poll(async () => isThere(await now()), { timeout: 45_000, interval: 50 }).toBe(true);
  const there = await now();
  expect(there.state, JSON.stringify(there.obstacle)).toBe(wanted);
  return there;
}

async function secondAgent(centre: Centre, email: string): Promise<string> {
  const person = await centre.admin.call("personCreate", { body: { name: "Nina", email, roles: ["agent"], language: "en" } });
  await createApiClient(centre.program.url).call("linkUse", {
    params: { token: linkToken(person.invitation.url) },
    body: { password: PASSWORD },
  });
  const members = (await centre.admin.call("queueMembersGet", { params: { queueId: centre.queueId } })).items;
  await centre.admin.call("queueMembersPut", {
    params: { queueId: centre.queueId },
    body: { items: [...members, { personId: person.person.personId, level: 5 }] },
  });
  return email;
}

able(
  "it rings for this person alone, though the number's networks exclude this machine, and says that she was heard; no figure counts it",
  async () => {
    const centre = await openCentre();
    const browser = await openBrowser({ toneHz: 700 });
    const other = await openBrowser({ toneHz: 900 });
    onTestFinished(async () => {
      await browser.close();
      await other.close();
      await centre.program.stop();
    });
    const [number] = (await centre.admin.call("numbersList")).items;
    await centre.admin.call("numberUpdate", {
      params: { numberId: number?.numberId ?? "" },
      body: { allowedNetworks: ["192.0.2.0/24"], version: number?.version ?? 0 },
    });
    const page = await signIn(browser, centre.program.url, { email: centre.agentEmail, password: centre.password });
    const otherPage = await signIn(other, centre.program.url, {
      email: await secondAgent(centre, "nina@example.test"),
      password: PASSWORD,
    });
    await goReady(otherPage);
    await goReady(page);
    await expect.poll(async () => (await centre.agent.call("deskGet")).phone.proven, { timeout: 20_000 }).toBe(true);

    const begun = await centre.agent.call("testCallCreate", { body: {} });
    expect(begun).toMatchObject({ state: "placing", number: { number: "600", queueId: centre.queueId }, obstacle: null });
    // A second click is the same call.
    expect((await centre.agent.call("testCallCreate", { body: {} })).testCallId).toBe(begun.testCallId);

    await until(centre.agent, begun.testCallId, "ringing");
    await state(page, "ringing");
    await state(otherPage, "ready");
    await page.getByRole("button", { name: "Answer", exact: true }).first().click();
    await state(page, "talking");
    const listening = await until(centre.agent, begun.testCallId, "listening");
    expect(listening.callerHeard.greeting).toBe(true);
    const ended = await until(centre.agent, begun.testCallId, "ended");
    expect(ended).toMatchObject({ result: "heard", obstacle: null, callerHeard: { greeting: true, agent: true } });
    expect(ended.speechMs).toBeGreaterThanOrEqual(600);
    expect(ended.levelDbfs).toBeGreaterThan(-40);

    await state(page, "wrapUp");
    const contactId = ended.contactId ?? "";
    const found = await centre.admin.call("contactGet", { params: { contactId } });
    expect(found.contact).toMatchObject({ isTest: true, agentName: centre.agentName, outcome: null });
    expect(found.timeline[0]).toMatchObject({ kind: "contactArrived", details: { test: true } });
    // Practice owes no code.
    await centre.agent.call("wrapUpFinish", { params: { contactId }, body: { wrapUpCodeId: null, note: "" } });
    await state(page, "ready");
    await expect
      .poll(async () => (await centre.admin.call("contactsList", { query: {} })).items[0], { timeout: 20_000 })
      .toMatchObject({ contactId, isTest: true, state: "closed", notCoded: false });
    expect((await centre.agent.call("notCodedList")).items).toEqual([]);
    expect((await centre.admin.call("lostCallsList", { query: {} })).items).toEqual([]);
    const floor = await centre.admin.call("floorGet");
    expect(floor.queues[0]?.today).toMatchObject({ offered: 0, answered: 0, abandoned: 0, serviceLevel: null });
    await state(otherPage, "ready");

    // Muted: the line stands and nothing is said on it.
    const muted = await centre.agent.call("testCallCreate", { body: {} });
    await until(centre.agent, muted.testCallId, "ringing");
    await page.getByRole("button", { name: "Answer", exact: true }).first().click();
    await state(page, "talking");
    await page.getByRole("button", { name: "Mute", exact: true }).first().click();
    const unheard = await until(centre.agent, muted.testCallId, "ended");
    expect(unheard).toMatchObject({ result: "notHeard", obstacle: null, callerHeard: { greeting: true, agent: false } });
    expect(unheard.levelDbfs).toBeLessThan(-60);
    await centre.agent.call("wrapUpFinish", { params: { contactId: unheard.contactId ?? "" }, body: { wrapUpCodeId: null, note: "" } });
    await state(page, "ready");

    // Hung up before she was heard.
    const cut = await centre.agent.call("testCallCreate", { body: {} });
    await until(centre.agent, cut.testCallId, "ringing");
    await page.getByRole("button", { name: "Answer", exact: true }).first().click();
    const { contactId: cutId } = await until(centre.agent, cut.testCallId, "callerSpeaking");
    await centre.agent.call("contactHangUp", { params: { contactId: cutId ?? "" } });
    const failed = await until(centre.agent, cut.testCallId, "failed");
    expect(failed.obstacle).toMatchObject({ code: "agentHungUp" });
  },
  240_000,
);
