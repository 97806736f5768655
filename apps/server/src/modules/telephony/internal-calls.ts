import type { OpenContact, RouterCommand } from "@allo/acd";
import type { CoreCommand, DeskState, EdgeEvent, EdgeInternalCall, InternalOutcome } from "@allo/contract";
import { DAY_MS, MINUTE_MS, SECOND_MS } from "@allo/kernel";
import type {
  Clock,
  ContactId,
  IdSource,
  Instant,
  InternalCallId,
  OfferId,
  OrganisationId,
  PersonId,
  PhoneId,
  QueueId,
  Timers,
} from "@allo/kernel";
import type { Database } from "../../platform/db.ts";
import type { Logger } from "../../platform/log.ts";
import type { Routing } from "../routing/index.ts";
import { saidOfInternal } from "./phone-dial-words.ts";
import {
  internalCallInsert,
  internalCallMissedCount,
  internalCallSeenPut,
  internalCallTrim,
  type StoredInternalCall,
} from "./store/internal-call-store.ts";

export const internalCallLimits = {
  /** Open at once in one organisation. */
  openMax: 500,
  /** One person doesn't ring colleagues more often. */
  placedPerMinuteMax: 12,
  /** The edge has the phone of whoever calls by then: longer than it waits for a device to be picked up. */
  ownPhoneMsMax: 15 * SECOND_MS,
  talkMsMax: 120 * MINUTE_MS,
  /** Forgotten after so long. */
  keptMs: 365 * DAY_MS,
  /** What is too old is looked for once in so many calls. */
  trimEvery: 100,
  /** Kept while the database is away; older ones go first. */
  unwrittenMax: 1_000,
  /** That they are over is remembered of so many: what an edge says of them at its next hello may be old. */
  overMax: 1_000,
} as const;

type Side = "caller" | "callee";
type SideState = { heldSince: Instant | null; awaySince: Instant | null; muted: boolean };
type Call = {
  readonly internalCallId: InternalCallId;
  readonly organisationId: OrganisationId;
  readonly callerId: PersonId;
  readonly calleeId: PersonId;
  /** The router asks for a queue; it counts nothing by it, and rings as long as that one's contacts ring. */
  readonly queueId: QueueId;
  readonly callerName: string;
  readonly startedAt: Instant;
  /** Dialled at the caller's own phone. */
  readonly dialled: { readonly phoneId: PhoneId; readonly token: string } | null;
  phase: "calling" | "ringing" | "connecting" | "talking";
  offer: { readonly offerId: OfferId; readonly expiresAt: Instant } | null;
  answeredAt: Instant | null;
  readonly sides: Record<Side, SideState>;
  cancelLimit: (() => void) | null;
};

type DeskCall = NonNullable<DeskState["internalCall"]>;
/** As one of the two sees it; the name of the other and who waits meanwhile are the desk's to add. */
export type OwnInternalCall = Omit<DeskCall, "name" | "customersWaiting" | "personId"> & { readonly personId: PersonId };
export type LastInternalCall = {
  readonly personId: PersonId;
  readonly side: Side;
  readonly outcome: InternalOutcome;
  readonly at: Instant;
};
type InternalEvent = Extract<EdgeEvent, { readonly kind: "internalReady" | "internalJoined" | "internalSide" | "internalEnded" }>;

export type InternalCalls = ReturnType<typeof createInternalCalls>;

/**
 * Calls between colleagues. Each of the two is an aside of the router under the call's own name, so that a person has one state and one ring
 * whatever they are in, and is offered no customer meanwhile. No contact is made and no figure counts them; what was is kept in a list of
 * its own.
 */
