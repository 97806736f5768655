/*
 * The engine's tables and their indices. A queue keeps its members, those available in rank order, and its waiting contacts in
 * lanes of equal requirements: an agent looks at the head of each lane they qualify for, never at each contact.
 */
import { assert } from "@allo/kernel";
import type { ContactId, CustomerId, Instant, OfferId, PersonId, QueueId, SkillId } from "@allo/kernel";
import { RankedList } from "./ranked-list.ts";
import type {
  AgentConfig,
  AgentSnapshot,
  AgentState,
  ContactPhase,
  ContactSnapshot,
  Level,
  PassedOverCode,
  PendingState,
  QueueConfig,
  SkillRequirement,
} from "./router-types.ts";

export type Agent = {
  readonly id: PersonId;
  state: AgentState;
  since: Instant;
  pending: PendingState;
  mediaProven: boolean;
  /** End of the last contact from a queue, or signing in. A break doesn't touch it, so going not ready gains nothing. */
  idleSince: Instant;
  missedRings: number;
  seq: number;
  closedOffer: AgentSnapshot["closedOffer"];
  memberships: ReadonlyMap<QueueId, Level>;
  skills: ReadonlyMap<SkillId, Level>;
  /** What the queues' indices hold of this agent now. */
  indexed: { signedIn: boolean; notReady: boolean; available: boolean };
};

export type Contact = {
  readonly id: ContactId;
  readonly queue: QueueId;
  readonly enqueuedAt: Instant;
  readonly priority: number;
  readonly requirements: readonly SkillRequirement[];
  readonly customerRef: CustomerId | null;
  readonly arrival: number;
  atHead: boolean;
  waitDeadline: Instant;
  phase: ContactPhase;
  missedBy: readonly { readonly agent: PersonId; readonly skip: boolean }[];
  /** Own priority and the queue's. */
  score: number;
  /** Nobody else is asked; it is counted in no queue and stands in no lane. */
  readonly onlyAgent: PersonId | null;
  /** Beside another contact: see `RouterInput`. */
  readonly isAside: boolean;
};

export type Lane = { readonly requirements: readonly SkillRequirement[]; readonly contacts: RankedList<Contact> };

export type Queue = {
  readonly config: QueueConfig;
  readonly members: Agent[];
  readonly available: RankedList<Agent>;
  readonly lanes: Map<string, Lane>;
  waiting: number;
  ringing: number;
  talking: number;
  signedIn: number;
  notReady: number;
};

export class Floor {
  readonly agents = new Map<PersonId, Agent>();
  readonly contacts = new Map<ContactId, Contact>();
  readonly offers = new Map<OfferId, Contact>();
  readonly queues = new Map<QueueId, Queue>();
  readonly retired = new Map<QueueId, QueueConfig>();
  /** Waiting contacts for one agent alone. */
  readonly personal = new Map<PersonId, RankedList<Contact>>();
  #agentConfigs: readonly AgentConfig[] = [];

  get agentConfigs(): readonly AgentConfig[] {
    return this.#agentConfigs;
  }

  /** Replaces queues, memberships and skills and builds every index anew. Contacts of vanished queues are left to the caller. */
  configure(queues: readonly QueueConfig[], agents: readonly AgentConfig[]): void {
    for (const queue of this.queues.values()) this.retired.set(queue.config.id, queue.config);
    this.queues.clear();
    this.personal.clear();
    for (const config of [...queues].sort(byId)) {
      this.retired.delete(config.id);
      this.queues.set(config.id, newQueue(config));
    }
    this.#agentConfigs = [...agents].sort((a, b) => compareText(a.agent, b.agent));
    for (const agent of this.agents.values()) {
      agent.memberships = new Map();
      agent.skills = new Map();
    }
    for (const config of this.#agentConfigs) {
      const agent = this.agent(config.agent);
      agent.memberships = new Map(config.memberships.filter((m) => this.queues.has(m.queue)).map((m) => [m.queue, m.level]));
      agent.skills = new Map(config.skills.map((s) => [s.skill, s.level]));
    }
    for (const agent of this.agents.values()) {
      agent.indexed = { signedIn: false, notReady: false, available: false };
      for (const id of agent.memberships.keys()) this.queues.get(id)?.members.push(agent);
      this.#index(agent);
      this.#forgetIfGone(agent);
    }
    for (const queue of this.queues.values()) queue.members.sort(byLevelThenId(queue.config.id));
    for (const contact of this.contacts.values()) {
      contact.score = contact.priority + (this.queues.get(contact.queue)?.config.priority ?? 0);
      this.#count(contact, 1);
    }
  }

