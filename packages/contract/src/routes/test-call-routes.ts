import Type from "typebox";
import type { Static } from "typebox";
import { one, type Route } from "../route.ts";
import { Id, LanguageSchema, Timestamp } from "../schemas.ts";
import { nullable } from "../nullable.ts";

/** What stands in the way of a test call; each has its remedy on the screen. */
export const TestCallObstacleCode = Type.Enum([
  /** The person's phone is not registered, or its media path is not proven (`proven` says which of the two). */
  "phoneNotConnected",
  /** Not ready, or not at the desk (`agentState`). */
  "notReady",
  /** Ringing, talking or in wrap-up (`agentState`). */
  "inCall",
  /** No active number to call, or none with a queue. */
  "noNumber",
  /** The telephone exchange's process is not connected. */
  "edgeAway",
  /** Nothing answers on the SIP port (`address`, `port`). */
  "sipUnreachable",
  /** The call was refused or ended by the system before it was answered (`sipStatus`, `cause`). */
  "refused",
  /** Answered, but no sound of ours reached the caller (`address`, `port`: where the caller listened). */
  "noAudioFromUs",
  /** The agent answered, and none of the agent's sound reached us. */
  "noAudioFromAgent",
  /** It rang, and nobody answered. */
  "notAnswered",
  /** The agent hung up, or declined, before the test was over. */
  "agentHungUp",
  /** It never rang, or it took longer than a test call may. */
  "timedOut",
  /** Too many test calls in the organisation at once. */
  "limit",
]);
export type TestCallObstacleCode = Static<typeof TestCallObstacleCode>;

/** What the screen needs to name the remedy; what doesn't apply is null. */
export const TestCallObstacle = Type.Object({
  code: TestCallObstacleCode,
  address: nullable(Type.String()),
  port: nullable(Type.Integer()),
  sipStatus: nullable(Type.Integer()),
  /** `EndReason` of the call, where the system ended it: nobodySignedIn, queueFull, tooManyCalls, technical … */
  cause: nullable(Type.String()),
  agentState: nullable(Type.String()),
  proven: nullable(Type.Boolean()),
});
export type TestCallObstacle = Static<typeof TestCallObstacle>;

/**
 * `placing` the INVITE is on its way · `greeting` the number answered · `waiting` the caller is in the queue · `ringing` in this person's
 * tab · `answered` both are joined · `callerSpeaking` the caller says hello · `listening` the caller waits for the person's voice ·
 * `heard`/`notHeard` the caller says what it heard · `ended` over, `result` says how · `failed` over, `obstacle` says why.
 */
export const TestCallState = Type.Enum([
  "placing",
  "greeting",
  "waiting",
  "ringing",
  "answered",
  "callerSpeaking",
  "listening",
  "heard",
  "notHeard",
  "ended",
  "failed",
]);
export type TestCallState = Static<typeof TestCallState>;

export const TestCall = Type.Object({
  testCallId: Id,
  state: TestCallState,
  startedAt: Timestamp,
  endedAt: nullable(Timestamp),
  /** The way the call takes. */
  number: nullable(Type.Object({ numberId: Id, number: Type.String(), label: Type.String(), language: LanguageSchema, queueId: Id })),
  /** The contact it became, with its timeline and its recording. */
  contactId: nullable(Id),
  /** What the caller has heard so far. */
  callerHeard: Type.Object({ greeting: Type.Boolean(), agent: Type.Boolean() }),
  /** The agent's voice as it reaches the caller, in decibels below full scale (-96 is silence); null before the talk. */
  levelDbfs: nullable(Type.Number()),
  speechMs: Type.Integer({ description: "How long the caller has heard a voice" }),
  speechNeededMs: Type.Integer(),
  listeningEndsAt: nullable(Timestamp),
  result: nullable(Type.Enum(["heard", "notHeard"])),
  obstacle: nullable(TestCallObstacle),
});
export type TestCall = Static<typeof TestCall>;

/** Test calls that the built-in caller places. The live topic `testCall` says the same of one's own, as it moves. */
export const testCallRoutes = {
  testCallCreate: {
    method: "POST",
    path: "/test-calls",
    access: ["desk.work"],
    tag: "testCalls",
    summary:
      "Has the built-in caller call a number of the organisation, for this person alone; while one's own is under way, that one is given",
    body: Type.Object({ numberId: Type.Optional(Id) }),
    response: TestCall,
  },
  testCallGet: {
    method: "GET",
    path: "/test-calls/:testCallId",
    access: ["desk.work"],
    tag: "testCalls",
    summary: "One's own test call",
    params: one("testCallId"),
    response: TestCall,
  },
  testCallCancel: {
    method: "POST",
    path: "/test-calls/:testCallId/cancel",
    access: ["desk.work"],
    tag: "testCalls",
    summary: "Has the caller hang up",
    params: one("testCallId"),
    response: TestCall,
  },
} as const satisfies Record<string, Route>;
