import type { FastifyReply, FastifyRequest } from "fastify";
import { addressOf, type Api, type Principal } from "../../../platform/http.ts";
import { peerOf } from "../../../platform/peer.ts";
import { decodeSequenceCursor } from "../../../platform/cursor.ts";
import type { Database } from "../../../platform/db.ts";
import { auditList } from "../audit.ts";
import { peopleLimits, sessionLimits } from "../limits.ts";
import type { People } from "../people.ts";
import type { Roles } from "../roles.ts";
import type { Setup } from "../setup.ts";
import type { SignedIn, SignIn } from "../sign-in.ts";

export type CookieOptions = { readonly secure: boolean };

/** __Host- binds the cookie to this very host, where HTTPS allows it (RFC 6265bis §4.1.3.2). */
export function cookieName({ secure }: CookieOptions): string {
  return secure ? "__Host-allo_session" : "allo_session";
}

/** One port speaks HTTPS and, on this machine, HTTP: the name and the binding of the cookie go by what the browser spoke. */
export function cookiesOf(request: FastifyRequest["raw"]): CookieOptions {
  return { secure: peerOf(request).usesSecureCookies };
}

/** The session token of a request's Cookie header, or null. */
export function readSessionToken(header: string | undefined, options: CookieOptions): string | null {
  const wanted = cookieName(options);
  for (const pair of (header ?? "").split(";")) {
    const [name = "", ...value] = pair.trim().split("=");
    if (name === wanted) return value.join("=");
  }
  return null;
}

export function registerIdentityRoutes(
  api: Api,
  {
    db,
    people,
    roles,
    setup,
    signIn,
    authenticate,
    afterSetup,
  }: {
    readonly db: Database;
    readonly people: People;
    readonly roles: Roles;
    readonly setup: Setup;
    readonly signIn: SignIn;
    readonly authenticate: (request: FastifyRequest["raw"]) => Promise<Principal | null>;
    readonly afterSetup: (organisationId: Principal["organisationId"]) => Promise<void>;
  },
): void {
  const setCookie = (reply: FastifyReply, { token }: SignedIn): void => {
    const cookies = cookiesOf(reply.request.raw);
    void reply.setCookie(cookieName(cookies), token, {
      path: "/",
      httpOnly: true,
      sameSite: "strict",
      secure: cookies.secure,
      maxAge: sessionLimits.absoluteMs / 1_000,
    });
  };
  /** Who signs in anew leaves the session that the browser came with: a planted cookie gains nothing. */
  const leaveOld = async (request: FastifyRequest): Promise<void> => {
    const old = await authenticate(request.raw);
    if (old !== null) await signIn.signOut(old);
  };

  api.on("setupGet", () => setup.state());
  api.on("setupCreate", async ({ body, address, reply }) => {
    const made = await setup.create(body, address);
    await afterSetup(made.organisationId);
    setCookie(reply, made);
    return made.me;
  });
  api.on("sessionCreate", async ({ body, address, request, reply }) => {
    const signedIn = await signIn.signIn(body, address);
    await leaveOld(request);
    setCookie(reply, signedIn);
    return signedIn.me;
  });
  api.on("sessionGet", ({ principal }) => signIn.me(principal));
  api.on("sessionPatch", ({ principal, body }) => signIn.patch(principal, body));
  api.on("sessionDelete", async ({ principal, reply }) => {
    await signIn.signOut(principal);
    const cookies = cookiesOf(reply.request.raw);
    void reply.clearCookie(cookieName(cookies), { path: "/", secure: cookies.secure, httpOnly: true, sameSite: "strict" });
    return undefined;
  });
  api.on("passwordChange", async ({ principal, body, address }) => {
    await signIn.changePassword(principal, body, address);
    return { ok: true };
  });
  api.on("linkGet", ({ params }) => signIn.linkGet(params.token));
  api.on("linkUse", async ({ params, body, address, request, reply }) => {
    const signedIn = await signIn.linkUse(params.token, body.password, address);
    await leaveOld(request);
    setCookie(reply, signedIn);
    return signedIn.me;
  });

  const by = ({ principal, request }: { readonly principal: Principal; readonly request: FastifyRequest }) => ({
    principal,
    address: addressOf(request.raw),
    origin: originOf(request),
  });
  api.on("peopleList", ({ principal, query }) => people.list(principal, query));
  api.on("personCreate", (call) => people.create(by(call), call.body));
  api.on("personUpdate", (call) => people.update(by(call), call.params.personId, call.body));
  api.on("personInvite", (call) => people.invite(by(call), call.params.personId));
  api.on("personBlock", (call) => people.block(by(call), call.params.personId));
  api.on("personUnblock", (call) => people.unblock(by(call), call.params.personId));
  api.on("personRetire", (call) => people.retire(by(call), call.params.personId));
  api.on("rolesList", ({ principal }) => roles.list(principal));
  api.on("roleCreate", (call) => roles.create(by(call), call.body));
  api.on("roleUpdate", (call) => roles.update(by(call), call.params.roleId, call.body));
  api.on("auditList", async ({ principal, query }) => {
    const limit = query.limit ?? peopleLimits.pageDefault;
    const rows = await db.withScope(principal, (tx) =>
      auditList(tx, {
        beforeSequence: decodeSequenceCursor(query.cursor),
        limit: limit + 1,
        objectType: query.objectType,
        actorId: query.actorId,
      }),
    );
    const items = rows.slice(0, limit);
    return {
      items: items.map(({ sequence: _sequence, ...entry }) => entry),
      nextCursor: rows.length > limit ? String(items.at(-1)?.sequence ?? "") : null,
    };
  });
}

/** Where the administrator's browser sees us: the start of the links that he hands on. */
function originOf(request: FastifyRequest): string {
  const { host, isSecure } = peerOf(request.raw);
  return request.headers.origin ?? `${isSecure ? "https" : "http"}://${host}`;
}
