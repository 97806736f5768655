// Who is meant by what is dialled at a phone of ours.
import type { PersonId } from "@allo/kernel";
import type { VoiceConfig } from "../routing/index.ts";

export type DialTarget =
  | { readonly kind: "person"; readonly personId: PersonId }
  | { readonly kind: "queue"; readonly queueId: string }
  | { readonly kind: "outside"; readonly number: string };

/** Who is meant by what was dialled: a number of ours is its queue, an extension its phone's person; all else is outside. */
export function targetOf(config: VoiceConfig | null, destination: string): DialTarget {
  const plain = plainDialled(destination);
  const number = config?.numbers.find(
    (each) => !each.retired && [each.number, each.e164 ?? each.number].some((spelling) => plainDialled(spelling) === plain),
  );
  if (number !== undefined) return { kind: "queue", queueId: number.queueId };
  const device = config?.devices.find((each) => !each.retired && each.extension === plain);
  if (device?.personId != null) return { kind: "person", personId: device.personId as PersonId };
  return { kind: "outside", number: destination };
}

function plainDialled(dialled: string): string {
  return dialled.replaceAll(/[\s().-]/g, "");
}
