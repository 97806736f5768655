// HTTP and WebSocket at the edge of core: every route of the contract's table, checked in one order: origin, session, permission, shape.
import { existsSync } from "node:fs";
import type { IncomingMessage, Server } from "node:http";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import cookie from "@fastify/cookie";
import helmet from "@fastify/helmet";
import multipart from "@fastify/multipart";
import rateLimit from "@fastify/rate-limit";
import fastifyStatic from "@fastify/static";
import { TypeBoxValidatorCompiler } from "@fastify/type-provider-typebox";
import {
  routes,
  type BodyOf,
  type ParamsOf,
  type Problem,
  type QueryOf,
  type ResponseOf,
  type Route,
  type RouteName,
} from "@allo/contract";
import type { Clock, IdSource, SessionId } from "@allo/kernel";
import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { TSchema } from "typebox";
import { Value } from "typebox/value";
import { WebSocketServer, type WebSocket } from "ws";
import { ApiError, problemTypeOf } from "./api-error.ts";
import { DatabaseAwayError } from "./db.ts";
import { describeError } from "./describe-error.ts";
import type { LiveServer } from "./live.ts";
import type { Metrics } from "./metrics.ts";
import type { Principal } from "./principal.ts";
import { createPeerReader, peerOf, type Peer } from "./peer.ts";
import {
  appleProfile,
  createFrontDoor,
  derOf,
  guessSystem,
  installContentSecurity,
  installLanguage,
  installPage,
  installPaths,
  inUrl,
  isLoopback,
  acmeLimits,
  type FrontDoor,
  type TlsKeeper,
} from "./tls/index.ts";

export type { Principal } from "./principal.ts";

type PrincipalOf<N extends RouteName> = (typeof routes)[N]["access"] extends "public" ? null : Principal;

export type ApiCall<N extends RouteName> = {
  /** Null on public routes. */
  readonly principal: PrincipalOf<N>;
  readonly params: ParamsOf<N>;
  readonly query: QueryOf<N>;
  readonly body: BodyOf<N>;
  /** The peer's IP address. */
  readonly address: string;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
};
/** A route that answers with bytes sends them by `reply` and returns nothing. */
export type Api = { on<N extends RouteName>(name: N, handle: (call: ApiCall<N>) => Promise<ResponseOf<N>>): void };

export type PhoneSocketHook = (
  socket: WebSocket,
  principal: Principal,
  addresses: {
    readonly remoteAddress: string;
    readonly localAddress: string;
    /** The host the browser used, as in its Host header. */ readonly host: string;
  },
) => void;

/** Foreign softphones (RFC 7118): let in without a session, and judged by the edge. */
export type SoftphoneDoor = {
  /** Counts an opening; false where there are too many, or of this address. */
  readonly mayOpen: (address: string) => boolean;
  /** Whom the exchange doesn't answer. */
  readonly isBlocked: (address: string) => boolean;
  readonly onSocket: (
    socket: WebSocket,
    place: {
      readonly remoteAddress: string;
      readonly remotePort: number;
      readonly localAddress: string;
      readonly localPort: number;
    },
  ) => void;
};

export const httpLimits = {
  bodyBytesMax: 1_048_576,
  uploadBytesMax: 8_388_608,
  headersMsMax: 20_000,
  requestMsMax: 60_000,
  requestsPerMinutePerAddressMax: 6_000,
  /** Signing in, setting up, one-time links: what anyone may send. A floor of several hundred behind one address still fits. */
  publicWritesPerMinutePerAddressMax: 600,
  /** Browsers that saw a certificate which all of them know stay with HTTPS for a year. */
  staySecureSeconds: 31_536_000,
  socketsMax: 10_000,
  socketsPerSessionMax: 40,
  liveMessageBytesMax: 16_384,
  phoneMessageBytesMax: 65_536,
  /** A softphone's SIP message; beyond it ws closes the socket (1009). */
  softphoneMessageBytesMax: 32_768,
} as const;

export const API = "/api/v1";
/** Where foreign softphones find SIP over WebSocket: wss://host/sip. */
export const SOFTPHONES = "/sip";

