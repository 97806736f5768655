/* What happens to a floor from outside, drawn from one seed before the run, so that a failing run can be shrunk by leaving parts out. */
import { createPrng, MINUTE_MS, SECOND_MS } from "@allo/kernel";
import type { ContactId, Instant, PersonId, Prng, ProjectId, QueueId, ReasonId, SkillId } from "@allo/kernel";
import type { AgentConfig, Level, QueueConfig, SkillRequirement } from "@allo/acd";

export type PlannedCaller = {
  readonly contact: ContactId;
  readonly queue: QueueId;
  readonly at: Instant;
  readonly patienceMs: number;
  readonly talkMs: number;
  readonly priority: number;
  readonly requirements: readonly SkillRequirement[];
  /** A call for one agent alone, member of the queue or not. */
  readonly onlyAgent: PersonId | null;
};

export type PlannedAct =
  | { readonly kind: "signIn" | "signOut" | "ready"; readonly at: Instant; readonly agent: PersonId; readonly proven: boolean }
  | { readonly kind: "notReady"; readonly at: Instant; readonly agent: PersonId; readonly by: "agent" | "supervisor" }
  | { readonly kind: "mediaPath"; readonly at: Instant; readonly agent: PersonId; readonly proven: boolean }
  | { readonly kind: "configure"; readonly at: Instant; readonly floor: FloorConfig }
  /** `lostInputs`: how many of the newest journal entries were not yet durable. */
  | { readonly kind: "restartCore"; readonly at: Instant; readonly lostInputs: number }
  /** `keep` of 1 keeps every contact; each survives with that chance. */
  | { readonly kind: "loseEdge"; readonly at: Instant; readonly keep: number };

export type FloorConfig = { readonly queues: readonly QueueConfig[]; readonly agents: readonly AgentConfig[] };
export type FloorPlan = {
  readonly seed: string;
  readonly first: FloorConfig;
  readonly callers: readonly PlannedCaller[];
  readonly acts: readonly PlannedAct[];
};

export const BREAK = "rsn_break" as ReasonId;
const SHIFT_MS = 40 * MINUTE_MS;
const AGENTS_MAX = 12;
const SKILLS: readonly SkillId[] = ["skl_fa" as SkillId, "skl_ru" as SkillId];

/** A floor of 2 to 12 agents and up to 3 queues, crowded or calm by the seed, with every fault the world knows. */
export function drawPlan(seed: string): FloorPlan {
  const root = createPrng(seed);
  const first = drawConfig(root.child("config"));
  const later = root.child("later");
  const acts = drawActs(
    root.child("acts"),
    first.agents.map((a) => a.agent),
  );
  for (let n = later.below(3); n > 0; n -= 1) {
    acts.push({ kind: "configure", at: later.below(SHIFT_MS), floor: drawConfig(later.child(`config${n}`), first) });
  }
  const faults = root.child("faults");
  for (let n = faults.below(3); n > 0; n -= 1) acts.push({ kind: "restartCore", at: faults.below(SHIFT_MS), lostInputs: faults.below(4) });
  if (faults.next() < 0.3) acts.push({ kind: "loseEdge", at: faults.below(SHIFT_MS), keep: faults.next() });
  return { seed, first, callers: drawCallers(root.child("callers"), first), acts: acts.sort((a, b) => a.at - b.at) };
}

