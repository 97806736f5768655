// A session is an opaque token in an HttpOnly cookie; the database holds its hash. Answers are believed for a few seconds, so that a
// screen full of requests asks once, and so that desks go on working while PostgreSQL is away.
import { createHash } from "node:crypto";
import { permissionsOf, roles as allRoles, type Role } from "@allo/contract";
import type { Clock, IdSource, Instant, OrganisationId, PersonId, SessionId } from "@allo/kernel";
import { DatabaseAwayError, type Database, type Tx } from "../../platform/db.ts";
import type { Principal } from "../../platform/http.ts";
import { createToken } from "../../platform/ids.ts";
import { readPermissions } from "./core/granting.ts";
import { sessionLimits } from "./limits.ts";

export type SessionEnd = { readonly sessionId: SessionId; readonly personId: PersonId; readonly organisationId: OrganisationId };
export type EndCause = "signedOut" | "passwordChanged" | "blocked" | "retired" | "lapsed" | "replaced";

export type Sessions = {
  authenticate(token: string | null): Promise<Principal | null>;
  /** In the transaction of the sign-in. The token goes into the cookie and nowhere else. */
  open(
    tx: Tx,
    person: { readonly organisationId: OrganisationId; readonly personId: PersonId },
  ): Promise<{ readonly token: string; readonly sessionId: SessionId }>;
  /** In a transaction; hand what it gives to `ended` once that has committed. */
  endInTx(
    tx: Tx,
    which: { readonly personId: PersonId; readonly only?: SessionId; readonly except?: SessionId },
    cause: EndCause,
  ): Promise<readonly SessionEnd[]>;
  ended(ends: readonly SessionEnd[]): void;
  onEnded(listener: (end: SessionEnd) => void): void;
  /** The person's name or roles changed: ask the database again. */
  forgetPerson(personId: PersonId): void;
  close(): void;
};

type Cached = { principal: Principal; readonly createdAt: Instant; lastSeenAt: Instant; checkedAt: Instant };
type Found = {
  organisation_id: OrganisationId;
  session_id: SessionId;
  person_id: PersonId;
  created_at: number;
  last_seen_at: number;
  name: string;
  roles: string[];
  status: string;
  own_permissions: string[];
};

export function createSessions({
  db,
  clock,
  ids,
  onError,
}: {
  readonly db: Database;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly onError: (error: unknown) => void;
}): Sessions {
  const cache = new Map<string, Cached>();
  const listeners: ((end: SessionEnd) => void)[] = [];
  const isLapsed = (session: { createdAt: Instant; lastSeenAt: Instant }, at: Instant): boolean =>
    at - session.lastSeenAt > sessionLimits.idleMs || at - session.createdAt > sessionLimits.absoluteMs;

  const ended = (ends: readonly SessionEnd[]): void => {
    for (const end of ends) {
      for (const [key, cached] of cache) if (cached.principal.sessionId === end.sessionId) cache.delete(key);
      for (const listener of listeners) listener(end);
    }
  };

  const lapse = async (cached: Cached): Promise<void> => {
    const { personId, organisationId, sessionId } = cached.principal;
    const ends = await db.withScope({ organisationId, projectIds: "*" }, (tx) => endInTx(tx, { personId, only: sessionId }, "lapsed"));
    ended(ends);
  };
  const sweep = setInterval(() => {
    const at = clock.now();
    for (const [key, cached] of cache) {
      if (!isLapsed(cached, at)) continue;
      cache.delete(key);
      lapse(cached).catch(onError);
    }
  }, sessionLimits.sweepEveryMs);
  sweep.unref();

  const endInTx: Sessions["endInTx"] = async (tx, { personId, only, except }, cause) => {
    const rows = await tx.query<{ session_id: SessionId; organisation_id: OrganisationId }>(
      `update identity.session set ended_at = $1, end_cause = $2
       where person_id = $3 and ended_at is null and ($4::text is null or session_id = $4) and ($5::text is null or session_id <> $5)
       returning session_id, organisation_id`,
      [clock.now(), cause, personId, only ?? null, except ?? null],
    );
    return rows.map((row) => ({ sessionId: row.session_id, personId, organisationId: row.organisation_id }));
  };

  return {
    async authenticate(token) {
      if (token === null || token.length > 100) return null;
      const hash = hashToken(token);
      const key = hash.toString("base64");
      const at = clock.now();
      const cached = cache.get(key);
      if (cached !== undefined && at - cached.checkedAt < sessionLimits.believedMs && !isLapsed(cached, at)) {
        cached.lastSeenAt = at;
        return cached.principal;
      }
      let found: Found | undefined;
      try {
        [found] = await db.withDoors((tx) =>
          tx.query<Found>("select * from doors.session_find($1, $2, $3)", [hash, at, sessionLimits.idleMs]),
        );
      } catch (error) {
        if (error instanceof DatabaseAwayError && cached !== undefined && !isLapsed(cached, at)) return cached.principal;
        throw error;
      }
      if (
        found === undefined ||
        found.status !== "active" ||
        isLapsed({ createdAt: found.created_at, lastSeenAt: found.last_seen_at }, at)
      ) {
        cache.delete(key);
        return null;
      }
      const principal = toPrincipal(found);
      cache.delete(key);
      cache.set(key, { principal, createdAt: found.created_at, lastSeenAt: at, checkedAt: at });
      if (cache.size > sessionLimits.cachedMax)
        for (const oldest of cache.keys()) {
          cache.delete(oldest);
          break;
        }
      return principal;
    },
    async open(tx, { organisationId, personId }) {
      const token = createToken();
      const sessionId = ids.next("ses") as SessionId;
      const at = clock.now();
      await tx.query(
        `insert into identity.session (organisation_id, session_id, person_id, token_hash, created_at, last_seen_at)
          values ($1, $2, $3, $4, $5, $5)`,
        [organisationId, sessionId, personId, hashToken(token), at],
      );
      return { token, sessionId };
    },
    endInTx,
    ended,
    onEnded: (listener) => void listeners.push(listener),
    forgetPerson(personId) {
      for (const [key, cached] of cache) if (cached.principal.personId === personId) cache.delete(key);
    },
    close() {
      clearInterval(sweep);
    },
  };
}

export function hashToken(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

export function readRoles(names: readonly string[]): readonly Role[] {
  return allRoles.filter((role) => names.includes(role));
}

function toPrincipal(found: Found): Principal {
  const roles = readRoles(found.roles);
  return {
    personId: found.person_id,
    sessionId: found.session_id,
    organisationId: found.organisation_id,
    // Every role works in all projects of its organisation; narrower rights come with client users.
    projectIds: "*",
    name: found.name,
    roles,
    permissions: new Set([...permissionsOf(roles), ...readPermissions(found.own_permissions)]),
  };
}
