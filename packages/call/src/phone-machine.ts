// A person's browser phone at the edge: who may speak on which flow, its standing leg, and whether its media path is proven.
// A flow may die (core restarts, a network blinks) while the media goes on: media decides, not the WebSocket. A standing leg that is replaced
// stays until the next one can carry sound: a browser that changes its network, or only feared so, is not missed in between.

import type { Instant, PersonId, PhoneId, SessionId, Step } from "@allo/kernel";
import { unreachable } from "@allo/kernel";

export const PhoneLimits = {
  /** Available means: a consent check was answered within this time (RFC 7675 checks every 5 s). */
  consentAgeMsMax: 10_000,
  /** Without consent for so long the standing leg is closed (RFC 7675 §5.1). */
  consentLostMs: 30_000,
  /** A next leg that can't carry sound by then never will. */
  nextReadyMs: 30_000,
} as const;

export type StandingLeg = {
  readonly legId: string;
  readonly dialogId: string;
  readonly openedAt: Instant;
  readonly keysStand: boolean;
  readonly consentAt: Instant | null;
};

export type PhoneState = {
  readonly phoneId: PhoneId;
  readonly personId: PersonId;
  readonly sessionId: SessionId;
  readonly flowId: string | null;
  readonly registered: boolean;
  readonly leg: StandingLeg | null;
  /** Takes the place of `leg` as soon as it has keys and consent. */
  readonly next: StandingLeg | null;
  readonly proven: boolean;
};

export type PhoneEvent = { readonly at: Instant } & (
  | { readonly kind: "flowOpened"; readonly flowId: string; readonly sessionId: SessionId }
  | { readonly kind: "flowClosed"; readonly flowId: string }
  | { readonly kind: "registrationChanged"; readonly registered: boolean }
  | { readonly kind: "legOpened"; readonly legId: string; readonly dialogId: string }
  | { readonly kind: "keysStand"; readonly legId: string }
  | { readonly kind: "consentFresh"; readonly legId: string }
  | { readonly kind: "dialogEnded"; readonly dialogId: string }
  | { readonly kind: "legDied"; readonly legId: string }
  | { readonly kind: "sessionEnded"; readonly sessionId: SessionId }
  /** Once a second. */
  | { readonly kind: "ticked" }
);

export type PhoneCommand =
  | { readonly kind: "closeLeg"; readonly legId: string }
  | { readonly kind: "endDialog"; readonly dialogId: string }
  | { readonly kind: "closeFlow"; readonly flowId: string }
  | { readonly kind: "report"; readonly registered: boolean; readonly proven: boolean }
  /** The leg has keys and consent for the first time: a call that waits for this person may be joined to it. */
  | { readonly kind: "legReady"; readonly legId: string }
  | { readonly kind: "legGone"; readonly legId: string };

type PhoneStep = Step<PhoneState, PhoneCommand>;

export function beginPhone(fields: {
  readonly phoneId: PhoneId;
  readonly personId: PersonId;
  readonly sessionId: SessionId;
  readonly flowId: string;
}): PhoneState {
  return { ...fields, registered: false, leg: null, next: null, proven: false };
}

