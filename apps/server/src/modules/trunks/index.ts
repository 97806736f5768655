import { createHash, randomInt, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import {
  trunkLimits,
  type FromEdge,
  type Trunk,
  type TrunkFinding,
  type TrunkConfig,
  type TrunkLogLine,
  type TrunkProbe,
  type TrunkSettings,
  type TrunkState,
} from "@allo/contract";
import type { Clock, IdSource, NumberId, OrganisationId, ProjectId } from "@allo/kernel";
import { ApiError, notFound, staleVersion } from "../../platform/api-error.ts";
import type { Database, Tx } from "../../platform/db.ts";
import { differences } from "../../platform/differences.ts";
import type { Api, Principal } from "../../platform/http.ts";
import type { SubjectKeys } from "../../platform/keys.ts";
import type { OrganisationConfig } from "../directory/index.ts";
import type { Audit } from "../identity/index.ts";
import { trunkFindings } from "./core/trunk-doctor.ts";
import { trunkFaults } from "./core/trunk-faults.ts";
import { TRUNK_REALM, trunksModuleLimits } from "./limits.ts";
import { trunkInsert, trunkList, trunkUpdate, type TrunkRecord } from "./store/trunk-store.ts";

export type Trunks = {
  load(organisationIds: readonly OrganisationId[]): Promise<void>;
  register(api: Api): void;
  /** What was set up changed, after the commit. States change with every call: screens ask for them. */
  onChanged(listener: (organisationId: OrganisationId) => void): void;
  /** All that stand, of all organisations, as the edge must know them. */
  edgeTrunks(): readonly TrunkConfig[];
  /** Trunks by which an organisation calls out, in the order of setting up. */
  callingOut(organisationId: OrganisationId): readonly { readonly trunkId: string; readonly name: string }[];
  /** Who asks the edge to look at a trunk: comes later in the wiring. */
  useProbe(probe: (trunkId: string) => Promise<TrunkProbe | null>): void;
  /** Whether a trunk in use speaks TLS. */
  usesTls(organisationId: OrganisationId): boolean;
  /** Looks closely at all trunks in use, each by its name. */
  checkAll(principal: Principal): Promise<readonly { readonly name: string; readonly findings: readonly TrunkFinding[] }[]>;
  noteEdge(message: Extract<FromEdge, { kind: "trunkState" | "trunkLine" }>): void;
};

type By = { readonly principal: Principal; readonly address: string };
const PASSWORD_CONTEXT = "trunk password";
// Nothing that reads like something else when it is typed into a menu.
const SECRET_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const USERNAME_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";

export function createTrunksModule(deps: {
  readonly db: Database;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly keys: Pick<SubjectKeys, "create" | "seal" | "open">;
  readonly audit: Audit;
  readonly log: { warn(fields: object, message: string): void };
  readonly directory: { config(organisationId: OrganisationId): OrganisationConfig | null };
  /** Where a carrier that shows a password finds us. */
  readonly door: () => { readonly domain: string | undefined; readonly port: number };
}): Trunks {
  const { db, clock, ids, keys, audit, directory } = deps;
  const books = new Map<OrganisationId, readonly TrunkRecord[]>();
  const owners = new Map<string, OrganisationId>();
  const states = new Map<string, TrunkState>();
  const logs = new Map<string, TrunkLogLine[]>();
  let probe: (trunkId: string) => Promise<TrunkProbe | null> = () => Promise.resolve(null);
  const listeners: ((organisationId: OrganisationId) => void)[] = [];

  const read = async (organisationId: OrganisationId): Promise<void> => {
    const records = await db.withScope({ organisationId, projectIds: "*" }, trunkList);
    books.set(organisationId, records);
    for (const { trunkId } of records) owners.set(trunkId, organisationId);
  };
  const bookOf = (principal: Principal): readonly TrunkRecord[] => {
    const book = books.get(principal.organisationId);
    if (book === undefined) throw new ApiError("starting", 503);
    return book;
  };
  const recordOf = (principal: Principal, trunkId: string): TrunkRecord => {
    const record = bookOf(principal).find((each) => each.trunkId === trunkId);
    if (record === undefined) throw notFound();
    return record;
  };

  const present = (record: TrunkRecord): Trunk => ({
    ...record.settings,
    trunkId: record.trunkId,
    hasPassword: record.passwordSealed !== null,
    inboundUsername: record.inbound?.username ?? null,
    retired: record.retired,
    version: record.version,
    state: (record.retired || !record.settings.enabled ? undefined : (states.get(record.trunkId) as Trunk["state"])) ?? null,
  });

  const requireSound = (principal: Principal, settings: TrunkSettings, hasPassword: boolean): void => {
    const config = directory.config(principal.organisationId);
    const faults = trunkFaults(settings, {
      hasPassword,
      isNumber: (numberId) => config?.numbers.some((each) => each.numberId === numberId) ?? false,
      isProject: (projectId) => config?.projects.some((each) => each.projectId === projectId) ?? false,
      ipFamily: (text) => isIP(text) as 0 | 4 | 6,
      isCertificate,
    });
    if (faults.length > 0) throw new ApiError("invalidInput", 400, "The trunk can't be set up like this", [...faults]);
  };

  const write = async (
    { principal, address }: By,
    note: { readonly action: string; readonly trunkId: string; readonly before: object | null; readonly after: object },
    run: (tx: Tx) => Promise<void>,
  ): Promise<void> => {
    await db.withScope(principal, async (tx) => {
      await run(tx);
      const [before, after] = note.before === null ? [null, note.after] : differences(note.before, note.after);
      await audit.write(tx, {
        actor: principal,
        action: note.action,
        objectType: "trunk",
        objectId: note.trunkId,
        before,
        after,
        address,
        at: clock.now(),
      });
    });
    await read(principal.organisationId);
    for (const listener of listeners) listener(principal.organisationId);
  };

  const create = async (by: By & { readonly host: string }, { password, ...body }: TrunkSettings & { password: string | null }) => {
    const { organisationId } = by.principal;
    if (bookOf(by.principal).length >= trunksModuleLimits.trunksMax)
      throw new ApiError("tooMany", 409, `There can be ${trunksModuleLimits.trunksMax} at most`);
    const settings: TrunkSettings = { ...body, name: body.name.trim() };
    requireSound(by.principal, settings, password !== null);
    const trunkId = ids.next("trk");
    await keys.create(organisationId, trunkId);
    const inbound = settings.kind === "digest" ? newInbound() : null;
    const record = {
      trunkId,
      settings,
      passwordSealed: password === null ? null : keys.seal(organisationId, trunkId, password, PASSWORD_CONTEXT),
      inbound: inbound?.kept ?? null,
    };
    await write(by, { action: "trunk.create", trunkId, before: null, after: audited(settings) }, (tx) =>
      trunkInsert(tx, organisationId, record, clock.now()),
    );
    return { trunk: present(recordOf(by.principal, trunkId)), inbound: inbound === null ? null : shown(by.host, inbound) };
  };

  const update = async (
    by: By,
    trunkId: string,
    { version, retired, password, ...body }: Partial<TrunkSettings> & { version: number; retired?: boolean; password?: string | null },
  ): Promise<Trunk> => {
    const { organisationId } = by.principal;
    const before = recordOf(by.principal, trunkId);
    const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as Partial<TrunkSettings>;
    const settings: TrunkSettings = { ...before.settings, ...given, name: (given.name ?? before.settings.name).trim() };
    const changed = Object.keys(given).filter(
      (key) => JSON.stringify(given[key as keyof TrunkSettings]) !== JSON.stringify(before.settings[key as keyof TrunkSettings]),
    );
    if (before.version !== version) throw staleVersion(changed);
    const passwordSealed =
      password === undefined
        ? before.passwordSealed
        : password === null
          ? null
          : keys.seal(organisationId, trunkId, password, PASSWORD_CONTEXT);
    const isRetired = retired ?? before.retired;
    if (!isRetired) requireSound(by.principal, settings, passwordSealed !== null);
    const note = {
      action: isRetired && !before.retired ? "trunk.retire" : "trunk.change",
      trunkId,
      before: { ...audited(before.settings), retired: before.retired },
      after: { ...audited(settings), retired: isRetired, ...(password === undefined ? {} : { password: "changed" }) },
    };
    await write(by, note, async (tx) => {
      const next = { ...before, settings, passwordSealed, retired: isRetired };
      if (!(await trunkUpdate(tx, next))) throw staleVersion(changed);
    });
    if (isRetired) states.delete(trunkId);
    return present(recordOf(by.principal, trunkId));
  };

  const renewInbound = async (by: By & { readonly host: string }, trunkId: string) => {
    const before = recordOf(by.principal, trunkId);
    if (before.settings.kind !== "digest" || before.retired)
      throw new ApiError("wrongState", 409, "Only a digest trunk has such a password");
    const inbound = newInbound(before.inbound?.username);
    const note = { action: "trunk.inboundPassword", trunkId, before: null, after: { username: inbound.kept.username } };
    await write(by, note, async (tx) => {
      if (!(await trunkUpdate(tx, { ...before, inbound: inbound.kept }))) throw staleVersion([]);
    });
    return shown(by.host, inbound);
  };

  const shown = (host: string, { kept, password }: ReturnType<typeof newInbound>) => {
    const { domain, port } = deps.door();
    return { domain: domain ?? host, port, username: kept.username, password };
  };

  const check = async (principal: Principal, record: TrunkRecord): Promise<readonly TrunkFinding[]> => {
    const isRunning = !record.retired && record.settings.enabled;
    const atEdge = isRunning ? edgeTrunk(principal.organisationId, record) : null;
    const found = isRunning ? await probe(record.trunkId) : null;
    return trunkFindings(found, { numbers: atEdge?.numberIds.length ?? 0 });
  };

  const edgeTrunk = (organisationId: OrganisationId, record: TrunkRecord): TrunkConfig | null => {
    const { settings, trunkId } = record;
    const config = directory.config(organisationId);
    let password = "";
    if (record.passwordSealed !== null) {
      const opened = keys.open(organisationId, trunkId, record.passwordSealed, PASSWORD_CONTEXT);
      if (!opened.ok) {
        deps.log.warn(
          { event: "trunkPassword", trunkId, failure: opened.failure },
          "The password of a trunk can't be opened: it stays away",
        );
        return null;
      }
      password = Buffer.from(opened.value).toString("utf8");
    }
    const standing = config?.numbers.filter((number) => !number.retired).map((number) => number.numberId as NumberId) ?? [];
    const { name: _name, allNumbers, numberIds, account, callerIds, ...rest } = settings;
    return {
      ...rest,
      trunkId,
      account: account === null ? null : { ...account, password },
      inbound: record.inbound,
      numberIds: allNumbers ? standing : standing.filter((numberId) => numberIds.includes(numberId)),
      callerIds: {
        choice: callerIds.choice,
        numbers: callerIds.numbers.map(({ number, projectId }) => ({ number, projectId: projectId as ProjectId | null })),
      },
    };
  };

  return {
    async load(organisationIds) {
      for (const organisationId of organisationIds) await read(organisationId);
    },
    register(api) {
      api.on("trunksList", async ({ principal }) => ({ items: bookOf(principal).map(present) }));
      api.on("trunkCreate", (call) => create({ ...call, host: call.request.hostname }, call.body));
      api.on("trunkUpdate", (call) => update(call, call.params.trunkId, call.body));
      api.on("trunkInbound", (call) => renewInbound({ ...call, host: call.request.hostname }, call.params.trunkId));
      api.on("trunkCheck", async ({ principal, params }) => {
        const items = [...(await check(principal, recordOf(principal, params.trunkId)))];
        return { at: clock.now(), items };
      });
      api.on("trunkLog", async ({ principal, params }) => {
        const { trunkId } = recordOf(principal, params.trunkId);
        return { items: [...(logs.get(trunkId) ?? [])].reverse() };
      });
    },
    onChanged: (listener) => void listeners.push(listener),
    edgeTrunks: () =>
      [...books].flatMap(([organisationId, records]) =>
        records.filter((record) => !record.retired && record.settings.enabled).flatMap((record) => edgeTrunk(organisationId, record) ?? []),
      ),
    callingOut: (organisationId) =>
      (books.get(organisationId) ?? [])
        .filter((record) => !record.retired && record.settings.enabled)
        .map(({ trunkId, settings }) => ({ trunkId, name: settings.name })),
    usesTls: (organisationId) =>
      (books.get(organisationId) ?? []).some(
        ({ retired, settings }) => !retired && settings.enabled && settings.targets.some((target) => target.transport === "tls"),
      ),
    checkAll: (principal) =>
      Promise.all(
        bookOf(principal)
          .filter((record) => !record.retired && record.settings.enabled)
          .map(async (record) => ({ name: record.settings.name, findings: await check(principal, record) })),
      ),
    useProbe(asked) {
      probe = asked;
    },
    noteEdge(message) {
      const trunkId = message.kind === "trunkState" ? message.state.trunkId : message.trunkId;
      if (!owners.has(trunkId)) return;
      if (message.kind === "trunkState") states.set(trunkId, message.state);
      else {
        const log = logs.get(trunkId) ?? [];
        log.push(message.line);
        if (log.length > trunkLimits.logLinesMax) log.shift();
        logs.set(trunkId, log);
      }
    },
  };
}

/** What the audit list may say of a trunk: a certificate's text says nothing to a reader. */
function audited(settings: TrunkSettings): object {
  return { ...settings, tls: { ...settings.tls, caPem: settings.tls.caPem === null ? null : "…" } };
}

function newInbound(username = draw(USERNAME_ALPHABET, 12)) {
  const password = draw(SECRET_ALPHABET, trunksModuleLimits.inboundSecretChars);
  const ha1 = (algorithm: "md5" | "sha256"): string => createHash(algorithm).update(`${username}:${TRUNK_REALM}:${password}`).digest("hex");
  return { password, kept: { username, ha1Md5: ha1("md5"), ha1Sha256: ha1("sha256") } };
}

function draw(alphabet: string, count: number): string {
  return Array.from({ length: count }, () => alphabet.charAt(randomInt(alphabet.length))).join("");
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== "";
  } catch {
    return false;
  }
}
