// Signing in and out, passwords and one-time links. An unknown e-mail, a wrong password and a blocked login get the same answer after the
// same work.
import type { BodyOf, Me, ResponseOf } from "@allo/contract";
import type { Clock, OrganisationId } from "@allo/kernel";
import { ApiError } from "../../platform/api-error.ts";
import type { Database, Tx } from "../../platform/db.ts";
import type { Principal } from "../../platform/http.ts";
import type { Metrics } from "../../platform/metrics.ts";
import type { Audit } from "./audit.ts";
import { grantedBy } from "./core/granting.ts";
import { isPasswordWeak } from "./core/password-rules.ts";
import type { Throttle } from "./core/throttle.ts";
import type { Passwords } from "./passwords.ts";
import type { Sessions } from "./sessions.ts";
import { linkFind, linkUse } from "./store/link-store.ts";
import { organisationFetch } from "./store/organisation-store.ts";
import { emailKey, personFetch, personFetchForUpdate, personUpdate, type PersonRow } from "./store/person-store.ts";
import { roleList } from "./store/role-store.ts";

export type SignedIn = { readonly token: string; readonly me: Me };

export type SignIn = {
  signIn(body: BodyOf<"sessionCreate">, address: string): Promise<SignedIn>;
  me(principal: Principal): Promise<Me>;
  patch(principal: Principal, body: BodyOf<"sessionPatch">): Promise<Me>;
  signOut(principal: Principal): Promise<void>;
  changePassword(principal: Principal, body: BodyOf<"passwordChange">, address: string): Promise<void>;
  linkGet(token: string): Promise<ResponseOf<"linkGet">>;
  linkUse(token: string, password: string, address: string): Promise<SignedIn>;
  /** In a transaction: a session for a person just made. */
  openFor(tx: Tx, organisationId: OrganisationId, person: PersonRow, address: string): Promise<SignedIn>;
};

