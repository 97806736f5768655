// Makes the demonstration's organisation and its past in an empty database, then says what was made in the world's file.
import { performance } from "node:perf_hooks";
import type { Queue } from "@allo/contract";
import { createPrng, DAY_MS, HOUR_MS, MINUTE_MS } from "@allo/kernel";
import type { Clock, CustomerId, Instant, OrganisationId, PersonId, Prng, Timers } from "@allo/kernel";
import type { NumberId, ProjectId, QueueId, ReasonId, SkillId, WrapUpCodeId } from "@allo/kernel";
import { createCore, type Core } from "../../core/core.ts";
import { createLookingBack, type LookingBack } from "../../core/looking-back.ts";
import { createContactImport } from "../../modules/contacts/index.ts";
import { routerConfig } from "../../modules/routing/index.ts";
import { createVoice, type Voice } from "../../modules/telephony/index.ts";
import { createTimers } from "../../platform/clock.ts";
import type { Logger } from "../../platform/log.ts";
import { halfHourShares, weekdayFactors } from "../history/day-shape.ts";
import { HISTORY_CORE, historyDays } from "../history/floor.ts";
import type { HistoryLine, HistoryPlan } from "../history/history-plan.ts";
import { createSeededIds } from "../history/seeded-ids.ts";
import { WORLD_FILE_VERSION, writeWorldFile, type DemoLine, type DemoWorld } from "../world-file.ts";
import { drawCustomers, strangerNumber } from "./customers.ts";
import { fieldSeeds, lineSeeds, organisationSeed, type LineSeed } from "./lines.ts";
import { createOffice, type Office } from "./office.ts";
import { settleLostCalls } from "./settle-lost-calls.ts";
import { setUpOrganisation, type LineMade, type OrganisationMade } from "./set-up.ts";

export type DemoWish = {
  readonly seed: string;
  readonly agents: number;
  /** Of history; 0: the organisation has no past. */
  readonly days: number;
  /** When the history ends; now, where it isn't said. */
  readonly endAt?: Instant;
  /** Contacts of a mean day; by the number of agents, where it isn't said. */
  readonly callsPerDay?: number;
  /** All customers; about 2,000 where it isn't said. */
  readonly customers?: number;
};
export type DemoStep = "organisation" | "people" | "customers" | "history" | "done";
export type DemoProgress = {
  readonly step: DemoStep;
  readonly done: number;
  readonly total: number;
  /** Contacts of the history so far. */
  readonly contacts: number;
};
export type MakeDemoDeps = {
  readonly databaseUrl: string;
  readonly dataFolder: string;
  /** apps/server/audio */
  readonly audioFolder: string;
  readonly organisationKey: Uint8Array | undefined;
  readonly version: string;
  readonly log: Logger;
};

export const demoLimits = {
  /** Contacts a day for each agent, so that a queue of few people is neither idle nor drowned. */
  callsPerAgentAndDay: 18,
  agentsMax: 200,
  daysMax: 400,
} as const;

/** The organisation was there for so long before the first of its days that are shown. */
const MADE_BEFORE_MS = 3 * DAY_MS;
const GREETING_MS: Readonly<Record<LineSeed["key"], number>> = { bank: 7_400, taxi: 6_100, isp: 7_800 };

