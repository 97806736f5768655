// What a drill's process, the supervisor and core say to each other. The process and the supervisor outlive whatever is killed.
import type { DrillFigures, DrillStage, DrillTarget } from "@allo/contract";
import type { Instant, NumberId, OrganisationId, PersonId } from "@allo/kernel";
import type { DrillReason } from "./drill-machine.ts";

export type SipPlace = { readonly address: string; readonly port: number };

/** All that a core which has just started must know of a drill that goes on. */
export type DrillOrder = {
  readonly drillId: string;
  readonly organisationId: OrganisationId;
  readonly personId: PersonId;
  readonly byName: string;
  /** Of the program. */
  readonly version: string;
  readonly target: DrillTarget;
  readonly callerCount: number;
  readonly startedAt: Instant;
  readonly numberId: NumberId;
  readonly dialled: string;
  readonly sip: SipPlace;
};

export type DrillNews = {
  readonly stage: DrillStage;
  readonly waiting: number;
  readonly outcome: "done" | "calledOff" | "failed" | null;
  readonly reason: DrillReason | null;
  readonly figures: DrillFigures | null;
};

/** From core, by the supervisor. */
export type ToDrill =
  | { readonly kind: "begin"; readonly order: DrillOrder }
  /** The edge lets the callers in, at this place: another start of it may have another port. */
  | { readonly kind: "admitted"; readonly sip: SipPlace }
  | { readonly kind: "calls"; readonly waiting: number; readonly others: number }
  | { readonly kind: "looked" }
  | { readonly kind: "cancel" }
  /** The result is stored: the process may end. */
  | { readonly kind: "kept" };

/** To core, by the supervisor; what is said while core is away is said again. */
export type FromDrill =
  | { readonly kind: "news"; readonly order: DrillOrder; readonly news: DrillNews }
  | { readonly kind: "admit"; readonly order: DrillOrder; readonly source: SipPlace }
  /** The process ended without a result, or could not be started. */
  | { readonly kind: "gone"; readonly drillId: string };

/** Between the supervisor and the process alone. */
export type ToDrillProcess = ToDrill | { readonly kind: "targetReady" } | { readonly kind: "coreReady" };
export type FromDrillProcess = FromDrill | { readonly kind: "kill" };
