// Nobody gives, or takes charge of, more than they may do themselves: else a role that manages people would be the administrator's.
import { permissions, permissionsOf, type Permission, type Role } from "@allo/contract";

type Holding = { readonly roles: readonly Role[]; readonly ownRoleIds: readonly string[] };
type Granting = { readonly roleId: string; readonly permissions: readonly Permission[]; readonly retired: boolean };

/** What someone may do: the union of the built-in and the own roles held. Retired and unknown ones grant nothing. */
export function grantedBy(held: Holding, ownRoles: readonly Granting[]): ReadonlySet<Permission> {
  const own = ownRoles.filter((role) => !role.retired && held.ownRoleIds.includes(role.roleId)).flatMap((role) => role.permissions);
  return new Set([...permissionsOf(held.roles), ...own]);
}

/** The permissions wanted that the granter hasn't, in the contract's order; empty: all may be given. */
export function beyondOwn(granter: ReadonlySet<Permission>, wanted: Iterable<Permission>): readonly Permission[] {
  const asked = new Set(wanted);
  return permissions.filter((permission) => asked.has(permission) && !granter.has(permission));
}

/** The words of the contract among these, in its order: what an older or newer version stored beside them grants nothing. */
export function readPermissions(words: readonly string[]): readonly Permission[] {
  return permissions.filter((permission) => words.includes(permission));
}