export type HttpOptions = {
  readonly bind: string;
  readonly port: number;
  /** Addresses and networks whose X-Forwarded headers are believed. */
  readonly trustedProxies: readonly string[];
  /** Web origins other than the one the browser asks for by its Host header. */
  readonly origins: readonly string[];
  /** Folder of the built desk; undefined or absent: API only. */
  readonly deskFolder: string | undefined;
  /** Pages whose softphones may come in, beside our own: all, none (and no softphone at all), or those listed. Absent: our own. */
  readonly softphoneOrigins?: "any" | "none" | readonly string[];
};

export type HttpDeps = {
  readonly options: HttpOptions;
  readonly tls: TlsKeeper;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly log: FastifyBaseLogger;
  readonly live: LiveServer;
  readonly metrics: Metrics;
  /** By the session cookie; null: nobody. Throws DatabaseAwayError where it can't be known. */
  readonly authenticate: (request: IncomingMessage) => Promise<Principal | null>;
  /** A browser phone was authenticated: SIP over this socket (RFC 7118) speaks for the principal. */
  readonly onPhoneSocket: PhoneSocketHook;
  readonly softphones?: SoftphoneDoor;
  /** What must be there before calls and people can be served; shown by name at /readyz. */
  readonly readiness: () => Readonly<Record<string, boolean>>;
  /** What /api/v1/openapi.json answers. */
  readonly openApi: object;
};

export type Http = {
  readonly api: Api;
  readonly app: FastifyInstance;
  /** Routes of the contract without a handler. */
  readonly missing: () => readonly RouteName[];
  /** Further addresses to listen at. */
  readonly frontDoor: FrontDoor;
  /** The port once it is bound; the setting before. */
  port(): number;
  /** Binds; gives the address to open in a browser. */
  listen(): Promise<{ readonly port: number; readonly url: string }>;
  /** Ends the sockets of a session: live data and browser phone. */
  endSession(sessionId: SessionId): void;
  close(): Promise<void>;
};

type AnyHandler = (call: ApiCall<RouteName>) => Promise<unknown>;
declare module "fastify" {
  interface FastifyRequest {
    principal: Principal | null;
  }
}

export async function createHttp(deps: HttpDeps): Promise<Http> {
  const { options } = deps;
  const handlers = new Map<RouteName, AnyHandler>();
  const app = makeApp(deps);
  const frontDoor = createFrontDoor(app.server);
  frontDoor.use(deps.tls.credentials());
  deps.tls.onCredentials(frontDoor.use);
  let boundPort = options.port;
  registerErrors(app, deps);
  registerDoor(app, deps, { securePort: (host) => securePort(frontDoor, { host, port: boundPort }) });
  await registerPlugins(app);
  registerHooks(app, deps);
  for (const [name, route] of Object.entries(routes) as [RouteName, Route][]) registerRoute({ app, deps, name, route, handlers });
  registerOperations(app, deps);
  registerInstall(app, deps, { port: () => boundPort });
  await registerDesk(app, options);
  const sockets = registerSockets(app, deps);

  return {
    api: {
      on(name, handle) {
        if (handlers.has(name)) throw new Error(`route ${name} has two handlers`);
        handlers.set(name, handle as AnyHandler);
      },
    },
    app,
    missing: () => (Object.keys(routes) as RouteName[]).filter((name) => !handlers.has(name)),
    frontDoor,
    port: () => boundPort,
    async listen() {
      await app.listen({ host: options.bind, port: options.port });
      const bound = app.server.address();
      boundPort = typeof bound === "object" && bound !== null ? bound.port : options.port;
      // On this machine plain HTTP is as good, and needs no certificate that browsers know.
      const isPlain = deps.tls.mode() === "none" || (!deps.tls.isLasting() && isLoopback(browsableHost(options.bind)));
      return { port: boundPort, url: `${isPlain ? "http" : "https"}://${inUrl(browsableHost(options.bind))}:${boundPort}` };
    },
    endSession(sessionId) {
      deps.live.endSession(sessionId);
      sockets.endSession(sessionId);
    },
    async close() {
      sockets.close();
      deps.live.close();
      frontDoor.close();
      await app.close();
    },
  };
}

