// Calls between colleagues at this edge: the shell of `stepInternalCall`. Their legs are those that customers' calls come to.
import type { CoreCommand, EdgeEvent, EdgeInternalCall, InternalEnd, InternalSideNow, ShownCaller } from "@allo/contract";
import {
  beginInternalCall,
  stepInternalCall,
  type InternalCallCommand,
  type InternalCallEvent,
  type InternalCallState,
  type InternalHearing,
  type InternalSeat,
  type InternalSide,
} from "@allo/call";
import type { Clock, Instant, InternalCallId, OfferId, PersonId, PhoneId, Timers } from "@allo/kernel";
import type { LegPath, MediaEngine } from "@allo/media";
import type { PhoneWanted } from "./calls.ts";

type Command = Extract<CoreCommand, { readonly kind: "beginInternal" | "joinInternal" | "holdInternal" | "muteInternal" | "endInternal" }>;

export type InternalCalls = {
  readonly command: (command: Command) => void;
  /** Nothing comes from this leg any more, or it is closed. */
  readonly legLost: (legId: string) => void;
  readonly legFlowing: (fields: { readonly personId: PersonId; readonly phoneId: PhoneId; readonly legId: string }) => void;
  /** A device was put down. */
  readonly hungUp: (legId: string) => void;
  /** A device has put the other side on hold, or taken them back. */
  readonly held: (legId: string, held: boolean) => void;
  readonly list: () => readonly EdgeInternalCall[];
  readonly endAll: () => void;
};

type Call = {
  readonly internalCallId: InternalCallId;
  readonly callerId: PersonId;
  readonly calleeId: PersonId;
  readonly startedAt: Instant;
  readonly ringback: string;
  readonly holdLoop: string;
  state: InternalCallState;
  answeredAt: Instant | null;
  cancelReturn: (() => void) | null;
  /** What the phone that is fetched shows, and by which offer it was picked up. */
  readonly wanted: Record<InternalSide, { readonly shown: ShownCaller; readonly offerId: OfferId | null } | null>;
  /** The caller dialled it at their own phone. */
  readonly dialToken: string | undefined;
};

