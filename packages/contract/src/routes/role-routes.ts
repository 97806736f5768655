import Type from "typebox";
import type { Static } from "typebox";
import { permissions } from "../permissions.ts";
import { list, one, type Route } from "../route.ts";
import { Id, LocalizedText } from "../schemas.ts";

export const PermissionSchema = Type.Enum([...permissions]);
const grants = Type.Array(PermissionSchema, { minItems: 1, maxItems: permissions.length, uniqueItems: true });

/** A role that the organisation made; the built-in ones stand in the contract and never change. */
export const OwnRole = Type.Object({
  roleId: Id,
  names: LocalizedText,
  description: LocalizedText,
  permissions: Type.Array(PermissionSchema),
  retired: Type.Boolean(),
  version: Type.Integer(),
  /** Who holds it, by name; the first 100. */
  holders: Type.Array(Type.Object({ personId: Id, name: Type.String() })),
  holderCount: Type.Integer(),
});
export type OwnRole = Static<typeof OwnRole>;
export const OwnRoleWrite = Type.Object({ names: LocalizedText, description: LocalizedText, permissions: grants });

/** The organisation's own roles. */
export const roleRoutes = {
  rolesList: {
    method: "GET",
    path: "/roles",
    access: ["people.manage", "setup.manage", "floor.read"],
    tag: "people",
    summary: "The organisation's own roles, retired ones too",
    response: list(OwnRole),
  },
  roleCreate: {
    method: "POST",
    path: "/roles",
    access: ["people.manage"],
    tag: "people",
    summary: "Adds a role; nobody can put into it what they may not do themselves",
    body: OwnRoleWrite,
    response: OwnRole,
  },
  roleUpdate: {
    method: "PATCH",
    path: "/roles/:roleId",
    access: ["people.manage"],
    tag: "people",
    summary: "Changes or retires a role; who holds it may do the new set at once; one that people hold can't be retired",
    params: one("roleId"),
    body: Type.Intersect([Type.Partial(OwnRoleWrite), Type.Object({ retired: Type.Optional(Type.Boolean()), version: Type.Integer() })]),
    response: OwnRole,
  },
} as const satisfies Record<string, Route>;
