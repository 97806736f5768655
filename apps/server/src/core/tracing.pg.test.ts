import { DAY_MS, fail, HOUR_MS, ok, type CallId, type ContactId, type Instant, type NumberId, type OrganisationId } from "@allo/kernel";
import type { ParamsOf, ResponseOf, RouteName } from "@allo/contract";
import { afterAll, beforeAll, expect, it } from "vitest";
import { pino } from "pino";
import { createAudit } from "../modules/identity/index.ts";
import { createTracing, type Tracing } from "../modules/tracing/index.ts";
import { ORGANISATION } from "../modules/telephony/fixtures/voice-world.ts";
import type { Api, Principal } from "../platform/http.ts";
import { LookbackWorld } from "./fixtures/lookback-world.ts";

let world: LookbackWorld;
let tracing: Tracing;
let contactId: ContactId;
/** Core holds nothing of it any more: closed long ago, or core was started again. */
let isForgotten = false;
const handlers = new Map<RouteName, (call: never) => Promise<unknown>>();
const MESSAGE = "INVITE sip:100@allo SIP/2.0\r\nCSeq: 1 INVITE\r\nCall-ID: a\r\n\r\n";
const erased = new Set<string>();
const warned: unknown[] = [];

function call<N extends RouteName>(
  name: N,
  principal: Principal,
  parts: { params?: ParamsOf<N>; body?: object; reply?: object } = {},
): Promise<ResponseOf<N>> {
  const handle = handlers.get(name) as ((call: unknown) => Promise<ResponseOf<N>>) | undefined;
  return handle!({ principal, address: "192.0.2.1", params: {}, ...parts });
}
function keep(over: { callId?: string; numberId?: string | null; contactId?: string | null } = {}): void {
  tracing.keep({
    kind: "callTrace",
    callId: (over.callId ?? "cal_1") as CallId,
    contactId: (over.contactId === undefined ? contactId : over.contactId) as ContactId | null,
    numberId: (over.numberId === undefined ? "num_main" : over.numberId) as NumberId | null,
    leftOut: 2,
    entries: [
      {
        at: 1_000 as Instant,
        direction: "in",
        transport: "udp",
        local: { address: "192.0.2.1", port: 5060 },
        remote: { address: "198.51.100.7", port: 5060 },
        text: MESSAGE,
      },
    ],
  });
}

beforeAll(async () => {
  world = await LookbackWorld.create();
  const { voice } = world;
  await voice.ready("ann");
  contactId = await world.answeredCall("cal_1", { number: "+442079460001" });
  await world.settled();
  const api: Api = { on: (name, handle) => void handlers.set(name, handle as (call: never) => Promise<unknown>) };
  tracing = createTracing({
    database: voice.database,
    clock: voice.time,
    timers: voice.time,
    // Bound to subject and context as the real ones are; bytes of any kind.
    keys: {
      seal: (_organisation, subject, plain, context) => Buffer.concat([Buffer.from(`${subject}|${context}|`), Buffer.from(plain)]),
      open: (_organisation, subject, sealed, context) => {
        const head = `${subject}|${context}|`;
        const isOurs = Buffer.from(sealed).subarray(0, head.length).toString() === head;
        if (erased.has(subject)) return fail("noKey");
        return isOurs ? ok(sealed.subarray(head.length)) : fail("tampered");
      },
    },
    audit: createAudit({ ids: world.ids }),
    api,
    contacts: { facts: (id) => (isForgotten ? undefined : voice.voice.contacts.facts(id)), load: voice.voice.contacts.load },
    organisations: () => ["org_other" as OrganisationId, ORGANISATION],
    organisationOfNumber: (numberId) => (numberId === "num_main" ? ORGANISATION : null),
    log: pino({ level: "warn" }, { write: (line: string) => void warned.push(JSON.parse(line)) }),
  });
});
afterAll(async () => {
  tracing.close();
  await world.close();
});

