/* The front door's words: what goes into the router, what comes out, what can be seen. See README.md for the rules. */
import type { ContactId, CustomerId, Duration, Instant, OfferId, PersonId, ProjectId, QueueId, ReasonId, SkillId } from "@allo/kernel";

/* ---------- Configuration ---------- */

export type QueueConfig = {
  readonly id: QueueId;
  readonly projectId: ProjectId;
  /** How long one agent rings. Default `routerLimits.ringTimeoutMs`. */
  readonly ringTimeoutMs: Duration;
  /** Longest wait, counted from `enqueuedAt`; passing it gives `expireContact`. */
  readonly waitMaxMs: Duration;
  /** Most contacts unanswered (waiting and ringing) at once; the next is refused unless an agent can take it now. */
  readonly sizeMax: number;
  /** 0 = no wrap-up. */
  readonly wrapUpMs: Duration;
  /** Added once on request; 0 = not extendable. */
  readonly wrapUpExtensionMs: Duration;
  /** Missed rings in a row that make the agent not ready. */
  readonly missedRingsMax: number;
  /** A decline counts among the missed rings. */
  readonly declineCountsAsMissed: boolean;
  /** Added to each contact's own priority; higher goes first. */
  readonly priority: number;
  /** Most contacts of this queue ringing or talking at once; null = no cap. */
  readonly talkingMax: number | null;
  /** Whether an agent who is not ready counts as signed in, so that callers wait instead of being refused. */
  readonly notReadyCountsAsSignedIn: boolean;
};

/** 1 (lowest) to 5 (highest). */
export type Level = 1 | 2 | 3 | 4 | 5;

export type SkillLevel = { readonly skill: SkillId; readonly level: Level };
/** Met by an agent who has the skill at this level or above. */
export type SkillRequirement = SkillLevel;

export type AgentConfig = {
  readonly agent: PersonId;
  readonly memberships: readonly { readonly queue: QueueId; readonly level: Level }[];
  readonly skills: readonly SkillLevel[];
};

/* ---------- States ---------- */

/** Reasons that the system sets; everything else is a `ReasonId` the organisation defined. */
export type SystemReason = "justSignedIn" | "afterMissedRings" | "connectionLost" | "supervisorForced" | "signedOut";
export type NotReadyReason = SystemReason | ReasonId;

export type AgentState =
  | { readonly kind: "offline" }
  | { readonly kind: "notReady"; readonly reason: NotReadyReason }
  | { readonly kind: "ready" }
  /** `accepted`: the agent answered and the bridge is being made; the claim is confirmed by `bridged`. */
  | { readonly kind: "ringing"; readonly offer: OfferId; readonly contact: ContactId; readonly queue: QueueId; readonly accepted: boolean }
  | {
      readonly kind: "talking";
      readonly offer: OfferId | null;
      readonly contact: ContactId;
      readonly queue: QueueId;
      readonly held: boolean;
      readonly mediaLost: boolean;
    }
  | {
      readonly kind: "wrapUp";
      readonly contact: ContactId;
      readonly queue: QueueId;
      readonly until: Instant;
      readonly extended: boolean;
    };

/** What begins when the current contact and its wrap-up are over; null = ready. */
export type PendingState = { readonly kind: "notReady"; readonly reason: NotReadyReason } | { readonly kind: "offline" } | null;

/** Who made the change and why. */
export type AgentChangeCause = {
  readonly by: "agent" | "supervisor" | "system" | "timer";
  readonly why:
    | "signedIn"
    | "signedOut"
    | "readyRequested"
    | "notReadyRequested"
    | "pendingChosen"
    | "pendingCancelled"
    | "offered"
    | "answered"
    | "bridged"
    | "missedRing"
    | "declined"
    | "offerWithdrawn"
    | "bridgeFailed"
    | "bridgeTimedOut"
    | "held"
    | "resumed"
    | "mediaLost"
    | "mediaRestored"
    | "contactEnded"
    | "wrapUpDone"
    | "wrapUpExtended"
    | "wrapUpLimit"
    | "afterMissedRings"
    | "connectionLost"
    | "recovered"
    | "asked"
    | "engaged"
    | "handedOver"
    | "transferred"
    | "parked"
    | "dialFailed";
  // "connectionLost": the grace of `agentLegLost` is over. "recovered": adopted from the edge after a restart.
};

