// Why a call that somebody dialled at their own phone can't be, for their desk: a phone's display has room for a few letters.
import type { DeskState } from "@allo/contract";
import { MINUTE_MS } from "@allo/kernel";
import type { Clock, OrganisationId, PersonId, Timers } from "@allo/kernel";

export const dialRefusalLimits = {
  /** Shown for so long, or until the next call from the phone. */
  shownMs: 2 * MINUTE_MS,
} as const;

type Owner = { readonly organisationId: OrganisationId; readonly personId: PersonId };
export type DialRefusal = NonNullable<DeskState["dialRefusal"]>;
export type DialRefusals = ReturnType<typeof createDialRefusals>;

export function createDialRefusals({ clock, timers }: { readonly clock: Clock; readonly timers: Timers }) {
  const shown = new Map<PersonId, DialRefusal>();
  const ends = new Map<PersonId, () => void>();
  const listeners: ((owner: Owner) => void)[] = [];
  const changed = (owner: Owner): void => {
    for (const listener of listeners) listener(owner);
  };
  const forget = (owner: Owner): void => {
    ends.get(owner.personId)?.();
    ends.delete(owner.personId);
    if (shown.delete(owner.personId)) changed(owner);
  };
  return {
    of: (personId: PersonId): DialRefusal | null => shown.get(personId) ?? null,
    note(owner: Owner, refusal: Omit<DialRefusal, "at">): void {
      ends.get(owner.personId)?.();
      shown.set(owner.personId, { ...refusal, at: clock.now() });
      ends.set(
        owner.personId,
        timers.arm(dialRefusalLimits.shownMs, () => forget(owner)),
      );
      changed(owner);
    },
    forget,
    onChanged: (listener: (owner: Owner) => void): void => void listeners.push(listener),
    close: (): void => {
      for (const cancel of ends.values()) cancel();
    },
  };
}
