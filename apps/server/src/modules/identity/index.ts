import type { Clock, IdSource, OrganisationId, PersonId } from "@allo/kernel";
import type { Permission, Person } from "@allo/contract";
import type { IncomingMessage } from "node:http";
import type { Database } from "../../platform/db.ts";
import { describeError } from "../../platform/describe-error.ts";
import type { Api, Principal } from "../../platform/http.ts";
import type { Metrics } from "../../platform/metrics.ts";
import { cookiesOf, readSessionToken, registerIdentityRoutes } from "./api/identity-routes.ts";
import type { Audit } from "./audit.ts";
import { createThrottle } from "./core/throttle.ts";
import { throttleLimits } from "./limits.ts";
import { createPasswords } from "./passwords.ts";
import { createPeople } from "./people.ts";
import { createRoles, type Roles } from "./roles.ts";
import { createSessions, type SessionEnd } from "./sessions.ts";
import { createSetup, type SeedOrganisation } from "./setup.ts";
import { createSignIn } from "./sign-in.ts";
import { organisationFetch, type Organisation } from "./store/organisation-store.ts";
import { personListAll, personPermissions, type PersonRow } from "./store/person-store.ts";

export { createAudit, type Audit, type AuditActor, type AuditWrite } from "./audit.ts";
export type { RoleActor, RoleWrite } from "./roles.ts";
export { sessionLimits, throttleLimits } from "./limits.ts";
export { createThrottle } from "./core/throttle.ts";
export type { SessionEnd } from "./sessions.ts";
export type { SeedOrganisation } from "./setup.ts";
export type { Organisation } from "./store/organisation-store.ts";

/** A person as other modules know them, in memory and always current. */
export type KnownPerson = Pick<Person, "name" | "roles" | "status" | "language"> & { readonly personId: PersonId };
export type PeopleChange = { readonly organisationId: OrganisationId; readonly personId: PersonId; readonly rightsChanged: boolean };

export type Identity = {
  /** Reads organisations and people into memory; before anything else is asked. */
  load(): Promise<void>;
  register(api: Api): void;
  /**
   * Who a request or a WebSocket upgrade speaks for, by its session cookie; null: nobody. Throws DatabaseAwayError where it can't be
   * known.
   */
  authenticate(request: IncomingMessage): Promise<Principal | null>;
  /** Signed out, blocked, retired, lapsed, password changed: sockets and phones of the session end. */
  onSessionEnded(listener: (end: SessionEnd) => void): void;
  /** Invited, changed, blocked, retired: after the commit. */
  onPeopleChanged(listener: (change: PeopleChange) => void): void;
  /** Roles of the organisation's own were made, changed or retired: after the commit. */
  onRolesChanged(listener: (organisationId: OrganisationId) => void): void;
  /** Own roles within a transaction of another module's. `changed` is called after its commit. */
  readonly roles: Pick<Roles, "listInTx" | "lockInTx" | "createInTx" | "retireInTx"> & { changed(organisationId: OrganisationId): void };
  /** A new organisation stands, all of it committed. */
  onOrganisation(listener: (organisationId: OrganisationId) => Promise<void>): void;
  organisations(): readonly OrganisationId[];
  organisation(organisationId: OrganisationId): Organisation;
  people(organisationId: OrganisationId): readonly KnownPerson[];
  person(organisationId: OrganisationId, personId: string): KnownPerson | null;
  /** Whether a person may do something, where no session of theirs tells it: at a desk phone, say. */
  may(organisationId: OrganisationId, personId: string, permission: Permission): Promise<boolean>;
  /** "" for who is unknown. */
  nameOf(organisationId: OrganisationId, personId: string): string;
  /** The one-time token of the wizard, or null where an organisation exists. */
  prepareSetup(): Promise<string | null>;
  close(): void;
};

