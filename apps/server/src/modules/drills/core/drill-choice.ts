// Which number a drill calls: one in use that has room for all its callers, with the queue in which they may wait longest; pure.
import type { NumberId } from "@allo/kernel";

/** The callers wait for longer than any drill lasts. */
export const drillWaitSecondsMin = 120;

export type DrillNumber = {
  readonly numberId: NumberId;
  readonly dialled: string;
};

export function chooseDrillNumber(
  config: {
    readonly numbers: readonly {
      readonly numberId: string;
      readonly queueId: string;
      readonly callsMax: number;
      readonly retired: boolean;
    }[];
    readonly queues: readonly { readonly queueId: string; readonly waitMaxSeconds: number; readonly retired: boolean }[];
  },
  spellings: readonly { readonly numberId: NumberId; readonly dialled: readonly string[] }[],
  callerCount: number,
): DrillNumber | null {
  const waits = new Map(config.queues.filter(({ retired }) => !retired).map(({ queueId, waitMaxSeconds }) => [queueId, waitMaxSeconds]));
  const waitOf = ({ queueId }: { readonly queueId: string }): number => waits.get(queueId) ?? 0;
  // One more than its callers: the new call.
  const usable = config.numbers
    .filter((number) => !number.retired && number.callsMax > callerCount && waitOf(number) >= drillWaitSecondsMin)
    .toSorted((a, b) => waitOf(b) - waitOf(a));
  for (const { numberId } of usable) {
    const spelling = spellings.find((each) => each.numberId === numberId);
    const dialled = spelling?.dialled[0];
    if (spelling !== undefined && dialled !== undefined) return { numberId: spelling.numberId, dialled };
  }
  return null;
}
