// The shell of test calls: for each a caller of its own on a port of its own, let in at the edge for one number until the test is over.
import { readFile } from "node:fs/promises";
import type { Language, TestCall } from "@allo/contract";
import type { CallId, Clock, IdSource, Instant, NumberId, OrganisationId, PersonId, Timers } from "@allo/kernel";
import { parseWav, SAMPLE_RATE } from "@allo/media";
import { createCallers, type Callers, type PlacedCall } from "@allo/node-caller";
import { notFound } from "../../platform/api-error.ts";
import type { Database } from "../../platform/db.ts";
import type { Api, Principal } from "../../platform/http.ts";
import type { LiveHub } from "../../platform/live.ts";
import type { Logger } from "../../platform/log.ts";
import type { ContactFacts, Contacts } from "../contacts/index.ts";
import type { Audit } from "../identity/index.ts";
import type { VoiceConfig } from "../routing/index.ts";
import {
  agentObstacle,
  beginTestCall,
  failedTestCall,
  isOver,
  stepTestCall,
  testCallLimits,
  type TestCallCommand,
  type TestCallEvent,
  type TestCallFacts,
  type TestTalk,
  type TestWords,
} from "./core/test-call-machine.ts";
import type { CallableNumber, TestCallDirectory, TestCallEdge, TestCallLines, TestCallPhones, TestCallRouting } from "./ports.ts";

export const testCallShellLimits = {
  /** Under way in one organisation. */
  openMax: 10,
  /** Looks at the caller's ears; as often the screen is told. */
  tickMs: 200,
  /** Ended ones that can still be asked for. */
  keptMax: 500,
  lineEveryMs: 1_000,
  /** Nothing of the agent's for so long: the line is silent. */
  lineSilentMs: 1_500,
  /** The caller may call for so long; the edge bounds it too. */
  admittedMs: 175_000,
} as const;

export type TestCallsDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: IdSource;
  readonly audit: Pick<Audit, "write">;
  readonly directory: TestCallDirectory;
  readonly contacts: Pick<Contacts, "events">;
  readonly routing: TestCallRouting;
  readonly phoneOf: TestCallPhones;
  /** What the edge receives of both sides of a call now. */
  readonly linesNow: TestCallLines;
  readonly edge: TestCallEdge;
  readonly live: LiveHub;
  readonly api: Api;
  /** The address that the edge is bound to. */
  readonly bind: string;
  readonly log: Logger;
};

type Running = {
  readonly testCallId: string;
  readonly organisationId: OrganisationId;
  readonly personId: PersonId;
  readonly number: CallableNumber | null;
  facts: TestCallFacts;
  callers: Callers | null;
  call: PlacedCall | null;
  cancelTick: (() => void) | null;
  said: string;
  callId: CallId | null;
  agentLine: "flowing" | "silent" | "unknown";
  lineAskedAt: Instant;
};

export type TestCalls = {
  /** Hangs up what is under way. */
  close(): Promise<void>;
};

