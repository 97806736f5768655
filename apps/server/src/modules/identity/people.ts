// The people of an organisation: invited, active, blocked, retired. One administrator always stays.
import type { BodyOf, Person, QueryOf, ResponseOf } from "@allo/contract";
import type { Clock, IdSource, PersonId } from "@allo/kernel";
import { ApiError, invalidField, notFound, staleVersion } from "../../platform/api-error.ts";
import { decodeCursor, encodeCursor } from "../../platform/cursor.ts";
import { isUniqueViolation, type Database, type Tx } from "../../platform/db.ts";
import type { Principal } from "../../platform/http.ts";
import { differences } from "../../platform/differences.ts";
import type { Audit } from "./audit.ts";
import { grantedBy } from "./core/granting.ts";
import { linkLimits, peopleLimits } from "./limits.ts";
import { requireGrantable } from "./roles.ts";
import type { SessionEnd, Sessions } from "./sessions.ts";
import { linkInsert, linkRevokeAll } from "./store/link-store.ts";
import {
  administratorList,
  peopleLock,
  personFetchForUpdate,
  personInsert,
  personList,
  personUpdate,
  presentPerson,
  type PersonRow,
} from "./store/person-store.ts";
import { roleList } from "./store/role-store.ts";

type Change = { readonly principal: Principal; readonly address: string };
type OneTimeLink = ResponseOf<"personInvite">;
type LinkOrigin = { readonly origin: string };

export type People = {
  list(principal: Principal, query: QueryOf<"peopleList">): Promise<{ items: Person[]; nextCursor: string | null }>;
  create(by: Change & LinkOrigin, body: BodyOf<"personCreate">): Promise<{ person: Person; invitation: OneTimeLink }>;
  update(by: Change, personId: string, body: BodyOf<"personUpdate">): Promise<Person>;
  invite(by: Change & LinkOrigin, personId: string): Promise<OneTimeLink>;
  block(by: Change, personId: string): Promise<Person>;
  unblock(by: Change, personId: string): Promise<Person>;
  retire(by: Change, personId: string): Promise<Person>;
};

