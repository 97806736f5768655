/*
 * The floor world: the real router on virtual time, with callers, agents and faults from a plan. The world plays edge and shell:
 * it runs commands, keeps the journal, restarts the core from it, and lets every race happen (late accepts, stale timers).
 */
import { createHash } from "node:crypto";
import { createPrng, Heap, must, SECOND_MS } from "@allo/kernel";
import type { ContactId, Instant, OfferId, PersonId, Prng } from "@allo/kernel";
import { createRouter } from "@allo/acd";
import type { OpenContact, Router, RouterCommand, RouterInput, RouterOptions, RouterSnapshot, TimerName } from "@allo/acd";
import { BrokenRule, FloorChecker } from "./floor-checks.ts";
import type { EdgePhase } from "./floor-checks.ts";
import { BREAK, exponential } from "./floor-plan.ts";
import type { FloorConfig, FloorPlan, PlannedAct, PlannedCaller } from "./floor-plan.ts";

export type FloorResult = {
  readonly inputs: number;
  readonly offers: number;
  readonly handled: number;
  /** How each caller's story ended, counted. */
  readonly endings: Readonly<Record<string, number>>;
  /** Of all commands, in order: same seed, same hash. */
  readonly hash: string;
};
export type FloorFailure = { readonly rule: string; readonly at: Instant; readonly lastInputs: readonly RouterInput[] };
export type FloorOutcome = { readonly ok: true; readonly result: FloorResult } | { readonly ok: false; readonly failure: FloorFailure };

type Happening =
  | { readonly kind: "caller"; readonly caller: PlannedCaller }
  | { readonly kind: "act"; readonly act: PlannedAct }
  | { readonly kind: "leave"; readonly contact: ContactId; readonly stay: number }
  | {
      readonly kind: "talkEnds" | "legLost" | "hold" | "resume" | "mediaLost" | "mediaBack";
      readonly contact: ContactId;
      readonly stay: number;
    }
  | { readonly kind: "accept" | "decline" | "leaveDesk" | "loseMedia"; readonly offer: OfferId; readonly agent: PersonId }
  | {
      readonly kind: "bridge";
      readonly contact: ContactId;
      readonly offer: OfferId;
      readonly outcome: "ok" | "agent" | "caller" | "system";
    }
  | { readonly kind: "wrapUp"; readonly agent: PersonId; readonly contact: ContactId; readonly extend: boolean }
  | { readonly kind: "timer"; readonly timer: TimerName; readonly token: number; readonly life: number }
  | { readonly kind: "requeue"; readonly contact: ContactId };

const MAX_HAPPENINGS = 200_000;
const SNAPSHOT_EVERY_INPUTS = 64;
const RECOUNT_EVERY_INPUTS = 25;
const LAST_INPUTS_SHOWN = 12;

/** Runs one plan to its end. `makeRouter` is for tests that prove the checkers can fail. */
export function runFloor(plan: FloorPlan, makeRouter: (options: RouterOptions) => Router = createRouter): FloorOutcome {
  const world = new FloorWorld(plan, makeRouter);
  try {
    return { ok: true, result: world.run() };
  } catch (error) {
    // An InvariantError inside the router is a finding as well as a broken rule of the world.
    const rule = error instanceof BrokenRule ? error.message : `the router threw ${String(error)}`;
    return { ok: false, failure: { rule, at: world.now, lastInputs: world.journal.slice(-LAST_INPUTS_SHOWN) } };
  }
}

