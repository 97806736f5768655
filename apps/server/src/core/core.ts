// Everything that runs in the core process, put together. No decisions here.
import { join } from "node:path";
import { routes, type RouteName } from "@allo/contract";
import type { Clock, IdSource } from "@allo/kernel";
import { createAccess, type Access } from "../modules/access/index.ts";
import { contactUses } from "../modules/contacts/index.ts";
import { createCustomerFields } from "../modules/customers/index.ts";
import { createDialling, type Dialling } from "../modules/dialling/index.ts";
import { createRecordersModule, type Recorders } from "../modules/recorders/index.ts";
import { createTrunksModule, type Trunks } from "../modules/trunks/index.ts";
import { createDirectory, type Directory } from "../modules/directory/index.ts";
import { createLearning } from "../modules/learning/index.ts";
import { createAudit, createIdentity, type Audit, type Identity } from "../modules/identity/index.ts";
import { createPresets, registerPresetRoutes, type Presets } from "../modules/presets/index.ts";
import { createClock, createTimers } from "../platform/clock.ts";
import { settings, type Config } from "../platform/config.ts";
import { createDatabase, type Database } from "../platform/db.ts";
import { API, createHttp, SOFTPHONES, type Http, type HttpOptions, type PhoneSocketHook, type SoftphoneDoor } from "../platform/http.ts";
import { createIds } from "../platform/ids.ts";
import { createSubjectKeys, type SubjectKeys } from "../platform/keys.ts";
import { createLiveHub, type LiveServer } from "../platform/live.ts";
import type { Logger } from "../platform/log.ts";
import { createMetrics, type Metrics } from "../platform/metrics.ts";
import { createTlsKeeper, type Credentials, type TlsOptions } from "../platform/tls/index.ts";
import { buildOpenApi } from "./openapi/openapi.ts";
import { createSetupTopic } from "./setup-topic.ts";

export type CoreOptions = {
  readonly databaseUrl: string;
  readonly dataFolder: string;
  readonly audioFolder: string;
  readonly http: HttpOptions;
  /** Absent: a local authority as soon as other machines can reach the program. */
  readonly tls?: Pick<TlsOptions, "mode" | "given" | "acme">;
  /** Relays for browsers behind hard networks. */
  readonly turn?: Config["turn"];
  /** Where browsers and public authorities knock, beside the port of the settings; other ones in tests. */
  readonly knownPorts?: readonly number[];
  readonly version: string;
  readonly organisationKey: Uint8Array | undefined;
  /** The data are invented: every page says so. Default: no. */
  readonly isDemonstration?: boolean;
  /** The port on which devices register, as far as it is known. */
  readonly phonePort: () => number;
  /** That of SIP over TLS. */
  readonly phoneTlsPort?: () => number;
  readonly publicAddress: string | undefined;
  readonly log: Logger;
  readonly onPhoneSocket: PhoneSocketHook;
  /** Absent: no foreign softphone is let in. */
  readonly softphones?: SoftphoneDoor;
  /** Further parts that must be there to be ready, by name. */
  readonly readiness?: () => Readonly<Record<string, boolean>>;
  /** Virtual in tests. */
  readonly clock?: Clock;
  /** The demonstration's are drawn from its seed. */
  readonly ids?: IdSource;
};

export type Core = {
  /** Reads what identity and directory hold into memory; before anything listens. */
  load(): Promise<void>;
  readonly db: Database;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly keys: SubjectKeys;
  readonly metrics: Metrics;
  readonly live: LiveServer;
  readonly http: Http;
  /** Doors and certificates: started once HTTP listens. */
  readonly access: Access;
  /** Calls with the certificate that this machine shows, now and whenever it changes. */
  readonly onCertificate: (listener: (certificate: { readonly certPem: string; readonly keyPem: string } | null) => void) => void;
  readonly audit: Audit;
  readonly identity: Identity;
  readonly directory: Directory;
  /** The gate that every outgoing call passes. */
  readonly dialling: Dialling;
  readonly trunks: Trunks;
  readonly recorders: Recorders;
  close(): Promise<void>;
};

