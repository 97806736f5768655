/*
 * The routing engine of one organisation: inputs in, commands out, no clock and no IO. Large state, so it mutates its own tables;
 * the shell keeps the journal of inputs, and the same inputs give the same commands and the same snapshot.
 * Rank of contacts: head of the queue > score > `enqueuedAt`. Rank of agents: requirement met > level > idle.
 */
import { assert, must, unreachable } from "@allo/kernel";
import type { ContactId, Instant, OfferId, PersonId, QueueId } from "@allo/kernel";
import { stepAgent } from "./agent-machine.ts";
import type { AgentEvent } from "./agent-machine.ts";
import {
  agentSnapshot,
  canBeAsked,
  compareContacts,
  compareText,
  contactFromSnapshot,
  contactSnapshot,
  Floor,
  isAtCapacity,
  unavailableCode,
} from "./floor.ts";
import type { Agent, Contact, Queue } from "./floor.ts";
import { routerLimits } from "./limits.ts";
import { explainOffer, explainWaiting } from "./offer-reason.ts";
import type { RankedList } from "./ranked-list.ts";
import type {
  AgentChangeCause,
  AgentView,
  IgnoredWhy,
  OfferWithdrawCause,
  OpenContact,
  QueueConfig,
  QueueView,
  Router,
  RouterCommand,
  RouterInput,
  RouterOptions,
  RouterSnapshot,
  RouterView,
  SystemReason,
  TimerName,
  WhyWaiting,
} from "./router-types.ts";

type Input<K extends RouterInput["kind"]> = Extract<RouterInput, { readonly kind: K }>;
type Ringing = Contact & { readonly phase: { readonly kind: "ringing" } };
type Talking = Contact & { readonly phase: { readonly kind: "talking" } };
type RingEnd = {
  readonly withdraw: OfferWithdrawCause;
  readonly cause: AgentChangeCause;
  readonly blame: "notAnswered" | "declined" | "bridgeFailed" | null;
};

/** An empty engine, or one that continues from a snapshot. Send `configured` first: unknown queues refuse every contact. */
export function createRouter(options: RouterOptions): Router {
  const engine = new Engine(options);
  return {
    handle: (input) => engine.handle(input),
    snapshot: () => engine.snapshot(),
    view: () => engine.view(),
    agent: (agent) => engine.agent(agent),
    whyWaiting: (contact) => engine.whyWaiting(contact),
  };
}

class Engine {
  readonly #floor = new Floor();
  readonly #timers = new Map<TimerName, { readonly due: Instant; readonly token: number }>();
  #epoch: string;
  #now: Instant = 0;
  #offerCount = 0;
  #tokenCount = 0;
  #arrivalCount = 0;
  /* Of the input being handled: */
  #commands: RouterCommand[] = [];
  #input: RouterInput["kind"] = "configured";
  #freedAgents = new Set<Agent>();
  #freedContacts = new Set<Contact>();
  #freedQueues = new Set<Queue>();

  constructor({ epoch, snapshot }: RouterOptions) {
    this.#epoch = snapshot?.epoch ?? epoch;
    if (snapshot !== undefined) this.#restore(snapshot);
  }

  handle(input: RouterInput): RouterCommand[] {
    this.#commands = [];
    this.#input = input.kind;
    this.#now = Math.max(this.#now, input.at);
    this.#apply(input);
    this.#distribute();
    this.#floor.dropDrained();
    return this.#commands;
  }

