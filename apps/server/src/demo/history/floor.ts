/*
 * The floor of the past: the router, the contact's machine and people drawn from a seed, on virtual time. What it gives are the very events
 * that the program would have written, so that everything that reads the log reads this as it reads the present.
 */
import { createRouter, type Router, type RouterCommand, type TimerName } from "@allo/acd";
import type { EndCause } from "@allo/contract";
import { HOUR_MS, Heap, MINUTE_MS, SECOND_MS, createPrng, unreachable } from "@allo/kernel";
import type { CallId, ContactId, Epoch, IdSource, Instant, OfferId, PersonId, PhoneId, Prng } from "@allo/kernel";
import {
  CONTACT_EVENT_VERSION,
  evolveContact,
  stepContact,
  type AgentEvent,
  type Caller,
  type ContactCommand,
  type ContactEvent,
  type ContactEventBody,
  type ContactFacts,
  type ContactStimulus,
} from "../../modules/contacts/index.ts";
import type { RouterWish } from "../../modules/routing/index.ts";
import { dayFactors, drawDay, localMidnight, type Arrival } from "./demand.ts";
import { between, exponential, isTrue, lognormal, pickOne, pickWeighted, poisson } from "./draws.ts";
import { historyLimits, specialDays, type HistoryPlan } from "./history-plan.ts";
import { drawShifts, type Shift } from "./roster.ts";
import { createSeededIds } from "./seeded-ids.ts";

/** Who wrote the history; no start of the program has this name. */
export const HISTORY_CORE: Epoch = { node: "history/core", epoch: 1 };
const HISTORY_EDGE: Epoch = { node: "history/edge", epoch: 1 };
const ROUTER_EPOCH = "history1";

export type HistoryNote = {
  readonly noteId: string;
  readonly contactId: ContactId;
  readonly authorId: PersonId;
  readonly at: Instant;
  readonly text: string;
};
/** One day of the log. Of each event the sealed part is left to whoever has the keys. */
export type HistoryDay = {
  readonly from: Instant;
  readonly to: Instant;
  readonly events: readonly ContactEvent[];
  readonly agentEvents: readonly AgentEvent[];
  /** Of the contacts that arrived. */
  readonly callers: ReadonlyMap<ContactId, Caller>;
  readonly notes: readonly HistoryNote[];
  /** Each contact whose log grew, as it now is. */
  readonly facts: readonly ContactFacts[];
};

/** Day by day, oldest first; the same plan gives the same days. */
export function* historyDays(plan: HistoryPlan): Generator<HistoryDay, void, undefined> {
  yield* new HistoryFloor(plan).days();
}

const ANSWER_BY_SYSTEM_MS = 120;
const BRIDGE_MS = 140;
const LAST_SENTENCE_MS = 4_200;
const RECOGNISE_MS = 12;
const MISSED_RING_SHARE = 0.016;
const DECLINED_SHARE = 0.003;
const GREETING_HANG_UP_SHARE = 0.008;
const PATIENCE_MS_MAX = 9 * MINUTE_MS;
const AGENT_HANGS_UP_SHARE = 0.27;
const LINE_DROPPED_SHARE = 0.006;
const MEDIA_LOST_SHARE = 0.003;
const NOTE_SHARE = 0.34;
const LEFT_UNCODED_SHARE = 0.018;
const CODED_LATER_SHARE = 0.92;
const CALLS_AGAIN_SHARE = 0.46;
const ATTEMPTS_MAX = 3;
const CALLS_AGAIN_AFTER_MS_MEAN = 17 * MINUTE_MS;
const PACKETS_PER_SECOND = 50;
const PHONES_BACK_MS = 25 * SECOND_MS;
/** Before the end of the history: calls still open are ended, then people go. */
const CLOSING_MS = 45 * SECOND_MS;

