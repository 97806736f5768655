/* Who calls from a number, as PostgreSQL said lately: a call's number is looked up when it comes, and again when it is offered. */
import type { ProjectId } from "@allo/kernel";
import type { CustomerName } from "../contacts/index.ts";

export type KnownCallers = {
  /** Undefined: it has to be asked for. Null: nobody known calls from it. */
  readonly find: (projectId: ProjectId, number: string) => CustomerName | null | undefined;
  /** Before asking; what is asked for is kept only where nothing was forgotten meanwhile. */
  readonly asking: () => (projectId: ProjectId, numbers: readonly string[], found: ReadonlyMap<string, CustomerName>) => void;
  /** A customer has changed. */
  readonly forget: () => void;
};

export function createKnownCallers({ keptMax }: { readonly keptMax: number }): KnownCallers {
  const kept = new Map<string, CustomerName | null>(); // the oldest first
  let age = 0;
  const keyOf = (projectId: ProjectId, number: string): string => `${projectId} ${number}`;
  return {
    find: (projectId, number) => kept.get(keyOf(projectId, number)),
    asking() {
      const asked = age;
      return (projectId, numbers, found) => {
        if (age !== asked) return;
        for (const number of numbers) {
          kept.delete(keyOf(projectId, number));
          kept.set(keyOf(projectId, number), found.get(number) ?? null);
        }
        for (const oldest of kept.keys()) {
          if (kept.size <= keptMax) break;
          kept.delete(oldest);
        }
      };
    },
    forget() {
      age += 1;
      kept.clear();
    },
  };
}