/** Into an empty, migrated database and an empty data folder. The world's file is written last: without it the making was not finished. */
export async function makeDemo(deps: MakeDemoDeps, wish: DemoWish, onProgress: (progress: DemoProgress) => void): Promise<DemoWorld> {
  const endAt = wish.endAt ?? Date.now();
  const prng = createPrng(`allo demonstration/${wish.seed}`);
  const from = endAt - wish.days * DAY_MS - MADE_BEFORE_MS;
  const clock = createPastClock(from);
  // Their time is counted, not measured: how fast the machine is must not be in the log.
  let idsDrawn = 0;
  const ids = createSeededIds({ now: () => from + (idsDrawn += 1) }, prng.child("ids"));
  const core = await createCore({
    databaseUrl: withoutWaiting(deps.databaseUrl),
    dataFolder: deps.dataFolder,
    audioFolder: deps.audioFolder,
    version: deps.version,
    organisationKey: deps.organisationKey,
    // Never listens: the administrator is in the same process.
    http: { bind: "127.0.0.1", port: 0, trustedProxies: [], origins: [], deskFolder: undefined },
    phonePort: () => 0,
    publicAddress: undefined,
    log: deps.log,
    onPhoneSocket: (socket) => socket.close(),
    clock,
    ids,
  });
  const closers: (() => Promise<void> | void)[] = [core.close];
  try {
    await core.load();
    onProgress({ step: "organisation", done: 0, total: 1, contacts: 0 });
    const office = createOffice(core);
    let people = 0;
    const made = await setUpOrganisation(core, {
      office,
      agents: wish.agents,
      prng: prng.child("people"),
      onPerson: () => onProgress({ step: "people", done: (people += 1), total: wish.agents + lineSeeds.length, contacts: 0 }),
    });
    const timers = createTimers();
    const voice = await createVoice({
      isRecorderInUse: () => false,
      ...core,
      database: core.db,
      timers,
      epoch: HISTORY_CORE,
      people: core.identity,
      phoneBook: () => [],
      callingOut: { gate: core.dialling.gate, trunksOf: () => [], isDraining: () => false, may: () => Promise.resolve(false) },
      choosePhone: (by, deviceId) => core.directory.choosePhone(by, deviceId),
      api: core.http.api,
      // There is no telephony in the past: nothing is commanded.
      edge: { send: () => undefined, seen: () => undefined, configure: () => undefined },
      dataFolder: deps.dataFolder,
      log: deps.log,
    });
    closers.push(voice.close);
    const back = lookBack({ core, voice, timers, dataFolder: deps.dataFolder, log: deps.log });
    closers.push(back.close);
    await back.start();
    const customers = await makeCustomers({
      office,
      made,
      wish,
      before: clock.now(),
      prng: prng.child("customers"),
      onProgress,
    });
    const organisationId = made.organisationId as OrganisationId;
    if (wish.days > 0) {
      const plan = planHistory({ core, made, customers, wish, endAt });
      await writeHistory({ plan, core, voice, back, made, clock, prng: prng.child("lost calls"), onProgress });
    }
    const world: DemoWorld = {
      version: WORLD_FILE_VERSION,
      seed: wish.seed,
      madeAt: endAt,
      timeZone: organisationSeed.timeZone,
      organisationId,
      guests: made.guests,
      agents: made.agents,
      lines: made.lines.map(toDemoLine),
      reasons: made.reasons,
      customers: customers.map(({ line, number, name }) => ({ line, number, name })),
      halfHourShares,
      weekdayFactors,
    };
    await core.db.withScope({ organisationId, projectIds: "*" }, async (tx) => {
      // One commit that is waited for puts all those before it on the disk.
      await tx.query("set local synchronous_commit = on");
      await tx.query("select pg_current_xact_id()");
    });
    for (const close of closers.splice(0).toReversed()) await close();
    await writeWorldFile(deps.dataFolder, world);
    onProgress({ step: "done", done: 1, total: 1, contacts: 0 });
    return world;
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

/** What is lost with the machine's power while the demonstration is made is made anew, so no commit waits for the disk. */
function withoutWaiting(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  const given = url.searchParams.get("options");
  url.searchParams.set("options", `${given === null ? "" : `${given} `}-c synchronous_commit=off`);
  return url.href;
}

type PastClock = Clock & { /** Forward; never back. */ readonly moveTo: (at: Instant) => void };

/** Runs as fast as the wall's, and began long ago: what is set up was set up before the first contact. */
function createPastClock(from: Instant): PastClock {
  let offset = from - performance.now();
  const now = (): Instant => Math.floor(performance.now() + offset);
  return { now, moveTo: (at) => void (offset += Math.max(0, at - now())) };
}

function lookBack({
  core,
  voice,
  timers,
  dataFolder,
  log,
}: {
  readonly core: Core;
  readonly voice: Voice;
  readonly timers: Timers;
  readonly dataFolder: string;
  readonly log: Logger;
}): LookingBack {
  return createLookingBack({
    ...core,
    database: core.db,
    timers,
    people: core.identity,
    onPeopleChanged: () => undefined,
    voice,
    api: core.http.api,
    dataFolder,
    log,
  });
}

type CustomerMade = { readonly line: LineSeed["key"]; readonly number: string; readonly name: string; readonly customerId: string };

async function makeCustomers({
  office,
  made,
  wish,
  before,
  prng,
  onProgress,
}: {
  readonly office: Office;
  readonly made: OrganisationMade;
  readonly wish: DemoWish;
  readonly before: Instant;
  readonly prng: Prng;
  readonly onProgress: (progress: DemoProgress) => void;
}): Promise<readonly CustomerMade[]> {
  const fields: Record<string, string> = {};
  for (const { key, names, type } of fieldSeeds) fields[key] = (await office.ask("customerFieldCreate", { body: { names, type } })).fieldId;
  const all = lineSeeds.reduce((sum, line) => sum + line.customers, 0);
  const total = wish.customers ?? all;
  const customers: CustomerMade[] = [];
  for (const { seed, projectId } of made.lines) {
    const count = Math.max(1, Math.round((seed.customers / all) * total));
    for (const { number, ...body } of drawCustomers(seed, fields, { count, before, prng: prng.child(seed.key) })) {
      const { customerId, name } = await office.ask("customerCreate", { body: { ...body, projectId } });
      customers.push({ line: seed.key, number, name, customerId });
      if (customers.length % 100 === 0) onProgress({ step: "customers", done: customers.length, total, contacts: 0 });
    }
  }
  return customers;
}

function planHistory({
  core,
  made,
  customers,
  wish,
  endAt,
}: {
  readonly core: Core;
  readonly made: OrganisationMade;
  readonly customers: readonly CustomerMade[];
  readonly wish: DemoWish;
  readonly endAt: Instant;
}): HistoryPlan {
  const organisationId = made.organisationId as OrganisationId;
  const config = core.directory.config(organisationId);
  if (config === null) throw new Error("the organisation's setup is not known");
  const { queues, agents } = routerConfig(config, []);
  const reason = (code: string): ReasonId => {
    const found = made.reasons.find((each) => each.code === code);
    if (found === undefined) throw new Error(`the reason ${code} is missing`);
    return found.reasonId as ReasonId;
  };
  return {
    seed: wish.seed,
    organisationId,
    zoneOffset: (at) => zoneOffset(at, organisationSeed.timeZone),
    endAt,
    days: wish.days,
    callsPerDay: wish.callsPerDay ?? wish.agents * demoLimits.callsPerAgentAndDay,
    queues,
    agentConfigs: agents,
    lines: made.lines.map((line) =>
      toHistoryLine(line, { made, customers, queue: config.queues.find(({ queueId }) => queueId === line.queueId) }),
    ),
    reasons: { break: reason("break"), lunch: reason("lunch"), training: reason("training") },
    halfHourShares,
    weekdayFactors,
    blindIndex: (number) => core.keys.blindIndex(organisationId, "phone", number),
  };
}

function toHistoryLine(
  { seed, projectId, numberId, queueId, codes }: LineMade,
  {
    made,
    customers,
    queue,
  }: { readonly made: OrganisationMade; readonly customers: readonly CustomerMade[]; readonly queue: Queue | undefined },
): HistoryLine {
  if (queue === undefined) throw new Error("a line's queue is not known");
  const { key, language, share, handleSecondsMedian, handleSigma, patienceSecondsMean, wrapUpSecondsMean, notes, holdShare } = seed;
  return {
    key,
    projectId: projectId as ProjectId,
    numberId: numberId as NumberId,
    queueId: queueId as QueueId,
    language,
    share,
    handleSecondsMedian,
    handleSigma,
    patienceSecondsMean,
    wrapUpSecondsMean,
    notes,
    holdShare,
    wrapUpCodes: seed.codes.map(({ code, weight }) => ({ wrapUpCodeId: (codes.get(code) ?? "") as WrapUpCodeId, weight })),
    greetingMs: GREETING_MS[key],
    serviceLevelMs: queue.serviceLevelSeconds * 1_000,
    wrapUpMs: queue.wrapUpSeconds * 1_000,
    musicAudioId: queue.musicAudioId,
    requirements: queue.requirements.map(({ skillId, level }) => ({ skill: skillId as SkillId, level: level as 1 | 2 | 3 | 4 | 5 })),
    strangerNumber: (index) => strangerNumber(key, index),
    customers: customers
      .filter(({ line }) => line === key)
      .map(({ customerId, number }) => ({ customerId: customerId as CustomerId, number })),
    agents: made.agents
      .filter(({ lines }) => lines.includes(key))
      .map(({ personId, speed }) => ({ personId: personId as PersonId, speed })),
  };
}

async function writeHistory({
  plan,
  core,
  voice,
  back,
  made,
  clock,
  prng,
  onProgress,
}: {
  readonly plan: HistoryPlan;
  readonly core: Core;
  readonly voice: Voice;
  readonly back: LookingBack;
  readonly made: OrganisationMade;
  readonly clock: PastClock;
  readonly prng: Prng;
  readonly onProgress: (progress: DemoProgress) => void;
}): Promise<void> {
  const past = createContactImport({ database: core.db, keys: core.keys, events: voice.contacts.events });
  const forgotten = new Set<string>();
  let contacts = 0;
  let day = 0;
  for (const part of historyDays(plan)) {
    await past.add(part);
    await back.follower.settled();
    clock.moveTo(part.to);
    await settleLostCalls({ back, made, at: part.to, forgotten, prng });
    contacts += part.callers.size;
    day += 1;
    onProgress({ step: "history", done: day, total: plan.days, contacts });
  }
}

function toDemoLine({ seed, projectId, queueId, numberId, e164, codes }: LineMade): DemoLine {
  const { key, projectName, language, share, handleSecondsMedian, handleSigma, patienceSecondsMean, wrapUpSecondsMean, notes, holdShare } =
    seed;
  return {
    key,
    projectName,
    projectId,
    number: e164,
    numberId,
    language,
    queueIds: [queueId],
    share,
    handleSecondsMedian,
    handleSigma,
    patienceSecondsMean,
    wrapUpSecondsMean,
    wrapUpCodes: seed.codes.map(({ code, weight }) => ({ wrapUpCodeId: codes.get(code) ?? "", weight })),
    notes,
    holdShare,
  };
}

/** What is added to UTC there and then, to the minute. */
export function zoneOffset(at: Instant, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" }).formatToParts(at);
  const text = parts.find(({ type }) => type === "timeZoneName")?.value ?? "GMT";
  const match = /GMT([+-])(\d{2}):(\d{2})/.exec(text);
  if (match === null) return 0;
  const [, sign, hours, minutes] = match;
  return (sign === "-" ? -1 : 1) * (Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS);
}