class HistoryFloor {
  readonly #plan: HistoryPlan;
  readonly #prng: Prng;
  readonly #ids: IdSource;
  readonly #router: Router = createRouter({ epoch: ROUTER_EPOCH });
  readonly #heap = new Heap<{ readonly at: Instant; readonly order: number; readonly run: () => void }>(
    (a, b) => a.at < b.at || (a.at === b.at && a.order < b.order),
  );
  readonly #contacts = new Map<ContactId, { facts: ContactFacts; readonly arrival: Arrival; readonly draw: Prng }>();
  readonly #timers = new Map<TimerName, number>();
  readonly #agentSequence = new Map<PersonId, number>();
  readonly #speeds: ReadonlyMap<PersonId, number>;
  readonly #pauseLength = new Map<PersonId, number>();
  #now: Instant = 0;
  #order = 0;
  #inputs = 0;
  #edgeSequence = 0;
  #busy = false;
  readonly #waiting: RouterWish[] = [];
  #events: ContactEvent[] = [];
  #agentEvents: AgentEvent[] = [];
  #callers = new Map<ContactId, Caller>();
  #notes: HistoryNote[] = [];
  #changed = new Map<ContactId, ContactFacts>();

  constructor(plan: HistoryPlan) {
    this.#plan = plan;
    this.#prng = createPrng(`${plan.seed}/history`);
    this.#ids = createSeededIds({ now: () => this.#now }, this.#prng.child("ids"));
    this.#speeds = new Map(plan.lines.flatMap(({ agents }) => agents.map(({ personId, speed }) => [personId, speed] as const)));
  }

  *days(): Generator<HistoryDay, void, undefined> {
    const plan = this.#plan;
    const today = localMidnight(plan, plan.endAt);
    // From the middle of a day back to the middle of another: no clock change moves it over midnight.
    const midnights = Array.from({ length: plan.days }, (_, index) =>
      localMidnight(plan, today + 12 * HOUR_MS - (plan.days - 1 - index) * 24 * HOUR_MS),
    );
    const factors = dayFactors(plan, midnights, this.#prng.child("days"));
    const lastEnd = new Map<PersonId, Instant>();
    this.#now = midnights[0] ?? plan.endAt;
    this.#submit({ kind: "configured", queues: plan.queues, agents: plan.agentConfigs });
    for (const [index, midnight] of midnights.entries()) {
      const factor = factors[index] ?? 1;
      const daysAgo = midnights.length - 1 - index;
      const draw = this.#prng.child(`day ${daysAgo}`);
      for (const shift of drawShifts(plan, { midnight, factor, index }, lastEnd, draw.child("shifts"))) this.#planShift(shift);
      for (const arrival of drawDay(plan, { midnight, factor, daysAgo }, draw.child("calls"))) this.#planArrival(arrival);
      if (daysAgo === specialDays.failure.daysAgo)
        this.#at(midnight + specialDays.failure.hour * HOUR_MS + specialDays.failure.minute * MINUTE_MS, () => this.#failMoment());
      const isLast = daysAgo === 0;
      if (isLast) this.#planEnd();
      const to = isLast ? plan.endAt : (midnights[index + 1] ?? plan.endAt);
      this.#runUntil(to, isLast);
      yield this.#take(midnight, to);
    }
  }

  // ---- Time

  #at(at: Instant, run: () => void): void {
    this.#order += 1;
    this.#heap.push({ at: Math.max(Math.round(at), this.#now), order: this.#order, run });
  }

  #after(ms: number, run: () => void): void {
    this.#at(this.#now + ms, run);
  }

  #runUntil(to: Instant, isLast: boolean): void {
    for (let next = this.#heap.peek(); next !== undefined && (isLast ? next.at <= to : next.at < to); next = this.#heap.peek()) {
      this.#heap.pop();
      this.#now = next.at;
      next.run();
    }
  }

  #take(from: Instant, to: Instant): HistoryDay {
    const day: HistoryDay = {
      from,
      to,
      events: this.#events,
      agentEvents: this.#agentEvents,
      callers: this.#callers,
      notes: this.#notes,
      facts: [...this.#changed.values()],
    };
    this.#events = [];
    this.#agentEvents = [];
    this.#callers = new Map();
    this.#notes = [];
    this.#changed = new Map();
    return day;
  }

  #planEnd(): void {
    const { endAt } = this.#plan;
    this.#at(endAt - CLOSING_MS, () => {
      for (const [contactId, { facts }] of this.#contacts)
        if (facts.endedAt === null) this.#hangUp(contactId, { by: "caller", why: "hungUp" });
    });
    this.#at(endAt, () => {
      for (const { agent, state } of this.#router.view().agents)
        if (state.kind !== "offline") this.#submit({ kind: "agentSignedOut", agent });
    });
  }

  /** Our own telephony fails: calls are cut, the phones are away for a moment. */
  #failMoment(): void {
    for (const [contactId, { facts }] of this.#contacts)
      if (facts.endedAt === null) this.#act(contactId, { kind: "callEnded", cause: { by: "system", why: "edgeLost" }, figures: null });
    const present = this.#router
      .view()
      .agents.filter(({ state }) => state.kind !== "offline")
      .map(({ agent }) => agent);
    for (const agent of present) this.#submit({ kind: "mediaPath", agent, proven: false });
    this.#after(PHONES_BACK_MS, () => {
      for (const agent of present) this.#submit({ kind: "mediaPath", agent, proven: true });
    });
  }

  // ---- People at work

  #planShift({ personId: agent, from, to, pauses }: Shift): void {
    const { endAt, reasons } = this.#plan;
    if (from >= endAt - historyLimits.lastCallBeforeEndMs) return;
    this.#at(from, () => this.#submit({ kind: "agentSignedIn", agent, mediaProven: true }));
    for (const { at, reason, lengthMs } of pauses) {
      if (at < to)
        this.#at(at, () => {
          this.#pauseLength.set(agent, lengthMs);
          this.#submit({ kind: "notReadyRequested", agent, reasonId: reasons[reason], by: "agent" });
        });
    }
    this.#at(Math.min(to, endAt), () => this.#submit({ kind: "agentSignedOut", agent }));
  }

  #comesBack(agent: PersonId, reason: string): void {
    const draw = this.#prng;
    const isPause = ([...Object.values(this.#plan.reasons)] as string[]).includes(reason);
    const afterMs = isPause ? (this.#pauseLength.get(agent) ?? 10 * MINUTE_MS) : between(draw, 15, 75) * SECOND_MS;
    this.#after(afterMs, () => {
      const state = this.#router.view().agents.find((each) => each.agent === agent)?.state;
      if (state?.kind === "notReady" && state.reason === reason) this.#submit({ kind: "readyRequested", agent });
    });
  }

  // ---- Callers

  #planArrival(arrival: Arrival): void {
    if (arrival.at < this.#plan.endAt - historyLimits.lastCallBeforeEndMs) this.#at(arrival.at, () => this.#arrive(arrival));
  }

  #arrive(arrival: Arrival): void {
    const { organisationId, blindIndex } = this.#plan;
    const { line, number, customerId } = arrival;
    const callId = this.#ids.next("cal") as CallId;
    const contactId = `con_${callId.slice(callId.indexOf("_") + 1)}` as ContactId;
    const body: ContactEventBody = {
      kind: "contactArrived",
      channel: "voice",
      callId,
      edge: HISTORY_EDGE,
      numberId: line.numberId,
      queueId: line.queueId,
      language: line.language,
      priority: 0,
      requirements: line.requirements,
      caller: number === null ? "anonymous" : "number",
      callerIndex: number === null ? null : blindIndex(number),
      transport: "UDP",
      deviceId: null,
      // Nothing was recorded then: what a history has no sound of it must not claim.
      policy: {
        record: false,
        serviceLevelMs: line.serviceLevelMs,
        shortAbandonMs: 5 * SECOND_MS,
        musicAudioId: line.musicAudioId,
        wrapUpMs: line.wrapUpMs,
      },
    };
    const first: ContactEvent = {
      organisationId,
      projectId: line.projectId,
      contactId,
      sequence: 1,
      at: this.#now,
      schemaVersion: CONTACT_EVENT_VERSION,
      writer: HISTORY_CORE,
      source: this.#source(),
      body,
      sealed: null,
    };
    const draw = this.#prng.child(callId);
    const facts = evolveContact(null, first);
    this.#events.push(first);
    this.#callers.set(contactId, { number, name: null });
    this.#contacts.set(contactId, { facts, arrival, draw });
    this.#changed.set(contactId, facts);
    if (customerId !== null) this.#after(RECOGNISE_MS, () => this.#act(contactId, { kind: "customerTied", customerId, by: null }));
    this.#after(ANSWER_BY_SYSTEM_MS / 2, () => this.#act(contactId, { kind: "committed" }));
    // Patience counts from the greeting's end; while an agent rings it runs on.
    const patienceMs = Math.min(PATIENCE_MS_MAX, exponential(draw, line.patienceSecondsMean * SECOND_MS));
    const leavesInGreeting = isTrue(draw, GREETING_HANG_UP_SHARE);
    const leaveAfterMs = leavesInGreeting ? between(draw, 0.2, 0.9) * line.greetingMs : line.greetingMs + patienceMs;
    this.#after(ANSWER_BY_SYSTEM_MS + leaveAfterMs, () => {
      const phase = this.#contacts.get(contactId)?.facts.phase.kind;
      if (phase === "greeting" || phase === "waiting" || phase === "ringing") this.#hangUp(contactId, { by: "caller", why: "hungUp" });
    });
  }

  #hangUp(contactId: ContactId, cause: EndCause): void {
    const known = this.#contacts.get(contactId);
    if (known === undefined) return;
    const seconds = (this.#now - known.facts.startedAt) / SECOND_MS;
    const packets = Math.round(seconds * PACKETS_PER_SECOND);
    const lost = poisson(known.draw, packets * 0.0004);
    const jitterMs = Math.round(between(known.draw, 0.3, 6) * 10) / 10;
    const figures = { caller: { packetsReceived: Math.max(0, packets - lost), packetsLost: lost, jitterMs }, agent: null };
    this.#act(contactId, { kind: "callEnded", cause, figures }, { fromEdge: true });
  }

  #callAgain({ arrival, draw }: { readonly arrival: Arrival; readonly draw: Prng }): void {
    if (arrival.number === null || arrival.attempt >= ATTEMPTS_MAX || !isTrue(draw, CALLS_AGAIN_SHARE)) return;
    const at = this.#now + 40 * SECOND_MS + exponential(draw, CALLS_AGAIN_AFTER_MS_MEAN);
    this.#planArrival({ ...arrival, at, attempt: arrival.attempt + 1 });
  }

  // ---- Contacts: what the shell of the program does

  #source(): NonNullable<ContactEvent["source"]> {
    this.#edgeSequence += 1;
    return { edge: HISTORY_EDGE, sequence: this.#edgeSequence };
  }

  #act(contactId: ContactId, stimulus: ContactStimulus, { fromEdge = false }: { readonly fromEdge?: boolean } = {}): void {
    const known = this.#contacts.get(contactId);
    if (known === undefined) return;
    const before = known.facts;
    const step = stepContact(before, stimulus, this.#now);
    const source = fromEdge && step.events.length > 0 ? this.#source() : null;
    for (const body of step.events) {
      const { organisationId, projectId, lastSequence } = known.facts;
      const sequence = lastSequence + 1;
      const at = this.#now;
      const event: ContactEvent = {
        organisationId,
        projectId,
        contactId,
        sequence,
        at,
        schemaVersion: CONTACT_EVENT_VERSION,
        writer: HISTORY_CORE,
        source,
        body,
        sealed: null,
      };
      known.facts = evolveContact(known.facts, event);
      this.#events.push(event);
    }
    if (step.events.length > 0) this.#changed.set(contactId, known.facts);
    if (known.facts.phase.kind === "closed" && before.phase.kind !== "closed") this.#closed(contactId, known);
    for (const command of step.commands) this.#run(known, command);
  }

  #closed(contactId: ContactId, known: { readonly facts: ContactFacts; readonly arrival: Arrival; readonly draw: Prng }): void {
    const { facts, draw } = known;
    if (facts.outcome !== "answered") this.#callAgain(known);
    const agentId = facts.agentId;
    if (facts.wrapUpMs === null || facts.wrapUpCodeId !== null || agentId === null || !isTrue(draw, CODED_LATER_SHARE)) {
      this.#contacts.delete(contactId);
      return;
    }
    // The list of what is not coded: worked off in a quiet moment.
    this.#after(exponential(draw, 25 * MINUTE_MS), () => {
      const { wrapUpCodeId } = pickWeighted(draw, known.arrival.line.wrapUpCodes);
      this.#act(contactId, { kind: "coded", agentId, wrapUpCodeId });
      this.#contacts.delete(contactId);
    });
  }

  #run(known: { readonly facts: ContactFacts; readonly arrival: Arrival; readonly draw: Prng }, command: ContactCommand): void {
    const { facts, draw, arrival } = known;
    const { contactId } = facts;
    switch (command.kind) {
      case "acceptCall":
        this.#after(ANSWER_BY_SYSTEM_MS / 2, () => this.#act(contactId, { kind: "callAnswered" }, { fromEdge: true }));
        this.#after(ANSWER_BY_SYSTEM_MS / 2 + arrival.line.greetingMs, () =>
          this.#act(contactId, { kind: "greetingEnded", completed: true }, { fromEdge: true }),
        );
        return;
      case "enqueue": {
        const { queueId, priority, requirements, customerId } = facts;
        const ref = customerId === null ? {} : { customerRef: customerId };
        const enqueuedAt = facts.segments.at(-1)?.enqueuedAt ?? this.#now;
        this.#submit({ kind: "contactQueued", contact: contactId, queue: queueId, enqueuedAt, priority, requirements, ...ref });
        return;
      }
      case "sayAndHangUp":
      case "refuseCall":
        this.#after(LAST_SENTENCE_MS, () =>
          this.#act(contactId, { kind: "callEnded", cause: command.cause, figures: null }, { fromEdge: true }),
        );
        return;
      case "leaveQueue":
        return this.#submit({ kind: "contactLeft", contact: contactId, cause: "abandoned" });
      case "endTalk":
        return this.#submit({ kind: "contactEnded", contact: contactId });
      case "tellRouter":
        this.#submit({ kind: command.what, contact: contactId });
        if (command.what === "bridged") this.#talk(known);
        return;
      case "tellBridgeFailed":
        return this.#submit({ kind: "bridgeFailed", contact: contactId, blame: command.blame });
      case "ringAgent":
        return this.#ring(contactId, command.agentId, draw);
      case "bridge": {
        const phoneId = `pho_${command.agentId.slice(command.agentId.indexOf("_") + 1)}` as PhoneId;
        this.#after(BRIDGE_MS, () => this.#act(contactId, { kind: "callBridged", offerId: command.offerId, phoneId }, { fromEdge: true }));
        return;
      }
      default:
        return; // sounds, reminders and what rings at the headset leave no trace in the log
    }
  }

  #ring(contactId: ContactId, agent: PersonId, draw: Prng): void {
    const offerOf = (): OfferId | null => {
      const phase = this.#contacts.get(contactId)?.facts.phase;
      return phase?.kind === "ringing" && !phase.accepted ? phase.offerId : null;
    };
    const offer = offerOf();
    if (offer === null || isTrue(draw, MISSED_RING_SHARE)) return;
    const kind = isTrue(draw, DECLINED_SHARE) ? "offerDeclined" : "offerAccepted";
    this.#after(between(draw, 1.2, 6) * SECOND_MS, () => {
      if (offerOf() === offer) this.#submit({ kind, offer, agent });
    });
  }

  #talk({ facts, arrival: { line }, draw }: { readonly facts: ContactFacts; readonly arrival: Arrival; readonly draw: Prng }): void {
    const { contactId, agentId } = facts;
    const speed = agentId === null ? 1 : (this.#speeds.get(agentId) ?? 1);
    const drawn = lognormal(draw, { median: line.handleSecondsMedian * SECOND_MS * speed, sigma: line.handleSigma });
    const talkMs = Math.min(historyLimits.talkMsMax, Math.max(historyLimits.talkMsMin, drawn));
    const during = (from: number, ms: number, begin: ContactStimulus, end: ContactStimulus): void => {
      this.#after(from, () => this.#act(contactId, begin, { fromEdge: true }));
      this.#after(from + ms, () => this.#act(contactId, end, { fromEdge: true }));
    };
    if (isTrue(draw, line.holdShare))
      during(
        talkMs * between(draw, 0.25, 0.5),
        Math.min(talkMs * 0.4, between(draw, 12, 75) * SECOND_MS),
        { kind: "callHeld" },
        { kind: "callResumed" },
      );
    else if (isTrue(draw, MEDIA_LOST_SHARE))
      during(
        talkMs * 0.6,
        Math.min(talkMs * 0.2, between(draw, 2, 9) * SECOND_MS),
        { kind: "agentMediaLost" },
        { kind: "agentMediaRestored" },
      );
    const who = draw.next();
    const cause: EndCause =
      who < LINE_DROPPED_SHARE
        ? { by: "caller", why: "lineDropped" }
        : { by: who < LINE_DROPPED_SHARE + AGENT_HANGS_UP_SHARE ? "agent" : "caller", why: "hungUp" };
    this.#after(talkMs, () => {
      if (this.#contacts.get(contactId)?.facts.phase.kind === "talking") this.#hangUp(contactId, cause);
    });
  }

  #wrapUp(contactId: ContactId, agent: PersonId, until: Instant): void {
    const known = this.#contacts.get(contactId);
    if (known === undefined) return;
    const { draw } = known;
    const { line } = known.arrival;
    if (isTrue(draw, LEFT_UNCODED_SHARE)) return; // the limit ends it
    const median = line.wrapUpSecondsMean * SECOND_MS * (this.#speeds.get(agent) ?? 1) * 0.88;
    const wanted = Math.max(historyLimits.wrapUpMsMin, lognormal(draw, { median, sigma: 0.5 }));
    const limitMs = until - this.#now;
    const isLong = wanted > limitMs - 2 * SECOND_MS;
    const isStill = (): boolean => this.#contacts.get(contactId)?.facts.phase.kind === "wrapUp";
    if (isLong)
      this.#after(limitMs - 3 * SECOND_MS, () => {
        if (isStill()) this.#submit({ kind: "wrapUpExtended", agent, contact: contactId });
      });
    this.#after(Math.min(wanted, limitMs * 1.9), () => {
      if (!isStill()) return;
      if (isTrue(draw, NOTE_SHARE)) this.#note(known, agent);
      this.#act(contactId, { kind: "coded", agentId: agent, wrapUpCodeId: pickWeighted(draw, line.wrapUpCodes).wrapUpCodeId });
      this.#submit({ kind: "wrapUpDone", agent, contact: contactId });
    });
  }

  #note(known: { readonly facts: ContactFacts; readonly arrival: Arrival; readonly draw: Prng }, authorId: PersonId): void {
    const { contactId } = known.facts;
    const noteId = this.#ids.next("not");
    this.#notes.push({ noteId, contactId, authorId, at: this.#now, text: pickOne(known.draw, known.arrival.line.notes) });
    this.#act(contactId, { kind: "noteAdded", noteId, authorId });
  }

  // ---- The router: one input at a time, as its mailbox does it

  #submit(wish: RouterWish): void {
    this.#waiting.push(wish);
    if (this.#busy) return;
    this.#busy = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#inputs += 1;
      const commands = this.#router.handle({ ...next, at: this.#now });
      const position = this.#inputs;
      for (const command of commands) this.#log(command, position);
      for (const command of commands) this.#follow(command, position);
    }
    this.#busy = false;
  }

  #log(command: RouterCommand, journalPosition: number): void {
    if (command.kind !== "agentChanged" && command.kind !== "missedRing" && command.kind !== "reachableChanged") return;
    const { kind, agent, ...payload } = command;
    const sequence = (this.#agentSequence.get(agent) ?? 0) + 1;
    this.#agentSequence.set(agent, sequence);
    const { organisationId } = this.#plan;
    this.#agentEvents.push({
      organisationId,
      personId: agent,
      sequence,
      at: this.#now,
      schemaVersion: 1,
      writer: HISTORY_CORE,
      kind,
      payload: { ...payload, journalPosition },
    });
  }

  #follow(command: RouterCommand, position: number): void {
    switch (command.kind) {
      case "offer": {
        const { offer: offerId, contact, agent: agentId, queue: queueId, expiresAt, reason } = command;
        return this.#act(contact, { kind: "offered", offerId, agentId, queueId, expiresAt, journalPosition: position, reason });
      }
      case "withdrawOffer":
        return this.#act(command.contact, { kind: "offerWithdrawn", offerId: command.offer, agentId: command.agent, cause: command.cause });
      case "connect":
        return this.#act(command.contact, { kind: "connect", offerId: command.offer, agentId: command.agent });
      case "contactEnqueued":
        return this.#act(command.contact, { kind: "routerEnqueued", queueId: command.queue, position: command.position });
      case "refuseContact": {
        const cause = command.cause === "nobodySignedIn" || command.cause === "queueFull" ? command.cause : "technical";
        return this.#act(command.contact, { kind: "routerRefused", cause });
      }
      case "expireContact":
        return this.#act(command.contact, { kind: "routerExpired" });
      case "contactRequeued":
        return this.#act(command.contact, { kind: "requeued", queueId: command.queue, cause: command.cause });
      case "wrapUpStarted":
        this.#act(command.contact, { kind: "wrapUpStarted", agentId: command.agent, until: command.until });
        return this.#wrapUp(command.contact, command.agent, command.until);
      case "wrapUpEnded":
        return this.#act(command.contact, { kind: "wrapUpEnded", how: command.how });
      case "agentChanged": {
        const { from, to, cause, agent } = command;
        if (to.kind === "wrapUp" && cause.why === "wrapUpExtended")
          this.#act(to.contact, { kind: "wrapUpExtended", agentId: agent, until: to.until });
        if (to.kind === "notReady" && from.kind !== "notReady") this.#comesBack(agent, to.reason);
        else if (to.kind === "notReady" && from.kind === "notReady" && from.reason !== to.reason) this.#comesBack(agent, to.reason);
        return;
      }
      case "armTimer": {
        const { timer, token, due } = command;
        this.#timers.set(timer, token);
        this.#at(due, () => {
          if (this.#timers.get(timer) !== token) return;
          this.#timers.delete(timer);
          this.#submit({ kind: "timerFired", timer, token });
        });
        return;
      }
      case "cancelTimer":
        this.#timers.delete(command.timer);
        return;
      case "asideOver":
      case "moveRefused":
      case "contactLost":
      case "contactUnknown":
        throw new Error(`the history's router doesn't know its own contacts: ${command.kind}`);
      case "acceptRefused":
      case "missedRing":
      case "reachableChanged":
      case "inputIgnored":
        return;
      default:
        return unreachable(command);
    }
  }
}
