import type { ContactId, OrganisationId, ProjectId } from "@allo/kernel";
import type { Database } from "../../../platform/db.ts";
import type { ContactKeys } from "../ports.ts";
import { contactUntiedList } from "./contact-row-store.ts";

/** What callers did before anyone knew who they are. */
export type CallerHistory = {
  /** The latest contacts from these numbers (E.164, or as they came) that are tied to no customer. */
  untied(
    place: { readonly organisationId: OrganisationId; readonly projectId: ProjectId },
    numbers: readonly string[],
  ): Promise<readonly ContactId[]>;
};

export const callerHistoryLimits = { contactsPerNumberMax: 100 } as const;

export function createCallerHistory({
  database,
  keys,
}: {
  readonly database: Database;
  readonly keys: Pick<ContactKeys, "blindIndex">;
}): CallerHistory {
  return {
    async untied({ organisationId, projectId }, numbers) {
      const found: ContactId[] = [];
      for (const number of numbers) {
        const callerIndex = keys.blindIndex(organisationId, "phone", number);
        const limit = callerHistoryLimits.contactsPerNumberMax;
        found.push(
          ...(await database.withScope({ organisationId, projectIds: [projectId] }, (tx) => contactUntiedList(tx, { callerIndex, limit }))),
        );
      }
      return found;
    },
  };
}
