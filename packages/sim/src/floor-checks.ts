/* What must hold on a floor after each input, judged from the outside: from the snapshot, the commands and what the edge really holds. */
import type { ContactId, Instant, OfferId, PersonId, QueueId } from "@allo/kernel";
import type { AgentConfig, AgentSnapshot, AgentState, ContactSnapshot, QueueConfig, RouterCommand, RouterSnapshot } from "@allo/acd";
import type { FloorConfig } from "./floor-plan.ts";

/** The truth outside the router: where each caller is. */
export type EdgePhase =
  | { readonly kind: "waiting" }
  | { readonly kind: "ringing"; readonly agent: PersonId; readonly offer: OfferId; readonly accepted: boolean }
  | { readonly kind: "talking"; readonly agent: PersonId };

export class BrokenRule extends Error {
  override readonly name = "BrokenRule";
}

/** Remembers what has to be compared across inputs. One per run. */
export class FloorChecker {
  #queues = new Map<QueueId, QueueConfig>();
  #agents = new Map<PersonId, AgentConfig>();
  readonly #agentStates = new Map<PersonId, { readonly state: AgentState; readonly seq: number }>();
  readonly #offersSeen = new Set<OfferId>();
  #restartedAt: Instant = -1;
  readonly #connected = new Set<OfferId>();

  configure(config: FloorConfig): void {
    this.#queues = new Map(config.queues.map((q) => [q.id, q]));
    this.#agents = new Map(config.agents.map((a) => [a.agent, a]));
  }

  /** After a restart that lost the journal's tail, what agents were told no longer binds, and lost timers fire again at once. */
  restarted(at: Instant): void {
    this.#restartedAt = at;
    this.#agentStates.clear();
  }

