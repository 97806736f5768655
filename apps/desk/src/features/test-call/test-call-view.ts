import type { DeskState, TestCall, TestCallObstacle } from "@allo/contract";
import type { ApiProblem } from "../../api/problem.ts";
import type { MicrophoneProblem, PhoneView } from "../../softphone/phone-machine.ts";

export const testCallSteps = ["microphone", "line", "calling", "greeting", "ringing", "answer", "caller", "voice"] as const;
export type TestCallStep = (typeof testCallSteps)[number];
export type StepStatus = "waits" | "now" | "done" | "failed";

/** What is in the way of hearing and being heard: found by this browser, or by the server. */
export type Obstacle =
  | { readonly kind: "microphone"; readonly problem: MicrophoneProblem }
  /** The sound path isn't proven in time: the phone's WebSocket, UDP, or another tab that holds the phone. */
  | { readonly kind: "line"; readonly at: "socket" | "udp" | "elsewhere" }
  | { readonly kind: "busy" }
  | { readonly kind: "server"; readonly obstacle: TestCallObstacle }
  /** The caller heard no voice: pure silence comes of a muted device, a little noise of a quiet or a wrong one. */
  | { readonly kind: "notHeard"; readonly sound: "silence" | "noise" }
  | { readonly kind: "request"; readonly failure: ApiProblem };

export type TestCallInput = {
  /** When this attempt began; null: none has. */
  readonly since: number | null;
  readonly now: number;
  readonly phone: PhoneView;
  readonly microphone: MicrophoneProblem | null;
  readonly desk: DeskState | undefined;
  readonly call: TestCall | null;
  /** The loudest that the caller has heard of this person. */
  readonly peakDbfs: number | null;
  readonly failure: ApiProblem | null;
};
export type TestCallView = {
  readonly stage: "idle" | "running" | "heard" | "stopped";
  readonly steps: readonly { readonly step: TestCallStep; readonly status: StepStatus }[];
  readonly obstacle: Obstacle | null;
};

/** How long a sound path may take to be proven before the wait is named an obstacle. */
export const LINE_MS_MAX = 15_000;
/** Below this the device sends digital silence: no room is that quiet. */
const SILENCE_DBFS_MAX = -75;

/** Only who is at work already: until the live connection has told so the server would refuse, and the attempt would be spent. */
export function canGoReady(desk: DeskState | undefined): boolean {
  return desk?.state === "notReady";
}

/** Where a test call stands, step by step, and what is in the way. */
export function testCallView(input: TestCallInput): TestCallView {
  if (input.since === null) return { stage: "idle", steps: stepsAt(0, "waits"), obstacle: null };
  const obstacle = obstacleOf(input);
  const at = testCallSteps.indexOf(obstacle === null ? stepNow(input) : stepOfObstacle(obstacle, input));
  if (obstacle !== null) return { stage: "stopped", steps: stepsAt(at, "failed"), obstacle };
  if (isHeard(input.call)) return { stage: "heard", steps: stepsAt(testCallSteps.length, "done"), obstacle: null };
  return { stage: "running", steps: stepsAt(at, "now"), obstacle: null };
}

function stepsAt(index: number, status: StepStatus): TestCallView["steps"] {
  return testCallSteps.map((step, each) => ({ step, status: each < index ? "done" : each === index ? status : "waits" }));
}

function isHeard(call: TestCall | null): boolean {
  return call !== null && (call.result === "heard" || call.state === "heard");
}

function isMicrophoneSettled(phone: PhoneView): boolean {
  return phone !== "off" && phone !== "asking" && phone !== "microphoneProblem";
}

function stepNow({ phone, call }: TestCallInput): TestCallStep {
  if (call === null) return isMicrophoneSettled(phone) ? "line" : "microphone";
  switch (call.state) {
    case "placing":
      return "calling";
    case "greeting":
      return "greeting";
    case "waiting":
      return "ringing";
    case "ringing":
      return "answer";
    case "answered":
    case "callerSpeaking":
      return "caller";
    case "listening":
    case "heard":
    case "notHeard":
    case "ended":
    case "failed":
      return "voice";
    default:
      return call.state satisfies never;
  }
}

function obstacleOf({ since, now, phone, microphone, desk, call, peakDbfs, failure }: TestCallInput): Obstacle | null {
  if (call !== null) {
    if (call.obstacle !== null) return { kind: "server", obstacle: call.obstacle };
    if (call.result !== "notHeard" && call.state !== "notHeard") return null;
    return { kind: "notHeard", sound: peakDbfs === null || peakDbfs <= SILENCE_DBFS_MAX ? "silence" : "noise" };
  }
  if (phone === "microphoneProblem" && microphone !== null) return { kind: "microphone", problem: microphone };
  if (failure !== null) return { kind: "request", failure };
  if (desk !== undefined && (desk.contact !== null || desk.internalCall !== null)) return { kind: "busy" };
  const isLate = since !== null && now - since > LINE_MS_MAX;
  if (!isLate || desk?.phone.proven === true || !isMicrophoneSettled(phone)) return null;
  return { kind: "line", at: phone === "elsewhere" ? "elsewhere" : phone === "connecting" ? "socket" : "udp" };
}

function stepOfObstacle(obstacle: Obstacle, input: TestCallInput): TestCallStep {
  switch (obstacle.kind) {
    case "microphone":
      return "microphone";
    case "line":
    case "busy":
      return "line";
    case "request":
      return "calling";
    case "notHeard":
      return "voice";
    case "server":
      return stepOfServer(obstacle.obstacle, input.call);
    default:
      return obstacle satisfies never;
  }
}

function stepOfServer({ code }: TestCallObstacle, call: TestCall | null): TestCallStep {
  switch (code) {
    case "phoneNotConnected":
    case "notReady":
    case "inCall":
      return "line";
    case "noNumber":
    case "edgeAway":
    case "sipUnreachable":
    case "limit":
      return "calling";
    case "refused":
    case "noAudioFromUs":
      return "greeting";
    case "timedOut":
      return "ringing";
    case "notAnswered":
      return "answer";
    case "agentHungUp":
      return call?.callerHeard.agent === true ? "voice" : "answer";
    case "noAudioFromAgent":
      return "voice";
    default:
      return code satisfies never;
  }
}

const METER_FLOOR_DBFS = -60;

/** A level as a share of a meter, 0 to 1: what speech moves in. */
export function meterShare(levelDbfs: number | null): number {
  if (levelDbfs === null) return 0;
  return Math.min(1, Math.max(0, 1 - levelDbfs / METER_FLOOR_DBFS));
}
