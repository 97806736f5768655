// The core process: configuration, database, modules, the link to the edge, HTTP. Started by the supervisor.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { DeviceState } from "@allo/contract";
import type { Epoch } from "@allo/kernel";
import { createBusServer, createEdgeLink, type EdgeLink, type EdgeListener } from "../bus/index.ts";
import { registerDoctor } from "../modules/doctor/index.ts";
import { registerDraining } from "../modules/draining/index.ts";
import { registerDrills } from "../modules/drills/index.ts";
import { registerSecurity } from "../modules/security/index.ts";
import { createTracing } from "../modules/tracing/index.ts";
import { createTestCalls } from "../modules/rehearsal/index.ts";
import { createVoice } from "../modules/telephony/index.ts";
import { registerWorkplace } from "../modules/workplace/index.ts";
import { createTimers } from "../platform/clock.ts";
import { loadConfig } from "../platform/config.ts";
import { DatabaseAwayError } from "../platform/db.ts";
import { describeError } from "../platform/describe-error.ts";
import { createLogger } from "../platform/log.ts";
import { joinSupervisor } from "../platform/supervised.ts";
import { VERSION } from "../platform/version.ts";
import { createCore, requireAllRoutes } from "./core.ts";
import { createLookingBack } from "./looking-back.ts";

const DATABASE_RETRY_MS = 500;

const loaded = loadConfig(process.env);
if (!loaded.ok) {
  for (const problem of loaded.failure) process.stderr.write(`${problem.sentence}\n`);
  process.exit(1);
}
const config = loaded.value;
const log = createLogger({ role: "core", level: config.log.level });
/** In the order of opening; closed in the opposite one. */
const closers: (() => Promise<void> | void)[] = [];
const supervised = joinSupervisor({
  onStop: async () => {
    for (const close of closers.toReversed()) await close();
  },
});
process.on("unhandledRejection", (error) => {
  log.fatal({ event: "unhandledRejection", error: describeError(error) }, "core ends: a promise was left alone");
  process.exit(1);
});

try {
  await start();
} catch (error) {
  log.fatal({ event: "startFailed", error: describeError(error) }, "core can't start");
  await supervised.failed(sentenceOf(error));
}