export function stepPhone(state: PhoneState, event: PhoneEvent): PhoneStep {
  switch (event.kind) {
    case "flowOpened": {
      // One phone a person: a new tab or a reconnect takes over the signalling; the media stays until a new leg replaces it.
      const old: PhoneCommand[] =
        state.flowId !== null && state.flowId !== event.flowId ? [{ kind: "closeFlow", flowId: state.flowId }] : [];
      return settle(state, { ...state, flowId: event.flowId, sessionId: event.sessionId }, event.at, old);
    }
    case "flowClosed":
      return state.flowId === event.flowId ? settle(state, { ...state, flowId: null, registered: false }, event.at) : same(state);
    case "registrationChanged":
      return settle(state, { ...state, registered: event.registered }, event.at);
    case "legOpened": {
      const { legId, dialogId, at } = event;
      const opened: StandingLeg = { legId, dialogId, openedAt: at, keysStand: false, consentAt: null };
      if (state.leg !== null && isReady(state.leg)) return settle(state, { ...state, next: opened }, at, drop(state.next));
      return settle(state, { ...state, leg: opened, next: null }, at, [...drop(state.leg), ...drop(state.next)]);
    }
    case "keysStand":
      return onLeg(state, event.legId, event.at, (leg) => ({ ...leg, keysStand: true }));
    case "consentFresh":
      return onLeg(state, event.legId, event.at, (leg) => ({ ...leg, consentAt: event.at }));
    case "dialogEnded":
      if (state.leg?.dialogId === event.dialogId) return withoutLeg(state, event.at, closeMedia(state.leg.legId));
      return state.next?.dialogId === event.dialogId
        ? settle(state, { ...state, next: null }, event.at, closeMedia(state.next.legId))
        : same(state);
    case "legDied":
      if (state.leg?.legId === event.legId) return withoutLeg(state, event.at, endSilently(state.leg));
      return state.next?.legId === event.legId ? settle(state, { ...state, next: null }, event.at, endSilently(state.next)) : same(state);
    case "sessionEnded":
      if (state.sessionId !== event.sessionId) return same(state);
      return settle(state, { ...state, leg: null, next: null, flowId: null, registered: false }, event.at, [
        ...drop(state.leg),
        ...drop(state.next),
        ...(state.flowId === null ? [] : [{ kind: "closeFlow", flowId: state.flowId } as const]),
      ]);
    case "ticked": {
      const { leg, next } = state;
      if (next !== null && event.at - next.openedAt > PhoneLimits.nextReadyMs)
        return settle(state, { ...state, next: null }, event.at, drop(next));
      if (leg !== null && leg.consentAt !== null && event.at - leg.consentAt > PhoneLimits.consentLostMs)
        return withoutLeg(state, event.at, drop(leg));
      return settle(state, state, event.at);
    }
    default:
      return unreachable(event);
  }
}

function same(state: PhoneState): PhoneStep {
  return { state, commands: [] };
}

function onLeg(state: PhoneState, legId: string, at: Instant, change: (leg: StandingLeg) => StandingLeg): PhoneStep {
  if (state.next?.legId === legId) {
    const next = change(state.next);
    if (!isReady(next)) return settle(state, { ...state, next }, at);
    // First into the call, then out with the old one: whoever talks with this person misses nothing.
    return settle(state, { ...state, leg: next, next: null }, at, [{ kind: "legReady", legId }, ...drop(state.leg)]);
  }
  if (state.leg?.legId !== legId) return same(state);
  const before = state.leg;
  const after = change(before);
  const ready = !isReady(before) && isReady(after);
  return settle(state, { ...state, leg: after }, at, ready ? [{ kind: "legReady", legId }] : []);
}

/** The leg is gone: one that was to follow it takes its place, ready or not. */
function withoutLeg(state: PhoneState, at: Instant, commands: readonly PhoneCommand[]): PhoneStep {
  return settle(state, { ...state, leg: state.next, next: null }, at, commands);
}

function isReady(leg: StandingLeg): boolean {
  return leg.keysStand && leg.consentAt !== null;
}

function closeMedia(legId: string): readonly PhoneCommand[] {
  return [
    { kind: "closeLeg", legId },
    { kind: "legGone", legId },
  ];
}

function drop(leg: StandingLeg | null): readonly PhoneCommand[] {
  return leg === null ? [] : [{ kind: "endDialog", dialogId: leg.dialogId }, ...closeMedia(leg.legId)];
}

/** Its media is closed already. */
function endSilently({ dialogId, legId }: StandingLeg): readonly PhoneCommand[] {
  return [
    { kind: "endDialog", dialogId },
    { kind: "legGone", legId },
  ];
}

/** Works out `proven` and says so when it or the registration changed. */
function settle(before: PhoneState, after: PhoneState, at: Instant, commands: readonly PhoneCommand[] = []): PhoneStep {
  const { leg } = after;
  const proven = leg !== null && leg.keysStand && leg.consentAt !== null && at - leg.consentAt <= PhoneLimits.consentAgeMsMax;
  const state: PhoneState = { ...after, proven };
  const changed = before.proven !== proven || before.registered !== after.registered || before.sessionId !== after.sessionId;
  return { state, commands: changed ? [...commands, { kind: "report", registered: after.registered, proven }] : commands };
}