export function createIdentity({
  db,
  clock,
  ids,
  log,
  metrics,
  audit,
  isDemonstration,
  seedOrganisation,
}: {
  readonly db: Database;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly metrics: Metrics;
  readonly audit: Audit;
  readonly log: { error(fields: object, message: string): void };
  /** ALLO_DEMO: said on every page. */
  readonly isDemonstration: boolean;
  readonly seedOrganisation: SeedOrganisation;
}): Identity {
  const organisations = new Map<OrganisationId, { readonly organisation: Organisation; readonly people: Map<string, KnownPerson> }>();
  const peopleListeners: ((change: PeopleChange) => void)[] = [];
  const rolesListeners: ((organisationId: OrganisationId) => void)[] = [];
  const organisationListeners: ((organisationId: OrganisationId) => Promise<void>)[] = [];
  const passwords = createPasswords();
  const sessions = createSessions({
    db,
    clock,
    ids,
    onError: (error) => {
      log.error({ event: "sessionLapseFailed", error: describeError(error) }, "A lapsed session could not be closed");
    },
  });
  const noteChange = (organisationId: OrganisationId, person: PersonRow, rightsChanged: boolean): void => {
    organisations.get(organisationId)?.people.set(person.personId, toKnown(person));
    if (rightsChanged) sessions.forgetPerson(person.personId as PersonId);
    for (const listener of peopleListeners) listener({ organisationId, personId: person.personId as PersonId, rightsChanged });
  };
  const throttle = createThrottle(throttleLimits);
  const signIn = createSignIn({
    db,
    clock,
    audit,
    passwords,
    sessions,
    throttle,
    metrics,
    onChanged: (organisationId, person) => {
      noteChange(organisationId, person, false);
    },
  });
  const people = createPeople({ db, clock, ids, audit, sessions, onChanged: noteChange });
  const noteRoles = (organisationId: OrganisationId, holders: readonly PersonId[]): void => {
    for (const personId of holders) {
      sessions.forgetPerson(personId);
      for (const listener of peopleListeners) listener({ organisationId, personId, rightsChanged: true });
    }
    for (const listener of rolesListeners) listener(organisationId);
  };
  const roles = createRoles({ db, clock, ids, audit, onChanged: noteRoles });
  const setup = createSetup({ db, clock, ids, audit, passwords, signIn, isDemonstration, seedOrganisation });
  const authenticate: Identity["authenticate"] = (request) =>
    sessions.authenticate(readSessionToken(request.headers.cookie, cookiesOf(request)));

  const loadOrganisation = async (organisationId: OrganisationId): Promise<void> => {
    const loaded = await db.withScope({ organisationId, projectIds: "*" }, async (tx) => ({
      organisation: await organisationFetch(tx),
      people: await personListAll(tx),
    }));
    if (loaded.organisation === null) throw new Error("an organisation's row is gone");
    organisations.set(organisationId, {
      organisation: loaded.organisation,
      people: new Map(loaded.people.map((person) => [person.personId, toKnown(person)])),
    });
  };
  const must = (organisationId: OrganisationId) => {
    const known = organisations.get(organisationId);
    if (known === undefined) throw new Error("an organisation that isn't known was asked for");
    return known;
  };

  return {
    async load() {
      const rows = await db.withDoors((tx) =>
        tx.query<{ organisation_id: OrganisationId }>("select organisations as organisation_id from doors.organisations()"),
      );
      for (const row of rows) await loadOrganisation(row.organisation_id);
    },
    register(api) {
      registerIdentityRoutes(api, {
        db,
        people,
        roles,
        setup,
        signIn,
        authenticate,
        afterSetup: async (organisationId) => {
          await loadOrganisation(organisationId);
          for (const listener of organisationListeners) await listener(organisationId);
        },
      });
    },
    authenticate,
    onSessionEnded: (listener) => {
      sessions.onEnded(listener);
    },
    onPeopleChanged: (listener) => void peopleListeners.push(listener),
    onRolesChanged: (listener) => void rolesListeners.push(listener),
    roles: {
      listInTx: roles.listInTx,
      lockInTx: roles.lockInTx,
      createInTx: roles.createInTx,
      retireInTx: roles.retireInTx,
      changed: (organisationId) => {
        noteRoles(organisationId, []);
      },
    },
    onOrganisation: (listener) => void organisationListeners.push(listener),
    organisations: () => [...organisations.keys()],
    organisation: (organisationId) => must(organisationId).organisation,
    people: (organisationId) => [...must(organisationId).people.values()],
    person: (organisationId, personId) => organisations.get(organisationId)?.people.get(personId) ?? null,
    may: async (organisationId, personId, permission) =>
      (await db.withScope({ organisationId, projectIds: "*" }, (tx) => personPermissions(tx, personId))).has(permission),
    nameOf: (organisationId, personId) => organisations.get(organisationId)?.people.get(personId)?.name ?? "",
    prepareSetup: () => setup.prepare(),
    close: () => {
      sessions.close();
    },
  };
}

function toKnown({ personId, name, roles, status, language }: PersonRow): KnownPerson {
  return { personId: personId as PersonId, name, roles, status, language };
}