// ---- building the server

function makeApp({ ids, log }: HttpDeps): FastifyInstance {
  const app = fastify({
    loggerInstance: log,
    // Our own line in registerHooks: Fastify's holds the URL, and with it tokens and what was searched for.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => ids.next("req"),
    requestIdHeader: false as const,
    bodyLimit: httpLimits.bodyBytesMax,
    requestTimeout: httpLimits.requestMsMax,
    forceCloseConnections: true as const,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
  });
  app.removeContentTypeParser("text/plain"); // JSON and uploads only: a form of another site can send text
  app.server.headersTimeout = httpLimits.headersMsMax;
  app.setValidatorCompiler((definition) => {
    const check = TypeBoxValidatorCompiler(definition as Parameters<typeof TypeBoxValidatorCompiler>[0]);
    if (definition.httpPart !== "querystring") return check;
    return (value: unknown) => check(Value.Default(definition.schema as TSchema, value));
  });
  return app;
}

async function registerPlugins(app: FastifyInstance): Promise<void> {
  await app.register(cookie);
  await app.register(multipart, { limits: { fileSize: httpLimits.uploadBytesMax, files: 1, fields: 4, parts: 5 } });
  await app.register(rateLimit, {
    max: httpLimits.requestsPerMinutePerAddressMax,
    timeWindow: 60_000,
    hook: "onRequest",
    keyGenerator: (request) => addressOf(request.raw),
  });
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        // The interface kit sets style attributes and one style element with its colours.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", "data:", "blob:"],
        fontSrc: ["'self'", "data:"],
        mediaSrc: ["'self'", "blob:"],
        connectSrc: ["'self'"],
        workerSrc: ["'self'", "blob:"],
        manifestSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        objectSrc: ["'none'"],
      },
    },
    strictTransportSecurity: false, // by the request: registerDoor
    referrerPolicy: { policy: "no-referrer" },
    crossOriginEmbedderPolicy: false,
  });
}

function registerErrors(app: FastifyInstance, deps: HttpDeps): void {
  app.setErrorHandler((error, request, reply) => {
    const known = toApiError(error);
    if (known === null) deps.log.error({ event: "requestFailed", requestId: request.id, error: describeError(error) }, "A request failed");
    sendProblem(reply, known ?? new ApiError("internal", 500));
  });
}

