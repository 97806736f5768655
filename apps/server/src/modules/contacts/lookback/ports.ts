import type { CustomerId, OrganisationId, ProjectId } from "@allo/kernel";
import type { CustomerName } from "../ports.ts";

/** Names for lists, asked for many at once. */
export type CustomerNames = {
  namesOf(organisationId: OrganisationId, customerIds: readonly CustomerId[]): Promise<ReadonlyMap<CustomerId, string>>;
  byNumbers(organisationId: OrganisationId, projectId: ProjectId, e164: readonly string[]): Promise<ReadonlyMap<string, CustomerName>>;
};

/** Reads a number as a person types it; null where it is none. */
export type NumberReader = (organisationId: OrganisationId, text: string) => string | null;