  /** The agent's record; a new one is offline and serves no queue. */
  agent(id: PersonId): Agent {
    const known = this.agents.get(id);
    if (known !== undefined) return known;
    const agent: Agent = {
      id,
      state: { kind: "offline" },
      since: 0,
      pending: null,
      mediaProven: false,
      idleSince: 0,
      missedRings: 0,
      seq: 0,
      closedOffer: null,
      memberships: new Map(),
      skills: new Map(),
      indexed: { signedIn: false, notReady: false, available: false },
    };
    this.agents.set(id, agent);
    return agent;
  }

  /** Brings the queues' indices in line after a change of state or media path. `idleSince` may change only while not available. */
  #index(agent: Agent): void {
    const signedIn = agent.state.kind !== "offline";
    const notReady = agent.state.kind === "notReady";
    const available = agent.state.kind === "ready" && agent.mediaProven;
    const was = agent.indexed;
    for (const id of agent.memberships.keys()) {
      const queue = this.queues.get(id);
      if (queue === undefined) continue;
      queue.signedIn += Number(signedIn) - Number(was.signedIn);
      queue.notReady += Number(notReady) - Number(was.notReady);
      if (available && !was.available) queue.available.add(agent);
      if (!available && was.available) assert(queue.available.remove(agent), "an available agent is listed in each of their queues");
    }
    agent.indexed = { signedIn, notReady, available };
  }

  setAgent(agent: Agent, change: Partial<Pick<Agent, "state" | "pending" | "mediaProven" | "since">>): void {
    Object.assign(agent, change);
    this.#index(agent);
    if (agent.state.kind === "offline" && agent.memberships.size === 0) this.#forgetIfGone(agent);
  }

  setIdleSince(agent: Agent, at: Instant): void {
    assert(!agent.indexed.available, "an available agent keeps their place");
    agent.idleSince = at;
  }

  addContact(contact: Contact): void {
    this.contacts.set(contact.id, contact);
    this.#count(contact, 1);
  }

  removeContact(contact: Contact): void {
    this.#count(contact, -1);
    this.contacts.delete(contact.id);
  }

  /** Moves a contact between waiting, ringing and talking; `change` may carry rank fields, applied while it stands in no list. */
  setPhase(contact: Contact, phase: ContactPhase, change?: Partial<Pick<Contact, "atHead" | "waitDeadline" | "missedBy">>): void {
    this.#count(contact, -1);
    contact.phase = phase;
    if (change !== undefined) Object.assign(contact, change);
    this.#count(contact, 1);
  }

  #count(contact: Contact, by: 1 | -1): void {
    const phase = contact.phase;
    if (phase.kind === "ringing") {
      if (by === 1) this.offers.set(phase.offer, contact);
      else this.offers.delete(phase.offer);
    }
    if (contact.onlyAgent !== null) {
      if (phase.kind === "waiting") this.#countPersonal(contact, contact.onlyAgent, by);
      return;
    }
    const queue = this.queues.get(contact.queue);
    if (queue === undefined) return;
    queue[phase.kind] += by;
    if (phase.kind !== "waiting") return;
    const key = laneKey(contact.requirements);
    let lane = queue.lanes.get(key);
    if (lane === undefined) {
      assert(by === 1, "a waiting contact has its lane");
      lane = { requirements: contact.requirements, contacts: new RankedList(compareContacts) };
      queue.lanes.set(key, lane);
    }
    if (by === 1) lane.contacts.add(contact);
    else assert(lane.contacts.remove(contact), "a waiting contact is listed in its lane");
    if (lane.contacts.size === 0) queue.lanes.delete(key);
  }

  #countPersonal(contact: Contact, agent: PersonId, by: 1 | -1): void {
    const list = this.personal.get(agent) ?? new RankedList(compareContacts);
    if (by === 1) list.add(contact);
    else assert(list.remove(contact), "a waiting contact is listed with its agent");
    if (list.size === 0) this.personal.delete(agent);
    else this.personal.set(agent, list);
  }

  /** Forgets queues that are no longer configured and carry no talk. */
  dropDrained(): void {
    if (this.retired.size === 0) return;
    const used = new Set<QueueId>();
    for (const contact of this.contacts.values()) used.add(contact.queue);
    for (const agent of this.agents.values()) if (agent.state.kind === "wrapUp") used.add(agent.state.queue);
    for (const id of this.retired.keys()) if (!used.has(id)) this.retired.delete(id);
  }

  #forgetIfGone(agent: Agent): void {
    if (agent.state.kind === "offline" && !this.#isConfigured(agent)) this.agents.delete(agent.id);
  }

  #isConfigured(agent: Agent): boolean {
    return agent.memberships.size > 0 || agent.skills.size > 0 || this.#agentConfigs.some((c) => c.agent === agent.id);
  }

  /** What waits for this agent alone. */
  personalFor(agent: Agent): Contact | undefined {
    return this.personal.get(agent.id)?.entries.find((c) => !isSkipped(c, agent.id));
  }

  /** The contact this agent should have next, of those they may have. */
  firstFor(agent: Agent): Contact | undefined {
    const own = this.personalFor(agent);
    if (own !== undefined) return own;
    let best: Contact | undefined;
    for (const id of agent.memberships.keys()) {
      const queue = this.queues.get(id);
      if (queue === undefined || queue.waiting === 0 || isAtCapacity(queue)) continue;
      for (const lane of queue.lanes.values()) {
        if (!qualifies(agent, lane.requirements)) continue;
        const first = lane.contacts.entries.find((c) => !isSkipped(c, agent.id)); // skipped ones are few: a miss ends in a break
        if (first !== undefined && (best === undefined || compareContacts(first, best) < 0)) best = first;
      }
    }
    return best;
  }

  /** The agent who should have this contact: level, then longest idle; one who missed it only when nobody else may. */
  firstAgentFor(contact: Contact): Agent | undefined {
    const queue = this.queues.get(contact.queue);
    if (queue !== undefined && contact.onlyAgent !== null) {
      const only = this.agents.get(contact.onlyAgent);
      if (contact.isAside) return only !== undefined && canBeAsked(only) ? only : undefined;
      return only?.indexed.available === true && !isSkipped(contact, only.id) ? only : undefined;
    }
    if (queue === undefined || isAtCapacity(queue)) return undefined;
    let again: Agent | undefined;
    for (const agent of queue.available.entries) {
      if (!qualifies(agent, contact.requirements) || isSkipped(contact, agent.id)) continue;
      if (!hasMissed(contact, agent.id)) return agent;
      again ??= agent;
    }
    return again;
  }

  /** From 1, among the waiting of its queue. */
  position(contact: Contact): number {
    if (contact.onlyAgent !== null) return (this.personal.get(contact.onlyAgent)?.rankOf(contact) ?? 0) + 1;
    let ahead = 0;
    for (const lane of this.queues.get(contact.queue)?.lanes.values() ?? []) ahead += lane.contacts.rankOf(contact);
    return ahead + 1;
  }
}