/* ---------- Inputs ---------- */

/** What an edge still holds after a restart. `agent` is the one ringing or talking with it; `accepted`: `connect` has reached it. */
export type OpenContact =
  | { readonly contact: ContactId; readonly phase: "waiting" }
  | {
      readonly contact: ContactId;
      readonly phase: "ringing";
      readonly agent: PersonId;
      readonly offer: OfferId;
      readonly accepted: boolean;
    }
  /** With `queue`, a talk the router has no record of is adopted instead of answered by `contactUnknown`. `isPersonal`: as `onlyAgent`. */
  | {
      readonly contact: ContactId;
      readonly phase: "talking";
      readonly agent: PersonId;
      readonly queue?: QueueId;
      readonly isPersonal?: boolean;
      readonly isAside?: boolean;
    };

type InputBody =
  /** Replaces the whole configuration. Waits and rings already begun keep the limits they began with. */
  | { readonly kind: "configured"; readonly queues: readonly QueueConfig[]; readonly agents: readonly AgentConfig[] }
  | { readonly kind: "agentSignedIn"; readonly agent: PersonId; readonly mediaProven: boolean }
  /** Talking: begins when the contact ends. Ringing: the offer is withdrawn. Wrap-up: ends as signedOut. */
  | { readonly kind: "agentSignedOut"; readonly agent: PersonId }
  | { readonly kind: "readyRequested"; readonly agent: PersonId }
  /** `reasonId` null is for supervisors only and becomes `supervisorForced`. */
  | {
      readonly kind: "notReadyRequested";
      readonly agent: PersonId;
      readonly reasonId: ReasonId | null;
      readonly by: "agent" | "supervisor";
    }
  | { readonly kind: "mediaPath"; readonly agent: PersonId; readonly proven: boolean }
  | {
      readonly kind: "contactQueued";
      readonly contact: ContactId;
      readonly queue: QueueId;
      readonly enqueuedAt: Instant;
      readonly priority: number;
      readonly requirements: readonly SkillRequirement[];
      readonly customerRef?: CustomerId;
      /** For this agent alone, member and skilled or not; it stands beside the queue, takes nobody's place and fills nobody's. */
      readonly onlyAgent?: PersonId;
      /**
       * With `onlyAgent`: a talk beside another contact, as a consultation is. It rings at once or is refused, rings who is not ready too,
       * and is over when it isn't answered (`asideOver`) or ends: no wait, no missed ring, no wrap-up.
       */
      readonly isAside?: true;
      /** It has had its turn: ahead of everyone. */
      readonly toHead?: true;
    }
  /**
   * The agent talks at once: a call of their own, one they listen to (`isAside`), one they pick up. `from`: the aside by which they were rung
   * for it, and which is over.
   */
  | {
      readonly kind: "engaged";
      readonly contact: ContactId;
      readonly agent: PersonId;
      readonly queue: QueueId;
      readonly isAside?: true;
      readonly from?: ContactId;
      /** A call for help: signs in who isn't, ends a ring or a wrap-up, and asks for no proven phone. */
      readonly atOnce?: true;
    }
  /** The talk of `contact` goes from its agent to the one who talks in `aside`, which is over. */
  | { readonly kind: "handedOver"; readonly contact: ContactId; readonly aside: ContactId }
  /** Its agent sends it on to a queue; answered with `moveRefused`, and nothing changed, where that one can't take it. */
  | {
      readonly kind: "contactMoved";
      readonly contact: ContactId;
      readonly queue: QueueId;
      readonly requirements: readonly SkillRequirement[];
    }
  /** Nobody was reached: whoever dialled is as they were before. */
  | { readonly kind: "dialFailed"; readonly contact: ContactId }
  /** Its agent is free and the router knows nothing of it any more: it is parked. */
  | { readonly kind: "contactParked"; readonly contact: ContactId }
  /** The caller is gone before or during the talk. */
  | { readonly kind: "contactLeft"; readonly contact: ContactId; readonly cause: "abandoned" | "ended" }
  | { readonly kind: "offerAccepted"; readonly offer: OfferId; readonly agent: PersonId }
  | { readonly kind: "offerDeclined"; readonly offer: OfferId; readonly agent: PersonId }
  /** The claim is confirmed: both sides hear each other. */
  | { readonly kind: "bridged"; readonly contact: ContactId }
  | { readonly kind: "bridgeFailed"; readonly contact: ContactId; readonly blame: "agent" | "caller" | "system" }
  | { readonly kind: "held"; readonly contact: ContactId }
  | { readonly kind: "resumed"; readonly contact: ContactId }
  /** The talk is over: wrap-up begins. */
  | { readonly kind: "contactEnded"; readonly contact: ContactId }
  | { readonly kind: "wrapUpDone"; readonly agent: PersonId; readonly contact: ContactId }
  | { readonly kind: "wrapUpExtended"; readonly agent: PersonId; readonly contact: ContactId }
  | { readonly kind: "agentMediaLost"; readonly contact: ContactId }
  | { readonly kind: "agentMediaRestored"; readonly contact: ContactId }
  /** The grace to come back is over and the caller is still there: head of its queue. */
  | { readonly kind: "agentLegLost"; readonly contact: ContactId }
  /** After a start of the core, or the loss of an edge: all that is still open, of the whole organisation. */
  | { readonly kind: "epochRecovered"; readonly epoch: string; readonly openContacts: readonly OpenContact[] }
  | { readonly kind: "timerFired"; readonly timer: TimerName; readonly token: number };

