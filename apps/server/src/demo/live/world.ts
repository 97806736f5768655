// The living world: everybody who calls and everybody who answers, on one beat. It reaches the centre only by what a caller and an agent
// have: SIP and RTP on one side, the public API, the desk and a phone on the other.
import { createPrng, Heap, type Clock, type Prng } from "@allo/kernel";
import { createAgentPhones, createCallers, type AgentPhones, type Callers, type CallTarget, type PlacedCall } from "@allo/node-caller";
import { strangerNumber } from "../seed/customers.ts";
import type { DemoAgent, DemoLine, DemoWorld } from "../world-file.ts";
import { createAgentClient, type AgentClient } from "./agent-client.ts";
import { agentAtHome, stepAgent, type AgentCommand, type AgentState, type AgentWorld } from "./core/agent-machine.ts";
import { drawHalfHour, drawRepeat, type ArrivalLine, type CallPlan } from "./core/arrivals.ts";
import { beginCaller, stepCaller, type CallerCommand, type CallerEvent, type CallerState } from "./core/caller-machine.ts";
import { createDayShape, halfHourOf, type DayShape } from "./core/day-shape.ts";
import { createRoster, type Roster } from "./core/roster.ts";
import { createLocalClock, type LocalClock } from "./local-clock.ts";
import { openJournal, type Journal } from "./journal.ts";
import type { Voices } from "./voices.ts";

export const worldLimits = {
  beatMs: 200,
  /** Calls open at once; who would be one more doesn't call. */
  callsOpenMax: 200,
  /** Arrivals that a stalled or sleeping machine missed by more are left out. */
  lateMsMax: 15_000,
  /** Agents who come to work together sign in one after the other. */
  signInEveryMs: 250,
} as const;

export type WorldOptions = {
  readonly url: string;
  readonly sip: CallTarget;
  readonly world: DemoWorld;
  readonly callsPerHour: number;
  readonly talkSecondsMax: number;
  /** No busy hours and no shifts: the same all day, for measuring. */
  readonly steady: boolean;
  readonly voices: Voices;
  readonly clock: Clock;
  readonly dataFolder: string;
  readonly log: { warn(fields: object, message: string): void; info(fields: object, message: string): void };
};

type Caller = {
  readonly plan: CallPlan;
  readonly call: PlacedCall;
  readonly placedAt: number;
  state: CallerState;
  answeredAt: number | null;
  pickedUpAt: number | null;
};
type Agent = {
  readonly who: DemoAgent;
  readonly client: AgentClient;
  readonly world: AgentWorld;
  readonly prng: Prng;
  state: AgentState;
  talk: { readonly contactId: string; readonly from: number; readonly heard: number; readonly sent: number } | null;
};

export type World = { readonly stop: () => Promise<void> };