async function start(): Promise<void> {
  const { databaseUrl } = config;
  if (databaseUrl === undefined) throw new Error("Core was started without DATABASE_URL: start it by npm start.");
  /** Made after core, which reaches it by here. */
  const late: { link?: EdgeLink; listener?: EdgeListener; noteDevice?: (deviceId: string, state: DeviceState) => void } = {};
  const core = await createCore({
    databaseUrl,
    dataFolder: config.dataFolder,
    audioFolder: join(import.meta.dirname, "../../audio"),
    version: VERSION,
    organisationKey: config.organisationKey,
    isDemonstration: config.isDemonstration,
    http: {
      bind: config.bind,
      port: config.httpPort,
      trustedProxies: config.trustedProxies,
      origins: config.origins,
      deskFolder: join(import.meta.dirname, "../../../desk/dist"),
      softphoneOrigins: config.softphoneOrigins,
    },
    turn: config.turn,
    tls: { mode: config.tlsMode, given: config.tls, acme: config.acme },
    phonePort: () => late.link?.ports()?.phones ?? config.phonePort,
    phoneTlsPort: () => late.link?.ports()?.tls ?? config.sipTlsPort,
    publicAddress: config.publicAddress,
    log,
    onPhoneSocket: (socket, principal, where) => late.link?.phoneSocket(socket, principal, where),
    softphones: {
      mayOpen: (address) => late.link?.softphones.mayOpen(address) ?? false,
      isBlocked: (address) => late.link?.shield()?.blocked.some(({ kind, source }) => kind === "address" && source === address) ?? false,
      onSocket: (socket, place) => late.link?.softphones.attach(socket, place),
    },
    readiness: () => ({ edge: late.link?.isConnected() ?? false }),
  });
  closers.push(core.close);
  const { db, clock, ids, keys, live, http, audit, identity, directory } = core;
  await untilDatabase(core.load);

  const [row] = await untilDatabase(() =>
    db.withDoors((tx) => tx.query<{ epoch: number }>("select doors.epoch_next($1, $2) as epoch", [`${config.nodeName}/core`, clock.now()])),
  );
  const epoch: Epoch = { node: config.nodeName, epoch: row?.epoch ?? 0 };
  const bus = await createBusServer({ path: config.bus, log });
  const link = createEdgeLink({ bus, epoch, clock, ids, log });
  late.link = link;
  closers.push(link.close);
  core.onCertificate(link.certify);
  link.onTrunk(core.trunks.noteEdge);
  link.onRecorder(core.recorders.noteEdge);
  link.onDevice(({ deviceId, state }) => {
    core.directory.noteDevice(deviceId, state);
    late.noteDevice?.(deviceId, state);
  });
  core.trunks.useProbe(link.probeTrunk);
  // An edge may say hello at once: it is answered when what the last start left is taken over.
  const taken = Promise.withResolvers<EdgeListener>();
  link.listen({
    edgeSaidHello: async (hello) => (await taken.promise).edgeSaidHello(hello),
    edgeEvent: (of, sequence, event) => late.listener?.edgeEvent(of, sequence, event),
    edgeGone: (of) => late.listener?.edgeGone(of),
  });

  const draining = registerDraining({ db, audit, clock, api: http.api, live, nameOf: identity.nameOf, edge: link });
  const voice = await untilDatabase(() =>
    createVoice({
      database: db,
      clock,
      timers: createTimers(),
      ids,
      keys,
      epoch,
      directory,
      people: identity,
      phoneBook: (organisationId) => identity.people(organisationId).filter(({ status }) => status === "active"),
      audit,
      callingOut: {
        gate: core.dialling.gate,
        trunksOf: (organisationId) => core.trunks.callingOut(organisationId).map(({ trunkId }) => trunkId),
        isDraining: draining.isDraining,
        may: (organisationId, personId, permission) => identity.may(organisationId, personId, permission),
      },
      isRecorderInUse: (organisationId, recorderId) => core.recorders.isInUse(organisationId, recorderId),
      choosePhone: (by, deviceId) => directory.choosePhone(by, deviceId),
      live,
      api: http.api,
      edge: link,
      dataFolder: config.dataFolder,
      log,
    }),
  );
  closers.push(voice.close);
  registerSecurity({ db, audit, clock, api: http.api, edge: link });
  registerDoctor({
    db,
    clock,
    ids,
    audit,
    api: http.api,
    log,
    access: core.access,
    trunks: core.trunks,
    nameOf: ({ organisationId, personId }) => identity.nameOf(organisationId, personId),
    probeNetwork: link.probeNetwork,
    testCalls: {
      gate: core.dialling.gate,
      trunkName: (organisationId, trunkId) =>
        core.trunks.callingOut(organisationId).find((trunk) => trunk.trunkId === trunkId)?.name ?? null,
      callerNumber: (organisationId) => {
        const number = directory.config(organisationId)?.numbers.find((each) => !each.retired);
        return number === undefined ? null : (number.e164 ?? number.number);
      },
      place: link.probeCall,
    },
  });
  const lookingBack = createLookingBack({
    database: db,
    clock,
    timers: createTimers(),
    ids,
    keys,
    audit,
    directory,
    people: identity,
    onPeopleChanged: identity.onPeopleChanged,
    voice,
    live,
    api: http.api,
    dataFolder: config.dataFolder,
    log,
  });
  closers.push(lookingBack.close);
  const testCalls = createTestCalls({
    database: db,
    clock,
    timers: createTimers(),
    ids,
    audit,
    directory,
    contacts: voice.contacts,
    routing: voice.routing,
    phoneOf: voice.telephony.phoneOf,
    linesNow: voice.telephony.linesNow,
    edge: link,
    live,
    api: http.api,
    bind: config.bind,
    log,
  });
  closers.push(testCalls.close);
  const tracing = createTracing({
    database: db,
    clock,
    timers: createTimers(),
    keys,
    audit,
    api: http.api,
    contacts: voice.contacts,
    organisations: () => directory.organisations(),
    organisationOfNumber: (numberId) => directory.organisationOfNumber(numberId),
    log,
  });
  link.onTrace(tracing.keep);
  closers.push(tracing.close);
  const drills = registerDrills({
    db,
    clock,
    timers: createTimers(),
    ids,
    audit,
    api: http.api,
    nameOf: identity.nameOf,
    version: VERSION,
    bind: config.bind,
    runs: (target) => config.roles.includes(target),
    channel: supervised.drill,
    directory,
    contacts: voice.contacts,
    internalCalls: voice.telephony.internal.openCount,
    isDraining: draining.isDraining,
    edge: link,
    log,
  });
  closers.push(drills.close);
  directory.useContacts(lookingBack.list);
  registerWorkplace({
    database: db,
    clock,
    ids,
    api: http.api,
    contacts: voice.contacts,
    people: identity,
    agentsOf: (organisationId) => voice.routing.view(organisationId).agents.map(({ agent }) => agent),
    lines: voice.telephony,
    deskOf: voice.desk.stateOf,
  });
  late.listener = voice.edgeListener;
  late.noteDevice = voice.telephony.noteDevice;
  directory.useDeviceStates(voice.telephony.deviceState);
  identity.onSessionEnded((end) => {
    link.sessionEnded(end.sessionId);
    voice.sessionEnded(end);
  });

  await untilDatabase(voice.start);
  taken.resolve(late.listener);
  await untilDatabase(lookingBack.start);
  requireAllRoutes(http);
  const { port, url } = await http.listen();
  await core.access.start();
  closers.push(http.close); // before the modules that answer
  const token = await untilDatabase(() => identity.prepareSetup());
  if (token !== null) supervised.setupLink(`${url}/first-setup#${token}`);
  supervised.ready({ http: port });
  log.info({ event: "serving", port }, "core serves");
}

/** Core started again while PostgreSQL is away waits for it: edge and callers do the same. */
async function untilDatabase<T>(run: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof DatabaseAwayError)) throw error;
      await sleep(DATABASE_RETRY_MS);
    }
  }
}

function sentenceOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE")
    return `Port ${config.httpPort} on ${config.bind} is taken by another program: stop it, or set ALLO_HTTP_PORT.`;
  if (code === "EACCES") return `Port ${config.httpPort} may not be opened by this user: set ALLO_HTTP_PORT to one above 1023.`;
  if (code === "ENOENT" && config.tls !== undefined)
    return "The certificate or its key can't be read: look at ALLO_TLS_CERT and ALLO_TLS_KEY.";
  if (code === "EACCES" && config.tls !== undefined) return "The certificate or its key may not be read by this user: mend their rights.";
  return `Core can't start: ${error instanceof Error ? error.message : String(error)}.`;
}