class FloorWorld {
  now: Instant = 0;
  readonly journal: RouterInput[] = [];
  readonly #plan: FloorPlan;
  readonly #makeRouter: (options: RouterOptions) => Router;
  readonly #chance: Prng;
  readonly #heap = new Heap<{ readonly at: Instant; readonly seq: number; readonly what: Happening }>(
    (a, b) => a.at < b.at || (a.at === b.at && a.seq < b.seq),
  );
  readonly #checker = new FloorChecker();
  readonly #edge = new Map<ContactId, EdgePhase>();
  readonly #callers = new Map<ContactId, PlannedCaller>();
  readonly #endings = new Map<ContactId, string>();
  /** Counts the stretches of each contact's story, so that what was planned for an earlier stretch is dropped. */
  readonly #stays = new Map<ContactId, number>();
  /** Open at the edge, their queueing lost with the journal's tail: about to be queued again. */
  readonly #unknown = new Set<ContactId>();
  readonly #offerCounts = new Map<ContactId, number>();
  readonly #hash = createHash("sha256");
  #router: Router;
  #seq = 0;
  #life = 0;
  #inputs = 0;
  #offers = 0;
  #base: RouterSnapshot | undefined;

  constructor(plan: FloorPlan, makeRouter: (options: RouterOptions) => Router) {
    this.#plan = plan;
    this.#makeRouter = makeRouter;
    this.#chance = createPrng(`${plan.seed}/world`);
    this.#router = makeRouter({ epoch: "e0" });
  }

  run(): FloorResult {
    this.#configure(this.#plan.first);
    for (const caller of this.#plan.callers) this.#schedule(caller.at, { kind: "caller", caller });
    for (const act of this.#plan.acts) this.#schedule(act.at, { kind: "act", act });
    for (let n = 0; ; n += 1) {
      const next = this.#heap.pop();
      if (next === undefined) break;
      if (n > MAX_HAPPENINGS) throw new BrokenRule("the floor never comes to rest");
      this.now = next.at;
      this.#happen(next.what);
    }
    this.#checkRest();
    this.#checkReplay(this.journal.length);
    const endings: Record<string, number> = {};
    for (const ending of this.#endings.values()) endings[ending] = (endings[ending] ?? 0) + 1;
    return { inputs: this.#inputs, offers: this.#offers, handled: endings["handled"] ?? 0, endings, hash: this.#hash.digest("hex") };
  }

  #schedule(at: Instant, what: Happening): void {
    this.#seq += 1;
    this.#heap.push({ at: Math.max(at, this.now), seq: this.#seq, what });
  }

  #after(ms: number, what: Happening): void {
    this.#schedule(this.now + Math.round(ms), what);
  }

  /* ---------- Happenings ---------- */

  #happen(what: Happening): void {
    const at = this.now;
    switch (what.kind) {
      case "caller":
        return this.#call(what.caller);
      case "act":
        return this.#act(what.act);
      case "requeue": {
        const caller = must(this.#callers.get(what.contact));
        this.#unknown.delete(what.contact);
        if (this.#edge.get(what.contact)?.kind === "waiting") this.#queue(caller);
        return;
      }
      case "leave": {
        const phase = this.#edge.get(what.contact);
        if (phase === undefined || phase.kind === "talking" || what.stay !== this.#stays.get(what.contact)) return;
        this.#end(what.contact, "abandoned");
        return this.#send({ kind: "contactLeft", at, contact: what.contact, cause: "abandoned" });
      }
      case "talkEnds":
      case "legLost":
      case "hold":
      case "resume":
      case "mediaLost":
      case "mediaBack":
        return this.#duringTalk(what.kind, what.contact, what.stay);
      case "accept":
        return this.#send({ kind: "offerAccepted", at, offer: what.offer, agent: what.agent });
      case "decline":
        return this.#send({ kind: "offerDeclined", at, offer: what.offer, agent: what.agent });
      case "leaveDesk": {
        this.#send({ kind: "agentSignedOut", at, agent: what.agent });
        return this.#comeBack(what.agent, true);
      }
      case "loseMedia": {
        this.#send({ kind: "mediaPath", at, agent: what.agent, proven: false });
        return this.#after(20 * SECOND_MS, { kind: "act", act: { kind: "mediaPath", at, agent: what.agent, proven: true } });
      }
      case "bridge":
        return this.#bridge(what.contact, what.offer, what.outcome);
      case "wrapUp": {
        const { agent, contact } = what;
        return this.#send({ kind: what.extend ? "wrapUpExtended" : "wrapUpDone", at, agent, contact });
      }
      case "timer":
        if (what.life === this.#life) this.#send({ kind: "timerFired", at, timer: what.timer, token: what.token });
        return;
    }
  }

  #comeBack(agent: PersonId, wasOut: boolean): void {
    const at = this.now;
    if (wasOut) this.#after(30 * SECOND_MS, { kind: "act", act: { kind: "signIn", at, agent, proven: true } });
    this.#after(45 * SECOND_MS, { kind: "act", act: { kind: "ready", at, agent, proven: true } });
  }

  #call(caller: PlannedCaller): void {
    this.#callers.set(caller.contact, caller);
    this.#edge.set(caller.contact, { kind: "waiting" });
    this.#wait(caller, caller.patienceMs);
    this.#queue(caller);
  }

  #wait({ contact }: PlannedCaller, patienceMs: number): void {
    this.#after(patienceMs, { kind: "leave", contact, stay: this.#nextStay(contact) });
  }

  #queue({ contact, queue, at: enqueuedAt, priority, requirements, onlyAgent }: PlannedCaller): void {
    const only = onlyAgent === null ? {} : { onlyAgent };
    this.#send({ kind: "contactQueued", at: this.now, contact, queue, enqueuedAt, priority, requirements, ...only });
  }

  #nextStay(contact: ContactId): number {
    const stay = (this.#stays.get(contact) ?? 0) + 1;
    this.#stays.set(contact, stay);
    return stay;
  }

  #act(act: PlannedAct): void {
    const at = this.now;
    switch (act.kind) {
      case "signIn":
        return this.#send({ kind: "agentSignedIn", at, agent: act.agent, mediaProven: act.proven });
      case "signOut":
        return this.#send({ kind: "agentSignedOut", at, agent: act.agent });
      case "ready":
        return this.#send({ kind: "readyRequested", at, agent: act.agent });
      case "notReady":
        return this.#send({ kind: "notReadyRequested", at, agent: act.agent, reasonId: act.by === "agent" ? BREAK : null, by: act.by });
      case "mediaPath":
        return this.#send({ kind: "mediaPath", at, agent: act.agent, proven: act.proven });
      case "configure":
        return this.#configure(act.floor);
      case "restartCore":
        return this.#restart(act.lostInputs);
      case "loseEdge":
        return this.#loseEdge(act.keep);
    }
  }

  #configure(config: FloorConfig): void {
    this.#checker.configure(config);
    this.#send({ kind: "configured", at: this.now, queues: config.queues, agents: config.agents });
  }

  #bridge(contact: ContactId, offer: OfferId, outcome: "ok" | "agent" | "caller" | "system"): void {
    const phase = this.#edge.get(contact);
    if (phase?.kind !== "ringing" || phase.offer !== offer) return;
    const at = this.now;
    if (outcome === "ok") {
      this.#edge.set(contact, { kind: "talking", agent: phase.agent });
      this.#talk(contact);
      return this.#send({ kind: "bridged", at, contact });
    }
    if (outcome === "caller") this.#end(contact, "abandoned");
    this.#send({ kind: "bridgeFailed", at, contact, blame: outcome });
  }

  #talk(contact: ContactId): void {
    const { talkMs } = must(this.#callers.get(contact));
    const stay = this.#nextStay(contact);
    const draw = this.#chance.child(`talk/${contact}/${stay}`);
    this.#after(talkMs, { kind: "talkEnds", contact, stay });
    if (draw.next() < 0.2) {
      this.#after(talkMs * 0.3, { kind: "hold", contact, stay });
      this.#after(talkMs * 0.5, { kind: "resume", contact, stay });
    }
    if (draw.next() < 0.12) {
      this.#after(talkMs * 0.4, { kind: "mediaLost", contact, stay });
      this.#after(talkMs * 0.6, { kind: draw.next() < 0.5 ? "legLost" : "mediaBack", contact, stay });
    }
  }

  #duringTalk(kind: "talkEnds" | "legLost" | "hold" | "resume" | "mediaLost" | "mediaBack", contact: ContactId, stay: number): void {
    const phase = this.#edge.get(contact);
    if (phase?.kind !== "talking" || stay !== this.#stays.get(contact)) return;
    const at = this.now;
    switch (kind) {
      case "talkEnds":
        this.#end(contact, "handled");
        return this.#send({ kind: "contactEnded", at, contact });
      case "legLost":
        this.#send({ kind: "agentLegLost", at, contact });
        return this.#comeBack(phase.agent, false);
      case "hold":
        return this.#send({ kind: "held", at, contact });
      case "resume":
        return this.#send({ kind: "resumed", at, contact });
      case "mediaLost":
        return this.#send({ kind: "agentMediaLost", at, contact });
      case "mediaBack":
        return this.#send({ kind: "agentMediaRestored", at, contact });
    }
  }

  #end(contact: ContactId, ending: string): void {
    this.#edge.delete(contact);
    if (this.#endings.has(contact)) throw new BrokenRule(`${contact} ends twice, as ${this.#endings.get(contact)} and ${ending}`);
    this.#endings.set(contact, ending);
  }

  /* ---------- The shell ---------- */

  #send(input: RouterInput): void {
    this.journal.push(input);
    this.#inputs += 1;
    const commands = this.#router.handle(input);
    this.#hash.update(JSON.stringify(commands));
    for (const command of commands) this.#execute(command);
    const snapshot = this.#router.snapshot();
    if (this.#unknown.size === 0) this.#checker.check(this.now, snapshot, commands, this.#edge);
    if (this.#inputs % RECOUNT_EVERY_INPUTS === 0) this.#checkRecount(snapshot);
    if (this.journal.length % SNAPSHOT_EVERY_INPUTS === 0) {
      this.#checkReplay(this.journal.length);
      this.#base = JSON.parse(JSON.stringify(snapshot)) as RouterSnapshot;
      this.journal.length = 0;
    }
  }

  #execute(command: RouterCommand): void {
    switch (command.kind) {
      case "offer":
        this.#offers += 1;
        this.#edge.set(command.contact, { kind: "ringing", agent: command.agent, offer: command.offer, accepted: false });
        return this.#react(command.contact, command.agent, command.offer, command.expiresAt);
      case "withdrawOffer": {
        const phase = this.#edge.get(command.contact);
        if (phase?.kind === "ringing" && phase.offer === command.offer) this.#edge.set(command.contact, { kind: "waiting" });
        return;
      }
      case "connect": {
        const draw = this.#chance.child(`bridge/${command.contact}/${command.agent}`).next();
        const { contact, agent, offer } = command;
        this.#edge.set(contact, { kind: "ringing", agent, offer, accepted: true });
        if (draw < 0.03) return; // the edge never answers: the bridge's timer decides
        const outcome = draw < 0.05 ? "agent" : draw < 0.07 ? "caller" : draw < 0.08 ? "system" : "ok";
        return this.#after(200, { kind: "bridge", contact, offer, outcome });
      }
      case "contactRequeued": {
        const was = this.#edge.get(command.contact)?.kind;
        this.#edge.set(command.contact, { kind: "waiting" });
        if (was === "talking") this.#wait(must(this.#callers.get(command.contact)), 60 * SECOND_MS);
        return;
      }
      case "refuseContact":
        return this.#end(command.contact, command.cause);
      case "expireContact":
        return this.#end(command.contact, command.cause);
      case "contactLost":
        if (this.#edge.has(command.contact)) throw new BrokenRule(`${command.contact} is closed as lost while the edge holds it`);
        return;
      case "contactUnknown":
        this.#unknown.add(command.contact);
        return this.#after(0, { kind: "requeue", contact: command.contact });
      case "wrapUpStarted": {
        const draw = this.#chance.child(`wrap/${command.contact}/${command.agent}`);
        const { agent, contact } = command;
        if (draw.next() < 0.2) this.#after(5 * SECOND_MS, { kind: "wrapUp", agent, contact, extend: true });
        if (draw.next() < 0.8) this.#after(exponential(draw, 20 * SECOND_MS), { kind: "wrapUp", agent, contact, extend: false });
        return;
      }
      case "missedRing":
        if (command.count >= command.max) this.#comeBack(command.agent, false);
        return;
      case "armTimer":
        return this.#schedule(command.due, { kind: "timer", timer: command.timer, token: command.token, life: this.#life });
      // Cancelled timers still fire: the shell may be too late to stop one, and the token must tell.
      case "cancelTimer":
      case "asideOver":
      case "moveRefused":
      case "acceptRefused":
      case "contactEnqueued":
      case "agentChanged":
      case "reachableChanged":
      case "wrapUpEnded":
      case "inputIgnored":
        return;
    }
  }

  #react(contact: ContactId, agent: PersonId, offer: OfferId, expiresAt: Instant): void {
    const attempt = (this.#offerCounts.get(contact) ?? 0) + 1;
    this.#offerCounts.set(contact, attempt);
    const draw = this.#chance.child(`react/${contact}/${agent}/${attempt}`);
    const ringMs = expiresAt - this.now;
    const chance = draw.next();
    const soon = 500 + draw.next() * ringMs * 0.6;
    if (chance < 0.72) this.#after(soon, { kind: "accept", offer, agent });
    else if (chance < 0.8) this.#after(soon, { kind: "decline", offer, agent });
    else if (chance < 0.84) this.#after(soon, { kind: "leaveDesk", offer, agent });
    else if (chance < 0.88) this.#after(soon, { kind: "loseMedia", offer, agent });
    else if (chance < 0.92) this.#after(ringMs + draw.below(3) - 1, { kind: "accept", offer, agent }); // at the lease's very edge
    if (chance > 0.6 && chance < 0.7) this.#after(soon + draw.below(2), { kind: "accept", offer, agent }); // pressed twice
  }

  /* ---------- Faults ---------- */

  #restart(lostInputs: number): void {
    this.#checkReplay(this.journal.length);
    // The start's own record is durable before anything else happens, so a lost tail never reaches behind it.
    const kept = Math.max(
      this.journal.findLastIndex((i) => i.kind === "configured" || i.kind === "epochRecovered") + 1,
      this.journal.length - lostInputs,
    );
    this.#router = this.#replayed(kept).router;
    this.journal.length = kept;
    this.#life += 1;
    this.#checker.restarted(this.now);
    this.#recover();
  }

  #loseEdge(keep: number): void {
    for (const contact of this.#edge.keys()) {
      if (this.#chance.child(`edge/${contact}`).next() >= keep) this.#end(contact, "edgeLost");
    }
    this.#life += 1; // it arms every timer anew
    this.#recover();
  }

  #recover(): void {
    const openContacts: OpenContact[] = [...this.#edge].map(([contact, phase]) => {
      if (phase.kind === "waiting") return { contact, phase: "waiting" };
      if (phase.kind === "ringing") return { contact, phase: "ringing", agent: phase.agent, offer: phase.offer, accepted: phase.accepted };
      return { contact, phase: "talking", agent: phase.agent, queue: must(this.#callers.get(contact)).queue };
    });
    const talking = [...this.#edge].filter(([, phase]) => phase.kind === "talking");
    this.#send({ kind: "epochRecovered", at: this.now, epoch: `e${this.#life}`, openContacts });
    for (const [contact, phase] of talking) {
      const after = this.#edge.get(contact);
      if (JSON.stringify(after) !== JSON.stringify(phase)) throw new BrokenRule(`${contact} talked and a restart broke it off`);
    }
  }

  #replayed(count: number): { readonly router: Router; readonly commands: readonly RouterCommand[][] } {
    const router = this.#makeRouter(this.#base === undefined ? { epoch: "e0" } : { epoch: "e0", snapshot: this.#base });
    return { router, commands: this.journal.slice(0, count).map((input) => router.handle(input)) };
  }

  /* ---------- Checks over the whole story ---------- */

  #checkReplay(count: number): void {
    const { router } = this.#replayed(count);
    if (JSON.stringify(router.snapshot()) !== JSON.stringify(this.#router.snapshot()))
      throw new BrokenRule("replaying the journal ends elsewhere");
  }

  /** An engine rebuilt from the snapshot counts everything anew: its view must be the same. */
  #checkRecount(snapshot: RouterSnapshot): void {
    const rebuilt = this.#makeRouter({ epoch: "e0", snapshot });
    if (JSON.stringify(rebuilt.view()) !== JSON.stringify(this.#router.view()))
      throw new BrokenRule("the counters differ from the recount");
  }

  #checkRest(): void {
    for (const contact of this.#callers.keys()) {
      if (!this.#endings.has(contact)) throw new BrokenRule(`${contact} never ends`);
    }
    const { contacts, timers } = this.#router.snapshot();
    if (contacts.length > 0) throw new BrokenRule(`${contacts[0]?.contact} is still open in the router`);
    if (timers.length > 0) throw new BrokenRule(`${timers[0]?.timer} is still armed`);
  }
}