function toApiError(error: unknown): ApiError | null {
  if (error instanceof ApiError) return error;
  if (error instanceof DatabaseAwayError) return new ApiError("databaseUnavailable", 503, "The database is away for the moment");
  if (!(error instanceof Error)) return null;
  if ("validation" in error && Array.isArray(error.validation)) {
    const fields = (error.validation as { instancePath?: string; keyword?: string; message?: string }[]).slice(0, 50).map((each) => ({
      path: (each.instancePath ?? "").replace(/^\//, "").replaceAll("/", "."),
      code: each.keyword ?? "invalid",
      message: each.message ?? "is not valid",
    }));
    return new ApiError("invalidInput", 400, "The request does not have the form that it must have", fields);
  }
  const status = "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : 500;
  if (status < 400 || status >= 500) return null;
  const codes: Readonly<Record<number, string>> = {
    404: "notFound",
    413: "fileTooLarge",
    415: "unsupportedMediaType",
    429: "tooManyAttempts",
  };
  return new ApiError(codes[status] ?? "invalidInput", status);
}

function sendProblem(reply: FastifyReply, error: ApiError): void {
  const problem: Problem = { type: problemTypeOf(error.code), title: error.title, status: error.status, code: error.code };
  if (error.detail !== undefined) problem.detail = error.detail;
  if (error.fields !== undefined) problem.fields = [...error.fields];
  if (error.retryAfterSeconds !== undefined) void reply.header("retry-after", String(error.retryAfterSeconds));
  void reply
    .code(error.status)
    .header("cache-control", "no-store")
    .type("application/problem+json")
    .serializer(JSON.stringify)
    .send(problem);
}

/** Served to anyone in plain HTTP: what is needed before HTTPS can be trusted, and what machines ask. */
const OPEN_IN_CLEAR: ReadonlySet<string> = new Set([
  ...Object.values(installPaths),
  "/.well-known/acme-challenge/:token",
  "/healthz",
  "/readyz",
]);

/** Who is there, and whether he may be served in clear: on this machine yes, from elsewhere not where HTTPS is spoken. */
function registerDoor(
  app: FastifyInstance,
  { options, tls }: HttpDeps,
  { securePort: portOf }: { readonly securePort: (host: string) => number | null },
): void {
  const readPeer = createPeerReader(options);
  app.addHook("onRequest", async (request, reply) => {
    const peer = readPeer(request.raw);
    if (peer.isSecure && tls.isLasting() && !/^localhost(:|$)/.test(peer.host))
      void reply.header("strict-transport-security", `max-age=${httpLimits.staySecureSeconds}`);
    if (mayServe(peer, tls) || OPEN_IN_CLEAR.has(request.routeOptions.url ?? "")) return;
    if ((request.method !== "GET" && request.method !== "HEAD") || peer.host === "" || request.url.startsWith("/api/"))
      throw new ApiError("httpsNeeded", 403, "Plain HTTP is answered on this machine only: use https://");
    const port = peer.isProxied ? null : portOf(peer.host);
    const host = port === null ? peer.host : `${peer.host.replace(/:\d+$/, "")}:${port}`;
    // Temporary, so that nothing is remembered where HTTPS is switched off again.
    return reply.header("cache-control", "no-store").redirect(`https://${host}${request.url}`, 307);
  });
}

function mayServe(peer: Peer, tls: TlsKeeper): boolean {
  return peer.isSecure || tls.mode() === "none" || (isLoopback(peer.address) && !peer.isProxied);
}

/** The port of HTTPS for who came by this host: the one he used, since it speaks both; for port 80 another. Null: the scheme's own. */
function securePort(door: FrontDoor, { host, port }: { readonly host: string; readonly port: number }): number | null {
  const used = /:(\d{1,5})$/.exec(host)?.[1];
  if (used !== undefined) return Number(used);
  return port === acmeLimits.browserPort || door.doors().some((each) => each.port === acmeLimits.browserPort) ? null : port;
}

function registerHooks(app: FastifyInstance, deps: HttpDeps): void {
  app.decorateRequest("principal", null);
  app.addHook("onRequest", async (request, reply) => {
    void reply.header("x-request-id", request.id).header("permissions-policy", "microphone=(self), camera=(), geolocation=()");
    if (request.method !== "GET" && request.method !== "HEAD" && request.method !== "OPTIONS" && !isSameOrigin(request.raw, deps.options)) {
      throw new ApiError("crossOrigin", 403, "The request came from another web site");
    }
  });
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "none";
    deps.metrics.httpRequest({ method: request.method, route, status: reply.statusCode, ms: reply.elapsedTime });
    deps.log.debug(
      {
        event: "request",
        requestId: request.id,
        method: request.method,
        route,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      "request",
    );
  });
}

