// How much was called out: sliding windows and today's sums, per agent, project, trunk and organisation. One book an organisation.
import { HOUR_MS, MINUTE_MS, type Instant } from "@allo/kernel";
import { costOf, type DialUsage, type ScopeUse } from "./dial-policy.ts";

export type Parties = { readonly personId: string | null; readonly projectId: string | null; readonly trunkId: string | null };
export type Charge = Parties & { readonly reservationId: string; readonly at: Instant; readonly costPerMinute: number | null };
export type Settled = Charge & { readonly settledAt: Instant; readonly talkMs: number; readonly cost: number };

/** A call that nobody settled for so long is over, whatever became of it: it lapses with all of that time. */
export const RESERVATION_MS_MAX = 24 * HOUR_MS;

type Tally = { readonly open: Map<string, Charge>; starts: Instant[]; day: string; calls: number; ms: number; cost: number };
const EVERYONE = "organisation";

export class UsageBook {
  readonly #dateAt: (at: Instant) => string;
  readonly #tallies = new Map<string, Tally>();
  readonly #open = new Map<string, Charge>();
  /** Settled within the last hour, oldest first. */
  #costs: { readonly at: Instant; readonly cost: number }[] = [];
  #tripsFrom: Instant = Number.NEGATIVE_INFINITY;
  #tidiedAt: Instant = Number.NEGATIVE_INFINITY;

  /** `dateAt`: the organisation's date, by which days begin. */
  constructor(dateAt: (at: Instant) => string) {
    this.#dateAt = dateAt;
  }

  reserve(charge: Charge): void {
    this.#tidy(charge.at);
    this.#open.set(charge.reservationId, charge);
    for (const tally of this.#talliesOf(charge)) {
      this.#turnDay(tally, charge.at);
      tally.open.set(charge.reservationId, charge);
      tally.starts.push(charge.at);
      tally.calls += 1;
    }
  }

  /** The call is over. Null where it isn't open here. */
  settle(reservationId: string, at: Instant, talkMs: number): Settled | null {
    const charge = this.#open.get(reservationId);
    if (charge === undefined) return null;
    this.#open.delete(reservationId);
    const spentMs = Math.min(Math.max(0, talkMs), RESERVATION_MS_MAX);
    const cost = costOf(charge.costPerMinute, spentMs);
    for (const tally of this.#talliesOf(charge)) {
      this.#turnDay(tally, at);
      tally.open.delete(reservationId);
      tally.ms += spentMs;
      tally.cost += cost;
    }
    if (cost > 0) this.#costs.push({ at, cost });
    return { ...charge, settledAt: at, talkMs: spentMs, cost };
  }

  /** The reservation never stood: what it was written down in failed. */
  forget(reservationId: string): void {
    const charge = this.#open.get(reservationId);
    if (charge === undefined) return;
    this.#open.delete(reservationId);
    for (const tally of this.#talliesOf(charge)) {
      tally.open.delete(reservationId);
      tally.calls = Math.max(0, tally.calls - 1);
      const index = tally.starts.lastIndexOf(charge.at);
      if (index >= 0) tally.starts.splice(index, 1);
    }
  }

  /** Takes over what was written down before a restart. */
  restore(rows: readonly { readonly charge: Charge; readonly settled: { readonly at: Instant; readonly talkMs: number } | null }[]): void {
    const steps = rows.flatMap(({ charge, settled }) => [
      { at: charge.at, run: (): void => this.reserve(charge) },
      ...(settled === null
        ? []
        : [{ at: settled.at, run: (): void => void this.settle(charge.reservationId, settled.at, settled.talkMs) }]),
    ]);
    for (const step of steps.toSorted((a, b) => a.at - b.at)) step.run();
  }

  /** After a switch was lifted the rates are counted from then on. */
  countVelocityFrom(at: Instant): void {
    this.#tripsFrom = at;
  }

  /** Calls open for too long. */
  lapsed(at: Instant): readonly string[] {
    return [...this.#open.values()].filter((charge) => at - charge.at >= RESERVATION_MS_MAX).map((charge) => charge.reservationId);
  }

  usage({ personId, projectId, trunkId }: Parties, at: Instant): DialUsage {
    const everyone = this.#tallies.get(EVERYONE);
    const minuteFrom = Math.max(at - MINUTE_MS, this.#tripsFrom);
    const hourFrom = Math.max(at - HOUR_MS, this.#tripsFrom);
    return {
      agent: personId === null ? null : this.#useOf(`agent ${personId}`, at),
      project: projectId === null ? null : this.#useOf(`project ${projectId}`, at),
      trunk: trunkId === null ? null : this.#useOf(`trunk ${trunkId}`, at),
      organisation: this.#useOf(EVERYONE, at),
      callsLastMinute: everyone === undefined ? 0 : since(everyone.starts, minuteFrom),
      costLastHour:
        this.#costs.reduce((sum, each) => (each.at > hourFrom ? sum + each.cost : sum), 0) +
        [...this.#open.values()].reduce((sum, charge) => sum + costOf(charge.costPerMinute, at - Math.max(charge.at, hourFrom)), 0),
    };
  }

  #useOf(key: string, at: Instant): ScopeUse {
    const tally = this.#tallies.get(key);
    if (tally === undefined) return { open: 0, lastHour: 0, today: 0, todayMs: 0, todayCost: 0 };
    this.#turnDay(tally, at);
    let ms = tally.ms;
    let cost = tally.cost;
    for (const charge of tally.open.values()) {
      ms += Math.max(0, at - charge.at);
      cost += costOf(charge.costPerMinute, Math.max(0, at - charge.at));
    }
    return { open: tally.open.size, lastHour: since(tally.starts, at - HOUR_MS), today: tally.calls, todayMs: ms, todayCost: cost };
  }

  #talliesOf({ personId, projectId, trunkId }: Parties): readonly Tally[] {
    const keys = [
      EVERYONE,
      ...(personId === null ? [] : [`agent ${personId}`]),
      ...(projectId === null ? [] : [`project ${projectId}`]),
      ...(trunkId === null ? [] : [`trunk ${trunkId}`]),
    ];
    return keys.map((key) => {
      let tally = this.#tallies.get(key);
      if (tally === undefined) this.#tallies.set(key, (tally = { open: new Map(), starts: [], day: "", calls: 0, ms: 0, cost: 0 }));
      return tally;
    });
  }

  #turnDay(tally: Tally, at: Instant): void {
    const day = this.#dateAt(at);
    // Only forward: a call of yesterday that is written late counts today.
    if (day <= tally.day) return;
    tally.day = day;
    tally.calls = 0;
    tally.ms = 0;
    tally.cost = 0;
  }

  /** Once a minute: what slid out of the windows is dropped, and who no longer calls. */
  #tidy(at: Instant): void {
    if (at - this.#tidiedAt < MINUTE_MS) return;
    this.#tidiedAt = at;
    const today = this.#dateAt(at);
    this.#costs = this.#costs.filter((each) => each.at > at - HOUR_MS);
    for (const [key, tally] of this.#tallies) {
      tally.starts = tally.starts.filter((start) => start > at - HOUR_MS);
      if (tally.open.size === 0 && tally.starts.length === 0 && tally.day !== today) this.#tallies.delete(key);
    }
  }
}

/** How many of these, in order, came after that instant. */
function since(starts: readonly Instant[], from: Instant): number {
  let count = 0;
  for (let index = starts.length - 1; index >= 0 && (starts[index] ?? from) > from; index -= 1) count += 1;
  return count;
}