export function createPeople({
  db,
  clock,
  ids,
  audit,
  sessions,
  onChanged,
}: {
  readonly db: Database;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly audit: Audit;
  readonly sessions: Sessions;
  /** After the commit. `rights`: roles or name changed, so open sessions must see it. */
  readonly onChanged: (organisationId: Principal["organisationId"], person: PersonRow, rights: boolean) => void;
}): People {
  const inScope = <T>(principal: Principal, run: (tx: Tx) => Promise<T>): Promise<T> =>
    db.withScope({ organisationId: principal.organisationId, projectIds: principal.projectIds }, run).catch((error: unknown) => {
      if (isUniqueViolation(error, "person_email_key"))
        throw new ApiError("alreadyExists", 409, "This e-mail belongs to another login", [
          { path: "email", code: "alreadyExists", message: "belongs to another login" },
        ]);
      throw error;
    });

  /** Locks, decides, writes and audits one person. `decide` gives the row as it shall be. */
  const change = async (
    by: Change,
    personId: string,
    action: string,
    decide: (tx: Tx, person: PersonRow) => Promise<{ next: PersonRow; ends?: readonly SessionEnd[] }>,
  ): Promise<Person> => {
    const { before, after, ends } = await inScope(by.principal, async (tx) => {
      await peopleLock(tx, by.principal.organisationId);
      const before = await personFetchForUpdate(tx, personId);
      if (before === null) throw notFound();
      await requireWithin(tx, by.principal, before);
      const { next, ends = [] } = await decide(tx, before);
      await requireHoldable(tx, by.principal, before, next);
      if (isAdministrator(before) && !isAdministrator(next)) {
        const others = (await administratorList(tx)).filter((each) => each !== personId);
        if (others.length === 0) throw new ApiError("lastAdministrator", 409, "One administrator must stay");
      }
      const after = await personUpdate(tx, next);
      const [was, is] = differences(presentPerson(before), presentPerson(after));
      await audit.write(tx, {
        actor: by.principal,
        action,
        objectType: "person",
        objectId: personId,
        before: was,
        after: is,
        address: by.address,
        at: clock.now(),
      });
      return { before, after, ends };
    });
    sessions.ended(ends);
    onChanged(by.principal.organisationId, after, before.name !== after.name || rolesOf(before) !== rolesOf(after));
    return presentPerson(after);
  };

  const makeLink = async (tx: Tx, by: Change & LinkOrigin, person: PersonRow): Promise<OneTimeLink> => {
    const at = clock.now();
    const purpose = person.status === "active" ? "reset" : "invitation";
    const expiresAt = at + (purpose === "reset" ? linkLimits.resetMs : linkLimits.invitationMs);
    const token = await linkInsert(tx, {
      ids,
      organisationId: by.principal.organisationId,
      personId: person.personId as PersonId,
      purpose,
      at,
      expiresAt,
    });
    await audit.write(tx, {
      actor: by.principal,
      action: purpose === "reset" ? "person.resetLink" : "person.invitation",
      objectType: "person",
      objectId: person.personId,
      before: null,
      after: { expiresAt },
      address: by.address,
      at,
    });
    return { url: `${by.origin}/link/${token}`, expiresAt };
  };

  return {
    async list(principal, query) {
      const limit = query.limit ?? peopleLimits.pageDefault;
      const rows = await inScope(principal, (tx) =>
        personList(tx, { after: decodeCursor(query.cursor), limit: limit + 1, q: query.q, status: query.status }),
      );
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      return {
        items: items.map(presentPerson),
        nextCursor: rows.length > limit && last !== undefined ? encodeCursor([last.name, last.personId]) : null,
      };
    },
    async create(by, body) {
      const personId = ids.next("per") as PersonId;
      const made = await inScope(by.principal, async (tx) => {
        const at = clock.now();
        await peopleLock(tx, by.principal.organisationId);
        const ownRoleIds = [...new Set(body.ownRoleIds)];
        await requireHoldable(tx, by.principal, { roles: [], ownRoleIds: [] }, { roles: body.roles, ownRoleIds });
        await personInsert(tx, {
          ...body,
          ownRoleIds,
          organisationId: by.principal.organisationId,
          personId,
          name: requireName(body.name),
          status: "invited",
          passwordHash: null,
          at,
        });
        const row = await personFetchForUpdate(tx, personId);
        if (row === null) throw new Error("a person just inserted is not there");
        await audit.write(tx, {
          actor: by.principal,
          action: "person.create",
          objectType: "person",
          objectId: personId,
          before: null,
          after: presentPerson(row),
          address: by.address,
          at,
        });
        return { row, invitation: await makeLink(tx, by, row) };
      });
      onChanged(by.principal.organisationId, made.row, false);
      return { person: presentPerson(made.row), invitation: made.invitation };
    },
    update: (by, personId, { version, ...wanted }) =>
      change(by, personId, "person.change", async (_tx, person) => {
        if (person.status === "retired") throw wrongState();
        const next: PersonRow = {
          ...person,
          ...(wanted.name === undefined ? {} : { name: requireName(wanted.name) }),
          ...(wanted.email === undefined ? {} : { email: wanted.email.trim() }),
          ...(wanted.roles === undefined ? {} : { roles: [...new Set(wanted.roles)] }),
          ...(wanted.ownRoleIds === undefined ? {} : { ownRoleIds: [...new Set(wanted.ownRoleIds)] }),
          ...(wanted.language === undefined ? {} : { language: wanted.language }),
        };
        if (person.version !== version) throw staleVersion(Object.keys(differences(presentPerson(person), presentPerson(next))[1]));
        return { next };
      }),
    invite: async (by, personId) =>
      inScope(by.principal, async (tx) => {
        const person = await personFetchForUpdate(tx, personId);
        if (person === null) throw notFound();
        if (person.status !== "invited" && person.status !== "active") throw wrongState();
        await requireWithin(tx, by.principal, person);
        return makeLink(tx, by, person);
      }),
    block: (by, personId) =>
      change(by, personId, "person.block", async (tx, person) => {
        if (person.status !== "invited" && person.status !== "active") throw wrongState();
        if (personId === by.principal.personId) throw new ApiError("ownLogin", 409, "Nobody can block their own login");
        await linkRevokeAll(tx, person.personId as PersonId, clock.now());
        const ends = await sessions.endInTx(tx, { personId: person.personId as PersonId }, "blocked");
        return { next: { ...person, status: "blocked", statusBeforeBlock: person.status }, ends };
      }),
    unblock: (by, personId) =>
      change(by, personId, "person.unblock", async (_tx, person) => {
        if (person.status !== "blocked") throw wrongState();
        return { next: { ...person, status: person.statusBeforeBlock ?? "invited", statusBeforeBlock: null } };
      }),
    retire: (by, personId) =>
      change(by, personId, "person.retire", async (tx, person) => {
        if (person.status === "retired") throw wrongState();
        if (personId === by.principal.personId) throw new ApiError("ownLogin", 409, "Nobody can retire their own login");
        await linkRevokeAll(tx, person.personId as PersonId, clock.now());
        const ends = await sessions.endInTx(tx, { personId: person.personId as PersonId }, "retired");
        return { next: { ...person, status: "retired", statusBeforeBlock: null, passwordHash: null }, ends };
      }),
  };
}

function isAdministrator(person: PersonRow): boolean {
  return person.status === "active" && person.roles.includes("administrator");
}

type Holding = Pick<PersonRow, "roles" | "ownRoleIds">;

/** Who may do more than oneself is out of one's reach: a reset link for an administrator would be his login. */
async function requireWithin(tx: Tx, principal: Principal, person: Holding): Promise<void> {
  requireGrantable(principal.permissions, grantedBy(person, await roleList(tx)), "personId");
}

/** At least one role; those added are in use, and give nothing that the giver hasn't. */
async function requireHoldable(tx: Tx, principal: Principal, before: Holding, next: Holding): Promise<void> {
  if (rolesOf(before) === rolesOf(next)) return;
  if (next.roles.length + next.ownRoleIds.length === 0) throw invalidField("roles", "empty", "needs one role at least");
  const ownRoles = await roleList(tx);
  for (const roleId of next.ownRoleIds) {
    const role = ownRoles.find((each) => each.roleId === roleId);
    if (role === undefined) throw invalidField("ownRoleIds", "unknown", "names a role that isn't there");
    if (role.retired && !before.ownRoleIds.includes(roleId)) throw invalidField("ownRoleIds", "retired", "names a retired role");
  }
  requireGrantable(principal.permissions, grantedBy(next, ownRoles), "roles");
}

function rolesOf(person: Holding): string {
  return [...person.roles, "", ...person.ownRoleIds].join();
}

function requireName(name: string): string {
  const trimmed = name.trim();
  if (trimmed === "") throw invalidField("name", "empty", "must not be empty");
  return trimmed;
}

function wrongState(): ApiError {
  return new ApiError("wrongState", 409, "Not possible in the person's present state");
}