  #apply(input: RouterInput): void {
    switch (input.kind) {
      case "configured":
        return this.#configure(input);
      case "agentSignedIn":
        return this.#signIn(input);
      case "agentSignedOut":
        return this.#signOut(input.agent);
      case "readyRequested":
        return this.#ask(input.agent, { kind: "readyRequested" });
      case "notReadyRequested":
        return this.#requestNotReady(input);
      case "mediaPath":
        return this.#setMediaPath(input);
      case "contactQueued":
        return this.#enqueue(input);
      case "contactLeft":
        return this.#contactGone(input.contact);
      case "contactEnded":
        return this.#contactGone(input.contact);
      case "offerAccepted":
        return this.#accept(input);
      case "offerDeclined":
        return this.#decline(input);
      case "bridged":
        return this.#bridge(input.contact);
      case "bridgeFailed":
        return this.#bridgeFailed(input);
      case "held":
      case "resumed":
        return this.#duringTalk(input.contact, { kind: input.kind });
      case "agentMediaLost":
        return this.#duringTalk(input.contact, { kind: "mediaLost" });
      case "agentMediaRestored":
        return this.#duringTalk(input.contact, { kind: "mediaRestored" });
      case "agentLegLost":
        return this.#legLost(input.contact);
      case "engaged":
        return this.#engage(input);
      case "handedOver":
        return this.#handOver(input);
      case "contactMoved":
        return this.#move(input);
      case "contactParked":
        return this.#letGo(input.contact, "parked");
      case "dialFailed":
        return this.#letGo(input.contact, "dialFailed");
      case "wrapUpDone":
        return this.#wrapUpDone(input);
      case "wrapUpExtended":
        return this.#wrapUpExtended(input);
      case "epochRecovered":
        return this.#recover(input);
      case "timerFired":
        return this.#timerFired(input);
      default:
        return unreachable(input);
    }
  }

  /* ---------- Agents ---------- */

  #signIn({ agent: id, mediaProven }: Input<"agentSignedIn">): void {
    const agent = this.#floor.agent(id);
    const fresh = agent.state.kind === "offline";
    if (fresh) {
      this.#floor.setIdleSince(agent, this.#now);
      agent.missedRings = 0;
      agent.closedOffer = null;
    }
    if (!this.#step(agent, { kind: "signedIn" })) return;
    this.#setProven(agent, mediaProven);
  }

  #signOut(id: PersonId): void {
    const agent = this.#floor.agents.get(id);
    if (agent === undefined) return this.#ignore("unknownAgent");
    const state = agent.state;
    if (state.kind === "ringing") {
      this.#endRing(this.#ringing(state.contact), { withdraw: "signedOut", cause: { by: "agent", why: "signedOut" }, blame: null });
    } else if (state.kind === "wrapUp") this.#endWrapUp(agent, "signedOut", { kind: "signedOut" });
    else this.#step(agent, { kind: "signedOut" });
    if (agent.state.kind === "offline") this.#setProven(agent, false);
  }

  #requestNotReady({ agent: id, reasonId, by }: Input<"notReadyRequested">): void {
    if (reasonId === null && by === "agent") return this.#ignore("reasonMissing");
    this.#ask(id, { kind: "notReadyRequested", reason: reasonId ?? "supervisorForced", by });
  }

  #setMediaPath({ agent: id, proven }: Input<"mediaPath">): void {
    const agent = this.#floor.agents.get(id);
    if (agent === undefined) return this.#ignore("unknownAgent");
    if (agent.state.kind === "offline") return this.#ignore("notSignedIn");
    if (agent.mediaProven === proven) return this.#ignore("alreadySo");
    this.#setProven(agent, proven);
    // A dead client doesn't go on ringing; an accepted offer is judged by its bridge instead.
    if (!proven && agent.state.kind === "ringing" && !agent.state.accepted) {
      const cause: AgentChangeCause = { by: "system", why: "offerWithdrawn" };
      this.#endRing(this.#ringing(agent.state.contact), { withdraw: "mediaLost", cause, blame: null });
    }
  }

  #setProven(agent: Agent, proven: boolean): void {
    if (agent.mediaProven === proven) return;
    this.#floor.setAgent(agent, { mediaProven: proven });
    this.#commands.push({ kind: "reachableChanged", agent: agent.id, mediaProven: proven });
    if (agent.indexed.available) this.#freedAgents.add(agent);
  }

  /** A wish of the agent or supervisor that concerns only the agent's own state. */
  #ask(id: PersonId, event: AgentEvent): void {
    const agent = this.#floor.agents.get(id);
    if (agent === undefined) return this.#ignore("unknownAgent");
    const wasStopped = agent.state.kind === "notReady" && agent.state.reason === "afterMissedRings";
    if (this.#step(agent, event) && wasStopped && agent.state.kind === "ready") agent.missedRings = 0;
  }

  /** Steps the agent's machine and reports it. False when the event meant nothing. */
  #step(agent: Agent, event: AgentEvent): boolean {
    const outcome = stepAgent(agent, event);
    if (outcome.kind === "ignored") {
      this.#ignore(outcome.why);
      return false;
    }
    const from = agent.state;
    const to = outcome.state;
    const begins = from.kind !== to.kind || (from.kind === "notReady" && to.kind === "notReady" && from.reason !== to.reason);
    agent.seq += 1;
    this.#floor.setAgent(agent, { state: to, pending: outcome.pending, since: begins ? this.#now : agent.since });
    const { cause, pending } = outcome;
    this.#commands.push({ kind: "agentChanged", agent: agent.id, from, to, cause, pending, seq: agent.seq });
    if (agent.indexed.available) this.#freedAgents.add(agent);
    return true;
  }

  #wrapUpDone({ agent: id, contact }: Input<"wrapUpDone">): void {
    const agent = this.#inWrapUp(id, contact);
    if (agent !== undefined) this.#endWrapUp(agent, "done", { kind: "wrapUpDone" });
  }

  #wrapUpExtended({ agent: id, contact }: Input<"wrapUpExtended">): void {
    const agent = this.#inWrapUp(id, contact);
    if (agent === undefined || agent.state.kind !== "wrapUp") return;
    const byMs = this.#queueConfig(agent.state.queue)?.wrapUpExtensionMs ?? routerLimits.wrapUpExtensionMs;
    if (!this.#step(agent, { kind: "wrapUpExtended", byMs })) return;
    this.#arm(`wrapUp:${agent.id}`, agent.state.until);
  }

  #inWrapUp(id: PersonId, contact: ContactId): Agent | undefined {
    const agent = this.#floor.agents.get(id);
    if (agent === undefined) this.#ignore("unknownAgent");
    else if (agent.state.kind !== "wrapUp" || agent.state.contact !== contact) this.#ignore("notInWrapUp");
    else return agent;
    return undefined;
  }

  #endWrapUp(agent: Agent, how: "done" | "limit" | "signedOut", event: AgentEvent): void {
    assert(agent.state.kind === "wrapUp", "only a wrap-up ends as one");
    const { contact, queue } = agent.state;
    this.#disarm(`wrapUp:${agent.id}`);
    this.#commands.push({ kind: "wrapUpEnded", contact, agent: agent.id, queue, how });
    this.#step(agent, event);
  }

  /* ---------- Contacts ---------- */

  #enqueue(input: Input<"contactQueued">): void {
    const { contact: id, queue: queueId, enqueuedAt, priority, requirements } = input;
    if (this.#floor.contacts.has(id)) return this.#ignore("contactKnown");
    const queue = this.#floor.queues.get(queueId);
    if (queue === undefined) return this.#refuse(id, queueId, "unknownQueue");
    if (this.#floor.contacts.size >= routerLimits.contactsMax) return this.#refuse(id, queueId, "routerFull");
    const onlyAgent = input.onlyAgent ?? null;
    const signedIn = queue.config.notReadyCountsAsSignedIn ? queue.signedIn : queue.signedIn - queue.notReady;
    const toHead = input.toHead === true;
    const isSomebodyThere = onlyAgent === null ? signedIn > 0 : this.#isSignedIn(onlyAgent);
    // Who comes back to the head has been spoken with: they wait as those do whose agent's line was lost, and are sent away by nothing.
    if (!isSomebodyThere && !toHead) return this.#refuse(id, queueId, "nobodySignedIn");
    this.#arrivalCount += 1;
    const contact: Contact = {
      id,
      queue: queueId,
      enqueuedAt,
      priority,
      requirements,
      customerRef: input.customerRef ?? null,
      arrival: this.#arrivalCount,
      atHead: toHead,
      waitDeadline: enqueuedAt + queue.config.waitMaxMs,
      phase: { kind: "waiting" },
      missedBy: [],
      score: priority + queue.config.priority,
      onlyAgent,
      isAside: onlyAgent !== null && input.isAside === true,
    };
    const isFull = onlyAgent === null && !toHead && queue.waiting + queue.ringing >= queue.config.sizeMax;
    const agent = this.#floor.firstAgentFor(contact);
    if (agent === undefined && isFull) return this.#refuse(id, queueId, "queueFull");
    if (agent === undefined && contact.isAside) return this.#refuse(id, queueId, "notAvailable");
    this.#floor.addContact(contact);
    this.#arm(`wait:${id}`, contact.waitDeadline);
    if (agent !== undefined) return this.#offer(queue, contact, agent);
    this.#commands.push({ kind: "contactEnqueued", contact: id, queue: queueId, position: this.#floor.position(contact) });
  }

  #isSignedIn(id: PersonId): boolean {
    return (this.#floor.agents.get(id)?.state.kind ?? "offline") !== "offline";
  }

  #refuse(
    contact: ContactId,
    queue: QueueId,
    cause: "nobodySignedIn" | "queueFull" | "unknownQueue" | "routerFull" | "notAvailable",
  ): void {
    this.#commands.push({ kind: "refuseContact", contact, queue, cause });
  }

  /** The caller is gone, or the talk is over: both end the contact, and only a talk leads to wrap-up. */
  #contactGone(id: ContactId): void {
    const contact = this.#floor.contacts.get(id);
    if (contact === undefined) return this.#ignore("unknownContact");
    if (isTalking(contact)) return this.#endTalk(contact);
    if (isRinging(contact)) {
      this.#withdraw(contact, { withdraw: "callerLeft", cause: { by: "system", why: "offerWithdrawn" }, blame: null });
    }
    this.#forget(contact);
  }

  #endTalk(contact: Talking): void {
    const agent = this.#agentOf(contact);
    const config = this.#queueConfig(contact.queue);
    const wrapUpMs = contact.isAside ? 0 : (config?.wrapUpMs ?? routerLimits.wrapUpMs);
    this.#forget(contact);
    if (!contact.isAside) this.#floor.setIdleSince(agent, this.#now);
    const until = this.#now + wrapUpMs;
    this.#step(agent, { kind: "contactEnded", wrapUpUntil: wrapUpMs > 0 ? until : null });
    if (agent.state.kind !== "wrapUp") return;
    this.#commands.push({ kind: "wrapUpStarted", contact: contact.id, agent: agent.id, queue: contact.queue, until });
    // Who signed out during the talk is not there to write notes: the contact goes to their list as not coded.
    if (agent.pending?.kind === "offline") this.#endWrapUp(agent, "signedOut", { kind: "signedOut" });
    else this.#arm(`wrapUp:${agent.id}`, until);
  }

  #forget(contact: Contact): void {
    this.#disarm(`wait:${contact.id}`);
    this.#disarm(`reoffer:${contact.id}`);
    this.#freeCapacity(contact);
    this.#floor.removeContact(contact);
    this.#freedContacts.delete(contact);
  }

  #freeCapacity(contact: Contact): void {
    const queue = this.#floor.queues.get(contact.queue);
    if (contact.onlyAgent !== null) return;
    if (queue !== undefined && contact.phase.kind !== "waiting" && isAtCapacity(queue)) this.#freedQueues.add(queue);
  }

  #expire(contact: Contact, cause: "longestWaitPassed" | "queueRetired"): void {
    this.#forget(contact);
    this.#commands.push({ kind: "expireContact", contact: contact.id, queue: contact.queue, cause });
  }

  /** Back to the head with its own `enqueuedAt`. False: its longest wait passed while it rang, or its queue is gone. */
  #requeue(contact: Contact, cause: OfferWithdrawCause | "agentLegLost", missedBy: Contact["missedBy"]): boolean {
    const isRetired = !this.#floor.queues.has(contact.queue);
    if (isRetired || this.#now >= contact.waitDeadline) {
      this.#expire(contact, isRetired ? "queueRetired" : "longestWaitPassed");
      return false;
    }
    this.#freeCapacity(contact);
    this.#floor.setPhase(contact, { kind: "waiting" }, { atHead: true, missedBy });
    this.#commands.push({ kind: "contactRequeued", contact: contact.id, queue: contact.queue, toHead: true, cause });
    if (missedBy.some((m) => m.skip)) this.#arm(`reoffer:${contact.id}`, this.#now + routerLimits.reofferDelayMs);
    this.#freedContacts.add(contact);
    return true;
  }

  /* ---------- Offers ---------- */

  #offer(queue: Queue, contact: Contact, agent: Agent): void {
    const reason = explainOffer({ queue, contact, agent, at: this.#now });
    this.#offerCount += 1;
    const offer = `off_${this.#epoch}_${this.#offerCount}` as OfferId;
    const expiresAt = this.#now + queue.config.ringTimeoutMs;
    this.#floor.setPhase(contact, { kind: "ringing", offer, agent: agent.id, expiresAt, accepted: false });
    this.#commands.push({ kind: "offer", offer, contact: contact.id, agent: agent.id, queue: queue.config.id, expiresAt, reason });
    this.#disarm(`reoffer:${contact.id}`);
    this.#arm(`ring:${offer}`, expiresAt);
    const kind = contact.isAside ? "asked" : "offered";
    assert(this.#step(agent, { kind, offer, contact: contact.id, queue: queue.config.id }), "only an available agent rings");
  }

  #accept({ offer, agent: id }: Input<"offerAccepted">): void {
    const contact = this.#floor.offers.get(offer);
    const refuse = (reason: "expired" | "withdrawn" | "notYours" | "alreadyAccepted" | "unknownOffer"): void => {
      this.#commands.push({ kind: "acceptRefused", offer, agent: id, reason });
    };
    if (contact === undefined || !isRinging(contact)) {
      const closed = this.#floor.agents.get(id)?.closedOffer;
      if (closed?.offer !== offer) return refuse("unknownOffer");
      return refuse(closed.how === "answered" ? "alreadyAccepted" : closed.how);
    }
    if (contact.phase.agent !== id) return refuse("notYours");
    if (contact.phase.accepted) return refuse("alreadyAccepted");
    if (this.#now >= contact.phase.expiresAt) return refuse("expired"); // the lease is over though its timer has not come yet
    this.#floor.setPhase(contact, { ...contact.phase, accepted: true });
    this.#disarm(`ring:${offer}`);
    this.#commands.push({ kind: "connect", contact: contact.id, agent: id, offer });
    this.#arm(`bridge:${offer}`, this.#now + routerLimits.bridgeTimeoutMs);
    this.#step(this.#agentOf(contact), { kind: "accepted" });
  }

  #decline({ offer, agent }: Input<"offerDeclined">): void {
    const contact = this.#floor.offers.get(offer);
    if (contact === undefined || !isRinging(contact) || contact.phase.agent !== agent || contact.phase.accepted) {
      return this.#ignore("offerClosed");
    }
    this.#endRing(contact, { withdraw: "declined", cause: { by: "agent", why: "declined" }, blame: "declined" });
  }

  #bridge(id: ContactId): void {
    const contact = this.#floor.contacts.get(id);
    if (contact === undefined) return this.#ignore("unknownContact");
    if (!isRinging(contact)) return this.#ignore("notRinging");
    if (!contact.phase.accepted) return this.#ignore("notAccepted");
    this.#beginTalk(contact);
  }

  #beginTalk(contact: Ringing): void {
    const agent = this.#agentOf(contact);
    const { offer } = contact.phase;
    this.#disarm(`ring:${offer}`);
    this.#disarm(`bridge:${offer}`);
    this.#disarm(`wait:${contact.id}`);
    this.#floor.setPhase(contact, { kind: "talking", offer, agent: agent.id }, { atHead: false, missedBy: [] });
    agent.missedRings = 0;
    agent.closedOffer = { offer, how: "answered" };
    this.#step(agent, { kind: "bridged" });
  }

  #bridgeFailed({ contact: id, blame }: Input<"bridgeFailed">): void {
    const contact = this.#floor.contacts.get(id);
    if (contact === undefined) return this.#ignore("unknownContact");
    if (!isRinging(contact) || !contact.phase.accepted) return this.#ignore("notAccepted");
    if (blame === "caller") return this.#contactGone(id);
    const cause: AgentChangeCause = { by: "system", why: "bridgeFailed" };
    this.#endRing(contact, { withdraw: "bridgeFailed", cause, blame: blame === "agent" ? "bridgeFailed" : null });
  }

  /** The offer is over and its caller waits again, ahead of everyone; this agent is not the next to be asked. */
  #endRing(contact: Ringing, end: RingEnd): void {
    const { agent } = contact.phase;
    const others = contact.missedBy.filter((m) => m.agent !== agent).map((m) => ({ agent: m.agent, skip: false }));
    // Who left or lost the media path is not blamed, and may be asked first when back.
    const missed = end.blame !== null || end.withdraw === "bridgeFailed" || end.withdraw === "bridgeTimedOut";
    this.#withdraw(contact, end);
    if (contact.isAside) return this.#endAside(contact, agent, end.withdraw);
    this.#requeue(contact, end.withdraw, missed ? [...others, { agent, skip: true }] : others);
  }

  /** Takes the offer from the agent and counts the miss; the contact is left to the caller. */
  #withdraw(contact: Ringing, { withdraw, cause, blame }: RingEnd): void {
    const agent = this.#agentOf(contact);
    const { offer } = contact.phase;
    this.#disarm(`ring:${offer}`);
    this.#disarm(`bridge:${offer}`);
    agent.closedOffer = { offer, how: withdraw === "notAnswered" ? "expired" : "withdrawn" };
    this.#commands.push({ kind: "withdrawOffer", offer, agent: agent.id, contact: contact.id, cause: withdraw });
    if (withdraw === "signedOut") this.#step(agent, { kind: "signedOut" });
    else this.#step(agent, { kind: "ringEnded", cause, notReady: this.#countMiss(agent, contact, offer, blame) });
  }

  #countMiss(agent: Agent, contact: Contact, offer: OfferId, how: RingEnd["blame"]): SystemReason | null {
    if (how === null || contact.isAside) return null;
    const config = this.#queueConfig(contact.queue);
    if (how === "declined" && config?.declineCountsAsMissed === false) return null;
    const max = config?.missedRingsMax ?? routerLimits.missedRingsMax;
    agent.missedRings += 1;
    this.#commands.push({ kind: "missedRing", agent: agent.id, offer, contact: contact.id, how, count: agent.missedRings, max });
    return agent.missedRings >= max ? "afterMissedRings" : null;
  }

  /* ---------- During the talk ---------- */

  #duringTalk(id: ContactId, event: AgentEvent): void {
    const contact = this.#floor.contacts.get(id);
    if (contact === undefined) return this.#ignore("unknownContact");
    if (!isTalking(contact)) return this.#ignore("notTalking");
    this.#step(this.#agentOf(contact), event);
  }

  #legLost(id: ContactId): void {
    const contact = this.#floor.contacts.get(id);
    if (contact === undefined) return this.#ignore("unknownContact");
    if (!isTalking(contact)) return this.#ignore("notTalking");
    this.#loseLeg(contact, "agentLegLost");
  }

  #loseLeg(contact: Talking, cause: "agentLegLost" | "recovered"): void {
    const agent = this.#agentOf(contact);
    this.#floor.setIdleSince(agent, this.#now);
    this.#step(agent, { kind: "legLost", why: cause === "recovered" ? "recovered" : "connectionLost" });
    if (contact.isAside) return this.#endAside(contact, agent.id, cause);
    // A new wait begins: the old one ended when the caller was answered.
    const waitMaxMs = this.#queueConfig(contact.queue)?.waitMaxMs ?? routerLimits.waitMaxMs;
    contact.waitDeadline = this.#now + waitMaxMs;
    if (this.#requeue(contact, cause, [])) this.#arm(`wait:${contact.id}`, contact.waitDeadline);
  }

  /* ---------- Talks that move ---------- */

  #endAside(contact: Contact, agent: PersonId, cause: OfferWithdrawCause | "agentLegLost"): void {
    this.#forget(contact);
    this.#commands.push({ kind: "asideOver", contact: contact.id, agent, cause });
  }

  #engage({ contact: id, agent: agentId, queue, isAside, from, atOnce }: Input<"engaged">): void {
    if (this.#floor.contacts.has(id)) return this.#ignore("contactKnown");
    const agent = atOnce === true ? this.#floor.agent(agentId) : this.#floor.agents.get(agentId);
    if (agent === undefined) return this.#ignore("unknownAgent");
    if (from !== undefined) return this.#engageFrom({ id, queue, agent }, this.#floor.contacts.get(from));
    if (atOnce === true) this.#makeWay(agent);
    if (!canBeAsked(atOnce === true ? { state: agent.state, mediaProven: true } : agent)) return this.#ignore("notAvailable");
    const contact = this.#recordTalk({ contact: id, phase: "talking", queue, agent: agentId, isAside: isAside === true });
    if (contact === undefined) return;
    this.#floor.setPhase(contact, { kind: "talking", offer: null, agent: agentId });
    assert(this.#step(agent, { kind: "engaged", contact: id, queue }), "an agent who can be asked can be engaged");
  }

  /** Whatever the agent does gives way, but a talk. */
  #makeWay(agent: Agent): void {
    if (agent.state.kind === "offline")
      this.#signIn({ kind: "agentSignedIn", agent: agent.id, mediaProven: agent.mediaProven, at: this.#now });
    if (agent.state.kind === "ringing") {
      const cause: AgentChangeCause = { by: "system", why: "offerWithdrawn" };
      this.#endRing(this.#ringing(agent.state.contact), { withdraw: "declined", cause, blame: null });
    }
    if (agent.state.kind === "wrapUp") this.#endWrapUp(agent, "limit", { kind: "wrapUpLimit" });
  }

  #engageFrom({ id, queue, agent }: { readonly id: ContactId; readonly queue: QueueId; readonly agent: Agent }, aside?: Contact): void {
    if (aside === undefined) return this.#ignore("unknownContact");
    if (!isTalking(aside) || !aside.isAside || aside.phase.agent !== agent.id) return this.#ignore("notTalking");
    const contact = this.#recordTalk({ contact: id, phase: "talking", queue, agent: agent.id });
    if (contact === undefined) return;
    this.#forget(aside);
    this.#floor.setPhase(contact, { kind: "talking", offer: null, agent: agent.id });
    assert(this.#step(agent, { kind: "tookOver", contact: id, queue }), "who talks beside it takes it over");
  }

  #handOver({ contact: id, aside: asideId }: Input<"handedOver">): void {
    const contact = this.#floor.contacts.get(id);
    const aside = this.#floor.contacts.get(asideId);
    if (contact === undefined || aside === undefined) return this.#ignore("unknownContact");
    if (!isTalking(contact) || contact.onlyAgent !== null) return this.#ignore("notTalking");
    if (!isTalking(aside) || !aside.isAside) return this.#ignore("notTalking");
    const agent = this.#agentOf(aside);
    this.#release(contact, "handedOver");
    this.#forget(aside);
    this.#floor.setPhase(contact, { kind: "talking", offer: null, agent: agent.id });
    assert(this.#step(agent, { kind: "tookOver", contact: id, queue: contact.queue }), "who talks beside it takes it over");
  }

  #move({ contact: id, queue: queueId, requirements }: Input<"contactMoved">): void {
    const contact = this.#floor.contacts.get(id);
    if (contact === undefined) return this.#ignore("unknownContact");
    if (!isTalking(contact) || contact.isAside) return this.#ignore("notTalking");
    const queue = this.#floor.queues.get(queueId);
    const refuse = (cause: "nobodySignedIn" | "queueFull" | "unknownQueue"): void => {
      this.#commands.push({ kind: "moveRefused", contact: id, queue: queueId, cause });
    };
    if (queue === undefined) return refuse("unknownQueue");
    const signedIn = queue.config.notReadyCountsAsSignedIn ? queue.signedIn : queue.signedIn - queue.notReady;
    if (signedIn <= 0) return refuse("nobodySignedIn");
    if (queue.available.size === 0 && queue.waiting + queue.ringing >= queue.config.sizeMax) return refuse("queueFull");
    this.#release(contact, "transferred");
    this.#forget(contact);
    this.#arrivalCount += 1;
    const moved: Contact = {
      ...(contact as Contact),
      queue: queueId,
      enqueuedAt: this.#now,
      requirements,
      arrival: this.#arrivalCount,
      atHead: false,
      waitDeadline: this.#now + queue.config.waitMaxMs,
      phase: { kind: "waiting" },
      missedBy: [],
      score: contact.priority + queue.config.priority,
      onlyAgent: null,
    };
    this.#floor.addContact(moved);
    this.#arm(`wait:${id}`, moved.waitDeadline);
    this.#commands.push({ kind: "contactEnqueued", contact: id, queue: queueId, position: this.#floor.position(moved) });
    this.#freedContacts.add(moved);
  }

  #letGo(id: ContactId, why: "parked" | "dialFailed"): void {
    const contact = this.#floor.contacts.get(id);
    if (contact === undefined) return this.#ignore("unknownContact");
    if (!isTalking(contact) || contact.isAside) return this.#ignore("notTalking");
    this.#release(contact, why);
    this.#forget(contact);
  }

  /** Its agent is free, without wrap-up; the contact is left to the caller. */
  #release(contact: Talking, why: "handedOver" | "transferred" | "parked" | "dialFailed"): void {
    const agent = this.#agentOf(contact);
    if (why !== "dialFailed") this.#floor.setIdleSince(agent, this.#now);
    this.#step(agent, { kind: "released", why });
  }

  /* ---------- Distribution ---------- */

  /** Work-conserving: after each input nobody eligible is idle while a contact they may have waits. */
  #distribute(): void {
    const agents = this.#freedAgents;
    const contacts = this.#freedContacts;
    const queues = this.#freedQueues;
    if (agents.size + contacts.size + queues.size === 0) return;
    if (contacts.size + queues.size === 0 && agents.size === 1) {
      for (const agent of agents) this.#distributeAgent(agent);
    } else if (agents.size + queues.size === 0 && contacts.size === 1) {
      for (const contact of contacts) if (contact.phase.kind === "waiting") this.#distributeContact(contact);
    } else {
      this.#distributePersonal(agents, contacts);
      // Several at once: contacts in rank order, over every queue that one of them can touch, so that no pick depends on luck.
      for (const agent of agents) for (const id of agent.memberships.keys()) this.#freeQueue(id);
      for (const contact of contacts) this.#freeQueue(contact.queue);
      this.#distributeQueues(queues);
    }
    queues.clear();
    contacts.clear();
    agents.clear();
  }

  /** What is for one agent alone, before the queues of those who were freed are looked at. */
  #distributePersonal(agents: Iterable<Agent>, contacts: Iterable<Contact>): void {
    const asked = new Set<Agent>(agents);
    for (const contact of contacts) {
      const only = contact.onlyAgent === null ? undefined : this.#floor.agents.get(contact.onlyAgent);
      if (only !== undefined) asked.add(only);
    }
    for (const agent of [...asked].sort(byAgentId)) {
      const contact = agent.indexed.available ? this.#floor.personalFor(agent) : undefined;
      if (contact !== undefined) this.#offer(must(this.#floor.queues.get(contact.queue)), contact, agent);
    }
  }

  #freeQueue(id: QueueId): void {
    const queue = this.#floor.queues.get(id);
    if (queue !== undefined) this.#freedQueues.add(queue);
  }

  #distributeAgent(agent: Agent): void {
    const contact = agent.indexed.available ? this.#floor.firstFor(agent) : undefined;
    if (contact !== undefined) this.#offer(must(this.#floor.queues.get(contact.queue)), contact, agent);
  }

  #distributeContact(contact: Contact): boolean {
    const agent = this.#floor.firstAgentFor(contact);
    if (agent === undefined) return false;
    this.#offer(must(this.#floor.queues.get(contact.queue)), contact, agent);
    return true;
  }

  /** The waiting of these queues in rank order; a lane whose head nobody may have is done, unless that head only skips someone. */
  #distributeQueues(queues: Iterable<Queue>): void {
    const cursors: { readonly queue: Queue; readonly contacts: RankedList<Contact>; next: number }[] = [];
    for (const queue of queues) {
      if (queue.available.size === 0) continue;
      for (const lane of queue.lanes.values()) cursors.push({ queue, contacts: lane.contacts, next: 0 });
    }
    for (;;) {
      let best: (typeof cursors)[number] | undefined;
      for (const cursor of cursors) {
        const head = cursor.contacts.at(cursor.next);
        if (head === undefined || cursor.queue.available.size === 0 || isAtCapacity(cursor.queue)) continue;
        const bestHead = best?.contacts.at(best.next);
        if (bestHead === undefined || compareContacts(head, bestHead) < 0) best = cursor;
      }
      const head = best?.contacts.at(best.next);
      if (best === undefined || head === undefined) return;
      if (this.#distributeContact(head)) continue; // it left the lane: the next one has its place
      best.next = head.missedBy.length > 0 ? best.next + 1 : best.contacts.size;
    }
  }

  /* ---------- Configuration, recovery, timers ---------- */

  #configure({ queues, agents }: Input<"configured">): void {
    this.#floor.configure(queues, agents);
    for (const contact of [...this.#floor.contacts.values()].sort(compareContacts)) {
      if (this.#floor.queues.has(contact.queue) || isTalking(contact)) continue;
      if (isRinging(contact)) {
        this.#withdraw(contact, { withdraw: "queueRetired", cause: { by: "system", why: "offerWithdrawn" }, blame: null });
      }
      this.#expire(contact, "queueRetired");
    }
    for (const queue of this.#floor.queues.values()) this.#freedQueues.add(queue);
  }

  #recover({ epoch, openContacts }: Input<"epochRecovered">): void {
    if (epoch !== this.#epoch) this.#offerCount = 0;
    this.#epoch = epoch;
    for (const [timer, { due, token }] of [...this.#timers].sort((a, b) => compareText(a[0], b[0]))) {
      this.#commands.push({ kind: "armTimer", timer, due, token });
    }
    const open = new Map(openContacts.map((o) => [o.contact, o]));
    for (const contact of [...this.#floor.contacts.values()].sort(byArrival)) {
      if (!open.has(contact.id)) this.#lose(contact);
    }
    // Talks first: an agent who really talks is taken from any offer the engine still believes in.
    for (const real of open.values()) if (real.phase === "talking") this.#reconcileTalk(real);
    for (const real of open.values()) if (real.phase !== "talking") this.#reconcileWait(real);
    for (const queue of this.#floor.queues.values()) this.#freedQueues.add(queue);
  }

  #lose(contact: Contact): void {
    const { phase } = contact;
    this.#commands.push({
      kind: "contactLost",
      contact: contact.id,
      phase: phase.kind,
      agent: phase.kind === "waiting" ? null : phase.agent,
    });
    this.#contactGone(contact.id);
  }

  #reconcileTalk(real: OpenContact & { readonly phase: "talking" }): void {
    const contact = this.#floor.contacts.get(real.contact) ?? this.#recordTalk(real);
    if (contact === undefined) return void this.#commands.push({ kind: "contactUnknown", contact: real.contact });
    if (contact.phase.kind !== "waiting" && contact.phase.agent === real.agent) {
      if (isRinging(contact)) this.#confirmTalk(contact);
      return;
    }
    const agent = this.#floor.agent(real.agent);
    if (agent.state.kind === "ringing") this.#endRing(this.#ringing(agent.state.contact), RECOVERED);
    if (agent.state.kind === "talking") this.#loseLeg(this.#talking(agent.state.contact), "recovered");
    if (agent.state.kind === "wrapUp") this.#endWrapUp(agent, "limit", { kind: "wrapUpLimit" });
    if (isRinging(contact)) this.#withdraw(contact, RECOVERED);
    else if (isTalking(contact)) this.#step(this.#agentOf(contact), { kind: "legLost", why: "recovered" });
    this.#disarm(`wait:${contact.id}`);
    this.#disarm(`reoffer:${contact.id}`);
    this.#floor.setPhase(contact, { kind: "talking", offer: null, agent: agent.id }, { atHead: false, missedBy: [] });
    assert(this.#step(agent, { kind: "adopted", contact: contact.id, queue: contact.queue }), "an agent taken from all else is adopted");
  }

  /** A record for a talk whose own was lost with the journal; what isn't known of it matters to waiting contacts only. */
  #recordTalk({ contact: id, queue, agent, isPersonal, isAside }: OpenContact & { readonly phase: "talking" }): Contact | undefined {
    if (queue === undefined) return undefined;
    this.#arrivalCount += 1;
    const contact: Contact = {
      id,
      queue,
      enqueuedAt: this.#now,
      priority: 0,
      requirements: [],
      customerRef: null,
      arrival: this.#arrivalCount,
      atHead: false,
      waitDeadline: this.#now + (this.#queueConfig(queue)?.waitMaxMs ?? routerLimits.waitMaxMs),
      phase: { kind: "waiting" },
      missedBy: [],
      score: this.#queueConfig(queue)?.priority ?? 0,
      onlyAgent: isPersonal === true || isAside === true ? agent : null,
      isAside: isAside === true,
    };
    this.#floor.addContact(contact);
    return contact;
  }

  #confirmTalk(contact: Ringing): void {
    this.#confirmAccepted(contact);
    this.#beginTalk(contact);
  }

  /** The claim was won and its record lost: what the edge carries out stands. */
  #confirmAccepted(contact: Ringing): void {
    if (contact.phase.accepted) return;
    this.#floor.setPhase(contact, { ...contact.phase, accepted: true });
    this.#disarm(`ring:${contact.phase.offer}`);
    this.#arm(`bridge:${contact.phase.offer}`, this.#now + routerLimits.bridgeTimeoutMs);
    this.#step(this.#agentOf(contact), { kind: "accepted" });
  }

  #reconcileWait(real: OpenContact & { readonly phase: "waiting" | "ringing" }): void {
    const contact = this.#floor.contacts.get(real.contact);
    if (real.phase === "ringing") {
      if (contact !== undefined && isRinging(contact) && contact.phase.offer === real.offer) {
        if (real.accepted) this.#confirmAccepted(contact);
        return;
      }
      const { offer, agent } = real;
      this.#commands.push({ kind: "withdrawOffer", offer, agent, contact: real.contact, cause: "recovered" });
    }
    if (contact === undefined) return void this.#commands.push({ kind: "contactUnknown", contact: real.contact });
    if (isRinging(contact)) this.#endRing(contact, RECOVERED);
    else if (isTalking(contact)) this.#loseLeg(contact, "recovered");
  }

  #timerFired({ timer, token }: Input<"timerFired">): void {
    if (this.#timers.get(timer)?.token !== token) return this.#ignore("staleTimer");
    this.#timers.delete(timer);
    const colon = timer.indexOf(":");
    const name = timer.slice(0, colon) as "ring" | "bridge" | "wait" | "reoffer" | "wrapUp";
    const id = timer.slice(colon + 1);
    switch (name) {
      case "ring":
        return this.#endRing(this.#ringingOf(id as OfferId), {
          withdraw: "notAnswered",
          cause: { by: "timer", why: "missedRing" },
          blame: "notAnswered",
        });
      case "bridge":
        return this.#endRing(this.#ringingOf(id as OfferId), {
          withdraw: "bridgeTimedOut",
          cause: { by: "timer", why: "bridgeTimedOut" },
          blame: null,
        });
      case "wait": {
        const contact = must(this.#floor.contacts.get(id as ContactId), "a wait timer dies with its contact");
        if (contact.phase.kind === "waiting") this.#expire(contact, "longestWaitPassed"); // ringing: judged when the ring ends
        return;
      }
      case "reoffer": {
        const contact = must(this.#floor.contacts.get(id as ContactId), "a reoffer timer dies with its contact");
        contact.missedBy = contact.missedBy.map(({ agent }) => ({ agent, skip: false }));
        this.#freedContacts.add(contact);
        return;
      }
      case "wrapUp": {
        const agent = must(this.#floor.agents.get(id as PersonId), "a wrap-up timer dies with its wrap-up");
        return this.#endWrapUp(agent, "limit", { kind: "wrapUpLimit" });
      }
      default:
        return unreachable(name);
    }
  }

  #arm(timer: TimerName, due: Instant): void {
    this.#tokenCount += 1;
    const token = this.#tokenCount;
    this.#timers.set(timer, { due, token });
    this.#commands.push({ kind: "armTimer", timer, due, token });
  }

  #disarm(timer: TimerName): void {
    const armed = this.#timers.get(timer);
    if (armed === undefined) return;
    this.#timers.delete(timer);
    this.#commands.push({ kind: "cancelTimer", timer, token: armed.token });
  }

  #ignore(why: IgnoredWhy): void {
    this.#commands.push({ kind: "inputIgnored", input: this.#input, why });
  }

  #queueConfig(id: QueueId): QueueConfig | undefined {
    return this.#floor.queues.get(id)?.config ?? this.#floor.retired.get(id);
  }

  #agentOf(contact: Ringing | Talking): Agent {
    return must(this.#floor.agents.get(contact.phase.agent), "an engaged agent has a record");
  }

  #ringing(id: ContactId): Ringing {
    const contact = must(this.#floor.contacts.get(id), "a ringing agent's contact has a record");
    assert(isRinging(contact), "agent and contact agree on the offer");
    return contact;
  }

  #talking(id: ContactId): Talking {
    const contact = must(this.#floor.contacts.get(id), "a talking agent's contact has a record");
    assert(isTalking(contact), "agent and contact agree on the talk");
    return contact;
  }

  #ringingOf(offer: OfferId): Ringing {
    const contact = must(this.#floor.offers.get(offer), "an offer's timer dies with it");
    assert(isRinging(contact), "an open offer rings");
    return contact;
  }

  /* ---------- What can be seen ---------- */

  view(): RouterView {
    const ringing = [...this.#floor.offers.values()];
    const queues: QueueView[] = [];
    for (const queue of this.#floor.queues.values()) {
      const contacts = [...queue.lanes.values()].flatMap((lane) => lane.contacts.entries);
      contacts.push(...ringing.filter((c) => c.queue === queue.config.id && c.onlyAgent === null));
      queues.push({
        queue: queue.config.id,
        projectId: queue.config.projectId,
        waiting: contacts.sort(compareContacts).map(waitingView),
        talking: queue.talking,
        signedIn: queue.signedIn,
        available: queue.available.size,
      });
    }
    return { queues, agents: [...this.#floor.agents.values()].sort(byAgentId).map(agentView) };
  }

  agent(id: PersonId): AgentView | undefined {
    const agent = this.#floor.agents.get(id);
    return agent && agentView(agent);
  }

  whyWaiting(id: ContactId): WhyWaiting | undefined {
    const contact = this.#floor.contacts.get(id);
    const queue = contact && this.#floor.queues.get(contact.queue);
    if (contact === undefined || queue === undefined || contact.phase.kind !== "waiting") return undefined;
    const { enqueuedAt, waitDeadline } = contact;
    return {
      contact: id,
      queue: contact.queue,
      position: this.#floor.position(contact),
      enqueuedAt,
      waitDeadline,
      agents: explainWaiting(queue, contact, contact.onlyAgent === null ? undefined : this.#floor.agents.get(contact.onlyAgent)),
    };
  }

  snapshot(): RouterSnapshot {
    const floor = this.#floor;
    return {
      version: 1,
      epoch: this.#epoch,
      at: this.#now,
      counters: { offer: this.#offerCount, token: this.#tokenCount, arrival: this.#arrivalCount },
      queues: [...floor.queues.values()].map((q) => q.config),
      retiredQueues: [...floor.retired.values()].sort((a, b) => compareText(a.id, b.id)),
      agentConfigs: floor.agentConfigs,
      agents: [...floor.agents.values()].sort(byAgentId).map(agentSnapshot),
      contacts: [...floor.contacts.values()].sort(byArrival).map(contactSnapshot),
      timers: [...this.#timers].map(([timer, t]) => ({ timer, ...t })).sort((a, b) => a.token - b.token),
    };
  }

  #restore(snapshot: RouterSnapshot): void {
    this.#now = snapshot.at;
    this.#offerCount = snapshot.counters.offer;
    this.#tokenCount = snapshot.counters.token;
    this.#arrivalCount = snapshot.counters.arrival;
    for (const { agent: id, ...rest } of snapshot.agents) Object.assign(this.#floor.agent(id), rest);
    for (const contact of snapshot.contacts) this.#floor.contacts.set(contact.contact, contactFromSnapshot(contact));
    for (const { timer, due, token } of snapshot.timers) this.#timers.set(timer, { due, token });
    this.#floor.configure(snapshot.queues, snapshot.agentConfigs);
    for (const queue of snapshot.retiredQueues) this.#floor.retired.set(queue.id, queue);
  }
}

const RECOVERED: RingEnd = { withdraw: "recovered", cause: { by: "system", why: "recovered" }, blame: null };

function isRinging(contact: Contact): contact is Ringing {
  return contact.phase.kind === "ringing";
}

function isTalking(contact: Contact): contact is Talking {
  return contact.phase.kind === "talking";
}

function byArrival(a: Contact, b: Contact): number {
  return a.arrival - b.arrival;
}

function byAgentId(a: Agent, b: Agent): number {
  return compareText(a.id, b.id);
}

function waitingView(contact: Contact): QueueView["waiting"][number] {
  const { id, enqueuedAt, priority, phase } = contact;
  const ringing = phase.kind === "ringing" ? phase : null;
  return { contact: id, enqueuedAt, priority, offer: ringing?.offer ?? null, agent: ringing?.agent ?? null };
}

function agentView(agent: Agent): AgentView {
  const { id, state, since, pending, mediaProven, idleSince, missedRings } = agent;
  const contact = "contact" in state ? state.contact : null;
  return { agent: id, state, since, contact, pending, mediaProven, unavailable: unavailableCode(agent), idleSince, missedRings };
}