  /** Throws BrokenRule on the first rule that doesn't hold. */
  check(now: Instant, snapshot: RouterSnapshot, commands: readonly RouterCommand[], edge: ReadonlyMap<ContactId, EdgePhase>): void {
    this.#checkStories(commands);
    const contacts = new Map(snapshot.contacts.map((c) => [c.contact, c]));
    const agents = new Map(snapshot.agents.map((a) => [a.agent, a]));
    checkPlaces(contacts, agents, edge);
    checkTimers(now === this.#restartedAt ? -1 : now, snapshot, contacts);
    const waiting = snapshot.contacts.filter((c) => c.phase.kind === "waiting");
    const available = snapshot.agents.filter((a) => a.state.kind === "ready" && a.mediaProven);
    for (const contact of waiting) {
      require(now <= contact.waitDeadline, () => `${contact.contact} waits past its bound`);
      for (const agent of available) {
        const isHeldBack = contact.onlyAgent === undefined && this.#isFull(contact.queue, snapshot);
        require(!this.#mayHave(agent.agent, contact) || isHeldBack, () =>
          `${agent.agent} is idle while ${contact.contact}, which they may have, waits`);
      }
    }
    for (const command of commands) if (command.kind === "offer") this.#checkOrder(command, contacts, waiting, available, snapshot);
    for (const queue of this.#queues.values()) {
      if (queue.talkingMax === null) continue;
      for (const command of commands) {
        if (command.kind !== "offer" || command.queue !== queue.id || contacts.get(command.contact)?.onlyAgent !== undefined) continue;
        require(engaged(queue.id, snapshot) <= queue.talkingMax, () => `${queue.id} rings and talks above its cap`);
      }
    }
  }

  /** Each agent's changes form one chain, each offer is made once and claimed at most once. */
  #checkStories(commands: readonly RouterCommand[]): void {
    for (const command of commands) {
      if (command.kind === "offer") {
        require(!this.#offersSeen.has(command.offer), () => `${command.offer} is made twice`);
        this.#offersSeen.add(command.offer);
      } else if (command.kind === "connect") {
        require(!this.#connected.has(command.offer), () => `${command.offer} is claimed twice`);
        this.#connected.add(command.offer);
      } else if (command.kind === "agentChanged") {
        const { agent, from, to, seq } = command;
        const last = this.#agentStates.get(agent);
        if (last !== undefined && last.state.kind !== "offline") {
          require(JSON.stringify(last.state) === JSON.stringify(from), () => `${agent} changes from a state they were not in`);
          require(seq === last.seq + 1, () => `${agent}'s changes skip or repeat a number`);
        }
        this.#agentStates.set(agent, { state: to, seq });
      }
    }
  }

  #checkOrder(
    offer: RouterCommand & { readonly kind: "offer" },
    contacts: ReadonlyMap<ContactId, ContactSnapshot>,
    waiting: readonly ContactSnapshot[],
    available: readonly AgentSnapshot[],
    snapshot: RouterSnapshot,
  ): void {
    const given = contacts.get(offer.contact);
    if (given === undefined || given.phase.kind !== "ringing") return; // withdrawn by the same input
    require(given.onlyAgent === undefined || given.onlyAgent === offer.agent, () =>
      `${offer.agent} gets what is for ${given.onlyAgent} alone`);
    for (const other of waiting) {
      if (!this.#mayHave(offer.agent, other)) continue;
      if (given.onlyAgent !== undefined && other.onlyAgent === undefined) continue; // one's own comes first
      require(given.onlyAgent !== undefined || other.onlyAgent === undefined, () =>
        `${offer.agent} gets ${given.contact} although ${other.contact} is for them alone`);
      if (other.queue !== given.queue && this.#isFull(other.queue, snapshot)) continue;
      require(this.#ahead(given, other) <= 0, () => `${offer.agent} gets ${given.contact} although ${other.contact} is ahead`);
    }
    if (given.onlyAgent !== undefined) return;
    const rank = (agent: PersonId): number => this.#level(agent, given.queue);
    const missed = (agent: PersonId): boolean => given.missedBy.some((m) => m.agent === agent);
    const idleSince = snapshot.agents.find((a) => a.agent === offer.agent)?.idleSince ?? 0;
    for (const other of available) {
      if (!this.#mayHave(other.agent, given) || (missed(other.agent) && !missed(offer.agent))) continue;
      const isBehind = rank(other.agent) < rank(offer.agent) || (rank(other.agent) === rank(offer.agent) && other.idleSince >= idleSince);
      require(isBehind, () => `${offer.agent} gets ${given.contact} although ${other.agent} is ahead`);
    }
  }

  #ahead(a: ContactSnapshot, b: ContactSnapshot): number {
    if (a.atHead !== b.atHead) return a.atHead ? -1 : 1;
    const score = (c: ContactSnapshot): number => c.priority + (this.#queues.get(c.queue)?.priority ?? 0);
    return score(b) - score(a) || a.enqueuedAt - b.enqueuedAt;
  }

  #level(agent: PersonId, queue: QueueId): number {
    return this.#agents.get(agent)?.memberships.find((m) => m.queue === queue)?.level ?? 0;
  }

  #mayHave(agent: PersonId, contact: ContactSnapshot): boolean {
    if (contact.onlyAgent !== undefined) return contact.onlyAgent === agent && !contact.missedBy.some((m) => m.agent === agent && m.skip);
    if (this.#level(agent, contact.queue) === 0) return false;
    if (contact.missedBy.some((m) => m.agent === agent && m.skip)) return false;
    const skills = this.#agents.get(agent)?.skills ?? [];
    return contact.requirements.every((r) => skills.some((s) => s.skill === r.skill && s.level >= r.level));
  }

  #isFull(queue: QueueId, snapshot: RouterSnapshot): boolean {
    const max = this.#queues.get(queue)?.talkingMax ?? null;
    return max !== null && engaged(queue, snapshot) >= max;
  }
}

function engaged(queue: QueueId, snapshot: RouterSnapshot): number {
  return snapshot.contacts.filter((c) => c.queue === queue && c.onlyAgent === undefined && c.phase.kind !== "waiting").length;
}

/** Every contact is in exactly one place, the same for router, agent and edge. */
function checkPlaces(
  contacts: ReadonlyMap<ContactId, ContactSnapshot>,
  agents: ReadonlyMap<PersonId, AgentSnapshot>,
  edge: ReadonlyMap<ContactId, EdgePhase>,
): void {
  const held = new Set<PersonId>();
  for (const { contact, phase } of contacts.values()) {
    const real = edge.get(contact);
    require(real?.kind === phase.kind, () => `${contact}: the router says ${phase.kind}, the edge ${real?.kind ?? "gone"}`);
    if (phase.kind === "waiting") continue;
    require(!held.has(phase.agent), () => `${phase.agent} holds two contacts`);
    held.add(phase.agent);
    require(real !== undefined && real.kind !== "waiting" && real.agent === phase.agent, () =>
      `${contact} is with another agent at the edge`);
    const state = agents.get(phase.agent)?.state;
    require(state?.kind === phase.kind && state.contact === contact, () => `${phase.agent} doesn't know of ${contact}`);
  }
  for (const contact of edge.keys()) require(contacts.has(contact), () => `${contact} is open at the edge, unknown to the router`);
  for (const { agent, state } of agents.values()) {
    if (state.kind === "ringing" || state.kind === "talking") require(held.has(agent), () => `${agent} is ${state.kind} with nobody`);
  }
}

/** Whoever rings, waits or wraps up has a timer that ends it; no timer outlives its reason or is overdue. */
function checkTimers(now: Instant, snapshot: RouterSnapshot, contacts: ReadonlyMap<ContactId, ContactSnapshot>): void {
  const armed = new Set<string>(snapshot.timers.map((t) => t.timer));
  const due = new Set<string>();
  for (const { contact, phase, missedBy } of contacts.values()) {
    if (phase.kind === "ringing") due.add(phase.accepted ? `bridge:${phase.offer}` : `ring:${phase.offer}`);
    if (phase.kind === "waiting") due.add(`wait:${contact}`);
    if (phase.kind === "waiting" && missedBy.some((m) => m.skip)) due.add(`reoffer:${contact}`);
  }
  for (const { agent, state } of snapshot.agents) if (state.kind === "wrapUp") due.add(`wrapUp:${agent}`);
  for (const name of due) require(armed.has(name), () => `nothing ends ${name}`);
  for (const { timer, due: at } of snapshot.timers) {
    require(at >= now, () => `${timer} is overdue`);
    const mayRest = timer.startsWith("wait:") && contacts.get(timer.slice(5) as ContactId)?.phase.kind === "ringing";
    require(due.has(timer) || mayRest, () => `${timer} outlives its reason`);
  }
}

function require(holds: boolean, message: () => string): asserts holds {
  if (!holds) throw new BrokenRule(message());
}