export function createSignIn({
  db,
  clock,
  audit,
  passwords,
  sessions,
  throttle,
  metrics,
  onChanged,
}: {
  readonly db: Database;
  readonly clock: Clock;
  readonly audit: Audit;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly throttle: Throttle;
  readonly metrics: Metrics;
  readonly onChanged: (organisationId: OrganisationId, person: PersonRow) => void;
}): SignIn {
  const scopeOf = (organisationId: OrganisationId) => ({ organisationId, projectIds: "*" as const });

  const beginAttempt = (account: string, address: string): (() => void) => {
    const attempt = { account, address, at: clock.now() };
    const begun = throttle.begin(attempt);
    if (!begun.ok) {
      metrics.signIn("throttled");
      throw new ApiError(
        "tooManyAttempts",
        429,
        "Too many attempts: wait, then try again",
        undefined,
        Math.ceil(begun.retryAfterMs / 1_000),
      );
    }
    return () => {
      throttle.succeeded(attempt);
    };
  };

  const openFor: SignIn["openFor"] = async (tx, organisationId, person, address) => {
    const opened = await sessions.open(tx, { organisationId, personId: person.personId as Principal["personId"] });
    const at = clock.now();
    const seen = await personUpdateQuietly(tx, { ...person, lastSignedInAt: at });
    await audit.write(tx, {
      actor: { personId: person.personId as Principal["personId"], name: person.name, organisationId },
      action: "session.start",
      objectType: "session",
      objectId: opened.sessionId,
      before: null,
      after: null,
      address,
      at,
    });
    return { token: opened.token, me: await present(tx, organisationId, seen, opened.sessionId) };
  };

  return {
    openFor,
    async signIn({ email, password }, address) {
      const key = emailKey(email);
      const succeeded = beginAttempt(key, address);
      const [login] = await db.withDoors((tx) =>
        tx.query<{ organisation_id: OrganisationId; person_id: string; status: string; password_hash: string | null }>(
          "select * from doors.login_find($1)",
          [key],
        ),
      );
      const isRight = await passwords.verify(password, login?.password_hash ?? null);
      if (!isRight || login === undefined || login.status !== "active") {
        metrics.signIn("refused");
        throw new ApiError("wrongCredentials", 401, "The e-mail or the password isn't right");
      }
      const stronger = login.password_hash !== null && passwords.needsRehash(login.password_hash) ? await passwords.hash(password) : null;
      const signedIn = await db.withScope(scopeOf(login.organisation_id), async (tx) => {
        const person = await personFetchForUpdate(tx, login.person_id);
        // Blocked or changed between the check and now.
        if (person === null || person.status !== "active" || person.passwordHash !== login.password_hash)
          throw new ApiError("wrongCredentials", 401);
        return openFor(tx, login.organisation_id, stronger === null ? person : { ...person, passwordHash: stronger }, address);
      });
      succeeded();
      metrics.signIn("done");
      return signedIn;
    },
    me: (principal) =>
      db.withScope(principal, async (tx) => {
        const person = await personFetch(tx, principal.personId);
        if (person === null) throw new ApiError("unauthenticated", 401);
        return present(tx, principal.organisationId, person, principal.sessionId);
      }),
    async patch(principal, body) {
      const { me, person } = await db.withScope(principal, async (tx) => {
        const person = await personFetchForUpdate(tx, principal.personId);
        if (person === null) throw new ApiError("unauthenticated", 401);
        const next = await personUpdateQuietly(tx, {
          ...person,
          language: body.language ?? person.language,
          theme: body.theme ?? person.theme,
        });
        return { me: await present(tx, principal.organisationId, next, principal.sessionId), person: next };
      });
      onChanged(principal.organisationId, person);
      return me;
    },
    async signOut(principal) {
      const ends = await db.withScope(principal, (tx) =>
        sessions.endInTx(tx, { personId: principal.personId, only: principal.sessionId }, "signedOut"),
      );
      sessions.ended(ends);
    },
    async changePassword(principal, { current, next }, address) {
      const succeeded = beginAttempt(`password ${principal.personId}`, address);
      const person = await db.withScope(principal, (tx) => personFetch(tx, principal.personId));
      if (person === null || !(await passwords.verify(current, person.passwordHash)))
        throw new ApiError("wrongPassword", 403, "The current password isn't right");
      succeeded();
      requireStrong(next, person);
      const passwordHash = await passwords.hash(next);
      const ends = await db.withScope(principal, async (tx) => {
        const locked = await personFetchForUpdate(tx, principal.personId);
        if (locked === null || locked.status !== "active" || locked.passwordHash !== person.passwordHash)
          throw new ApiError("wrongState", 409);
        await personUpdateQuietly(tx, { ...locked, passwordHash });
        await audit.write(tx, {
          actor: principal,
          action: "password.change",
          objectType: "person",
          objectId: principal.personId,
          before: null,
          after: null,
          address,
          at: clock.now(),
        });
        return sessions.endInTx(tx, { personId: principal.personId, except: principal.sessionId }, "passwordChanged");
      });
      sessions.ended(ends);
    },
    async linkGet(token) {
      const link = await linkFind(db, token, clock.now());
      if (link === null || !link.isOpen) throw linkInvalid();
      return db.withScope(scopeOf(link.organisationId), async (tx) => {
        const [person, organisation] = [await personFetch(tx, link.personId), await organisationFetch(tx)];
        if (person === null || organisation === null) throw linkInvalid();
        return {
          purpose: link.purpose,
          name: person.name,
          email: person.email,
          organisationName: organisation.name,
          language: person.language,
          expiresAt: link.expiresAt,
        };
      });
    },
    async linkUse(token, password, address) {
      const link = await linkFind(db, token, clock.now());
      if (link === null || !link.isOpen) throw linkInvalid();
      const known = await db.withScope(scopeOf(link.organisationId), (tx) => personFetch(tx, link.personId));
      if (known === null) throw linkInvalid();
      requireStrong(password, known);
      const passwordHash = await passwords.hash(password);
      const { signedIn, ends, person } = await db.withScope(scopeOf(link.organisationId), async (tx) => {
        if (!(await linkUse(tx, link.linkId, clock.now()))) throw linkInvalid();
        const person = await personFetchForUpdate(tx, link.personId);
        if (person === null || (person.status !== "invited" && person.status !== "active")) throw linkInvalid();
        const ends = await sessions.endInTx(tx, { personId: link.personId }, "passwordChanged");
        const next = await personUpdate(tx, { ...person, status: "active", passwordHash });
        await audit.write(tx, {
          actor: { personId: link.personId, name: person.name, organisationId: link.organisationId },
          action: `${link.purpose}.use`,
          objectType: "person",
          objectId: link.personId,
          before: null,
          after: null,
          address,
          at: clock.now(),
        });
        return { signedIn: await openFor(tx, link.organisationId, next, address), ends, person: next };
      });
      sessions.ended(ends);
      onChanged(link.organisationId, person);
      return signedIn;
    },
  };
}

/** What isn't part of the person's card for others: no new version, so that an administrator's open form stays good. */
async function personUpdateQuietly(tx: Tx, person: PersonRow): Promise<PersonRow> {
  const next = await personUpdate(tx, person);
  await tx.query("update identity.person set version = $2 where person_id = $1", [person.personId, person.version]);
  return { ...next, version: person.version };
}

async function present(tx: Tx, organisationId: OrganisationId, person: PersonRow, sessionId: string): Promise<Me> {
  const organisation = await organisationFetch(tx);
  if (organisation === null) throw new Error("an organisation's row is gone");
  return {
    personId: person.personId,
    sessionId,
    name: person.name,
    email: person.email,
    roles: person.roles,
    permissions: [...grantedBy(person, await roleList(tx))],
    language: person.language,
    theme: person.theme,
    organisation: { organisationId, name: organisation.name, defaultCountry: organisation.defaultCountry, timeZone: organisation.timeZone },
  };
}

function linkInvalid(): ApiError {
  return new ApiError("linkInvalid", 410, "This link no longer works");
}

export function requireStrong(password: string, person: { readonly name: string; readonly email: string }): void {
  if (isPasswordWeak(password, person)) {
    throw new ApiError("passwordWeak", 400, "This password is too easy to guess", [
      { path: "password", code: "passwordWeak", message: "is too easy to guess" },
    ]);
  }
}
