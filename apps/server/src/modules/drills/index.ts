import { type CoreCommand, type Drill, type DrillBoard, type DrillObstacle, type DrillTarget, type EdgeConfig } from "@allo/contract";
import type { Clock, ContactId, IdSource, OrganisationId, PersonId, Timers } from "@allo/kernel";
import type { DrillNews, DrillOrder, FromDrill, ToDrill } from "../../drill/drill-protocol.ts";
import { ApiError, invalidField, notFound } from "../../platform/api-error.ts";
import type { Database } from "../../platform/db.ts";
import type { Api, Principal } from "../../platform/http.ts";
import { lossHadItBeenReal, type ContactFacts, type Contacts } from "../contacts/index.ts";
import type { Audit } from "../identity/index.ts";
import type { VoiceConfig } from "../routing/index.ts";
import { chooseDrillNumber } from "./core/drill-choice.ts";
import { readDrillLog } from "./core/drill-log.ts";
import { drillEnd, drillInsert, drillList, type DrillResult, type KeptDrill } from "./store/drill-store.ts";

export const drillShellLimits = {
  /** How often the drill's process is told of calls; it kills nothing on older news. */
  callsEveryMs: 400,
  /** The edge bounds it too. */
  admittedMs: 175_000,
  /** Contacts that the callers' hanging up closes. */
  closeMsMax: 5_000,
  contactsKeptMax: 200,
} as const;

export type DrillsDeps = {
  readonly db: Database;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: IdSource;
  readonly audit: Audit;
  readonly api: Api;
  readonly nameOf: (organisationId: OrganisationId, personId: PersonId) => string;
  readonly version: string;
  /** The address that the edge is bound to. */
  readonly bind: string;
  /** Whether this supervisor runs that role as well. */
  readonly runs: (target: DrillTarget) => boolean;
  readonly channel: { isThere(): boolean; send(message: ToDrill): void; onMessage(listener: (message: FromDrill) => void): void };
  readonly directory: { config(organisationId: OrganisationId): VoiceConfig | null; edgeConfig(): Pick<EdgeConfig, "numbers"> };
  readonly contacts: Pick<Contacts, "events" | "openList">;
  /** Calls between colleagues, of everybody. */
  readonly internalCalls: () => number;
  readonly isDraining: () => boolean;
  readonly edge: {
    isConnected(): boolean;
    ports(): { readonly sip: number } | null;
    send(command: CoreCommand): boolean;
    admit(command: Extract<CoreCommand, { readonly kind: "admitCaller" }>): Promise<boolean>;
  };
  readonly log: { warn(fields: object, message: string): void };
};

type Running = {
  readonly order: DrillOrder;
  news: DrillNews;
  isLookedAt: boolean;
  log: Drill["log"];
  isEnding: boolean;
};

const BEGINNING: DrillNews = { stage: "placing", waiting: 0, outcome: null, reason: null, figures: null };