export function createInternalCalls(deps: {
  readonly routing: Routing;
  readonly database: Database;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: IdSource;
  readonly send: (command: CoreCommand) => void;
  readonly phoneOf: (personId: PersonId) => { readonly phoneId: PhoneId; readonly registered: boolean } | undefined;
  readonly ringTone: (organisationId: OrganisationId) => string;
  readonly holdLoop: (organisationId: OrganisationId, queueId: QueueId) => string;
  readonly log: Logger;
}) {
  const { routing, database, clock, timers, ids, send, phoneOf, log } = deps;
  const calls = new Map<InternalCallId, Call>();
  const bySide = new Map<ContactId, Call>();
  const last = new Map<PersonId, LastInternalCall>();
  const placedAt = new Map<PersonId, Instant[]>();
  const listeners: ((organisationId: OrganisationId, personIds: readonly PersonId[]) => void)[] = [];
  const missedListeners: ((organisationId: OrganisationId, personId: PersonId) => void)[] = [];
  const unwritten: { readonly organisationId: OrganisationId; readonly call: StoredInternalCall }[] = [];
  const over = new Set<InternalCallId>();
  /** How many calls somebody missed, as far as it was asked for; null: being read. */
  const missedCounts = new Map<PersonId, number | null>();
  const began = clock.now();
  let writtenCount = 0;
  let isClosed = false;

  const changed = ({ organisationId, callerId, calleeId }: Call): void => {
    for (const listener of listeners) listener(organisationId, [callerId, calleeId]);
  };

  // ---- The list of those that are over

  /** Resolves when it stands there; kept here until then where the database is away. */
  const write = (organisationId: OrganisationId, call: StoredInternalCall): Promise<void> => {
    writtenCount += 1;
    const isTrimming = writtenCount % internalCallLimits.trimEvery === 0;
    const work = database.withScope({ organisationId, projectIds: "*" }, async (tx) => {
      await internalCallInsert(tx, organisationId, call);
      if (isTrimming) await internalCallTrim(tx, clock.now() - internalCallLimits.keptMs);
    });
    return work.then(
      () => {
        // Whom one has spoken with, one has missed no longer.
        for (const personId of [call.callerId, call.calleeId]) if (missedCounts.has(personId)) void countMissed(organisationId, personId);
      },
      (error: unknown) => {
        unwritten.push({ organisationId, call });
        if (unwritten.length > internalCallLimits.unwrittenMax) unwritten.shift();
        log.warn({ err: error }, "a call between colleagues can't be written down yet");
      },
    );
  };
  const countMissed = async (organisationId: OrganisationId, personId: PersonId): Promise<void> => {
    const before = missedCounts.get(personId);
    if (before === undefined) missedCounts.set(personId, null);
    try {
      const count = await database.withScope({ organisationId, projectIds: "*" }, (tx) => internalCallMissedCount(tx, personId));
      missedCounts.set(personId, count);
      if (!isClosed && count !== (before ?? 0)) for (const listener of missedListeners) listener(organisationId, personId);
    } catch (error) {
      missedCounts.delete(personId); // asked again when the desk is shown next
      log.warn({ err: error }, "missed calls of colleagues can't be counted now");
    }
  };
  database.onUp(() => {
    if (isClosed) return;
    for (const { organisationId, call } of unwritten.splice(0)) void write(organisationId, call);
  });

  // ---- Its end

  const noteOver = (internalCallId: InternalCallId): void => {
    over.add(internalCallId);
    for (const oldest of over) {
      if (over.size <= internalCallLimits.overMax) return;
      over.delete(oldest);
    }
  };

  /** Ends it after so long. */
  const arm = (call: Call, afterMs: number): void => {
    call.cancelLimit?.();
    call.cancelLimit = timers.arm(Math.max(0, afterMs), () => {
      call.cancelLimit = null;
      if (!isClosed) void end(call, "failed");
    });
  };

  const end = (call: Call, unanswered: Exclude<InternalOutcome, "answered">, { isAtEdge = true, at = clock.now() } = {}): Promise<void> => {
    const { organisationId, internalCallId, callerId, calleeId, startedAt, answeredAt } = call;
    if (!calls.delete(internalCallId)) return Promise.resolve();
    noteOver(internalCallId);
    call.cancelLimit?.();
    stopRinging(call);
    // Before it is ended, so that the phone which dialled says why.
    if (call.dialled !== null && answeredAt === null) send({ kind: "tellPhone", ...call.dialled, ...saidOfInternal(unanswered) });
    if (isAtEdge) send({ kind: "endInternal", internalCallId });
    for (const side of [callerSide(internalCallId), calleeSide(internalCallId)])
      if (bySide.delete(side)) routing.submit(organisationId, { kind: "contactEnded", contact: side });
    const outcome = answeredAt === null ? unanswered : "answered";
    const endedAt = Math.max(startedAt, answeredAt ?? startedAt, at);
    // Whom it never rang at, or who said no, has missed nothing.
    const missed = call.offer !== null && (outcome === "notAnswered" || outcome === "givenUp");
    const written = write(organisationId, { internalCallId, callerId, calleeId, startedAt, answeredAt, endedAt, outcome, missed });
    if (outcome !== "answered") {
      last.set(callerId, { personId: calleeId, side: "caller", outcome, at: endedAt });
      if (missed) last.set(calleeId, { personId: callerId, side: "callee", outcome, at: endedAt });
    }
    changed(call);
    return written;
  };

  // ---- Ringing

  const ring = (call: Call): void => {
    const phone = phoneOf(call.calleeId);
    if (phone === undefined || call.offer === null) return;
    const shown = { number: null, name: call.callerName };
    send({
      kind: "ringPhone",
      phoneId: phone.phoneId,
      audioId: deps.ringTone(call.organisationId),
      offerId: call.offer.offerId,
      shown,
    });
  };
  const stopRinging = ({ phase, calleeId, offer }: Call): void => {
    const phone = phoneOf(calleeId);
    if (phase === "ringing" && offer !== null && phone !== undefined) send({ kind: "stopRinging", phoneId: phone.phoneId });
  };

  const join = (call: Call): void => {
    const phone = phoneOf(call.calleeId);
    if (phone?.registered !== true || call.offer === null) {
      void end(call, "failed");
      return;
    }
    call.phase = "connecting";
    send({
      kind: "joinInternal",
      internalCallId: call.internalCallId,
      phoneId: phone.phoneId,
      offerId: call.offer.offerId,
      shown: { number: null, name: call.callerName },
    });
    changed(call);
  };

  // ---- What the edge says

  const ready = (call: Call): void => {
    if (call.phase !== "calling") return;
    call.phase = "ringing";
    call.cancelLimit?.();
    const side = calleeSide(call.internalCallId);
    bySide.set(side, call);
    routing.submit(call.organisationId, {
      kind: "contactQueued",
      contact: side,
      queue: call.queueId,
      enqueuedAt: clock.now(),
      priority: 0,
      requirements: [],
      onlyAgent: call.calleeId,
      isAside: true,
    });
    changed(call);
  };

  const joined = (call: Call, at: Instant): void => {
    if (call.answeredAt !== null) return;
    call.phase = "talking";
    call.answeredAt = at;
    routing.submit(call.organisationId, { kind: "bridged", contact: calleeSide(call.internalCallId) });
    arm(call, internalCallLimits.talkMsMax);
    changed(call);
  };

  const sideChanged = (call: Call, event: Extract<InternalEvent, { kind: "internalSide" }>): void => {
    const side = call.sides[event.personId === call.calleeId ? "callee" : "caller"];
    side.heldSince = event.held ? (side.heldSince ?? event.at) : null;
    side.awaySince = event.away ? (side.awaySince ?? event.at) : null;
    changed(call);
  };

  const endedAtEdge = (call: Call | undefined, event: Extract<InternalEvent, { kind: "internalEnded" }>): Promise<void> | null => {
    const { internalCallId, callerId, calleeId, startedAt, answeredAt, at, why } = event;
    noteOver(internalCallId);
    if (call !== undefined) {
      if (call.answeredAt === null && answeredAt !== null) call.answeredAt = answeredAt;
      return end(call, why === "hungUp" && call.phase === "ringing" ? "givenUp" : "failed", { isAtEdge: false, at });
    }
    // One of an earlier start of core, which ended while nobody listened. Those of this start are written already.
    const organisationId = startedAt < began ? routing.organisationOf(callerId) : undefined;
    if (organisationId === undefined) return null;
    const outcome: InternalOutcome = answeredAt === null ? "failed" : "answered";
    return write(organisationId, {
      internalCallId,
      callerId,
      calleeId,
      startedAt,
      answeredAt,
      endedAt: Math.max(startedAt, at),
      outcome,
      missed: false,
    });
  };

  /** Who is called has no part in it before it rings at them. */
  const isIn = ({ internalCallId, callerId, calleeId }: Call, personId: PersonId): boolean =>
    callerId === personId || (calleeId === personId && bySide.has(calleeSide(internalCallId)));
  const bound = (personId: PersonId): Call | undefined => {
    for (const call of calls.values()) if (isIn(call, personId)) return call;
    return undefined;
  };
  const sideOf = (call: Call, personId: PersonId): Side => (personId === call.calleeId ? "callee" : "caller");
  const own = (internalCallId: InternalCallId, personId: PersonId): Call | undefined => {
    const call = calls.get(internalCallId);
    return call !== undefined && isIn(call, personId) ? call : undefined;
  };

  /** Core was started anew while the two spoke: they go on. */
  const adopt = ({ internalCallId, startedAt, answeredAt, caller, callee }: EdgeInternalCall, queueOf: QueueOf): boolean => {
    const organisationId = routing.organisationOf(caller.personId);
    const queueId = organisationId === undefined ? null : queueOf(organisationId);
    if (organisationId === undefined || queueId === null || answeredAt === null) return false;
    const now = clock.now();
    const sideState = ({ held, away, muted }: EdgeInternalCall["caller"]): SideState => ({
      heldSince: held ? now : null,
      awaySince: away ? now : null,
      muted,
    });
    const call: Call = {
      internalCallId,
      organisationId,
      callerId: caller.personId,
      calleeId: callee.personId,
      queueId,
      callerName: "",
      startedAt,
      dialled: null,
      phase: "talking",
      offer: null,
      answeredAt,
      sides: { caller: sideState(caller), callee: sideState(callee) },
      cancelLimit: null,
    };
    const sides = [
      [callerSide(internalCallId), call.callerId],
      [calleeSide(internalCallId), call.calleeId],
    ] as const;
    // A router that is still being rebuilt hears of them by `openOf`.
    if (!routing.isHeld(organisationId)) {
      for (const [contact, agent] of sides) {
        const commands = routing.submit(organisationId, { kind: "engaged", contact, agent, queue: queueId, isAside: true });
        const isRefused = commands?.some((command) => command.kind === "inputIgnored" && command.why !== "contactKnown") === true;
        if (!isRefused) continue;
        for (const [begun] of sides) routing.submit(organisationId, { kind: "contactEnded", contact: begun });
        return false;
      }
    }
    calls.set(internalCallId, call);
    for (const [contact] of sides) bySide.set(contact, call);
    arm(call, answeredAt + internalCallLimits.talkMsMax - now);
    changed(call);
    return true;
  };

  return {
    /** Somebody's call with a colleague began, moved on or ended. */
    onChanged: (listener: (typeof listeners)[number]): void => void listeners.push(listener),

    /** How many calls somebody missed is another number by now. */
    onMissedCounted: (listener: (typeof missedListeners)[number]): void => void missedListeners.push(listener),

    /** "busy": whoever calls is in a call by now, or the router is away. */
    place(order: {
      readonly organisationId: OrganisationId;
      readonly callerId: PersonId;
      readonly calleeId: PersonId;
      readonly callerName: string;
      readonly calleeName: string;
      readonly queueId: QueueId;
      /** The call of the caller's phone by which they dialled; null: their phone is called. */
      readonly dialToken: string | null;
    }): "placed" | "busy" | "tooMany" | "tooOften" {
      const { organisationId, callerId, calleeId, callerName, calleeName, queueId, dialToken } = order;
      const now = clock.now();
      if ([...calls.values()].filter((each) => each.organisationId === organisationId).length >= internalCallLimits.openMax)
        return "tooMany";
      const lately = (placedAt.get(callerId) ?? []).filter((at) => at > now - MINUTE_MS);
      if (lately.length >= internalCallLimits.placedPerMinuteMax) return "tooOften";
      const phone = phoneOf(callerId);
      if (phone?.registered !== true) return "busy";
      const internalCallId = ids.next("int") as InternalCallId;
      const engaged = routing.submit(organisationId, {
        kind: "engaged",
        contact: callerSide(internalCallId),
        agent: callerId,
        queue: queueId,
        isAside: true,
      });
      if (engaged === null || engaged.some(({ kind }) => kind === "inputIgnored")) return "busy";
      placedAt.set(callerId, [...lately, now]);
      last.delete(callerId);
      const call: Call = {
        internalCallId,
        organisationId,
        callerId,
        calleeId,
        queueId,
        callerName,
        startedAt: now,
        dialled: dialToken === null ? null : { phoneId: phone.phoneId, token: dialToken },
        phase: "calling",
        offer: null,
        answeredAt: null,
        sides: { caller: newSide(), callee: newSide() },
        cancelLimit: null,
      };
      calls.set(internalCallId, call);
      bySide.set(callerSide(internalCallId), call);
      arm(call, internalCallLimits.ownPhoneMsMax);
      send({
        kind: "beginInternal",
        internalCallId,
        caller: { phoneId: phone.phoneId, personId: callerId },
        calleeId,
        shown: { number: null, name: calleeName },
        ringback: deps.ringTone(organisationId),
        holdLoop: deps.holdLoop(organisationId, queueId),
        ...(dialToken === null ? {} : { dialToken }),
      });
      changed(call);
      return "placed";
    },

    /** False where it isn't this person's, or is over. */
    hangUp(internalCallId: InternalCallId, personId: PersonId): boolean {
      const call = own(internalCallId, personId);
      if (call === undefined) return false;
      void end(call, call.calleeId === personId ? "declined" : "givenUp");
      return true;
    },
    /** Whatever call with a colleague this person is in is over: they call for help. */
    leave(personId: PersonId): void {
      const call = bound(personId);
      if (call !== undefined) void end(call, call.calleeId === personId ? "declined" : "givenUp");
    },
    /** False where they don't speak in it. */
    hold(internalCallId: InternalCallId, personId: PersonId, held: boolean): boolean {
      if (own(internalCallId, personId)?.phase !== "talking") return false;
      send({ kind: "holdInternal", internalCallId, personId, held });
      return true;
    },
    mute(internalCallId: InternalCallId, personId: PersonId, muted: boolean): boolean {
      const call = own(internalCallId, personId);
      if (call?.phase !== "talking") return false;
      call.sides[sideOf(call, personId)].muted = muted;
      send({ kind: "muteInternal", internalCallId, personId, muted });
      changed(call);
      return true;
    },

    /** True where the router speaks of one of the two. */
    follow(command: RouterCommand): boolean {
      const contact = "contact" in command ? command.contact : undefined;
      const call = contact === undefined ? undefined : bySide.get(contact);
      if (contact === undefined || call === undefined) return false;
      switch (command.kind) {
        case "offer":
          call.offer = { offerId: command.offer, expiresAt: command.expiresAt };
          last.delete(call.calleeId);
          ring(call);
          changed(call);
          return true;
        case "connect":
          join(call);
          return true;
        case "asideOver":
        case "refuseContact":
        case "contactLost":
          bySide.delete(contact); // the router has forgotten it
          void end(call, command.kind === "contactLost" ? "failed" : outcomeOf(command.cause));
          return true;
        default:
          return true;
      }
    },

    /** A promise where it is to be durable before the edge may forget it. */
    heed(event: InternalEvent): Promise<void> | null {
      const call = calls.get(event.internalCallId);
      if (event.kind === "internalEnded") return endedAtEdge(call, event);
      if (call === undefined) return null;
      if (event.kind === "internalReady") ready(call);
      else if (event.kind === "internalJoined") joined(call, event.at);
      else sideChanged(call, event);
      return null;
    },

    /** What the edge holds at its hello, and what we do: made one. */
    settle(list: readonly EdgeInternalCall[], { helloAt, queueOf }: { readonly helloAt: Instant; readonly queueOf: QueueOf }): void {
      const held = new Set(list.map(({ internalCallId }) => internalCallId));
      for (const call of [...calls.values()])
        if (call.startedAt < helloAt && !held.has(call.internalCallId)) void end(call, "failed", { isAtEdge: false });
      for (const summary of list) {
        const { internalCallId, startedAt } = summary;
        if (calls.has(internalCallId)) continue;
        // Over by now, begun by us and not ours any more, or never joined: nobody goes on in it.
        const isAdopted = startedAt < began && !over.has(internalCallId) && adopt(summary, queueOf);
        if (!isAdopted) send({ kind: "endInternal", internalCallId });
      }
    },
    /** The edge was started anew. */
    lost(): void {
      for (const call of [...calls.values()]) void end(call, "failed", { isAtEdge: false });
    },
    openCount: (): number => calls.size,
    /** Those whom a router that was rebuilt must know of. */
    openOf: (organisationId: OrganisationId): readonly OpenContact[] =>
      [...calls.values()].flatMap((call) =>
        call.organisationId !== organisationId || call.phase !== "talking"
          ? []
          : (
              [
                [callerSide(call.internalCallId), call.callerId],
                [calleeSide(call.internalCallId), call.calleeId],
              ] as const
            ).map(([contact, agent]) => ({ contact, phase: "talking", agent, queue: call.queueId, isAside: true }) as const),
      ),

    /** What a person's desk shows of it. */
    of(personId: PersonId): OwnInternalCall | null {
      const call = bound(personId);
      if (call === undefined) return null;
      const { internalCallId, callerId, calleeId, startedAt, answeredAt, offer, phase } = call;
      const side = sideOf(call, personId);
      if (side === "callee" && offer === null && phase !== "talking") return null; // it doesn't ring here yet
      const mine = call.sides[side];
      const other = call.sides[side === "caller" ? "callee" : "caller"];
      const isRinging = phase === "ringing" || phase === "connecting";
      return {
        internalCallId,
        personId: side === "caller" ? calleeId : callerId,
        side,
        phase: isRinging ? "ringing" : phase,
        offerId: side === "callee" && isRinging ? (offer?.offerId ?? null) : null,
        startedAt,
        ringEndsAt: phase === "ringing" ? (offer?.expiresAt ?? null) : null,
        answeredAt,
        heldSince: mine.heldSince,
        muted: mine.muted,
        otherHeldSince: other.heldSince,
        otherAwaySince: other.awaySince,
      };
    },
    /** The last one that came to nothing, until the next call of whatever kind. */
    lastOf: (personId: PersonId): LastInternalCall | null => last.get(personId) ?? null,
    forgetLast: (personId: PersonId): boolean => last.delete(personId),
    /** Read at the first asking, which tells of it when it is there. */
    missedCount(organisationId: OrganisationId, personId: PersonId): number {
      if (!missedCounts.has(personId)) void countMissed(organisationId, personId);
      return missedCounts.get(personId) ?? 0;
    },
    /** They have seen which calls they missed. */
    async seen(organisationId: OrganisationId, personId: PersonId): Promise<void> {
      await database.withScope({ organisationId, projectIds: "*" }, (tx) => internalCallSeenPut(tx, organisationId, personId, clock.now()));
      await countMissed(organisationId, personId);
    },
    /** Everybody of the organisation who is in one. */
    people: (organisationId: OrganisationId): readonly PersonId[] =>
      [...calls.values()].flatMap((call) => (call.organisationId === organisationId ? [call.callerId, call.calleeId] : [])),

    close(): void {
      isClosed = true;
      for (const call of calls.values()) call.cancelLimit?.();
    },
  };
}

/** Any queue of the organisation; null where there is none. */
export type QueueOf = (organisationId: OrganisationId) => QueueId | null;

/** The two are contacts of the router under the call's own name. */
function callerSide(internalCallId: InternalCallId): ContactId {
  return internalCallId as string as ContactId;
}
function calleeSide(internalCallId: InternalCallId): ContactId {
  return `${internalCallId}_callee` as ContactId;
}

function newSide(): SideState {
  return { heldSince: null, awaySince: null, muted: false };
}

function outcomeOf(cause: string): Exclude<InternalOutcome, "answered"> {
  switch (cause) {
    case "notAnswered":
    case "declined":
      return cause;
    case "notAvailable":
    case "nobodySignedIn":
    case "mediaLost":
    case "signedOut":
      return "notAvailable";
    default:
      return "failed";
  }
}
