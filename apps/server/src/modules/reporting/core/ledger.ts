/*
 * A second account of contacts, straight from the events of the log and by other code than the fold that the program runs on: what the two
 * don't agree on is a mistake in one of them.
 */
import type { Duration, Instant } from "@allo/kernel";
import type { SegmentExit } from "./kpi.ts";

/** One event, as it was stored. */
export type LogLine = {
  readonly contactId: string;
  readonly sequence: number;
  readonly at: Instant;
  readonly kind: string;
  readonly data: Readonly<Record<string, unknown>>;
};
export type AccountVisit = {
  readonly visit: number;
  readonly queueId: string;
  readonly enqueuedAt: Instant;
  readonly answeredAt: Instant | null;
  readonly exitAt: Instant | null;
  readonly exit: SegmentExit | null;
  readonly agentId: string | null;
  readonly connectedMs: Duration;
  readonly holdMs: Duration;
  readonly wrapUpMs: Duration;
  readonly rings: number;
  readonly missedRings: number;
  /** Who talked when, one after the other: a talk that was handed over stays one visit. */
  readonly stretches: readonly { readonly agentId: string; readonly from: Instant; readonly to: Instant | null }[];
};
/** What one contact comes to. */
export type Account = {
  readonly contactId: string;
  readonly arrivedAt: Instant;
  readonly isTest: boolean;
  /** Dialled by us. */
  readonly isOutbound: boolean;
  readonly outcome: string | null;
  readonly endedAt: Instant | null;
  readonly closedAt: Instant | null;
  readonly talkMs: Duration;
  readonly holdMs: Duration;
  readonly wrapUpMs: Duration | null;
  readonly visits: readonly AccountVisit[];
  /** What can't be so in any log. */
  readonly problems: readonly string[];
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Talk = { readonly from: Instant; heldFrom: Instant | null };

/** The account of one contact's events, in any order. */
export function accountOf(lines: readonly LogLine[]): Account {
  const sorted = lines.toSorted((a, b) => a.sequence - b.sequence);
  const problems: string[] = [];
  const [first] = sorted;
  if (first?.kind !== "contactArrived") problems.push("beginsWithoutArrival");
  const visits: Mutable<AccountVisit>[] = [];
  const missed: { readonly visit: Mutable<AccountVisit>; readonly agentId: string }[] = [];
  let queueId = text(first?.data["queueId"]);
  let talk: Talk | null = null;
  let ringing: string | null = null;
  let wrapUpFrom: Instant | null = null;
  let wrapUpMs: Duration | null = null;
  let outcome: string | null = null;
  let why: string | null = null;
  let endedAt: Instant | null = null;
  let closedAt: Instant | null = null;
  let talkMs = 0;
  let holdMs = 0;
  let soundReporter: string | null = null;
  let at = first?.at ?? 0;

  const begin = (enqueuedAt: Instant): void => {
    visits.push({
      visit: visits.length + 1,
      queueId,
      enqueuedAt,
      answeredAt: null,
      exitAt: null,
      exit: null,
      agentId: null,
      connectedMs: 0,
      holdMs: 0,
      wrapUpMs: 0,
      rings: 0,
      missedRings: 0,
      stretches: [],
    });
  };
  const turn = (visit: Mutable<AccountVisit> | undefined, agentId: string | null, from: Instant): void => {
    if (visit === undefined) return;
    visit.stretches = visit.stretches.map((stretch) => ({ ...stretch, to: stretch.to ?? from }));
    if (agentId !== null) visit.stretches = [...visit.stretches, { agentId, from, to: null }];
  };
  const hold = (visit: Mutable<AccountVisit> | undefined, until: Instant): void => {
    if (talk?.heldFrom == null) return;
    const ms = until - talk.heldFrom;
    talk.heldFrom = null;
    holdMs += ms;
    if (visit !== undefined) visit.holdMs += ms;
  };
  const leave = (visit: Mutable<AccountVisit> | undefined, exit: SegmentExit, until: Instant): void => {
    if (visit === undefined || visit.exit !== null) return;
    visit.exit = exit;
    visit.exitAt = until;
    if (visit.answeredAt !== null) visit.connectedMs = until - visit.answeredAt;
  };
  const endTalk = (until: Instant): void => {
    if (talk === null) return;
    hold(visits.at(-1), until);
    talkMs += until - talk.from;
    turn(visits.at(-1), null, until);
    leave(visits.at(-1), "answered", until);
    talk = null;
  };

  for (const [index, line] of sorted.entries()) {
    const { kind, data } = line;
    if (line.sequence !== index + 1) problems.push("gapInSequence");
    if (line.at < at) problems.push("timeGoesBack");
    at = Math.max(at, line.at);
    if (closedAt !== null && !AFTER_CLOSING.has(kind)) problems.push(`${kind}AfterClosing`);
    const last = visits.at(-1);
    switch (kind) {
      case "contactArrived":
        if (index > 0) problems.push("arrivesTwice");
        break;
      case "contactQueued":
        queueId = text(data["queueId"]);
        begin(typeof data["enqueuedAt"] === "number" ? data["enqueuedAt"] : line.at);
        break;
      case "offered":
        ringing = text(data["offerId"]);
        if (last === undefined) problems.push("offeredBeforeQueued");
        else last.rings += 1;
        break;
      case "offerWithdrawn":
        ringing = null;
        if (last !== undefined && (data["cause"] === "notAnswered" || data["cause"] === "declined"))
          missed.push({ visit: last, agentId: text(data["agentId"]) });
        break;
      case "bridgeFailed":
        ringing = null;
        break;
      case "bridged":
        ringing = null;
        if (talk !== null) problems.push("bridgedTwice");
        talk = { from: line.at, heldFrom: null };
        if (last !== undefined) {
          last.answeredAt ??= line.at;
          last.agentId = text(data["agentId"]);
          turn(last, last.agentId, line.at);
        }
        break;
      case "handedOver":
        if (talk === null) problems.push("handedOverWithoutTalk");
        hold(last, line.at);
        if (last !== undefined) last.agentId = text(data["toAgentId"]);
        turn(last, text(data["toAgentId"]), line.at);
        break;
      case "parked":
        // A visit goes on in its slot, as it does on hold; nobody's talk does.
        if (talk === null) problems.push("parkedWithoutTalk");
        else talk.heldFrom ??= line.at;
        turn(last, null, line.at);
        break;
      case "pickedUp":
        if (talk === null) problems.push("pickedUpWithoutTalk");
        hold(last, line.at);
        if (last !== undefined) last.agentId = text(data["agentId"]);
        turn(last, text(data["agentId"]), line.at);
        break;
      case "parkExpired":
        endTalk(line.at);
        begin(line.at);
        break;
      case "passedOn":
        if (talk === null) problems.push("passedOnWithoutTalk");
        endTalk(line.at);
        break;
      case "transferred":
        if (talk === null) problems.push("transferredWithoutTalk");
        endTalk(line.at);
        queueId = text(data["queueId"]);
        begin(line.at);
        break;
      case "held":
        if (talk !== null) talk.heldFrom = line.at;
        break;
      case "resumed":
        hold(last, line.at);
        break;
      case "agentDetached":
        endTalk(line.at);
        begin(line.at);
        break;
      case "soundReported":
        soundReporter = text(data["agentId"]);
        break;
      case "waitExpired":
        why = causeOf(data).why;
        leave(last, "flowOut", line.at);
        break;
      case "contactRefused":
        why = causeOf(data).why;
        break;
      case "callEnded": {
        const cause = causeOf(data);
        why ??= cause.why;
        endedAt = line.at;
        if (talk === null) {
          const unanswered = ringing === null ? "abandoned" : "abandonedAlerting";
          leave(last, cause.by === "system" ? "systemDisconnect" : unanswered, line.at);
        } else endTalk(line.at);
        break;
      }
      case "wrapUpStarted":
        wrapUpFrom = line.at;
        break;
      case "wrapUpEnded":
        wrapUpMs = line.at - (wrapUpFrom ?? line.at);
        break;
      case "contactClosed":
        if (closedAt !== null) problems.push("closedTwice");
        closedAt = line.at;
        endedAt ??= line.at;
        outcome = text(data["outcome"]);
        why = causeOf(data).why;
        break;
      default:
        break; // says nothing about how it is counted
    }
  }
  for (const { visit, agentId } of missed) if (agentId !== soundReporter) visit.missedRings += 1;
  const lastAnswered = visits.findLast(({ answeredAt }) => answeredAt !== null);
  if (lastAnswered !== undefined && wrapUpMs !== null) lastAnswered.wrapUpMs = wrapUpMs;
  const door = closedAt === null || visits.length > 0 || why === "closed" || first?.data["outbound"] != null ? null : doorExit(outcome);
  if (door !== null && first !== undefined) {
    begin(endedAt ?? first.at);
    const visit = visits[0];
    if (visit !== undefined) {
      visit.visit = 0;
      leave(visit, door, visit.enqueuedAt);
    }
  }
  if (closedAt !== null) problems.push(...outcomeProblems(outcome, visits));
  return {
    contactId: first?.contactId ?? "",
    arrivedAt: first?.at ?? 0,
    isTest: first?.data["test"] != null,
    isOutbound: first?.data["outbound"] != null,
    outcome,
    endedAt,
    closedAt,
    talkMs,
    holdMs,
    wrapUpMs,
    visits,
    problems: [...new Set(problems)],
  };
}

/** Events that may come once a contact is closed. */
const AFTER_CLOSING: ReadonlySet<string> = new Set([
  "contactCoded",
  "noteAdded",
  "customerTied",
  "recordingStarted",
  "recordingSaved",
  "recordingFailed",
  "copyStarted",
  "copyFailed",
  "copyEnded",
  "soundReported",
  "contactClosed",
]);

/** Each contact has exactly one outcome, and it is that of its last visit. */
function outcomeProblems(outcome: string | null, visits: readonly AccountVisit[]): readonly string[] {
  const last = visits.at(-1);
  if (last === undefined || outcome === null) return outcome === null ? ["noOutcome"] : [];
  const problems: string[] = [];
  const open = visits.filter(({ exit }) => exit === null).length;
  if (open > 0) problems.push("visitLeftOpen");
  const wanted: Readonly<Record<SegmentExit, string>> = {
    answered: "answered",
    abandoned: "abandoned",
    abandonedAlerting: "abandonedRinging",
    flowOut: "refused",
    refused: "refused",
    systemDisconnect: "systemDisconnect",
  };
  if (last.exit !== null && wanted[last.exit] !== outcome) problems.push("outcomeIsNotOfLastVisit");
  return problems;
}

function doorExit(outcome: string | null): "refused" | "systemDisconnect" | null {
  return outcome === "refused" || outcome === "systemDisconnect" ? outcome : null;
}

function causeOf(data: Readonly<Record<string, unknown>>): { readonly by: string; readonly why: string } {
  const cause = data["cause"];
  if (typeof cause !== "object" || cause === null || !("by" in cause) || !("why" in cause)) return { by: "", why: "" };
  return { by: text(cause.by), why: text(cause.why) };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