/** Makes the parts that every module stands on, identity and directory. Nothing is read and nothing listens yet. */
export async function createCore(options: CoreOptions): Promise<Core> {
  const { log } = options;
  const clock = options.clock ?? createClock();
  const ids = options.ids ?? createIds(clock);
  const metrics = createMetrics("core");
  const db = createDatabase({ url: options.databaseUrl, log });
  const keys = createSubjectKeys({ keysFolder: join(options.dataFolder, "keys"), masterKey: options.organisationKey });
  const live = createLiveHub({ clock, version: options.version, log });
  const audit = createAudit({ ids });
  const directory: Directory = createDirectory({
    db,
    clock,
    ids,
    log,
    audit,
    dataFolder: options.dataFolder,
    audioFolder: options.audioFolder,
    phoneDoor: {
      port: options.phonePort,
      tlsPort: () => (tls.credentials() === null ? null : (options.phoneTlsPort?.() ?? null)),
      tlsIsKnown: () => tls.isLasting(),
      webSocketPath: options.softphones === undefined || options.http.softphoneOrigins === "none" ? null : SOFTPHONES,
      domain: options.publicAddress,
    },
    identity: {
      organisation: (organisationId) => identity.organisation(organisationId),
      person: (organisationId, personId) => identity.person(organisationId, personId),
    },
  });
  const identity: Identity = createIdentity({
    db,
    clock,
    ids,
    log,
    metrics,
    audit,
    isDemonstration: options.isDemonstration ?? false,
    seedOrganisation: (tx, seed) => presets.seedOrganisation(tx, seed),
  });
  const presets: Presets = createPresets({
    db,
    clock,
    ids,
    audit,
    directory,
    roles: () => identity.roles,
    fields: createCustomerFields({ database: db, clock, ids, audit }),
    contactUses,
  });
  const dialling = createDialling({ db, clock, ids, audit, log, identity, directory });
  const trunks = createTrunksModule({
    db,
    clock,
    ids,
    keys,
    audit,
    log,
    directory,
    door: () => ({ domain: options.publicAddress, port: options.phonePort() }),
  });
  directory.useTrunks(trunks);
  trunks.onChanged((organisationId) => {
    directory.edgeChanged(organisationId);
  });
  const recorders = createRecordersModule({
    db,
    clock,
    ids,
    keys,
    audit,
    log,
    usesOf: (organisationId, recorderId) =>
      (directory.config(organisationId)?.queues ?? []).flatMap((queue) =>
        !queue.retired && queue.recorderId === recorderId ? [queue.names.en || queue.names.ru || queue.names.fa] : [],
      ),
  });
  directory.useRecorders(recorders);
  recorders.onChanged((organisationId) => {
    directory.edgeChanged(organisationId);
  });
  const chosen = options.tls ?? { mode: "auto" as const, given: undefined, acme: NO_ACME };
  const tls = createTlsKeeper({
    ...chosen,
    dataFolder: options.dataFolder,
    bind: options.http.bind,
    origins: options.http.origins,
    publicAddress: options.publicAddress,
    clock,
    log,
  });
  await tls.start();
  const http = await createHttp({
    options: options.http,
    tls,
    clock,
    ids,
    log,
    live,
    metrics,
    authenticate: identity.authenticate,
    onPhoneSocket: options.onPhoneSocket,
    ...(options.softphones === undefined ? {} : { softphones: options.softphones }),
    readiness: () => ({ database: db.isUp(), ...options.readiness?.() }),
    openApi: buildOpenApi({ routes, version: options.version, basePath: API }),
  });

  const access = createAccess({
    db,
    audit,
    clock,
    timers: createTimers(),
    log,
    tls,
    frontDoor: http.frontDoor,
    port: http.port,
    organisations: () => identity.organisations(),
    settings: {
      bind: options.http.bind,
      mode: chosen.mode,
      origins: options.http.origins,
      trustedProxies: options.http.trustedProxies,
      acme: chosen.acme,
    },
    turn: options.turn,
    ...(options.knownPorts === undefined ? {} : { knownPorts: options.knownPorts }),
  });
  access.register(http.api);
  identity.register(http.api);
  directory.register(http.api);
  dialling.register(http.api);
  trunks.register(http.api);
  recorders.register(http.api);
  registerPresetRoutes(http.api, presets);
  createLearning({ db, clock, people: identity }).register(http.api);
  identity.onOrganisation(async (organisationId) => {
    await directory.load([organisationId]);
    await dialling.load([organisationId]);
    await trunks.load([organisationId]);
    await recorders.load([organisationId]);
  });
  identity.onSessionEnded((end) => {
    http.endSession(end.sessionId);
  });
  identity.onPeopleChanged((change) => {
    if (change.rightsChanged) live.reconnectPerson(change.personId);
  });
  createSetupTopic({ live, identity, directory, dialling });

  return {
    async load() {
      await identity.load();
      await directory.load(identity.organisations());
      await dialling.load(identity.organisations());
      await trunks.load(identity.organisations());
      await recorders.load(identity.organisations());
    },
    db,
    clock,
    ids,
    keys,
    metrics,
    live,
    http,
    access,
    onCertificate: (listener) => {
      const tell = (credentials: Credentials | null): void => {
        const pair = credentials === null ? null : (credentials.named?.pair ?? credentials.standard);
        listener(pair === null ? null : { certPem: pair.certificate, keyPem: pair.key });
      };
      tls.onCredentials(tell);
      tell(tls.credentials());
    },
    audit,
    identity,
    directory,
    dialling,
    trunks,
    recorders,
    async close() {
      access.close();
      await http.close();
      identity.close();
      await keys.close();
      await db.close();
    },
  };
}

const NO_ACME = { name: undefined, email: undefined, directory: settings.ALLO_ACME_DIRECTORY.fallback, caPath: undefined };

/** A core that would answer 501 must not start. */
export function requireAllRoutes(http: Http): void {
  const missing: readonly RouteName[] = http.missing();
  if (missing.length > 0) throw new Error(`Routes of the contract have no handler: ${missing.join(", ")}`);
}