function registerRoute({
  app,
  deps,
  name,
  route,
  handlers,
}: {
  readonly app: FastifyInstance;
  readonly deps: HttpDeps;
  readonly name: RouteName;
  readonly route: Route;
  readonly handlers: ReadonlyMap<RouteName, AnyHandler>;
}): void {
  const schema: Record<string, unknown> = {};
  if (route.params !== undefined) schema["params"] = route.params;
  if (route.query !== undefined) schema["querystring"] = route.query;
  if (route.body !== undefined) schema["body"] = route.body;
  if (route.response !== undefined) schema["response"] = { 200: route.response };
  const isPublicWrite = route.access === "public" && route.method !== "GET";
  app.route({
    method: route.method,
    url: API + route.path,
    schema,
    ...(isPublicWrite ? { config: { rateLimit: { max: httpLimits.publicWritesPerMinutePerAddressMax, timeWindow: 60_000 } } } : {}),
    // Before the body is read: who may not call a route learns nothing about its shape.
    onRequest: async (request) => {
      if (route.access === "public") return;
      const principal = await deps.authenticate(request.raw);
      if (principal === null) throw new ApiError("unauthenticated", 401);
      if (!mayCall(principal, route)) throw new ApiError("forbidden", 403);
      request.principal = principal;
    },
    handler: async (request, reply) => {
      const handle = handlers.get(name);
      if (handle === undefined) throw new ApiError("notBuilt", 501);
      void reply.header("cache-control", "no-store");
      const result = await handle({
        principal: request.principal,
        params: request.params,
        query: request.query,
        body: request.body,
        address: addressOf(request.raw),
        request,
        reply,
      } as ApiCall<RouteName>);
      if (reply.sent || route.bytes !== undefined) return reply;
      if (route.response === undefined) return reply.code(204).send();
      return result;
    },
  });
}

export function mayCall(principal: Principal, route: Pick<Route, "access">): boolean {
  if (route.access === "public" || route.access === "signedIn") return true;
  return route.access.some((permission) => principal.permissions.has(permission));
}

function registerOperations(app: FastifyInstance, deps: HttpDeps): void {
  const document = JSON.stringify(deps.openApi);
  app.get(`${API}/openapi.json`, async (_request, reply) => reply.type("application/json").send(document));
  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    const parts = deps.readiness();
    const isReady = Object.values(parts).every(Boolean);
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? "ready" : "notReady", parts });
  });
  app.get("/metrics", async (request, reply) => {
    if (!isLocalReader(request.raw)) {
      const principal = await deps.authenticate(request.raw);
      if (principal === null) throw new ApiError("unauthenticated", 401);
      if (!principal.permissions.has("setup.manage")) throw new ApiError("forbidden", 403);
    }
    return reply.type(deps.metrics.contentType).send(await deps.metrics.print());
  });
}

/** The local authority for other machines, and what a public one asks for. */
function registerInstall(app: FastifyInstance, { options, tls }: HttpDeps, { port }: { readonly port: () => number }): void {
  const secureUrl = (peer: Peer): string => {
    const host = peer.host === "" ? `${inUrl(browsableHost(options.bind))}:${port()}` : peer.host;
    const isWithPort = peer.isProxied || /:\d+$/.test(host) || peer.isSecure;
    return tls.mode() === "none" && !peer.isSecure ? `http://${host}/` : `https://${isWithPort ? host : `${host}:${port()}`}/`;
  };
  const authority = (): { readonly pem: string; readonly name: string } => {
    const found = tls.authority();
    if (found === null || tls.plan().base !== "local") throw new ApiError("notFound", 404);
    return { pem: found.pem, name: found.facts.subject };
  };
  app.get<{ Querystring: { lang?: string | string[] } }>(installPaths.page, async (request, reply) => {
    const asked = request.query.lang;
    const found = tls.plan().base === "local" ? tls.authority() : null;
    const page = installPage({
      facts: {
        authority:
          found === null
            ? null
            : {
                name: found.facts.subject,
                fingerprint: found.facts.fingerprint,
                thumbprint: found.facts.thumbprint,
                validUntil: found.facts.validUntil,
              },
        secureUrl: secureUrl(peerOf(request.raw)),
      },
      language: installLanguage(Array.isArray(asked) ? asked[0] : asked, request.headers["accept-language"]),
      system: guessSystem(request.headers["user-agent"]),
    });
    return reply
      .header("content-security-policy", installContentSecurity)
      .header("cache-control", "no-store")
      .header("vary", "accept-language, user-agent")
      .type("text/html; charset=utf-8")
      .send(page);
  });
  app.get(installPaths.der, async (_request, reply) =>
    reply.header("cache-control", "no-store").type("application/x-x509-ca-cert").send(derOf(authority().pem)),
  );
  app.get(installPaths.pem, async (_request, reply) =>
    reply.header("cache-control", "no-store").type("application/x-pem-file").send(authority().pem),
  );
  app.get(installPaths.profile, async (_request, reply) => {
    const { pem, name } = authority();
    return reply
      .header("cache-control", "no-store")
      .header("content-disposition", "attachment; filename=allo-ca.mobileconfig")
      .type("application/x-apple-aspen-config")
      .send(appleProfile({ der: derOf(pem), name }));
  });
  app.get<{ Params: { token: string } }>("/.well-known/acme-challenge/:token", async (request, reply) => {
    const answer = tls.challenge(request.params.token);
    if (answer === null) throw new ApiError("notFound", 404);
    return reply.header("cache-control", "no-store").type("text/plain").send(answer);
  });
}

