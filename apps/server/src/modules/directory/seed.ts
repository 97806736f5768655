// The directory's part of the first setup: one project that screens don't show, what the program itself needs, a queue, a number, codes and
// reasons. In the wizard's transaction.
import type { Clock, IdSource } from "@allo/kernel";
import { invalidField } from "../../platform/api-error.ts";
import type { Tx } from "../../platform/db.ts";
import type { AuditActor, SeedOrganisation } from "../identity/index.ts";
import { LOOPBACK_NETWORKS, numberDefaults } from "./limits.ts";
import { readNetworks, requireNumber } from "./phone-numbers.ts";
import type { Plans } from "./plan.ts";
import { greetingWordsSeed, HIDDEN_PROJECT_NAME, reasonSeeds, wrapUpCodeSeeds } from "./seeds.ts";
import { projectInsert, reasonInsert } from "./store/insert-store.ts";

/** Behind those that agents choose from. */
const SYSTEM_POSITION = 1_000;

/** What every organisation begins with, whatever else it is given: the hidden project, and the reasons that the program sets itself. */
export type SeedBase = (tx: Tx, by: { readonly actor: AuditActor }) => Promise<{ readonly projectId: string }>;

export function createSeedBase({ ids, clock }: { readonly ids: IdSource; readonly clock: Clock }): SeedBase {
  return async (tx, { actor: { organisationId } }) => {
    const projectId = ids.next("prj");
    await projectInsert(tx, { organisationId, projectId, name: HIDDEN_PROJECT_NAME, inHouse: true, at: clock.now() });
    for (const [index, reason] of reasonSeeds.filter(({ system }) => system).entries())
      await reasonInsert(tx, { organisationId, reasonId: ids.next("rsn"), ...reason, position: SYSTEM_POSITION + index });
    return { projectId };
  };
}

export function createSeed({ seedBase, plans }: { readonly seedBase: SeedBase; readonly plans: Plans }): SeedOrganisation {
  return async (tx, { actor, address, administratorId, request }) => {
    if (request.queue === undefined) throw invalidField("queue", "required", "is needed where no trade is chosen");
    requireNumber(request.number.number, request.defaultCountry, "number.number");
    await seedBase(tx, { actor });
    const names = { en: "", ru: "", fa: "", [request.language]: request.queue.name.trim() };
    await plans.applyInTx(
      tx,
      { actor, address, defaultCountry: request.defaultCountry },
      {
        queues: [
          {
            key: "first",
            names,
            // Who sets it up can take the first call.
            members: [{ personId: administratorId, level: 3 }],
            settings: { greetingWords: greetingWordsSeed(request.organisation.name.trim()) },
          },
        ],
        numbers: [
          {
            key: "first",
            number: request.number.number,
            queue: "first",
            language: request.number.language,
            settings: {
              ...numberDefaults,
              allowedNetworks: readNetworks([...LOOPBACK_NETWORKS, ...request.number.allowedNetworks], "number.allowedNetworks"),
            },
          },
        ],
        wrapUpCodes: wrapUpCodeSeeds.map((codeNames, index) => ({ key: String(index), names: codeNames })),
        reasons: reasonSeeds.filter(({ system }) => !system).map((reason) => ({ ...reason, key: reason.code })),
      },
    );
  };
}