/** Registers the routes and the live topic of test calls. */
export function createTestCalls(deps: TestCallsDeps): TestCalls {
  const { clock, directory, routing, edge, log } = deps;
  /** By id, in order of their beginning; the ended ones too, as far as they are kept. */
  const all = new Map<string, Running>();
  const lastOf = new Map<PersonId, Running>();
  const opening = new Map<PersonId, Promise<Running>>();
  const closing = new Set<Promise<void>>();

  const present = ({ testCallId, number, facts }: Running): TestCall => ({
    testCallId,
    state: facts.state,
    startedAt: facts.startedAt,
    endedAt: facts.endedAt,
    number:
      number === null
        ? null
        : { numberId: number.numberId, number: number.number, label: number.label, language: number.language, queueId: number.queueId },
    contactId: facts.contactId,
    callerHeard: { greeting: facts.heardGreeting, agent: facts.heardAgent },
    levelDbfs: facts.levelDbfs,
    speechMs: facts.speechMs,
    speechNeededMs: testCallLimits.speechNeededMs,
    listeningEndsAt: facts.listeningEndsAt,
    result: facts.result,
    obstacle: facts.obstacle,
  });

  // ---- One test call

  const feed = (test: Running, event: TestCallEvent): void => {
    const step = stepTestCall(test.facts, event, clock.now());
    test.facts = step.facts;
    for (const command of step.commands) run(test, command);
    publish(test);
    if (isOver(test.facts)) finish(test);
  };

  const run = (test: Running, command: TestCallCommand): void => {
    switch (command.kind) {
      case "say":
        void say(test, command.words);
        return;
      case "hearAnew":
        test.call?.hearAnew();
        return;
      case "hangUp":
        // Without a call there is nothing whose end would close the test.
        if (test.call === null || test.call.state() === "ended")
          queueMicrotask(() => feed(test, { kind: "callerEnded", end: { by: "us", reason: "cancelled", status: null } }));
        else test.call.hangUp();
    }
  };

  const say = async (test: Running, words: TestWords): Promise<void> => {
    const samples = test.number === null ? null : await wordsOf(test.organisationId, words, test.number.language);
    if (samples === null) log.error({ words }, "the words of the test call can't be read");
    const how = (await test.call?.play(samples ?? new Int16Array(SAMPLE_RATE))) ?? "cut";
    if (how === "completed") feed(test, { kind: "played", words });
  };

  const wordsOf = async (organisationId: OrganisationId, words: TestWords, language: Language): Promise<Int16Array | null> => {
    const audioId = directory.audioFor(organisationId, `test.${words}`, language);
    const file = directory.edgeConfig().audio.find((audio) => audio.audioId === audioId)?.filePath;
    if (file === undefined) return null;
    try {
      const wav = parseWav(await readFile(file));
      return wav.ok && wav.value.sampleRate === SAMPLE_RATE && wav.value.channels === 1 ? wav.value.samples : null;
    } catch (error) {
      log.warn({ err: error }, "a prompt's file can't be opened");
      return null;
    }
  };

  const tick = (test: Running): void => {
    test.cancelTick = deps.timers.arm(testCallShellLimits.tickMs, () => {
      if (isOver(test.facts)) return;
      const agent = agentOf(test.organisationId, test.personId);
      const hearing = test.call?.hearing() ?? { levelDbfs: -96, speechMs: 0 };
      askLine(test);
      feed(test, { kind: "ticked", hearing, agentLine: test.agentLine, agent });
      if (!isOver(test.facts)) tick(test);
    });
  };

  /** Once a second of the talk: what the edge receives of the agent. */
  const askLine = (test: Running): void => {
    const now = clock.now();
    const { callId, facts } = test;
    const isTalk = facts.state === "callerSpeaking" || facts.state === "listening";
    if (callId === null || !isTalk || now < test.lineAskedAt + testCallShellLimits.lineEveryMs) return;
    test.lineAskedAt = now;
    deps.linesNow(callId).then(
      ({ agent }) => {
        const isSilent = agent !== null && (agent.silentMs === null || agent.silentMs >= testCallShellLimits.lineSilentMs);
        test.agentLine = agent === null ? "unknown" : isSilent ? "silent" : "flowing";
      },
      () => void (test.agentLine = "unknown"),
    );
  };

  const finish = (test: Running): void => {
    test.cancelTick?.();
    test.cancelTick = null;
    const { callers, testCallId } = test;
    test.callers = null;
    test.call = null;
    if (callers === null) return;
    // The door stays open for the last BYE.
    const closed = callers.close().finally(() => {
      edge.send({ kind: "dismissCaller", testCallId });
      closing.delete(closed);
    });
    closing.add(closed);
  };

  const publish = (test: Running): void => {
    if (lastOf.get(test.personId) !== test) return;
    const state = present(test);
    const said = JSON.stringify(state);
    if (said === test.said) return;
    test.said = said;
    deps.live.publish("testCall", test.personId, { op: "replace", state });
  };

  const keep = (test: Running): void => {
    all.set(test.testCallId, test);
    lastOf.set(test.personId, test);
    for (const [testCallId, { facts, personId }] of all) {
      if (all.size <= testCallShellLimits.keptMax) break;
      if (!isOver(facts)) continue;
      all.delete(testCallId);
      if (lastOf.get(personId)?.testCallId === testCallId) lastOf.delete(personId);
    }
    publish(test);
  };

  // ---- Beginning one

  const agentOf = (organisationId: OrganisationId, personId: PersonId) => {
    const phone = deps.phoneOf(personId);
    return {
      state: routing.agent(organisationId, personId)?.state.kind ?? "offline",
      registered: phone?.registered ?? false,
      proven: phone?.proven ?? false,
    };
  };

  const begin = async (principal: Principal, wanted: NumberId | undefined, address: string): Promise<Running> => {
    const { organisationId, personId } = principal;
    const at = clock.now();
    const config = directory.config(organisationId);
    const number = config === null ? null : chooseNumber(config, directory.edgeConfig().numbers, personId, wanted);
    if (wanted !== undefined && !(config?.numbers.some(({ numberId }) => numberId === wanted) ?? false)) throw notFound();
    const made = (facts: TestCallFacts): Running => ({
      testCallId: deps.ids.next("tst"),
      organisationId,
      personId,
      number,
      facts,
      callers: null,
      call: null,
      cancelTick: null,
      said: "",
      callId: null,
      agentLine: "unknown",
      lineAskedAt: 0,
    });
    const obstacle = obstacleBefore(organisationId, personId, number, at);
    if (obstacle !== null) {
      const test = made(obstacle);
      keep(test);
      return test;
    }
    const sip = { address: addressOf(deps.bind), port: edge.ports()?.sip ?? 0 };
    const testCallId = deps.ids.next("tst");
    await deps.database.withScope({ organisationId, projectIds: "*" }, (tx) =>
      deps.audit.write(tx, {
        actor: principal,
        action: "testCall.start",
        objectType: "number",
        objectId: number?.numberId ?? "",
        before: null,
        after: { testCallId },
        address,
        at,
      }),
    );
    const callers = await createCallers({ bindAddress: sip.address, clock, log });
    const test: Running = { ...made(beginTestCall(at, { sip, media: callers.media })), testCallId, callers };
    keep(test);
    void place(test, callers, sip);
    return test;
  };

  const obstacleBefore = (
    organisationId: OrganisationId,
    personId: PersonId,
    number: CallableNumber | null,
    at: Instant,
  ): TestCallFacts | null => {
    const open = [...all.values()].filter((test) => test.organisationId === organisationId && !isOver(test.facts));
    if (open.length >= testCallShellLimits.openMax) return failedTestCall(at, "limit");
    if (!edge.isConnected() || edge.ports() === null) return failedTestCall(at, "edgeAway");
    if (number === null) return failedTestCall(at, "noNumber");
    const inTheWay = agentObstacle(agentOf(organisationId, personId));
    return inTheWay === null ? null : failedTestCall(at, inTheWay.code, inTheWay);
  };

  const place = async (test: Running, callers: Callers, sip: { readonly address: string; readonly port: number }): Promise<void> => {
    const { testCallId, personId, number } = test;
    if (number === null) return;
    // Before the first INVITE: an edge that knows nothing of the caller would take it for a customer, or for nobody.
    const isAdmitted = await edge.admit({
      kind: "admitCaller",
      source: callers.source,
      numberId: number.numberId,
      until: clock.now() + testCallShellLimits.admittedMs,
      test: { testCallId, personId },
    });
    if (isOver(test.facts)) return; // cancelled meanwhile
    if (!isAdmitted) {
      feed(test, { kind: "edgeSilent" });
      return;
    }
    const call = callers.place({ target: sip, number: number.dialled, from: { number: null } });
    test.call = call;
    call.on((event) => {
      switch (event.kind) {
        case "trying":
        case "ringing":
        case "earlyMedia":
          feed(test, { kind: "callerTried" });
          return;
        case "answered":
          feed(test, { kind: "callerAnswered" });
          return;
        case "mediaStarted":
          feed(test, { kind: "callerMediaStarted" });
          return;
        case "ended":
          feed(test, { kind: "callerEnded", end: event });
      }
    });
    tick(test);
  };

  deps.contacts.events.on("contactChanged", ({ facts }) => {
    if (facts.test === null) return;
    const test = all.get(facts.test.testCallId);
    if (test === undefined || isOver(test.facts)) return;
    test.callId = facts.callId;
    feed(test, {
      kind: "contactChanged",
      contactId: facts.contactId,
      // Of a test call neither: it goes to nobody else.
      phase:
        facts.phase.kind === "dialling" || facts.phase.kind === "parked" || facts.phase.kind === "passedOn" ? "talking" : facts.phase.kind,
      cause: facts.phase.kind === "ending" ? facts.phase.cause : facts.cause,
      lastRing: lastRingOf(facts),
      talk: talkOf(facts),
    });
  });

  // ---- The front door

  const own = (principal: Principal, testCallId: string): Running => {
    const test = all.get(testCallId);
    if (test === undefined || test.personId !== principal.personId) throw notFound();
    return test;
  };

  deps.api.on("testCallCreate", async ({ principal, body, address }) => {
    const last = lastOf.get(principal.personId);
    if (last !== undefined && !isOver(last.facts)) return present(last);
    // A double click begins one.
    const beginning = opening.get(principal.personId) ?? begin(principal, body.numberId as NumberId | undefined, address);
    opening.set(principal.personId, beginning);
    try {
      return present(await beginning);
    } finally {
      opening.delete(principal.personId);
    }
  });

  deps.api.on("testCallGet", ({ principal, params }) => Promise.resolve(present(own(principal, params.testCallId))));

  deps.api.on("testCallCancel", ({ principal, params }) => {
    const test = own(principal, params.testCallId);
    feed(test, { kind: "cancelled" });
    return Promise.resolve(present(test));
  });

  deps.live.provide("testCall", {
    key: ({ personId }) => personId,
    allowed: ({ permissions }) => permissions.has("desk.work"),
    snapshot: ({ personId }) => {
      const last = lastOf.get(personId);
      return Promise.resolve(last === undefined ? null : present(last));
    },
  });

  return {
    async close() {
      for (const test of all.values()) if (!isOver(test.facts)) finish(test);
      await Promise.all(closing);
    },
  };
}