/** Every input carries when it happened. `at` never goes back; an earlier one is read as the latest seen. */
export type RouterInput = InputBody & { readonly at: Instant };

/* ---------- Commands ---------- */

export type TimerName = `ring:${OfferId}` | `bridge:${OfferId}` | `wait:${ContactId}` | `reoffer:${ContactId}` | `wrapUp:${PersonId}`;

/** Why an agent does not get a contact. */
export type PassedOverCode =
  | "offline"
  | `notReady:${NotReadyReason}`
  | "mediaNotProven"
  | "ringing"
  | "talking"
  | "wrapUp"
  | "lacksSkill"
  | "missedThisContact"
  | "lowerLevel"
  | "shorterIdle"
  | "notMember"
  | "queueAtCapacity";

export type OfferReason = {
  readonly level: Level;
  readonly idleMs: Duration;
  /** Agents who could have got it, the chosen one included. */
  readonly eligible: number;
  /** The agent missed this contact before; no agent who did not was eligible (alone: after `routerLimits.reofferDelayMs`). */
  readonly again: boolean;
  /** The first `routerLimits.passedOverMax` members not chosen, those ahead in rank first. */
  readonly passedOver: readonly { readonly agent: PersonId; readonly code: PassedOverCode }[];
  readonly passedOverRest: number;
};

export type OfferWithdrawCause =
  | "notAnswered"
  | "declined"
  | "callerLeft"
  | "signedOut"
  | "mediaLost"
  | "bridgeFailed"
  | "bridgeTimedOut"
  | "queueRetired"
  | "longestWaitPassed"
  | "recovered";

