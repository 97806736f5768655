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

/** One key for all who see the same projects: what is told live is made once for them. */
export function reachKey({ organisationId, projectIds }: Pick<Principal, "organisationId" | "projectIds">): string {
  return `${organisationId} ${projectIds === "*" ? "*" : projectIds.toSorted().join(",")}`;
}
