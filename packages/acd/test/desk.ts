/* A small floor for tests: short names, a clock that the test moves, timers that fire when it passes them. */
import { SECOND_MS } from "@allo/kernel";
import type { ContactId, OfferId, PersonId, ProjectId, QueueId, ReasonId, SkillId } from "@allo/kernel";
import { createRouter } from "../src/index.ts";
import type {
  AgentState,
  AgentView,
  Level,
  QueueConfig,
  Router,
  RouterCommand,
  RouterInput,
  SkillRequirement,
  TimerName,
} from "../src/index.ts";

export const agentId = (name: string): PersonId => `per_${name}` as PersonId;
export const contactId = (name: string): ContactId => `con_${name}` as ContactId;
export const queueId = (name: string): QueueId => `que_${name}` as QueueId;
export const skillId = (name: string): SkillId => `skl_${name}` as SkillId;
export const BREAK = "rsn_break" as ReasonId;

export function queueNamed(name: string, change: Partial<QueueConfig> = {}): QueueConfig {
  return {
    id: queueId(name),
    projectId: "prj_1" as ProjectId,
    ringTimeoutMs: 20 * SECOND_MS,
    waitMaxMs: 600 * SECOND_MS,
    sizeMax: 100,
    wrapUpMs: 60 * SECOND_MS,
    wrapUpExtensionMs: 30 * SECOND_MS,
    missedRingsMax: 2,
    declineCountsAsMissed: true,
    priority: 0,
    talkingMax: null,
    notReadyCountsAsSignedIn: true,
    ...change,
  };
}

export type DeskAgent = {
  readonly name: string;
  readonly queues?: Readonly<Record<string, Level>>;
  readonly skills?: Readonly<Record<string, Level>>;
};

type Untimed<T> = T extends unknown ? Omit<T, "at"> : never;

export class Desk {
  now = 1_000_000;
  router: Router = createRouter({ epoch: "t" });
  readonly inputs: RouterInput[] = [];
  readonly log: RouterCommand[] = [];
  readonly #timers = new Map<TimerName, { readonly due: number; readonly token: number }>();

  constructor(agents: readonly DeskAgent[], queues: readonly QueueConfig[] = [queueNamed("a")]) {
    this.configure(agents, queues);
  }

  configure(agents: readonly DeskAgent[], queues: readonly QueueConfig[] = [queueNamed("a")]): RouterCommand[] {
    return this.send({
      kind: "configured",
      queues,
      agents: agents.map(({ name, queues: levels = { a: 1 }, skills = {} }) => ({
        agent: agentId(name),
        memberships: Object.entries(levels).map(([queue, level]) => ({ queue: queueId(queue), level })),
        skills: Object.entries(skills).map(([skill, level]) => ({ skill: skillId(skill), level })),
      })),
    });
  }

  send(input: Untimed<RouterInput>): RouterCommand[] {
    const timed = { ...input, at: this.now } as RouterInput;
    this.inputs.push(timed);
    const commands = this.router.handle(timed);
    this.log.push(...commands);
    for (const c of commands) {
      if (c.kind === "armTimer") this.#timers.set(c.timer, c);
      if (c.kind === "cancelTimer" && this.#timers.get(c.timer)?.token === c.token) this.#timers.delete(c.timer);
    }
    return commands;
  }

  /** Moves the clock, firing each timer at its time; gives all commands on the way. */
  pass(seconds: number): RouterCommand[] {
    const end = this.now + seconds * SECOND_MS;
    const commands: RouterCommand[] = [];
    for (;;) {
      const [next] = [...this.#timers].filter(([, t]) => t.due <= end).sort((x, y) => x[1].due - y[1].due || x[1].token - y[1].token);
      if (next === undefined) break;
      const [timer, { due, token }] = next;
      this.#timers.delete(timer);
      this.now = Math.max(this.now, due);
      commands.push(...this.send({ kind: "timerFired", timer, token }));
    }
    this.now = end;
    return commands;
  }

  signIn(...names: string[]): void {
    for (const name of names) {
      this.send({ kind: "agentSignedIn", agent: agentId(name), mediaProven: true });
      this.send({ kind: "readyRequested", agent: agentId(name) });
      this.now += 1; // each a little later: a known order of idleness
    }
  }

  call(
    name: string,
    change: { queue?: string; priority?: number; requirements?: SkillRequirement[]; enqueuedAt?: number; only?: string } = {},
  ): RouterCommand[] {
    const { queue = "a", priority = 0, requirements = [], enqueuedAt = this.now } = change;
    const commands = this.send({
      kind: "contactQueued",
      contact: contactId(name),
      queue: queueId(queue),
      enqueuedAt,
      priority,
      requirements,
      ...(change.only === undefined ? {} : { onlyAgent: agentId(change.only) }),
    });
    this.now += 1;
    return commands;
  }

  /** The offer that rings at this agent. */
  offerTo(name: string): OfferId {
    const state = this.state(name);
    if (state.kind !== "ringing") throw new Error(`${name} is ${state.kind}`);
    return state.offer;
  }

  accept(name: string): RouterCommand[] {
    return this.send({ kind: "offerAccepted", offer: this.offerTo(name), agent: agentId(name) });
  }

  /** Accepts and bridges what rings at this agent. */
  answer(name: string): void {
    this.accept(name);
    const state = this.state(name);
    if (state.kind !== "ringing") throw new Error(`${name} is ${state.kind}`);
    this.send({ kind: "bridged", contact: state.contact });
  }

  agent(name: string): AgentView {
    const found = this.router.view().agents.find((a) => a.agent === agentId(name));
    if (found === undefined) throw new Error(`no agent ${name}`);
    return found;
  }

  state(name: string): AgentState {
    return this.agent(name).state;
  }

  /** Names of the waiting and ringing, in order. */
  waiting(queue = "a"): string[] {
    return (this.router.view().queues.find((q) => q.queue === queueId(queue))?.waiting ?? []).map((w) => w.contact.slice(4));
  }
}

/** Commands of one kind. */
export function only<K extends RouterCommand["kind"]>(commands: readonly RouterCommand[], kind: K): Extract<RouterCommand, { kind: K }>[] {
  return commands.filter((c): c is Extract<RouterCommand, { kind: K }> => c.kind === kind);
}