/** Head of the queue first, then score, then FIFO by `enqueuedAt`; the order of arrival breaks ties. */
export function compareContacts(a: Contact, b: Contact): number {
  if (a.atHead !== b.atHead) return a.atHead ? -1 : 1;
  return b.score - a.score || a.enqueuedAt - b.enqueuedAt || a.arrival - b.arrival;
}

export function qualifies(agent: Agent, requirements: readonly SkillRequirement[]): boolean {
  for (const { skill, level } of requirements) if ((agent.skills.get(skill) ?? 0) < level) return false;
  return true;
}

/** Free of any contact, ready or not, and can be heard. */
export function canBeAsked({ state, mediaProven }: Pick<Agent, "state" | "mediaProven">): boolean {
  return (state.kind === "ready" || state.kind === "notReady") && mediaProven;
}

export function isSkipped(contact: Contact, agent: PersonId): boolean {
  return contact.missedBy.length > 0 && contact.missedBy.some((m) => m.agent === agent && m.skip);
}

export function hasMissed(contact: Contact, agent: PersonId): boolean {
  return contact.missedBy.length > 0 && contact.missedBy.some((m) => m.agent === agent);
}

export function isAtCapacity(queue: Queue): boolean {
  return queue.config.talkingMax !== null && queue.ringing + queue.talking >= queue.config.talkingMax;
}