it("an administrator sees a call's messages as a ladder, and nobody of another organisation does", async () => {
  keep();
  await tracing.settled();
  const { items } = await call("contactTraceGet", world.principal("admin", "administrator"), { params: { contactId } });
  expect(items).toMatchObject([{ callId: "cal_1", leftOut: 2, steps: [{ label: "INVITE", text: MESSAGE }] }]);
  await expect(call("contactTraceGet", world.stranger(), { params: { contactId } })).rejects.toMatchObject({ code: "notFound" });
});

it.each([
  ["whose number is known", "num_main"],
  ["whose number is gone", "num_gone"],
  ["of no number", null],
])("keeps those of a contact closed long ago %s", async (_what, numberId) => {
  isForgotten = true;
  const callId = `cal_old_${numberId}`;
  keep({ callId, numberId });
  await tracing.settled();
  isForgotten = false;
  const { items } = await call("contactTraceGet", world.principal("admin", "administrator"), { params: { contactId } });
  expect(items.map((each) => each.callId)).toContain(callId);
  await world.voice.admin.query("delete from tracing.call_trace where call_id = $1", [callId]);
});

it("what can't be kept is said in the log", async () => {
  warned.length = 0;
  keep({ callId: "cal_none", contactId: null });
  keep({ callId: "cal_gone", contactId: "con_gone" });
  await tracing.settled();
  expect(warned).toMatchObject([
    { callId: "cal_none", messages: 1 },
    { callId: "cal_gone", messages: 1 },
  ]);
});

it("a download is in the audit chain, and a contact without messages has none", async () => {
  const sent: unknown[] = [];
  const reply = { headers: () => reply, send: (body: unknown) => void sent.push(body) };
  const admin = world.principal("admin", "administrator");
  await call("contactTracePcap", admin, { params: { contactId }, reply });
  await call("contactTraceText", admin, { params: { contactId }, reply });
  expect((sent[0] as Buffer).readUInt32LE(0)).toBe(0xa1b2c3d4);
  expect(sent[1]).toContain("INVITE sip:100@allo");
  expect(await world.auditOf("trace.download")).toMatchObject([{ object_id: contactId, after: { as: "pcap" } }, { after: { as: "text" } }]);
});

it("without the contact's key nothing can be read", async () => {
  erased.add(contactId);
  const admin = world.principal("admin", "administrator");
  expect((await call("contactTraceGet", admin, { params: { contactId } })).items).toEqual([]);
  await expect(call("contactTraceText", admin, { params: { contactId }, reply: {} })).rejects.toMatchObject({ code: "notFound" });
  erased.delete(contactId);
});

it("messages are kept for the days that were set, then removed; none are kept where none are wanted", async () => {
  const admin = world.principal("admin", "administrator");
  expect(await call("traceSettingsGet", admin)).toEqual({ keepDays: 14, version: 0 });
  const set = await call("traceSettingsPut", admin, { body: { keepDays: 2, version: 0 } });
  expect(set).toEqual({ keepDays: 2, version: 1 });
  await expect(call("traceSettingsPut", admin, { body: { keepDays: 9, version: 0 } })).rejects.toMatchObject({ code: "versionConflict" });
  keep({ callId: "cal_2" });
  await tracing.settled();
  const kept = async (): Promise<readonly string[]> =>
    (await call("contactTraceGet", admin, { params: { contactId } })).items.map(({ callId }) => callId);
  expect(await kept()).toEqual(["cal_1", "cal_2"]);
  world.voice.time.advance(2 * DAY_MS + HOUR_MS);
  expect(await kept()).toEqual(["cal_1"]);
  await tracing.trim();
  const { rows } = await world.voice.admin.query("select call_id from tracing.call_trace");
  expect(rows).toEqual([{ call_id: "cal_1" }]);
  await call("traceSettingsPut", admin, { body: { keepDays: 0, version: 1 } });
  keep({ callId: "cal_3" });
  keep({ callId: "cal_4", contactId: "con_unknown" });
  await tracing.settled();
  expect(await kept()).toEqual(["cal_1"]);
});
