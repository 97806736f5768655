import type { Permission, Role } from "@allo/contract";
import type { OrganisationId, PersonId, ProjectId, SessionId } from "@allo/kernel";

/** Who asks. The organisation comes from here and never from a request's field. */
export type Principal = {
  readonly personId: PersonId;
  readonly sessionId: SessionId;
  readonly organisationId: OrganisationId;
  readonly projectIds: readonly ProjectId[] | "*";
  readonly name: string;
  readonly permissions: ReadonlySet<Permission>;
  readonly roles: readonly Role[];
};