function drawConfig(prng: Prng, base?: FloorConfig): FloorConfig {
  const queueCount = 1 + prng.below(3);
  const queues: QueueConfig[] = [];
  for (let n = 0; n < queueCount; n += 1) {
    queues.push({
      id: `que_${n}` as QueueId,
      projectId: "prj_1" as ProjectId,
      ringTimeoutMs: (7 + prng.below(20)) * SECOND_MS,
      waitMaxMs: (1 + prng.below(10)) * MINUTE_MS,
      sizeMax: 2 + prng.below(30),
      wrapUpMs: prng.below(4) * 20 * SECOND_MS,
      wrapUpExtensionMs: prng.below(2) * 30 * SECOND_MS,
      missedRingsMax: 1 + prng.below(3),
      declineCountsAsMissed: prng.next() < 0.5,
      priority: prng.below(2) * 5,
      talkingMax: prng.next() < 0.25 ? 1 + prng.below(3) : null,
      notReadyCountsAsSignedIn: prng.next() < 0.8,
    });
  }
  const agentCount = base?.agents.length ?? 2 + prng.below(AGENTS_MAX - 1);
  const agents: AgentConfig[] = [];
  for (let n = 0; n < agentCount; n += 1) {
    agents.push({
      agent: `per_${String(n).padStart(2, "0")}` as PersonId,
      memberships: queues.filter(() => prng.next() < 0.8).map((q) => ({ queue: q.id, level: drawLevel(prng) })),
      skills: SKILLS.filter(() => prng.next() < 0.6).map((skill) => ({ skill, level: drawLevel(prng) })),
    });
  }
  return { queues, agents };
}

function drawLevel(prng: Prng): Level {
  return (1 + prng.below(5)) as Level;
}

function drawCallers(prng: Prng, { queues, agents }: FloorConfig): PlannedCaller[] {
  const meanGapMs = (3 + prng.below(25)) * SECOND_MS;
  const callers: PlannedCaller[] = [];
  for (let at = 5 * SECOND_MS, n = 0; at < SHIFT_MS; n += 1) {
    const draw = prng.child(`caller${n}`);
    const queue = queues[draw.below(queues.length)];
    if (queue === undefined) break;
    callers.push({
      contact: `con_${String(n).padStart(4, "0")}` as ContactId,
      queue: queue.id,
      at,
      patienceMs: Math.round(exponential(draw, 4 * MINUTE_MS)),
      talkMs: Math.round(exponential(draw, 90 * SECOND_MS)),
      priority: draw.next() < 0.15 ? 10 : 0,
      requirements: SKILLS.filter(() => draw.next() < 0.15).map((skill) => ({ skill, level: (1 + draw.below(3)) as Level })),
      onlyAgent: draw.next() < 0.06 ? (agents[draw.below(agents.length)]?.agent ?? null) : null,
    });
    at += Math.round(exponential(prng, meanGapMs));
  }
  return callers;
}

function drawActs(prng: Prng, agents: readonly PersonId[]): PlannedAct[] {
  const acts: PlannedAct[] = [];
  for (const agent of agents) {
    const draw = prng.child(agent);
    acts.push({ kind: "signIn", at: draw.below(30 * SECOND_MS), agent, proven: draw.next() < 0.9 });
    acts.push({ kind: "ready", at: 30 * SECOND_MS + draw.below(60 * SECOND_MS), agent, proven: true });
    for (let n = draw.below(14); n > 0; n -= 1) {
      const at = MINUTE_MS + draw.below(SHIFT_MS - MINUTE_MS);
      const chance = draw.next();
      if (chance < 0.3) {
        acts.push({ kind: "notReady", at, agent, by: draw.next() < 0.8 ? "agent" : "supervisor" });
        acts.push({ kind: "ready", at: at + draw.below(3 * MINUTE_MS), agent, proven: true });
      } else if (chance < 0.5) {
        acts.push({ kind: "mediaPath", at, agent, proven: false });
        acts.push({ kind: "mediaPath", at: at + draw.below(MINUTE_MS), agent, proven: true });
      } else if (chance < 0.65) {
        acts.push({ kind: "signOut", at, agent, proven: false });
        acts.push({ kind: "signIn", at: at + draw.below(4 * MINUTE_MS), agent, proven: true });
        acts.push({ kind: "ready", at: at + 4 * MINUTE_MS, agent, proven: true });
      } else acts.push({ kind: "ready", at, agent, proven: true });
    }
  }
  return acts;
}

/** An exponential draw with this mean. */
export function exponential(prng: Prng, mean: number): number {
  return -Math.log(1 - prng.next()) * mean;
}
