// The organisation's own roles: sets of permissions with a name. A change reaches open sessions at once.
import type { BodyOf, LocalizedText, OwnRole, Permission } from "@allo/contract";
import type { Clock, IdSource, PersonId } from "@allo/kernel";
import { ApiError, invalidField, notFound, staleVersion } from "../../platform/api-error.ts";
import type { Database, Tx } from "../../platform/db.ts";
import { differences } from "../../platform/differences.ts";
import type { Principal } from "../../platform/http.ts";
import type { Audit, AuditActor } from "./audit.ts";
import { beyondOwn, readPermissions } from "./core/granting.ts";
import { roleLimits } from "./limits.ts";
import { peopleLock } from "./store/person-store.ts";
import { presentRole, roleFetchForUpdate, roleHolderList, roleInsert, roleList, roleUpdate, type RoleRow } from "./store/role-store.ts";

type Change = { readonly principal: Principal; readonly address: string };
export type RoleWrite = {
  readonly names: LocalizedText;
  readonly description: LocalizedText;
  readonly permissions: readonly Permission[];
};
/** Who makes or retires roles in a transaction of another module's, and what this actor may grant. */
export type RoleActor = {
  readonly actor: AuditActor;
  readonly address: string;
  readonly permissions: ReadonlySet<Permission>;
};

export type Roles = {
  list(principal: Principal): Promise<{ items: OwnRole[] }>;
  create(by: Change, body: BodyOf<"roleCreate">): Promise<OwnRole>;
  update(by: Change, roleId: string, body: BodyOf<"roleUpdate">): Promise<OwnRole>;
  /** All roles of the transaction's organisation with their holders. */
  listInTx(tx: Tx): Promise<readonly OwnRole[]>;
  /** Before anything else of a transaction that makes or retires roles besides other things: audit entries are written under it. */
  lockInTx(tx: Tx, organisationId: Principal["organisationId"]): Promise<void>;
  /** In a transaction of another module's; hand the ids to `changed` once it has committed. */
  createInTx(tx: Tx, by: RoleActor, write: RoleWrite): Promise<string>;
  /** Retires a role or takes it into use again; refused as in `update`. */
  retireInTx(tx: Tx, by: RoleActor, roleId: string, retired: boolean): Promise<void>;
};

export function createRoles({
  db,
  clock,
  ids,
  audit,
  onChanged,
}: {
  readonly db: Database;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly audit: Audit;
  /** After the commit: who holds the role may do something else now. */
  readonly onChanged: (organisationId: Principal["organisationId"], holders: readonly PersonId[]) => void;
}): Roles {
  const actorOf = ({ principal, address }: Change): RoleActor => ({ actor: principal, address, permissions: principal.permissions });

  const createInTx: Roles["createInTx"] = async (tx, by, write) => {
    const { organisationId } = by.actor;
    await peopleLock(tx, organisationId);
    if ((await roleList(tx)).length >= roleLimits.rolesPerOrganisationMax)
      throw new ApiError("tooMany", 409, `There can be ${roleLimits.rolesPerOrganisationMax} roles at most`);
    const granted = readPermissions(write.permissions);
    requireGrantable(by.permissions, granted);
    const roleId = ids.next("rol");
    const at = clock.now();
    const role = { names: readNames(write.names), description: trim(write.description), permissions: [...granted] };
    await roleInsert(tx, { organisationId, roleId, ...role, at });
    await audit.write(tx, {
      actor: by.actor,
      action: "role.create",
      objectType: "role",
      objectId: roleId,
      before: null,
      after: role,
      address: by.address,
      at,
    });
    return roleId;
  };

  const changeInTx = async (tx: Tx, by: RoleActor, roleId: string, decide: (role: RoleRow) => RoleRow): Promise<OwnRole> => {
    await peopleLock(tx, by.actor.organisationId);
    const before = await roleFetchForUpdate(tx, roleId);
    if (before === null) throw notFound();
    const next = decide(before);
    // What the role gave already may stay in it, whoever edits the name.
    const added =
      before.retired && !next.retired ? next.permissions : next.permissions.filter((each) => !before.permissions.includes(each));
    requireGrantable(by.permissions, added);
    const holders = await roleHolderList(tx, roleId);
    if (next.retired && !before.retired && holders.length > 0)
      throw new ApiError(
        "inUse",
        409,
        `${holders.length} people hold this role`,
        holders.slice(0, roleLimits.holdersShownMax).map(({ name }) => ({ path: "holders", code: "inUse", message: name })),
      );
    const after = await roleUpdate(tx, next);
    const [was, is] = differences(before, after);
    await audit.write(tx, {
      actor: by.actor,
      action: "role.change",
      objectType: "role",
      objectId: roleId,
      before: was,
      after: is,
      address: by.address,
      at: clock.now(),
    });
    return presentRole(after, holders);
  };

  return {
    list: (principal) =>
      db.withScope(principal, async (tx) => {
        const [roles, holders] = [await roleList(tx), await roleHolderList(tx)];
        return { items: roles.map((role) => presentRole(role, holders)) };
      }),
    async listInTx(tx) {
      const [roles, holders] = [await roleList(tx), await roleHolderList(tx)];
      return roles.map((role) => presentRole(role, holders));
    },
    async create(by, body) {
      const made = await db.withScope(by.principal, async (tx) => {
        const roleId = await createInTx(tx, actorOf(by), body);
        const role = await roleFetchForUpdate(tx, roleId);
        if (role === null) throw new Error("a role just inserted is not there");
        return presentRole(role, []);
      });
      onChanged(by.principal.organisationId, []);
      return made;
    },
    async update(by, roleId, { version, ...body }) {
      const { role, holders } = await db.withScope(by.principal, async (tx) => {
        const role = await changeInTx(tx, actorOf(by), roleId, (before) => {
          const next: RoleRow = {
            ...before,
            ...(body.names === undefined ? {} : { names: readNames(body.names) }),
            ...(body.description === undefined ? {} : { description: trim(body.description) }),
            ...(body.permissions === undefined ? {} : { permissions: [...readPermissions(body.permissions)] }),
            ...(body.retired === undefined ? {} : { retired: body.retired }),
          };
          if (before.version !== version) throw staleVersion(Object.keys(differences(before, next)[1]));
          return next;
        });
        return { role, holders: await roleHolderList(tx, roleId) };
      });
      onChanged(
        by.principal.organisationId,
        holders.map((each) => each.personId as PersonId),
      );
      return role;
    },
    lockInTx: peopleLock,
    createInTx,
    async retireInTx(tx, by, roleId, retired) {
      await changeInTx(tx, by, roleId, (role) => ({ ...role, retired }));
    },
  };
}

/** Refuses a grant of more than the granter has, and says which permissions. */
export function requireGrantable(granter: ReadonlySet<Permission>, wanted: Iterable<Permission>, path = "permissions"): void {
  const missing = beyondOwn(granter, wanted);
  if (missing.length > 0)
    throw new ApiError("beyondOwnRights", 403, "Nobody can give more than they may do themselves", [
      { path, code: "beyondOwnRights", message: missing.join(", ") },
    ]);
}

function trim(text: LocalizedText): LocalizedText {
  return { en: text.en.trim(), ru: text.ru.trim(), fa: text.fa.trim() };
}

function readNames(names: LocalizedText): LocalizedText {
  const trimmed = trim(names);
  if (trimmed.en === "" && trimmed.ru === "" && trimmed.fa === "")
    throw invalidField("names", "empty", "needs a name in one language at least");
  return trimmed;
}