/** The wanted number; else one whose queue the person serves; else any that is in use. */
function chooseNumber(
  config: VoiceConfig,
  spellings: readonly { readonly numberId: NumberId; readonly dialled: readonly string[] }[],
  personId: PersonId,
  wanted: NumberId | undefined,
): CallableNumber | null {
  const queues = new Set(config.queues.filter(({ retired }) => !retired).map(({ queueId }) => queueId));
  const usable = config.numbers.filter(
    ({ retired, queueId, numberId }) => !retired && queues.has(queueId) && (wanted ?? numberId) === numberId,
  );
  const serves = (queueId: string): boolean =>
    [...config.members].some(([id, members]) => id === queueId && members.some((member) => member.personId === personId));
  const chosen = usable.find(({ queueId }) => serves(queueId)) ?? usable[0];
  const dialled = spellings.find(({ numberId }) => numberId === chosen?.numberId)?.dialled[0];
  if (chosen === undefined || dialled === undefined) return null;
  const { numberId, number, label, language, queueId } = chosen;
  return { numberId: numberId as NumberId, dialled, number, label, language, queueId };
}

function talkOf({ phase }: ContactFacts): TestTalk {
  if (phase.kind !== "talking") return "joined";
  return phase.mediaLostSince !== null ? "mediaLost" : phase.heldSince !== null ? "held" : "joined";
}

function lastRingOf(facts: ContactFacts): string | null {
  return facts.segments.at(-1)?.alerts.at(-1)?.result ?? null;
}

/** Where this machine reaches what is bound to that address. */
function addressOf(bind: string): string {
  if (bind === "0.0.0.0") return "127.0.0.1";
  return bind === "::" ? "::1" : bind;
}
