// A person's browser phone at the edge: who may speak on which flow, its standing leg, and whether its media path is proven.
// A flow may die (core restarts, a network blinks) while the media goes on: media decides, not the WebSocket.

import type { Instant, PersonId, PhoneId, SessionId, Step } from "@allo/kernel";
import { unreachable } from "@allo/kernel";

export const PhoneLimits = {
  /** Available means: a consent check was answered within this time (RFC 7675 checks every 5 s). */
  consentAgeMsMax: 10_000,
  /** Without consent for so long the standing leg is closed (RFC 7675 §5.1). */
  consentLostMs: 30_000,
} as const;

export type StandingLeg = {
  readonly legId: string;
  readonly dialogId: string;
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
  return { ...fields, registered: false, leg: null, proven: false };
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
    case "legOpened":
      return settle(
        state,
        { ...state, leg: { legId: event.legId, dialogId: event.dialogId, keysStand: false, consentAt: null } },
        event.at,
        dropLeg(state),
      );
    case "keysStand":
      return onLeg(state, event.legId, event.at, (leg) => ({ ...leg, keysStand: true }));
    case "consentFresh":
      return onLeg(state, event.legId, event.at, (leg) => ({ ...leg, consentAt: event.at }));
    case "dialogEnded":
      return state.leg?.dialogId === event.dialogId
        ? settle(state, { ...state, leg: null }, event.at, closeMedia(state.leg.legId))
        : same(state);
    case "legDied":
      return state.leg?.legId === event.legId
        ? settle(state, { ...state, leg: null }, event.at, [
            { kind: "endDialog", dialogId: state.leg.dialogId },
            { kind: "legGone", legId: event.legId },
          ])
        : same(state);
    case "sessionEnded":
      if (state.sessionId !== event.sessionId) return same(state);
      return settle(state, { ...state, leg: null, flowId: null, registered: false }, event.at, [
        ...dropLeg(state),
        ...(state.flowId === null ? [] : [{ kind: "closeFlow", flowId: state.flowId } as const]),
      ]);
    case "ticked": {
      const { leg } = state;
      if (leg !== null && leg.consentAt !== null && event.at - leg.consentAt > PhoneLimits.consentLostMs)
        return settle(state, { ...state, leg: null }, event.at, dropLeg(state));
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
  if (state.leg?.legId !== legId) return same(state);
  const before = state.leg;
  const after = change(before);
  const ready = !isReady(before) && isReady(after);
  return settle(state, { ...state, leg: after }, at, ready ? [{ kind: "legReady", legId }] : []);
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

function dropLeg(state: PhoneState): readonly PhoneCommand[] {
  return state.leg === null ? [] : [{ kind: "endDialog", dialogId: state.leg.dialogId }, ...closeMedia(state.leg.legId)];
}

/** Works out `proven` and says so when it or the registration changed. */
function settle(before: PhoneState, after: PhoneState, at: Instant, commands: readonly PhoneCommand[] = []): PhoneStep {
  const { leg } = after;
  const proven = leg !== null && leg.keysStand && leg.consentAt !== null && at - leg.consentAt <= PhoneLimits.consentAgeMsMax;
  const state: PhoneState = { ...after, proven };
  const changed = before.proven !== proven || before.registered !== after.registered || before.sessionId !== after.sessionId;
  return { state, commands: changed ? [...commands, { kind: "report", registered: after.registered, proven }] : commands };
}
