// What a recorder elsewhere is told of a call, as one function of its state: whose voices go into which stream, and who takes part.

import type { PartyId, PersonId } from "@allo/kernel";
import { soundOf } from "./call-sound.ts";
import type { CallState } from "./call-types.ts";

export type RecordedParty = {
  readonly who:
    | { readonly kind: "customer" }
    | { readonly kind: "person"; readonly personId: PersonId }
    | { readonly kind: "outside"; readonly partyId: PartyId };
  /** The customer's stream is the left one, that of all whom they hear the right one. */
  readonly side: "left" | "right";
  /** What they say is in their side's stream now. */
  readonly isHeard: boolean;
  /** They hear the other side now. */
  readonly hears: boolean;
};

export type RecordedCall = {
  readonly left: readonly string[];
  readonly right: readonly string[];
  /** What is said now is to be kept by nobody. */
  readonly isPaused: boolean;
  /** The customer first. Who only listens takes no part. */
  readonly parties: readonly RecordedParty[];
};

export function recordedCallOf(state: CallState): RecordedCall {
  const { recording } = soundOf(state);
  const left = legsOf(recording?.left ?? null);
  const right = legsOf(recording?.right ?? null);
  const isPaused = state.kind === "talking" && state.recordingPause !== null;
  return { left, right, isPaused, parties: partiesOf(state, new Set([...left, ...right]), isPaused) };
}

function partiesOf(state: CallState, heard: ReadonlySet<string>, isPaused: boolean): readonly RecordedParty[] {
  const customer = (hears: boolean): RecordedParty => ({
    who: { kind: "customer" },
    side: "left",
    isHeard: heard.has(state.callerLegId),
    hears: hears && !isPaused,
  });
  const ours = (who: RecordedParty["who"], legId: string | null, isInTalk: boolean): RecordedParty => ({
    who,
    side: "right",
    isHeard: legId !== null && heard.has(legId),
    hears: isInTalk && !isPaused,
  });
  switch (state.kind) {
    case "talking": {
      const { owner, parties, outside, held } = state;
      return [
        customer(!held && state.notice === null),
        ours({ kind: "person", personId: owner.personId }, owner.legId, owner.seat === "talk" && !held && owner.legId !== null),
        ...parties.flatMap(({ personId, legId, seat }) =>
          seat.kind === "talk" || (seat.kind === "monitor" && seat.mode === "barge") || (legId !== null && heard.has(legId))
            ? [ours({ kind: "person", personId }, legId, seat.kind !== "aside" && !held && legId !== null)]
            : [],
        ),
        ...outside.flatMap(({ partyId, legId, seat, progress, recorded }) =>
          progress === "answered" && recorded && (seat === "talk" || heard.has(legId))
            ? [ours({ kind: "outside", partyId }, legId, seat === "talk" && !held)]
            : [],
        ),
      ];
    }
    case "passedOn":
      return [customer(true), ours({ kind: "outside", partyId: state.outside.partyId }, state.outside.legId, true)];
    case "waiting":
      return [customer(false)];
    case "arriving":
    case "dialling":
    case "refusing":
    case "leaving":
    case "ended":
      return [];
  }
}

function legsOf(voices: string | null | readonly string[]): readonly string[] {
  return voices === null ? [] : typeof voices === "string" ? [voices] : voices;
}
