import Type from "typebox";
import type { Static } from "typebox";
import { one, type Route } from "../route.ts";
import { Id, Timestamp } from "../schemas.ts";
import { nullable } from "../nullable.ts";

export const drillLimits = { keptMax: 50, callersMax: 10, callersUsual: 5 } as const;

/** What a drill kills. */
export const drillTargets = ["core", "edge"] as const;
export const DrillTarget = Type.Enum([...drillTargets]);
export type DrillTarget = Static<typeof DrillTarget>;

/** Why no drill can be begun now. */
export const drillObstacles = ["unsupervised", "elsewhere", "away", "draining", "callsGoOn", "noNumber", "underWay"] as const;
export const DrillObstacle = Type.Enum([...drillObstacles]);
export type DrillObstacle = Static<typeof DrillObstacle>;

/** How far it is. `placing`: its callers call and are greeted; `listening`: all hear music; `killed`; `back`: the process is there, a new call is made. */
export const drillStages = ["placing", "listening", "killed", "back", "ending", "over"] as const;
export type DrillStage = (typeof drillStages)[number];

/** `done`: everything was measured. `calledOff`: nothing was killed. `failed`: killed, but not all came back. `interrupted`: the program stopped meanwhile. */
export const drillOutcomes = ["done", "calledOff", "failed", "interrupted"] as const;

export const drillReasons = ["callsGoOn", "cancelled", "notWaiting", "notAdmitted", "outOfTouch", "notBack", "noNewCall"] as const;

/** What one of its callers went through from the moment of the kill. */
export const DrillCaller = Type.Object({
  /** Still in the call, with sound, at the end. */
  lived: Type.Boolean(),
  /** How the call ended, as the caller saw it; null where nothing said so. */
  end: nullable(Type.String()),
  longestGapMs: Type.Integer({ minimum: 0, description: "Longest time in which no sound arrived" }),
  silentMs: Type.Integer({ minimum: 0, description: "Time in which nothing was to be heard, in all" }),
});
export type DrillCaller = Static<typeof DrillCaller>;

export const DrillFigures = Type.Object({
  killedAt: Timestamp,
  /** From the kill until the process was there again; null where it did not come back in time. */
  backMs: nullable(Type.Integer({ minimum: 0 })),
  /** From the kill until a new caller heard the greeting; null where none was answered. */
  newCallMs: nullable(Type.Integer({ minimum: 0 })),
  newCallTries: Type.Integer({ minimum: 0 }),
  callers: Type.Array(DrillCaller),
});
export type DrillFigures = Static<typeof DrillFigures>;

/** What the log says of the calls that were killed, before the callers hung up by themselves. */
export const DrillLog = Type.Object({
  contacts: Type.Integer({ minimum: 0 }),
  closed: Type.Array(Type.Object({ why: Type.String(), count: Type.Integer({ minimum: 1 }) })),
  lostCalls: Type.Integer({ minimum: 0, description: "How many would stand in the lost calls, had customers called" }),
  owed: Type.Integer({ minimum: 0, description: "How many of them would be owed a call back" }),
  /** Contacts of the drill that nothing closed in the end. */
  leftOpen: Type.Integer({ minimum: 0 }),
});
export type DrillLog = Static<typeof DrillLog>;

export const Drill = Type.Object({
  drillId: Id,
  target: DrillTarget,
  /** Of the program. */
  version: Type.String(),
  byName: Type.String(),
  callerCount: Type.Integer({ minimum: 1 }),
  startedAt: Timestamp,
  endedAt: nullable(Timestamp),
  stage: Type.Enum([...drillStages]),
  /** Callers who wait and hear music. */
  waiting: Type.Integer({ minimum: 0 }),
  /** Null while it goes on. */
  outcome: nullable(Type.Enum([...drillOutcomes])),
  reason: nullable(Type.Enum([...drillReasons])),
  /** Null where nothing was killed, or not yet. */
  figures: nullable(DrillFigures),
  log: nullable(DrillLog),
});
export type Drill = Static<typeof Drill>;

export const DrillBoard = Type.Object({
  /** What goes on now. */
  now: nullable(Drill),
  /** Why none can be begun, for each of what may be killed; null: one can. */
  obstacles: Type.Object({ core: nullable(DrillObstacle), edge: nullable(DrillObstacle) }),
  /** Calls that go on and would be at risk. */
  callsOpen: Type.Integer({ minimum: 0 }),
  /** Newest first; the last ones are kept. */
  items: Type.Array(Drill),
});
export type DrillBoard = Static<typeof DrillBoard>;

/** Drills: a process is killed for real while callers of our own listen, and what they went through is counted. */
export const drillRoutes = {
  drillsGet: {
    method: "GET",
    path: "/drills",
    access: ["setup.manage"],
    tag: "setup",
    summary: "The drill that goes on, whether one can be begun, and what earlier ones found",
    response: DrillBoard,
  },
  drillCreate: {
    method: "POST",
    path: "/drills",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Places callers of our own, kills a process and counts what they go through; refused while any call goes on",
    body: Type.Object({
      target: DrillTarget,
      callerCount: Type.Integer({ minimum: 1, maximum: drillLimits.callersMax }),
      /** The name of what is killed, typed by whoever begins it. */
      confirmation: Type.String({ maxLength: 20 }),
    }),
    response: Drill,
  },
  drillCancel: {
    method: "POST",
    path: "/drills/:drillId/cancel",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Calls a drill off, as long as nothing was killed",
    params: one("drillId"),
    response: Drill,
  },
} as const satisfies Record<string, Route>;