/** What keeps an agent from any contact; null = available. */
export function unavailableCode(agent: Agent): PassedOverCode | null {
  const state = agent.state;
  if (state.kind === "notReady") return `notReady:${state.reason}`;
  if (state.kind !== "ready") return state.kind;
  return agent.mediaProven ? null : "mediaNotProven";
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function contactFromSnapshot(s: ContactSnapshot): Contact {
  const { contact, ...rest } = s;
  return { id: contact, ...rest, score: s.priority, onlyAgent: s.onlyAgent ?? null, isAside: s.isAside ?? false };
}

export function contactSnapshot(c: Contact): ContactSnapshot {
  const { id, queue, enqueuedAt, priority, requirements, customerRef, arrival, atHead, waitDeadline, phase, missedBy } = c;
  const only = c.onlyAgent === null ? {} : { onlyAgent: c.onlyAgent };
  const aside = c.isAside ? { isAside: true as const } : {};
  return {
    ...only,
    ...aside,
    contact: id,
    queue,
    enqueuedAt,
    priority,
    requirements,
    customerRef,
    arrival,
    atHead,
    waitDeadline,
    phase,
    missedBy,
  };
}

export function agentSnapshot(a: Agent): AgentSnapshot {
  const { id, state, since, pending, mediaProven, idleSince, missedRings, seq, closedOffer } = a;
  return { agent: id, state, since, pending, mediaProven, idleSince, missedRings, seq, closedOffer };
}

function newQueue(config: QueueConfig): Queue {
  return {
    config,
    members: [],
    available: new RankedList(byRank(config.id)),
    lanes: new Map(),
    waiting: 0,
    ringing: 0,
    talking: 0,
    signedIn: 0,
    notReady: 0,
  };
}

function byId(a: QueueConfig, b: QueueConfig): number {
  return compareText(a.id, b.id);
}

function byLevelThenId(queue: QueueId): (a: Agent, b: Agent) => number {
  return (a, b) => (b.memberships.get(queue) ?? 0) - (a.memberships.get(queue) ?? 0) || compareText(a.id, b.id);
}

function byRank(queue: QueueId): (a: Agent, b: Agent) => number {
  return (a, b) =>
    (b.memberships.get(queue) ?? 0) - (a.memberships.get(queue) ?? 0) || a.idleSince - b.idleSince || compareText(a.id, b.id);
}

/** Equal requirements, equal lane, whatever their order. */
function laneKey(requirements: readonly SkillRequirement[]): string {
  if (requirements.length === 0) return "";
  return requirements
    .map((r) => `${r.skill}:${r.level}`)
    .sort()
    .join(",");
}
