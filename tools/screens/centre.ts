// The centre on the screenshots, made through the public API after the wizard, and the calls that fill its history.
import type { Language, LiveFromClient, LiveFromServer, LocalizedText } from "@allo/contract";
import { baresipDial, type BaresipCall, type Program } from "@allo/testkit";
import { createApiClient, linkToken, PASSWORD, type ApiClient } from "../../conformance/call/centre.ts";
import { casts, type Cast, type CastCustomer } from "./cast.ts";

const STEP_MS_MAX = 30_000;
const POLL_MS = 100;
const TONE_HZ = 440;
const TONE_S = 240;

export type ScreenCentre = {
  readonly language: Language;
  readonly cast: Cast;
  readonly program: Program;
  readonly admin: ApiClient;
  /** One queue more than the cast's list: the first is the wizard's. */
  readonly queueIds: readonly string[];
  readonly agents: readonly { readonly personId: string; readonly email: string; readonly api: ApiClient }[];
  readonly customerIds: readonly string[];
  /** The open link of a person who hasn't come yet. */
  readonly invitation: string;
  readonly dial: (from: string, number?: string) => Promise<BaresipCall>;
  readonly hangUpAll: () => Promise<void>;
};

export const adminEmail = "admin@example.test";
/** The queues in order; each has a number of its own. */
export const numbers = ["600", "601", "602", "603"] as const;

/** People, queues, numbers, skills, fields, customers. */
export async function peopleCentre(program: Program, language: Language): Promise<ScreenCentre> {
  const cast = casts[language];
  const admin = createApiClient(program.url);
  await admin.call("sessionCreate", { body: { email: adminEmail, password: PASSWORD } });
  const named = (name: string): LocalizedText => ({ en: "", ru: "", fa: "", [language]: name });
  const [first] = (await admin.call("queuesList")).items;
  if (first === undefined) throw new Error("the wizard made no queue");
  await admin.call("queueUpdate", {
    params: { queueId: first.queueId },
    body: { version: first.version, greetingWords: named(cast.greeting), ringTimeoutSeconds: 90, wrapUpSeconds: 900, missedRingsMax: 3 },
  });
  const queueIds = [first.queueId];
  const settings = [{ wrapUpSeconds: 1, wrapUpExtensionSeconds: 0 }, { ringTimeoutSeconds: 5, missedRingsMax: 1 }, {}];
  for (const [index, name] of cast.queues.entries()) {
    const queue = await admin.call("queueCreate", {
      body: { names: named(name), greetingWords: named(cast.greeting), ...settings[index] },
    });
    queueIds.push(queue.queueId);
    await admin.call("numberCreate", {
      body: { number: numbers[index + 1] ?? "", queueId: queue.queueId, language, label: name, allowedNetworks: ["127.0.0.0/8"] },
    });
  }
  for (const name of cast.skills) await admin.call("skillCreate", { body: { names: named(name) } });
  const fieldIds: string[] = [];
  for (const [index, name] of cast.fields.entries()) {
    fieldIds.push((await admin.call("customerFieldCreate", { body: { names: named(name), type: index === 0 ? "text" : "date" } })).fieldId);
  }
  const agents: ScreenCentre["agents"][number][] = [];
  let invitation = "";
  for (const [index, name] of cast.agents.entries()) {
    const email = `agent${index + 1}@example.test`;
    const made = await admin.call("personCreate", { body: { name, email, roles: index === 2 ? ["lead", "agent"] : ["agent"], language } });
    invitation = made.invitation.url;
    if (index === cast.agents.length - 1) continue;
    const api = createApiClient(program.url);
    await api.call("linkUse", { params: { token: linkToken(made.invitation.url) }, body: { password: PASSWORD } });
    agents.push({ personId: made.person.personId, email, api });
  }
  // The first serves the first three queues, the second the first two; nobody serves the emergencies.
  const members = [agents, agents.slice(0, 4), agents.slice(0, 1), []];
  for (const [index, queueId] of queueIds.entries()) {
    const items = (members[index] ?? []).map((agent, order) => ({ personId: agent.personId, level: order === 0 ? 5 : 3 }));
    await admin.call("queueMembersPut", { params: { queueId }, body: { items } });
  }
  const customerIds: string[] = [];
  for (const customer of cast.customers)
    customerIds.push((await admin.call("customerCreate", { body: customerOf(customer, fieldIds, language, cast) })).customerId);

  const callers: BaresipCall[] = [];
  return {
    language,
    cast,
    program,
    admin,
    queueIds,
    agents,
    customerIds,
    invitation,
    dial: async (from, number = numbers[0]) => {
      const call = baresipDial({ uri: `sip:${number}@127.0.0.1:${program.sipPort}`, toneHz: TONE_HZ, from, toneSeconds: TONE_S });
      callers.push(call);
      await call.established;
      // baresip stays when its call is over.
      void call.closed.then(() => call.hangUp());
      return call;
    },
    hangUpAll: async () => {
      await Promise.all(callers.splice(0).map((each) => each.hangUp()));
    },
  };
}

function customerOf(customer: CastCustomer, fieldIds: readonly string[], language: Language, cast: Cast) {
  const fields = Object.fromEntries(
    fieldIds.map((fieldId, index) => [fieldId, customer.fields?.[index] ?? ""]).filter(([, value]) => value !== ""),
  );
  const email = customer.email === undefined ? [] : [{ kind: "email" as const, value: customer.email }];
  return {
    name: customer.name,
    language,
    fields,
    note: customer.fields === undefined ? "" : cast.customerNote,
    identities: [{ kind: "phone" as const, value: customer.number }, ...email],
  };
}

/** A desk that stands open without a browser: its agent is signed in, with no phone. Returns how it is closed. */
export async function openDesk(url: string, api: ApiClient): Promise<() => void> {
  // Node's own client takes headers as well, which the type of browsers doesn't know.
  const Client = WebSocket as unknown as new (address: string, init: { readonly headers: Readonly<Record<string, string>> }) => WebSocket;
  const socket = new Client(`${url.replace(/^http/u, "ws")}api/v1/live`, {
    headers: { cookie: api.cookie(), origin: new URL(url).origin },
  });
  const say = (message: LiveFromClient): void => socket.send(JSON.stringify(message));
  socket.addEventListener("open", () => say({ kind: "subscribe", topic: "desk" }));
  socket.addEventListener("message", ({ data }) => {
    if ((JSON.parse(String(data)) as LiveFromServer).kind === "ping") say({ kind: "pong" });
  });
  await until("the desk is open", async () => ((await api.call("deskGet")).state === "offline" ? null : true));
  return () => socket.close();
}

/** Waits until the agent rings. */
export async function untilRinging(api: ApiClient): Promise<{ readonly offerId: string; readonly contactId: string }> {
  return until("the agent's desk rings", async () => {
    const { state, contact } = await api.call("deskGet");
    return state === "ringing" && contact !== null && contact.offerId !== null
      ? { offerId: contact.offerId, contactId: contact.contactId }
      : null;
  });
}

/** Polls until there is an answer; says what was waited for when there is none. */
export async function until<T>(what: string, ask: () => Promise<T | null>): Promise<T> {
  const startedAt = performance.now();
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() - startedAt > STEP_MS_MAX) throw new Error(`waited ${STEP_MS_MAX / 1_000} s in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
