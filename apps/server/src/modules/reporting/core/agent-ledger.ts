/* The time of agents by state, straight from their log: intervals that never overlap and cover signing in to signing out. */
import type { Duration, Instant } from "@allo/kernel";

export type AgentLine = {
  readonly personId: string;
  /** Who wrote it; a new start of the program numbers anew. */
  readonly writer: string;
  readonly sequence: number;
  readonly at: Instant;
  readonly kind: string;
  readonly data: Readonly<Record<string, unknown>>;
};
export type AgentAccount = {
  readonly personId: string;
  /** From signing in to signing out, within the period. */
  readonly signedInMs: Duration;
  /** Of `signedInMs`, by state; a state is the kind of `AgentState`. */
  readonly stateMs: Readonly<Record<string, Duration>>;
  /** Talks begun in the period and over in it, both sides joined. */
  readonly talks: readonly { readonly contactId: string; readonly from: Instant; readonly to: Instant }[];
  readonly problems: readonly { readonly at: Instant; readonly what: string }[];
};

/** What one agent's events come to in [from, to). `lines` begins before `from`, so that the state at `from` is known. */
export function agentAccountOf(
  personId: string,
  lines: readonly AgentLine[],
  { from, to }: { readonly from: Instant; readonly to: Instant },
): AgentAccount {
  const stateMs: Record<string, Duration> = {};
  const talks: { contactId: string; from: Instant; to: Instant }[] = [];
  const problems: { at: Instant; what: string }[] = [];
  let kind: string | null = null;
  let since: Instant = from;
  let signedInSince: Instant | null = null;
  let signedInMs = 0;
  let talk: { contactId: string; from: Instant } | null = null;
  let writer: string | null = null;
  let sequence = 0;

  const within = (begin: Instant, end: Instant): Duration => Math.max(0, Math.min(end, to) - Math.max(begin, from));
  const spend = (until: Instant): void => {
    if (kind !== null && kind !== "offline") stateMs[kind] = (stateMs[kind] ?? 0) + within(since, until);
    since = until;
  };

  for (const line of lines) {
    const isNewStart = writer !== line.writer;
    if (!isNewStart && line.sequence !== sequence + 1) problems.push({ at: line.at, what: "gapInSequence" });
    writer = line.writer;
    sequence = line.sequence;
    if (line.at < since && kind !== null) problems.push({ at: line.at, what: "timeGoesBack" });
    if (line.kind !== "agentChanged") continue;
    const before = stateOf(line.data["from"]);
    const after = stateOf(line.data["to"]);
    // After a start the program may know less than was so; within one each change begins where the last one ended.
    if (kind !== null && before.kind !== kind && !isNewStart) problems.push({ at: line.at, what: `was ${kind}, not ${before.kind}` });
    if (causeOf(line.data["cause"]) === null) problems.push({ at: line.at, what: "changeWithoutCause" });
    if (kind === null) {
      kind = before.kind;
      since = Math.min(line.at, from);
      signedInSince = before.kind === "offline" ? null : since;
    }
    spend(line.at);
    if (before.kind === "talking" && (after.kind !== "talking" || after.contactId !== before.contactId) && talk !== null) {
      if (talk.from >= from && talk.from < to) talks.push({ ...talk, to: line.at });
      talk = null;
    }
    if (after.kind === "talking" && (before.kind !== "talking" || before.contactId !== after.contactId))
      talk = { contactId: after.contactId, from: line.at };
    // A colleague's call rings who is not ready too.
    const wasAsked = before.kind === "notReady" && causeOf(line.data["cause"]) === "asked";
    if (after.kind === "ringing" && before.kind !== "ready" && before.kind !== "ringing" && !wasAsked)
      problems.push({ at: line.at, what: `rings from ${before.kind}` });
    if (after.kind === "offline" && signedInSince !== null) {
      signedInMs += within(signedInSince, line.at);
      signedInSince = null;
    } else if (after.kind !== "offline") signedInSince ??= line.at;
    kind = after.kind;
  }
  spend(to);
  if (signedInSince !== null) signedInMs += within(signedInSince, to);
  return { personId, signedInMs, stateMs, talks, problems };
}

function stateOf(value: unknown): { readonly kind: string; readonly contactId: string } {
  if (typeof value !== "object" || value === null || !("kind" in value)) return { kind: "", contactId: "" };
  return { kind: String(value.kind), contactId: "contact" in value ? String(value.contact) : "" };
}

function causeOf(value: unknown): string | null {
  return typeof value === "object" && value !== null && "by" in value && "why" in value ? String(value.why) : null;
}