/** Drills of this machine: begun here, held by a process that outlives core, and kept here when they are over. */
export function registerDrills(deps: DrillsDeps): { close(): void } {
  const { db, clock, timers, api, audit, channel, contacts, edge, directory } = deps;
  /** One at a time on the machine, whichever organisation's. */
  let running: Running | null = null;
  let isBeginning = false;
  let isAdmitting = false;
  let lastFinished: string | null = null;
  let cancelTelling: (() => void) | undefined;
  /** Contacts of drills, as they were last heard of: those that ended too. */
  const seen = new Map<ContactId, ContactFacts>();

  // ---- What the program's calls say

  const note = (facts: ContactFacts): void => {
    if (facts.test?.isDrill !== true) return;
    seen.set(facts.contactId, facts);
    for (const contactId of seen.keys()) {
      if (seen.size <= drillShellLimits.contactsKeptMax) break;
      seen.delete(contactId);
    }
  };
  contacts.events.on("contactChanged", ({ facts }) => note(facts));

  const ownOf = (drillId: string): readonly ContactFacts[] => [...seen.values()].filter(({ test }) => test?.testCallId === drillId);

  const others = (drillId: string | null): number =>
    contacts.openList().filter(({ endedAt, phase, test }) => {
      const isCall = endedAt === null && phase.kind !== "wrapUp";
      return isCall && (drillId === null || test?.testCallId !== drillId);
    }).length + deps.internalCalls();

  const tellOfCalls = (): void => {
    cancelTelling?.();
    if (running === null) return;
    const { drillId } = running.order;
    const waiting = ownOf(drillId).filter(({ phase }) => phase.kind === "waiting").length;
    channel.send({ kind: "calls", waiting, others: others(drillId) });
    cancelTelling = timers.arm(drillShellLimits.callsEveryMs, tellOfCalls);
  };

  // ---- What the drill's process says

  const run = (order: DrillOrder): Running => {
    const begun: Running = { order, news: BEGINNING, isLookedAt: false, log: null, isEnding: false };
    running = begun;
    // A core that has just started has these from the log.
    for (const facts of contacts.openList()) note(facts);
    tellOfCalls();
    return begun;
  };

  const heed = (message: FromDrill): void => {
    switch (message.kind) {
      case "news": {
        if (message.order.drillId === lastFinished) return channel.send({ kind: "kept" });
        const drill = running ?? run(message.order);
        if (drill.order.drillId !== message.order.drillId || drill.isEnding) return;
        drill.news = message.news;
        if (message.news.stage === "ending") look(drill);
        if (message.news.stage === "over") void finish(drill);
        return;
      }
      case "admit":
        if (running === null) run(message.order);
        void admit(message);
        return;
      case "gone":
        if (running?.order.drillId === message.drillId) void finish(running);
    }
  };

  const admit = async ({ order, source }: Extract<FromDrill, { kind: "admit" }>): Promise<void> => {
    if (isAdmitting) return;
    isAdmitting = true;
    try {
      const isIn = await edge.admit({
        kind: "admitCaller",
        source,
        numberId: order.numberId,
        until: clock.now() + drillShellLimits.admittedMs,
        test: { testCallId: order.drillId, personId: order.personId, isDrill: true },
      });
      const port = edge.ports()?.sip;
      if (isIn && port !== undefined) channel.send({ kind: "admitted", sip: { address: order.sip.address, port } });
    } finally {
      isAdmitting = false;
    }
  };

  const look = (drill: Running): void => {
    const killedAt = drill.news.figures?.killedAt;
    if (drill.isLookedAt || killedAt === undefined) return;
    drill.isLookedAt = true;
    drill.log = readDrillLog(
      ownOf(drill.order.drillId).map((facts) => ({
        startedAt: facts.startedAt,
        isEnded: facts.endedAt !== null,
        why: facts.cause?.why ?? null,
        loss: lossHadItBeenReal(facts),
      })),
      killedAt,
    );
    channel.send({ kind: "looked" });
  };

  const finish = async (drill: Running): Promise<void> => {
    if (drill.isEnding) return;
    drill.isEnding = true;
    const { drillId, organisationId } = drill.order;
    await untilClosed(drillId);
    const leftOpen = ownOf(drillId).filter(({ endedAt }) => endedAt === null).length;
    const result: DrillResult = {
      outcome: drill.news.outcome ?? "interrupted",
      reason: drill.news.reason,
      figures: drill.news.figures,
      log: drill.log === null ? null : { ...drill.log, leftOpen },
    };
    try {
      await db.withScope({ organisationId, projectIds: "*" }, (tx) => drillEnd(tx, drillId, clock.now(), result));
    } catch (error) {
      deps.log.warn({ err: error, event: "drill" }, "What a drill found could not be kept");
    }
    edge.send({ kind: "dismissCaller", testCallId: drillId });
    channel.send({ kind: "kept" });
    lastFinished = drillId;
    running = null;
    seen.clear();
    cancelTelling?.();
  };

  const untilClosed = async (drillId: string): Promise<void> => {
    const until = clock.now() + drillShellLimits.closeMsMax;
    while (clock.now() < until && ownOf(drillId).some(({ endedAt }) => endedAt === null))
      await new Promise<void>((resolve) => timers.arm(drillShellLimits.callsEveryMs, resolve));
  };

  // ---- What the screens see and order

  const shown = ({ order, news, log }: Running): Drill => ({
    drillId: order.drillId,
    target: order.target,
    version: order.version,
    byName: order.byName,
    callerCount: order.callerCount,
    startedAt: order.startedAt,
    endedAt: null,
    stage: news.stage,
    waiting: news.waiting,
    outcome: null,
    reason: news.reason,
    figures: news.figures,
    log,
  });

  const nowOf = (organisationId: OrganisationId): Drill | null =>
    running?.order.organisationId === organisationId ? shown(running) : null;

  const choose = (organisationId: OrganisationId, callerCount: number) => {
    const config = directory.config(organisationId);
    return config === null ? null : chooseDrillNumber(config, directory.edgeConfig().numbers, callerCount);
  };

  const obstacle = (organisationId: OrganisationId, target: DrillTarget, callerCount: number): DrillObstacle | null => {
    if (!channel.isThere()) return "unsupervised";
    if (!deps.runs(target)) return "elsewhere";
    if (running !== null || isBeginning) return "underWay";
    if (!edge.isConnected() || edge.ports() === null) return "away";
    if (deps.isDraining()) return "draining";
    if (choose(organisationId, callerCount) === null) return "noNumber";
    return others(null) > 0 ? "callsGoOn" : null;
  };

  const board = async ({ organisationId }: Principal): Promise<DrillBoard> => {
    const kept = await db.withScope({ organisationId, projectIds: "*" }, drillList);
    const now = nowOf(organisationId);
    return {
      now,
      obstacles: { core: obstacle(organisationId, "core", 1), edge: obstacle(organisationId, "edge", 1) },
      callsOpen: others(running?.order.drillId ?? null),
      items: kept.filter(({ drillId }) => drillId !== now?.drillId).map(over),
    };
  };

  const begin = async (principal: Principal, address: string, wanted: { target: DrillTarget; callerCount: number }): Promise<Drill> => {
    const { organisationId, personId } = principal;
    const { target, callerCount } = wanted;
    const inTheWay = obstacle(organisationId, target, callerCount);
    const number = choose(organisationId, callerCount);
    const port = edge.ports()?.sip;
    if (inTheWay !== null) throw refused(inTheWay);
    if (number === null) throw refused("noNumber");
    if (port === undefined) throw refused("away");
    const order: DrillOrder = {
      drillId: deps.ids.next("drl"),
      organisationId,
      personId,
      byName: deps.nameOf(organisationId, personId),
      version: deps.version,
      target,
      callerCount,
      startedAt: clock.now(),
      ...number,
      sip: { address: addressOf(deps.bind), port },
    };
    isBeginning = true;
    try {
      await db.withScope({ organisationId, projectIds: "*" }, async (tx) => {
        await audit.write(tx, {
          actor: principal,
          action: "exchange.drill",
          objectType: "exchange",
          objectId: "exchange",
          before: null,
          after: { killed: target, callers: callerCount },
          address,
          at: order.startedAt,
        });
        await drillInsert(tx, organisationId, order);
      });
      const begun = run(order);
      channel.send({ kind: "begin", order });
      return shown(begun);
    } finally {
      isBeginning = false;
    }
  };

  channel.onMessage(heed);
  api.on("drillsGet", ({ principal }) => board(principal));
  api.on("drillCreate", async ({ principal, address, body }) => {
    if (body.confirmation !== body.target) throw invalidField("confirmation", "unequal", "is not the name of what is killed");
    return await begin(principal, address, body);
  });
  api.on("drillCancel", ({ principal, params }) => {
    const now = nowOf(principal.organisationId);
    if (now === null || now.drillId !== params.drillId) throw notFound();
    channel.send({ kind: "cancel" });
    return Promise.resolve(now);
  });
  return { close: () => cancelTelling?.() };
}

function refused(why: DrillObstacle): ApiError {
  return new ApiError("wrongState", 409, `No drill can be begun: ${why}`);
}

function over({ drillId, target, version, byName, callerCount, startedAt, endedAt, result }: KeptDrill): Drill {
  const found: DrillResult = result ?? { outcome: "interrupted", reason: null, figures: null, log: null };
  return { drillId, target, version, byName, callerCount, startedAt, endedAt, stage: "over", waiting: 0, ...found };
}

/** Where this machine reaches what is bound to that address. */
function addressOf(bind: string): string {
  if (bind === "0.0.0.0") return "127.0.0.1";
  return bind === "::" ? "::1" : bind;
}
