/* Today's sums per queue, kept up to date one contact at a time; equal to counting all of today's segments anew. */
import type { Instant } from "@allo/kernel";
import { addCounters, countSegment, noCounters, subtractCounters, type Counters, type Segment } from "./kpi.ts";
import { localDay, type LocalDay } from "./local-day.ts";

/** Mutates its own maps: a busy day has many contacts. */
export class Today {
  readonly timeZone: string;
  #day: LocalDay;
  readonly #contacts = new Map<string, readonly Segment[]>();
  /** Counted, and never to change: a talk's sound may be reported late, but these had none. */
  readonly #settled = new Set<string>();
  readonly #queues = new Map<string, Counters>();

  constructor(timeZone: string, now: Instant) {
    this.timeZone = timeZone;
    this.#day = localDay(now, timeZone);
  }

  /** Begins anew where the day is over; who still waits from yesterday counts there. */
  roll(now: Instant): void {
    if (now < this.#day.to) return;
    this.#day = localDay(now, this.timeZone);
    this.#contacts.clear();
    this.#settled.clear();
    this.#queues.clear();
  }

  get day(): LocalDay {
    return this.#day;
  }

  /** Takes in all segments of a contact as they now are; said twice it changes nothing. */
  put(contactId: string, segments: readonly Segment[]): void {
    if (this.#settled.has(contactId)) return;
    const ofToday = segments.filter(({ enqueuedAt }) => enqueuedAt >= this.#day.from && enqueuedAt < this.#day.to);
    const before = this.#contacts.get(contactId) ?? [];
    for (const segment of before) this.#queues.set(segment.queueId, subtractCounters(this.of(segment.queueId), countSegment(segment)));
    for (const segment of ofToday) this.#queues.set(segment.queueId, addCounters(this.of(segment.queueId), countSegment(segment)));
    this.#contacts.delete(contactId);
    if (ofToday.length === 0) return;
    if (segments.every(({ final, answeredAt }) => final && answeredAt === null)) this.#settled.add(contactId);
    else this.#contacts.set(contactId, ofToday);
  }

  has(contactId: string): boolean {
    return this.#contacts.has(contactId) || this.#settled.has(contactId);
  }

  of(queueId: string): Counters {
    return this.#queues.get(queueId) ?? noCounters;
  }
}