async function registerDesk(app: FastifyInstance, options: HttpOptions): Promise<void> {
  const folder = options.deskFolder;
  if (folder === undefined || !existsSync(join(folder, "index.html"))) {
    app.setNotFoundHandler((_request, reply) => {
      sendProblem(reply, new ApiError("notFound", 404));
    });
    return;
  }
  await app.register(fastifyStatic, {
    root: folder,
    wildcard: true,
    index: ["index.html"],
    // The build lays a .br and a .gz beside each text.
    preCompressed: true,
    setHeaders: (reply, path) => {
      // Vite puts a hash into the names of assets; the page itself is asked for each time.
      void reply.header("cache-control", /[\\/]assets[\\/]/.test(path) ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
  app.setNotFoundHandler((request, reply) => {
    const wantsPage = request.method === "GET" && !request.url.startsWith("/api/") && (request.headers.accept ?? "").includes("text/html");
    if (wantsPage) return reply.header("cache-control", "no-cache").sendFile("index.html");
    sendProblem(reply, new ApiError("notFound", 404));
    return reply;
  });
}

// ---- WebSockets

function registerSockets(app: FastifyInstance, deps: HttpDeps): { endSession(sessionId: SessionId): void; close(): void } {
  const live = new WebSocketServer({ noServer: true, maxPayload: httpLimits.liveMessageBytesMax, perMessageDeflate: false });
  const phone = new WebSocketServer({
    noServer: true,
    maxPayload: httpLimits.phoneMessageBytesMax,
    perMessageDeflate: false,
    handleProtocols: () => "sip",
  });
  const softphone = new WebSocketServer({
    noServer: true,
    maxPayload: httpLimits.softphoneMessageBytesMax,
    perMessageDeflate: false,
    handleProtocols: () => "sip",
  });
  const open = new Map<SessionId, Set<WebSocket>>();
  let openCount = 0;
  const track = (socket: WebSocket, sessionId: SessionId): void => {
    const sockets = open.get(sessionId) ?? new Set();
    open.set(sessionId, sockets);
    sockets.add(socket);
    openCount += 1;
    deps.metrics.socketsOpen(openCount);
    socket.on("error", () => undefined); // "close" follows
    socket.once("close", () => {
      sockets.delete(socket);
      if (sockets.size === 0) open.delete(sessionId);
      openCount -= 1;
      deps.metrics.socketsOpen(openCount);
    });
  };

  const readPeer = createPeerReader(deps.options);
  const upgrade = async (request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> => {
    const peer = readPeer(request);
    if (!mayServe(peer, deps.tls)) return refuse(stream, 403, "Forbidden");
    const path = (request.url ?? "").split("?", 1)[0];
    if (path === SOFTPHONES && deps.softphones !== undefined && deps.options.softphoneOrigins !== "none") {
      const door = deps.softphones;
      if (door.isBlocked(peer.address)) return void stream.destroy();
      if (!mayBringSoftphone(request, deps.options)) return refuse(stream, 403, "Forbidden");
      if (!offersSip(request)) return refuse(stream, 400, "Bad Request");
      if (!door.mayOpen(peer.address)) return refuse(stream, 503, "Service Unavailable");
      softphone.handleUpgrade(request, stream, head, (socket) => {
        socket.on("error", () => undefined); // "close" follows
        door.onSocket(socket, {
          remoteAddress: peer.address,
          remotePort: request.socket.remotePort ?? 0,
          localAddress: peer.localAddress,
          localPort: request.socket.localPort ?? 0,
        });
      });
      return;
    }
    const isPhone = path === `${API}/phone`;
    if (!isPhone && path !== `${API}/live`) return refuse(stream, 404, "Not Found");
    // A browser always names its origin here; a page of another site must not speak with the cookie of ours (RFC 6455 §10.2).
    if (request.headers.origin === undefined || !isSameOrigin(request, deps.options)) return refuse(stream, 403, "Forbidden");
    if (isPhone && !offersSip(request)) return refuse(stream, 400, "Bad Request");
    const principal = await deps.authenticate(request);
    if (principal === null) return refuse(stream, 401, "Unauthorized");
    if (isPhone && !principal.permissions.has("desk.work")) return refuse(stream, 403, "Forbidden");
    const ofSession = open.get(principal.sessionId)?.size ?? 0;
    if (openCount >= httpLimits.socketsMax || ofSession >= httpLimits.socketsPerSessionMax)
      return refuse(stream, 503, "Service Unavailable");
    (isPhone ? phone : live).handleUpgrade(request, stream, head, (socket) => {
      track(socket, principal.sessionId);
      if (!isPhone) deps.live.attach(socket, principal);
      else
        deps.onPhoneSocket(socket, principal, {
          remoteAddress: peer.address,
          localAddress: peer.localAddress,
          host: peer.host,
        });
    });
  };
  (app.server as Server).on("upgrade", (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on("error", () => stream.destroy());
    upgrade(request, stream, head).catch((error: unknown) => {
      if (!(error instanceof DatabaseAwayError))
        deps.log.error({ event: "upgradeFailed", error: describeError(error) }, "A WebSocket could not be opened");
      refuse(stream, 503, "Service Unavailable");
    });
  });
  return {
    endSession(sessionId) {
      for (const socket of open.get(sessionId) ?? []) socket.close(4401);
    },
    close() {
      for (const sockets of open.values()) for (const socket of sockets) socket.terminate();
      for (const socket of softphone.clients) socket.terminate();
    },
  };
}

function refuse(stream: Duplex, status: number, reason: string): void {
  stream.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function offersSip(request: IncomingMessage): boolean {
  return (request.headers["sec-websocket-protocol"] ?? "").split(",").some((each) => each.trim() === "sip"); // RFC 7118 §4
}

// ---- origins and addresses

/**
 * Whether a page of our own sent this, or no page at all. Browsers put Origin on every write; where it is missing, Sec-Fetch-Site
 * speaks.
 */
export function isSameOrigin(request: IncomingMessage, options: Pick<HttpOptions, "origins">): boolean {
  const { origin } = request.headers;
  const site = request.headers["sec-fetch-site"];
  if (origin !== undefined) {
    if (options.origins.includes(origin)) return true;
    const { host, isSecure } = peerOf(request);
    return host !== "" && origin === `${isSecure ? "https" : "http"}://${host}`;
  }
  return site === undefined || site === "same-origin" || site === "none";
}

/** Whether a softphone may come in from this page; a program that is no page names none. */
export function mayBringSoftphone(request: IncomingMessage, options: Pick<HttpOptions, "origins" | "softphoneOrigins">): boolean {
  const { origin } = request.headers;
  const { softphoneOrigins = [] } = options;
  if (softphoneOrigins === "none") return false;
  if (origin === undefined || softphoneOrigins === "any" || softphoneOrigins.includes(origin)) return true;
  return isSameOrigin(request, options);
}

/** The sender's address; behind a trusted proxy the one that it names. */
export function addressOf(request: IncomingMessage): string {
  return peerOf(request).address;
}

/** On this machine and not through a proxy on it. */
function isLocalReader(request: IncomingMessage): boolean {
  const address = addressOf(request);
  const isProxied = request.headers["x-forwarded-for"] !== undefined || request.headers.forwarded !== undefined;
  return !isProxied && isLoopback(address);
}

function browsableHost(bind: string): string {
  return bind === "0.0.0.0" || bind === "::" ? "localhost" : bind;
}
