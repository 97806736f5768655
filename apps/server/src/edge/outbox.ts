import type { EdgeEvent } from "@allo/contract";

/** What core has not yet made durable, in order. Sequences start at 1 in each epoch of the edge. */
export type Outbox = {
  /** Keeps the event and gives its sequence. Past the limit it is still kept, and `isFull` says that new calls must be refused. */
  readonly push: (event: EdgeEvent) => number;
  readonly acknowledge: (through: number) => void;
  /** Events after this sequence, oldest first. */
  readonly after: (sequence: number) => readonly { readonly sequence: number; readonly event: EdgeEvent }[];
  readonly size: () => number;
  readonly isFull: () => boolean;
  readonly oldest: () => number;
};

export function createOutbox(limit: number): Outbox {
  let kept: { readonly sequence: number; readonly event: EdgeEvent }[] = [];
  let last = 0;
  return {
    push: (event) => {
      last += 1;
      kept.push({ sequence: last, event });
      return last;
    },
    acknowledge: (through) => {
      let count = 0;
      while (count < kept.length && (kept[count] as { sequence: number }).sequence <= through) count += 1;
      if (count > 0) kept = kept.slice(count);
    },
    after: (sequence) => kept.filter((entry) => entry.sequence > sequence),
    size: () => kept.length,
    isFull: () => kept.length >= limit,
    oldest: () => kept[0]?.sequence ?? last + 1,
  };
}