/** Opens the phones and begins. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const { clock, world } = options;
  const callers = await createCallers({ bindAddress: options.sip.address, clock, log: options.log });
  const phones = await createAgentPhones({ bindAddress: options.sip.address, clock, log: options.log });
  const live = new LiveWorld({ ...options, callers, phones, localClock: createLocalClock(world.timeZone) });
  const timer = setInterval(() => live.beat(), worldLimits.beatMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await live.stop();
      await callers.close();
      await phones.close();
    },
  };
}

type LiveWorldOptions = WorldOptions & { readonly callers: Callers; readonly phones: AgentPhones; readonly localClock: LocalClock };

class LiveWorld {
  readonly #options: LiveWorldOptions;
  readonly #prng: Prng;
  readonly #shape: DayShape;
  readonly #roster: Roster;
  readonly #arrivalLines: readonly ArrivalLine[];
  readonly #agents: readonly Agent[];
  readonly #journal: Journal;
  readonly #startedAt: number;
  readonly #open = new Set<Caller>();
  readonly #coming = new Heap<CallPlan>((a, b) => a.at < b.at);
  #drawnHalfHour = -1;
  #nextSignInAt = 0;
  #counts = { placed: 0, pickedUp: 0, lost: 0, leftOut: 0 };

  constructor(options: LiveWorldOptions) {
    const { world, clock } = options;
    this.#options = options;
    this.#prng = createPrng(`demo/${world.seed}/live`);
    this.#startedAt = clock.now();
    this.#shape = createDayShape({ ...world, steady: options.steady });
    this.#arrivalLines = world.lines.map((line) => arrivalLineOf(line, world));
    this.#roster = createRoster(
      this.#prng.child("roster"),
      world.agents.map(({ personId, lines }) => ({ personId, group: lines[0] ?? "" })),
    );
    this.#journal = openJournal(options.dataFolder, (error) => options.log.warn({ error: String(error) }, "the journal can't be written"));
    this.#agents = world.agents.map((who) => this.#hire(who));
  }

  beat(): void {
    const now = this.#options.clock.now();
    this.#drawArrivals(now);
    this.#placeDue(now);
    for (const caller of this.#open) this.#feedCaller(caller, { kind: "ticked", at: now, hearing: caller.call.hearing() });
    for (const agent of this.#agents) this.#stepAgent(agent, now);
    this.#journal.figures({
      at: now,
      startedAt: this.#startedAt,
      callsPlaced: this.#counts.placed,
      callsOpen: this.#open.size,
      callsPickedUp: this.#counts.pickedUp,
      callsLost: this.#counts.lost,
      callsLeftOut: this.#counts.leftOut,
      agentsIn: this.#agents.filter(({ client }) => client.isSignedIn()).length,
      agentsReady: this.#agents.filter(({ client }) => client.desk()?.state === "ready").length,
      agentsTalking: this.#agents.filter(({ client }) => client.desk()?.state === "talking").length,
    });
  }

  /** Callers hang up first, so that agents' talks end as talks do. */
  async stop(): Promise<void> {
    for (const { call } of this.#open) call.hangUp();
    await Promise.all(this.#agents.map(({ client }) => client.close()));
    await this.#journal.close();
  }

  // ---- Callers

  #drawArrivals(now: number): void {
    const halfHour = halfHourOf(now);
    if (halfHour === this.#drawnHalfHour) return;
    const isFirst = this.#drawnHalfHour < 0;
    this.#drawnHalfHour = halfHour;
    const perHour = this.#options.callsPerHour * this.#shape.rateFactor(this.#options.localClock(now));
    const drawn = drawHalfHour({
      prng: this.#prng.child("arrivals"),
      halfHour,
      perHour,
      lines: this.#arrivalLines,
      talkSecondsMax: this.#options.talkSecondsMax,
    });
    // What lies before the start isn't made up for.
    for (const plan of drawn) if (!isFirst || plan.at >= now) this.#coming.push(plan);
  }

  #placeDue(now: number): void {
    for (let plan = this.#coming.peek(); plan !== undefined && plan.at <= now; plan = this.#coming.peek()) {
      this.#coming.pop();
      if (this.#open.size >= worldLimits.callsOpenMax || now - plan.at > worldLimits.lateMsMax) this.#counts.leftOut += 1;
      else this.#place(plan, now);
    }
  }

  #place(plan: CallPlan, now: number): void {
    const call = this.#options.callers.place({
      target: this.#options.sip,
      number: plan.dialled,
      from: { number: plan.from, ...(plan.name === null ? {} : { name: plan.name }) },
    });
    const caller: Caller = { plan, call, placedAt: now, state: beginCaller(now), answeredAt: null, pickedUpAt: null };
    this.#open.add(caller);
    this.#counts.placed += 1;
    call.on((event) => {
      const at = this.#options.clock.now();
      if (event.kind === "answered") {
        caller.answeredAt = at;
        this.#feedCaller(caller, { kind: "answered", at });
      } else if (event.kind === "ended") {
        this.#feedCaller(caller, { kind: "ended", at });
        this.#forget(caller, { at, by: event.by, status: event.status });
      }
    });
  }

  #feedCaller(caller: Caller, event: CallerEvent): void {
    const before = caller.state.kind;
    const step = stepCaller(caller.plan, caller.state, event);
    caller.state = step.state;
    if (before !== "talking" && step.state.kind === "talking") {
      caller.pickedUpAt = event.at;
      this.#counts.pickedUp += 1;
    }
    for (const command of step.commands) this.#runCaller(caller, command, event.at);
  }

  #runCaller(caller: Caller, command: CallerCommand, at: number): void {
    switch (command.kind) {
      case "say": {
        const voice = this.#options.voices.ofCaller(caller.plan.line, command.what, command.index);
        const said = voice === null ? Promise.resolve("completed") : caller.call.play(voice);
        void said.then(() => this.#feedCaller(caller, { kind: "spoken", at: this.#options.clock.now(), hearing: caller.call.hearing() }));
        return;
      }
      case "hearAnew":
        caller.call.hearAnew();
        return;
      case "hangUp":
        caller.call.hangUp();
        return;
      case "wasLost": {
        this.#counts.lost += 1;
        const again = drawRepeat(this.#prng, caller.plan, at);
        if (again !== null) this.#coming.push(again);
      }
    }
  }

  #forget(caller: Caller, end: { readonly at: number; readonly by: "us" | "peer" | "network"; readonly status: number | null }): void {
    if (!this.#open.delete(caller)) return;
    const { packets, lostPackets } = caller.call.hearing();
    this.#journal.note({
      kind: "call",
      sipCallId: caller.call.callId,
      line: caller.plan.line,
      from: caller.plan.from,
      placedAt: caller.placedAt,
      answeredAt: caller.answeredAt,
      pickedUpAt: caller.pickedUpAt,
      endedAt: end.at,
      by: end.by,
      status: end.status,
      packetsHeard: packets,
      packetsLost: lostPackets,
    });
  }

  // ---- Agents

  #hire(who: DemoAgent): Agent {
    const { url, phones, log, world } = this.#options;
    const lineOf = (queueId: string): DemoLine | undefined => world.lines.find(({ queueIds }) => queueIds.includes(queueId));
    const reasonOf = (what: "break" | "lunch" | "away"): string | undefined => {
      const code = what === "away" ? "personalBreak" : what;
      return (world.reasons.find((reason) => reason.code === code) ?? world.reasons[0])?.reasonId;
    };
    return {
      who,
      client: createAgentClient({ url, who, phones, log }),
      world: { speed: who.speed, lineOf, reasonOf },
      prng: this.#prng.child(`agent/${who.personId}/${this.#startedAt}`),
      state: agentAtHome,
      talk: null,
    };
  }

  #stepAgent(agent: Agent, at: number): void {
    const { client, who } = agent;
    const desk = client.isSignedIn() ? client.desk() : null;
    // Between signing in and the first word of the desk there is nothing to press.
    if (desk === null && client.isSignedIn()) return;
    const duty = this.#roster.dutyOf(who.personId, at, (when) => this.#shape.onShift(this.#options.localClock(when)));
    if (desk === null && duty.kind !== "home" && at < this.#nextSignInAt) return;
    const speechMs = client.phone?.hearing().speechMs ?? 0;
    this.#noteTalk(agent, desk?.state === "talking" ? (desk.contact?.contactId ?? null) : null, at);
    this.#feedAgent(agent, { kind: "ticked", at, duty, desk, speechMs });
  }

  #feedAgent(agent: Agent, event: Parameters<typeof stepAgent>[3]): void {
    const step = stepAgent(agent.world, agent.prng, agent.state, event);
    agent.state = step.state;
    for (const command of step.commands) this.#runAgent(agent, command, event.at);
  }

  #runAgent(agent: Agent, command: AgentCommand, at: number): void {
    const { phone } = agent.client;
    switch (command.kind) {
      case "voice":
        phone?.setVoice(command.open);
        if (!command.open) phone?.stopPlaying();
        return;
      case "say": {
        const queueId = agent.client.desk()?.contact?.queueId;
        const language = this.#options.world.lines.find((line) => queueId !== undefined && line.queueIds.includes(queueId))?.language;
        const voice = this.#options.voices.ofAgent(language ?? agent.who.language, command.what, command.index);
        const said = voice === null || phone === null ? Promise.resolve("completed") : phone.play(voice);
        void said.then(() =>
          this.#feedAgent(agent, {
            kind: "spoken",
            at: this.#options.clock.now(),
            speechMs: agent.client.phone?.hearing().speechMs ?? 0,
          }),
        );
        return;
      }
      case "signIn":
        this.#nextSignInAt = at + worldLimits.signInEveryMs;
        void agent.client.act(command);
        return;
      default:
        void agent.client.act(command);
    }
  }

  #noteTalk(agent: Agent, contactId: string | null, at: number): void {
    const { talk, client } = agent;
    if (talk?.contactId === (contactId ?? undefined)) return;
    const heard = client.phone?.hearing().packets ?? 0;
    const sent = client.phone?.packetsSent() ?? 0;
    if (talk !== null)
      this.#journal.note({
        kind: "talk",
        contactId: talk.contactId,
        personId: agent.who.personId,
        from: talk.from,
        to: at,
        packetsHeard: heard - talk.heard,
        packetsSent: sent - talk.sent,
      });
    agent.talk = contactId === null ? null : { contactId, from: at, heard, sent };
  }
}

function arrivalLineOf(line: DemoLine, world: DemoWorld): ArrivalLine {
  const customers = world.customers.filter((customer) => customer.line === line.key);
  return { ...line, customers, strangerNumber: (index) => strangerNumber(line.key, index) };
}
