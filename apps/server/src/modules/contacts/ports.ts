import type { CustomerId, OrganisationId, PersonId, ProjectId, Result } from "@allo/kernel";

/** What this module needs of the subject keys (platform/keys.ts). */
export type ContactKeys = {
  create(organisationId: OrganisationId, subjectId: string): Promise<void>;
  seal(organisationId: OrganisationId, subjectId: string, plain: Uint8Array | string, context: string): Uint8Array;
  open(organisationId: OrganisationId, subjectId: string, sealed: Uint8Array, context: string): Result<Uint8Array, "noKey" | "tampered">;
  blindIndex(organisationId: OrganisationId, kind: string, value: string): string;
};

/** Names of people, for timelines and notes. */
export type PeopleNames = { nameOf(organisationId: OrganisationId, personId: PersonId): Promise<string | null> | string | null };

export type CustomerName = { readonly customerId: CustomerId; readonly name: string };
/** Who calls: asked of the module that owns customers. */
export type CustomerDirectory = {
  byNumber(organisationId: OrganisationId, projectId: ProjectId, e164: string): Promise<CustomerName | null>;
  byId(organisationId: OrganisationId, customerId: CustomerId): Promise<CustomerName | null>;
};
export const noCustomers: CustomerDirectory = { byNumber: () => Promise.resolve(null), byId: () => Promise.resolve(null) };