export function createInternalCalls(options: {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly engine: Pick<MediaEngine, "setPath" | "setMuted">;
  readonly legFor: (order: PhoneWanted, then: (legId: string | null) => void) => void;
  /** A device that rings for nothing. */
  readonly stopRinging: (phoneId: PhoneId) => void;
  readonly onTaken: (legId: string) => void;
  /** The two hear each other: a device that dialled is answered. */
  readonly onReached: (legId: string) => void;
  readonly onReleased: (phoneId: PhoneId, how: { readonly hadPlace: boolean }) => void;
  /** No new calls are taken. */
  readonly isDraining: () => boolean;
  readonly report: (event: EdgeEvent) => void;
}): InternalCalls {
  const { clock, timers, engine } = options;
  const calls = new Map<InternalCallId, Call>();

  const feed = (call: Call, event: InternalCallEvent): void => {
    const step = stepInternalCall(call.state, event);
    call.state = step.state;
    for (const command of step.commands) execute(call, command);
  };
  const feedAll = (event: InternalCallEvent): void => {
    for (const call of calls.values()) feed(call, event);
  };

  const execute = (call: Call, command: InternalCallCommand): void => {
    const { internalCallId } = call;
    const at = clock.now();
    switch (command.kind) {
      case "fetchLeg": {
        const { side, phoneId, personId } = command;
        const wanted = call.wanted[side];
        const dialToken = side === "caller" ? call.dialToken : undefined;
        const order = { phoneId, personId, offerId: wanted?.offerId ?? null, shown: wanted?.shown ?? null, dialToken };
        options.legFor(order, (legId) => feed(call, { kind: "legFetched", side, phoneId, legId }));
        return;
      }
      case "takeLeg":
        options.onTaken(command.legId);
        return;
      case "releasePhone":
        if (!command.hadPlace) options.stopRinging(command.phoneId);
        options.onReleased(command.phoneId, { hadPlace: command.hadPlace });
        return;
      case "hear":
        engine.setPath(command.legId, pathOf(call, command.what));
        return;
      case "setMuted":
        engine.setMuted(command.legId, command.muted);
        return;
      case "armReturn":
        call.cancelReturn?.();
        call.cancelReturn = timers.arm(command.afterMs, () => feed(call, { kind: "returnTimePassed" }));
        return;
      case "cancelReturn":
        call.cancelReturn?.();
        call.cancelReturn = null;
        return;
      case "tellReady":
        options.report({ kind: "internalReady", at, internalCallId });
        return;
      case "tellJoined":
        call.answeredAt = at;
        if (call.state.kind === "talking" && call.state.caller.legId !== null) options.onReached(call.state.caller.legId);
        options.report({ kind: "internalJoined", at, internalCallId });
        return;
      case "tellSide": {
        const { side, held, away } = command;
        const personId = side === "caller" ? call.callerId : call.calleeId;
        options.report({ kind: "internalSide", at, internalCallId, personId, held, away });
        return;
      }
      case "tellEnded":
        calls.delete(internalCallId);
        ended(call, command.why);
    }
  };

  const ended = ({ internalCallId, callerId, calleeId, startedAt, answeredAt }: Call, why: InternalEnd): void =>
    options.report({ kind: "internalEnded", at: clock.now(), internalCallId, callerId, calleeId, startedAt, answeredAt, why });

  const begin = (order: Extract<Command, { kind: "beginInternal" }>): void => {
    const { internalCallId, caller, calleeId, shown, ringback, holdLoop, dialToken } = order;
    if (calls.has(internalCallId)) return; // said again
    const begun = beginInternalCall(caller);
    const call: Call = {
      internalCallId,
      callerId: caller.personId,
      calleeId,
      startedAt: clock.now(),
      ringback,
      holdLoop,
      state: begun.state,
      answeredAt: null,
      cancelReturn: null,
      wanted: { caller: { shown, offerId: null }, callee: null },
      dialToken,
    };
    if (options.isDraining()) {
      ended(call, "shutdown");
      return;
    }
    calls.set(internalCallId, call);
    for (const command of begun.commands) execute(call, command);
  };

  const sideOf = (call: Call, personId: PersonId): InternalSide => (personId === call.calleeId ? "callee" : "caller");

  return {
    command(command) {
      if (command.kind === "beginInternal") {
        begin(command);
        return;
      }
      const call = calls.get(command.internalCallId);
      if (call === undefined) return; // it ended meanwhile, and was said to
      switch (command.kind) {
        case "joinInternal":
          call.wanted.callee = { shown: command.shown, offerId: command.offerId };
          feed(call, { kind: "joinOrdered", phoneId: command.phoneId, personId: call.calleeId });
          return;
        case "holdInternal":
          feed(call, { kind: "holdOrdered", side: sideOf(call, command.personId), held: command.held });
          return;
        case "muteInternal":
          feed(call, { kind: "muteOrdered", side: sideOf(call, command.personId), muted: command.muted });
          return;
        case "endInternal":
          feed(call, { kind: "endOrdered", why: "ordered" });
      }
    },
    legLost: (legId) => feedAll({ kind: "legLost", legId }),
    legFlowing: (fields) => feedAll({ kind: "legFlowing", ...fields }),
    hungUp: (legId) => feedAll({ kind: "hungUp", legId }),
    held: (legId, held) => feedAll({ kind: "heldByPhone", legId, held }),
    list: () =>
      [...calls.values()].flatMap((call): readonly EdgeInternalCall[] => {
        const { internalCallId, startedAt, answeredAt, state } = call;
        if (state.kind === "over") return [];
        const callee = "callee" in state ? sideNow(state.callee) : { personId: call.calleeId, held: false, muted: false, away: false };
        return [{ internalCallId, phase: state.kind, startedAt, answeredAt, caller: sideNow(state.caller), callee }];
      }),
    endAll: () => feedAll({ kind: "endOrdered", why: "shutdown" }),
  };
}

function sideNow({ personId, legId, held, muted }: InternalSeat): InternalSideNow {
  return { personId, held, muted, away: legId === null };
}

function pathOf({ ringback, holdLoop }: Call, what: InternalHearing): LegPath {
  switch (what.kind) {
    case "silence":
      return { kind: "silence" };
    case "voice":
      return { kind: "bridge", peerLegId: what.legId };
    case "ringback":
      return { kind: "sequence", token: "internal", items: [{ kind: "loop", audioId: ringback }] };
    case "music":
      return { kind: "sequence", token: "internal", items: [{ kind: "loop", audioId: holdLoop }] };
  }
}