export type RouterCommand =
  | {
      readonly kind: "offer";
      readonly offer: OfferId;
      readonly contact: ContactId;
      readonly agent: PersonId;
      readonly queue: QueueId;
      readonly expiresAt: Instant;
      readonly reason: OfferReason;
    }
  | {
      readonly kind: "withdrawOffer";
      readonly offer: OfferId;
      readonly agent: PersonId;
      readonly contact: ContactId;
      readonly cause: OfferWithdrawCause;
    }
  /** The offer is claimed: bridge now, then send `bridged` or `bridgeFailed`. */
  | { readonly kind: "connect"; readonly contact: ContactId; readonly agent: PersonId; readonly offer: OfferId }
  | {
      readonly kind: "acceptRefused";
      readonly offer: OfferId;
      readonly agent: PersonId;
      readonly reason: "expired" | "withdrawn" | "notYours" | "alreadyAccepted" | "unknownOffer";
    }
  /** The contact waits: play music. `position` counts from 1 within its queue. */
  | { readonly kind: "contactEnqueued"; readonly contact: ContactId; readonly queue: QueueId; readonly position: number }
  | {
      readonly kind: "refuseContact";
      readonly contact: ContactId;
      readonly queue: QueueId;
      /** `notAvailable`: an aside whose agent can't be rung now. */
      readonly cause: "nobodySignedIn" | "queueFull" | "unknownQueue" | "routerFull" | "notAvailable";
    }
  /** Nobody answered an aside, or it can't go on: the router has forgotten it. */
  | {
      readonly kind: "asideOver";
      readonly contact: ContactId;
      readonly agent: PersonId;
      readonly cause: OfferWithdrawCause | "agentLegLost";
    }
  | {
      readonly kind: "moveRefused";
      readonly contact: ContactId;
      readonly queue: QueueId;
      readonly cause: "nobodySignedIn" | "queueFull" | "unknownQueue";
    }
  | {
      readonly kind: "expireContact";
      readonly contact: ContactId;
      readonly queue: QueueId;
      readonly cause: "longestWaitPassed" | "queueRetired";
    }
  | {
      readonly kind: "contactRequeued";
      readonly contact: ContactId;
      readonly queue: QueueId;
      readonly toHead: true;
      readonly cause: OfferWithdrawCause | "agentLegLost";
    }
  /** The router knew it, no edge holds it any more: close it with its cause. */
  | {
      readonly kind: "contactLost";
      readonly contact: ContactId;
      readonly phase: "waiting" | "ringing" | "talking";
      readonly agent: PersonId | null;
    }
  /** An edge holds it, the router doesn't: queue it again or end it. */
  | { readonly kind: "contactUnknown"; readonly contact: ContactId }
  | {
      readonly kind: "agentChanged";
      readonly agent: PersonId;
      readonly from: AgentState;
      readonly to: AgentState;
      readonly cause: AgentChangeCause;
      readonly pending: PendingState;
      readonly seq: number;
    }
  | { readonly kind: "reachableChanged"; readonly agent: PersonId; readonly mediaProven: boolean }
  | {
      readonly kind: "wrapUpStarted";
      readonly contact: ContactId;
      readonly agent: PersonId;
      readonly queue: QueueId;
      readonly until: Instant;
    }
  | {
      readonly kind: "wrapUpEnded";
      readonly contact: ContactId;
      readonly agent: PersonId;
      readonly queue: QueueId;
      readonly how: "done" | "limit" | "signedOut";
    }
  | {
      readonly kind: "missedRing";
      readonly agent: PersonId;
      readonly offer: OfferId;
      readonly contact: ContactId;
      readonly how: "notAnswered" | "declined" | "bridgeFailed";
      readonly count: number;
      readonly max: number;
    }
  /** Arming a name again replaces its timer. */
  | { readonly kind: "armTimer"; readonly timer: TimerName; readonly due: Instant; readonly token: number }
  | { readonly kind: "cancelTimer"; readonly timer: TimerName; readonly token: number }
  /** Nothing changed, for this reason. */
  | { readonly kind: "inputIgnored"; readonly input: RouterInput["kind"]; readonly why: IgnoredWhy };

export type IgnoredWhy =
  | "staleTimer"
  | "unknownAgent"
  | "notSignedIn"
  | "alreadySignedIn"
  | "alreadyReady"
  | "alreadySo"
  | "reasonMissing"
  | "unknownContact"
  | "contactKnown"
  | "notTalking"
  | "notRinging"
  | "notAccepted"
  | "notInWrapUp"
  | "alreadyExtended"
  | "notExtendable"
  | "offerClosed"
  | "notAvailable";

/* ---------- What can be seen ---------- */

export type QueueView = {
  readonly queue: QueueId;
  readonly projectId: ProjectId;
  /** In order: the first is next. Ringing ones stand in the place they would return to. */
  readonly waiting: readonly {
    readonly contact: ContactId;
    readonly enqueuedAt: Instant;
    readonly priority: number;
    readonly offer: OfferId | null;
    readonly agent: PersonId | null;
  }[];
  readonly talking: number;
  readonly signedIn: number;
  /** Ready, media path proven: gets the next contact. */
  readonly available: number;
};

