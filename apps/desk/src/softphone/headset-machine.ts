import type { HeadsetLights, KeyReading } from "./headset-report.ts";

/** What the screen shows of the call, as far as a headset is concerned. */
export type HeadsetCall =
  | { readonly kind: "none" }
  | { readonly kind: "ringing"; readonly offerId: string }
  | { readonly kind: "talking"; readonly contactId: string; readonly muted: boolean; readonly held: boolean };

export type HeadsetState = {
  readonly connected: boolean;
  readonly call: HeadsetCall;
  /** The ring that its button has answered, until the talk begins. */
  readonly answering: string | null;
  readonly talkSince: number;
  /** The mute that was asked for, until the screen shows it. */
  readonly muteWanted: boolean | null;
  /** Keys that are down, so that a held key counts once. */
  readonly down: { readonly hook: boolean; readonly mute: boolean };
  readonly lights: HeadsetLights;
};

export type HeadsetEvent =
  | { readonly kind: "connected" }
  | { readonly kind: "disconnected" }
  | { readonly kind: "callChanged"; readonly call: HeadsetCall; readonly at: number }
  | { readonly kind: "keysRead"; readonly keys: readonly KeyReading[]; readonly at: number }
  /** An act was refused, or the answer never came. */
  | { readonly kind: "actFailed" };

export type HeadsetCommand =
  | { readonly kind: "answer"; readonly offerId: string }
  | { readonly kind: "hangUp"; readonly contactId: string }
  | { readonly kind: "mute"; readonly contactId: string; readonly muted: boolean }
  | { readonly kind: "showLights"; readonly lights: HeadsetLights };
export type HeadsetStep = { readonly state: HeadsetState; readonly commands: readonly HeadsetCommand[] };

export const HeadsetLimits = {
  /** Who presses the button while the screen answers meant to answer: so soon after the beginning it doesn't hang up. */
  hangUpGraceMs: 700,
} as const;

const dark: HeadsetLights = { offHook: false, ring: false, mute: false, hold: false };
export const headsetAtRest: HeadsetState = {
  connected: false,
  call: { kind: "none" },
  answering: null,
  talkSince: 0,
  muteWanted: null,
  down: { hook: false, mute: false },
  lights: dark,
};

/** A headset's buttons and lights in step with the screen; total. Only the tab that holds the phone runs it. */
export function stepHeadset(state: HeadsetState, event: HeadsetEvent): HeadsetStep {
  switch (event.kind) {
    case "connected": {
      // It may show anything: its lights are said whole.
      const next = { ...state, connected: true, down: headsetAtRest.down };
      const lights = lightsOf(next);
      return { state: { ...next, lights }, commands: [{ kind: "showLights", lights }] };
    }
    case "disconnected":
      return { state: { ...state, connected: false, answering: null, muteWanted: null, lights: dark }, commands: [] };
    case "callChanged":
      return lit(follow(state, event.call, event.at), []);
    case "keysRead":
      return state.connected ? read(state, event.keys, event.at) : { state, commands: [] };
    case "actFailed":
      return lit({ ...state, answering: null, muteWanted: null }, []);
    default:
      return event satisfies never;
  }
}

function follow(state: HeadsetState, call: HeadsetCall, at: number): HeadsetState {
  const before = state.call;
  const isSameTalk = call.kind === "talking" && before.kind === "talking" && call.contactId === before.contactId;
  const isSameRing = call.kind === "ringing" && call.offerId === state.answering;
  return {
    ...state,
    call,
    answering: isSameRing ? state.answering : null,
    talkSince: call.kind === "talking" && !isSameTalk ? at : state.talkSince,
    muteWanted: isSameTalk && state.muteWanted !== null && call.muted !== state.muteWanted ? state.muteWanted : null,
  };
}

function read(state: HeadsetState, keys: readonly KeyReading[], at: number): HeadsetStep {
  let next = state;
  const commands: HeadsetCommand[] = [];
  for (const reading of keys) {
    const wasDown = next.down[reading.key];
    next = { ...next, down: { ...next.down, [reading.key]: reading.on } };
    if (reading.key === "hook") {
      // A toggle speaks when it goes down; a switch by where it stands.
      const lifted = reading.toggles ? next.call.kind === "ringing" : reading.on;
      if (reading.toggles && (!reading.on || wasDown)) continue;
      next = hook(next, { lifted, at }, commands);
    } else {
      if (reading.toggles && (!reading.on || wasDown)) continue;
      next = mute(next, reading.toggles ? null : reading.on, commands);
    }
  }
  return lit(next, commands);
}

function hook(
  state: HeadsetState,
  { lifted, at }: { readonly lifted: boolean; readonly at: number },
  commands: HeadsetCommand[],
): HeadsetState {
  const { call } = state;
  if (call.kind === "ringing" && lifted && state.answering !== call.offerId) {
    commands.push({ kind: "answer", offerId: call.offerId });
    return { ...state, answering: call.offerId };
  }
  if (call.kind === "talking" && !lifted && at - state.talkSince >= HeadsetLimits.hangUpGraceMs) {
    commands.push({ kind: "hangUp", contactId: call.contactId });
    return state;
  }
  // What the device says of its hook is now other than the screen: it is told again.
  const isOther = lifted !== lightsOf(state).offHook;
  return isOther ? { ...state, lights: { ...state.lights, offHook: lifted } } : state;
}

/** `wanted` null: the other of what is. */
function mute(state: HeadsetState, wanted: boolean | null, commands: HeadsetCommand[]): HeadsetState {
  const { call } = state;
  if (call.kind !== "talking") return state;
  const now = state.muteWanted ?? call.muted;
  const muted = wanted ?? !now;
  // The device's echo of the light that it was given.
  if (muted === now) return state;
  commands.push({ kind: "mute", contactId: call.contactId, muted });
  return { ...state, muteWanted: muted };
}

function lightsOf({ call, answering, muteWanted }: HeadsetState): HeadsetLights {
  const isTalking = call.kind === "talking";
  return {
    ring: call.kind === "ringing" && answering === null,
    offHook: isTalking || answering !== null,
    mute: isTalking && (muteWanted ?? call.muted),
    hold: isTalking && call.held,
  };
}

/** The lights follow the state; said only where they change. */
function lit(state: HeadsetState, commands: readonly HeadsetCommand[]): HeadsetStep {
  const lights = lightsOf(state);
  const { lights: before } = state;
  const isSame =
    lights.offHook === before.offHook && lights.ring === before.ring && lights.mute === before.mute && lights.hold === before.hold;
  if (!state.connected || isSame) return { state: { ...state, lights: state.connected ? lights : before }, commands };
  return { state: { ...state, lights }, commands: [...commands, { kind: "showLights", lights }] };
}
