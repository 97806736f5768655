/* An M/M/n floor on the real router: Poisson calls, exponential talks, no wrap-up. What it measures must meet Erlang's formulas. */
import { createPrng, Heap, HOUR_MS, must } from "@allo/kernel";
import type { ContactId, Duration, Instant, PersonId, ProjectId, QueueId } from "@allo/kernel";
import { createRouter } from "@allo/acd";
import type { RouterInput } from "@allo/acd";
import { exponential } from "./floor-plan.ts";

export type QueueModel = {
  readonly seed: string;
  readonly agents: number;
  readonly callsPerMs: number;
  readonly talkMeanMs: Duration;
  /** Infinity: nobody hangs up. */
  readonly patienceMeanMs: Duration;
  readonly calls: number;
  readonly targetMs: Duration;
};
export type QueueModelResult = {
  /** Share of calls that wait at all, of those answered or abandoned. */
  readonly waited: number;
  readonly waitMeanMs: Duration;
  readonly answeredWithinTarget: number;
  readonly abandoned: number;
  readonly occupancy: number;
};

const QUEUE = "que_1" as QueueId;
/** So far away that no limit of the queue takes part. */
const NEVER_MS: Duration = 1_000 * HOUR_MS;

/** Runs the floor until the last of `calls` is over; agents answer at once, as the formulas assume. */
export function runQueueModel(model: QueueModel): QueueModelResult {
  const prng = createPrng(model.seed);
  const arrivals = prng.child("arrivals");
  const talks = prng.child("talks");
  const patience = prng.child("patience");
  const router = createRouter({ epoch: "m" });
  const heap = new Heap<{
    readonly at: Instant;
    readonly seq: number;
    readonly contact: ContactId;
    readonly what: "call" | "leave" | "end";
  }>((a, b) => a.at < b.at || (a.at === b.at && a.seq < b.seq));
  const begun = new Map<ContactId, Instant>();
  const figures = { waited: 0, waitMs: 0, inTarget: 0, abandoned: 0, busyMs: 0 };
  let seq = 0;
  const schedule = (at: Instant, contact: ContactId, what: "call" | "leave" | "end"): void => {
    seq += 1;
    heap.push({ at, seq, contact, what });
  };
  const send = (input: RouterInput): void => {
    for (const command of router.handle(input)) {
      if (command.kind === "offer") send({ kind: "offerAccepted", at: input.at, offer: command.offer, agent: command.agent });
      if (command.kind === "connect") {
        const { contact } = command;
        const waitMs = input.at - must(begun.get(contact));
        begun.delete(contact);
        const talkMs = exponential(talks, model.talkMeanMs);
        figures.waitMs += waitMs;
        figures.busyMs += talkMs;
        if (waitMs > 0) figures.waited += 1;
        if (waitMs <= model.targetMs) figures.inTarget += 1;
        schedule(input.at + talkMs, contact, "end");
        send({ kind: "bridged", at: input.at, contact });
      }
    }
  };
  send({
    kind: "configured",
    at: 0,
    queues: [queueConfig()],
    agents: agentIds(model.agents).map((agent) => ({
      agent,
      memberships: [{ queue: QUEUE, level: 1 }],
      skills: [],
    })),
  });
  for (const agent of agentIds(model.agents)) {
    send({ kind: "agentSignedIn", at: 0, agent, mediaProven: true });
    send({ kind: "readyRequested", at: 0, agent });
  }
  let lastAt: Instant = 0;
  for (let n = 0, at = 0; n < model.calls; n += 1) {
    at += exponential(arrivals, 1 / model.callsPerMs);
    schedule(at, `con_${n}` as ContactId, "call");
    lastAt = at;
  }
  for (let next = heap.pop(); next !== undefined; next = heap.pop()) {
    const { at, contact, what } = next;
    if (what === "call") {
      begun.set(contact, at);
      if (model.patienceMeanMs !== Infinity) schedule(at + exponential(patience, model.patienceMeanMs), contact, "leave");
      send({ kind: "contactQueued", at, contact, queue: QUEUE, enqueuedAt: at, priority: 0, requirements: [] });
    } else if (what === "end") send({ kind: "contactEnded", at, contact });
    else if (begun.has(contact)) {
      figures.waited += 1;
      figures.abandoned += 1;
      figures.waitMs += at - must(begun.get(contact));
      begun.delete(contact);
      send({ kind: "contactLeft", at, contact, cause: "abandoned" });
    }
  }
  return {
    waited: figures.waited / model.calls,
    waitMeanMs: figures.waitMs / model.calls,
    answeredWithinTarget: figures.inTarget / model.calls,
    abandoned: figures.abandoned / model.calls,
    occupancy: figures.busyMs / (model.agents * lastAt),
  };
}

function queueConfig(): Extract<RouterInput, { readonly kind: "configured" }>["queues"][number] {
  return {
    id: QUEUE,
    projectId: "prj_1" as ProjectId,
    ringTimeoutMs: NEVER_MS,
    waitMaxMs: NEVER_MS,
    sizeMax: 1_000_000,
    wrapUpMs: 0,
    wrapUpExtensionMs: 0,
    missedRingsMax: 2,
    declineCountsAsMissed: true,
    priority: 0,
    talkingMax: null,
    notReadyCountsAsSignedIn: true,
  };
}

function agentIds(count: number): PersonId[] {
  return Array.from({ length: count }, (_, n) => `per_${n}` as PersonId);
}