export type AgentView = {
  readonly agent: PersonId;
  readonly state: AgentState;
  readonly since: Instant;
  readonly contact: ContactId | null;
  readonly pending: PendingState;
  readonly mediaProven: boolean;
  /** Why this agent gets nothing now; null = available. A ready agent without a proven media path shows `mediaNotProven`. */
  readonly unavailable: PassedOverCode | null;
  readonly idleSince: Instant;
  readonly missedRings: number;
};

export type RouterView = { readonly queues: readonly QueueView[]; readonly agents: readonly AgentView[] };

export type WhyWaiting = {
  readonly contact: ContactId;
  readonly queue: QueueId;
  /** From 1, within its queue. */
  readonly position: number;
  readonly enqueuedAt: Instant;
  readonly waitDeadline: Instant;
  /** Each member of the queue with what stands in the way now. */
  readonly agents: readonly { readonly agent: PersonId; readonly code: PassedOverCode }[];
};

/* ---------- Snapshot: plain JSON ---------- */

export type AgentSnapshot = {
  readonly agent: PersonId;
  readonly state: AgentState;
  readonly since: Instant;
  readonly pending: PendingState;
  readonly mediaProven: boolean;
  readonly idleSince: Instant;
  readonly missedRings: number;
  readonly seq: number;
  readonly closedOffer: { readonly offer: OfferId; readonly how: "expired" | "withdrawn" | "answered" } | null;
};

export type ContactPhase =
  | { readonly kind: "waiting" }
  | { readonly kind: "ringing"; readonly offer: OfferId; readonly agent: PersonId; readonly expiresAt: Instant; readonly accepted: boolean }
  | { readonly kind: "talking"; readonly offer: OfferId | null; readonly agent: PersonId };

export type ContactSnapshot = {
  readonly contact: ContactId;
  readonly queue: QueueId;
  readonly enqueuedAt: Instant;
  readonly priority: number;
  readonly requirements: readonly SkillRequirement[];
  readonly customerRef: CustomerId | null;
  readonly arrival: number;
  readonly atHead: boolean;
  readonly waitDeadline: Instant;
  readonly phase: ContactPhase;
  /** Agents who missed it; `skip` while they are passed over. */
  readonly missedBy: readonly { readonly agent: PersonId; readonly skip: boolean }[];
  /** Absent in what was stored before there were such contacts, and in all others. */
  readonly onlyAgent?: PersonId;
  /** Absent in what was stored before there were such contacts, and in all others. */
  readonly isAside?: true;
};

export type RouterSnapshot = {
  readonly version: 1;
  readonly epoch: string;
  readonly at: Instant;
  readonly counters: { readonly offer: number; readonly token: number; readonly arrival: number };
  readonly queues: readonly QueueConfig[];
  /** No longer configured, kept until the last talk that came through them ends. */
  readonly retiredQueues: readonly QueueConfig[];
  readonly agentConfigs: readonly AgentConfig[];
  readonly agents: readonly AgentSnapshot[];
  readonly contacts: readonly ContactSnapshot[];
  readonly timers: readonly { readonly timer: TimerName; readonly due: Instant; readonly token: number }[];
};

/* ---------- The engine ---------- */

export type RouterOptions = {
  /** Goes into the offer ids (`off_<epoch>_<n>`), so that replay reproduces them and two starts never collide. */
  readonly epoch: string;
  /** Continue from here instead of empty. The snapshot's epoch stands until `epochRecovered` brings a new one. */
  readonly snapshot?: RouterSnapshot;
};

export type Router = {
  /** One input in, the commands it causes out, in the order to run them. Never throws on input; throws InvariantError on a bug. */
  readonly handle: (input: RouterInput) => RouterCommand[];
  readonly snapshot: () => RouterSnapshot;
  readonly view: () => RouterView;
  /** As in the view, without making all of it. */
  readonly agent: (agent: PersonId) => AgentView | undefined;
  /** Undefined when the contact isn't waiting. */
  readonly whyWaiting: (contact: ContactId) => WhyWaiting | undefined;
};
