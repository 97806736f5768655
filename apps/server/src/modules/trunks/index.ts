import { createHash, randomInt } from "node:crypto";
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
import { ApiError, staleVersion } from "../../platform/api-error.ts";
import type { Database } from "../../platform/db.ts";
import {
  auditedSettings,
  changedSettings,
  createEdgeBook,
  createSealedPasswords,
  isCertificate,
  type By,
} from "../../platform/edge-book.ts";
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
  const book = createEdgeBook<TrunkRecord, TrunkState, TrunkLogLine>({
    db,
    clock,
    audit,
    objectType: "trunk",
    list: trunkList,
    idOf: ({ trunkId }) => trunkId,
    logLinesMax: trunkLimits.logLinesMax,
  });
  const passwords = createSealedPasswords(keys, PASSWORD_CONTEXT);
  let probe: (trunkId: string) => Promise<TrunkProbe | null> = () => Promise.resolve(null);

  const present = (record: TrunkRecord): Trunk => ({
    ...record.settings,
    trunkId: record.trunkId,
    hasPassword: record.passwordSealed !== null,
    inboundUsername: record.inbound?.username ?? null,
    retired: record.retired,
    version: record.version,
    state: (record.retired || !record.settings.enabled ? undefined : (book.stateOf(record.trunkId) as Trunk["state"])) ?? null,
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

  const create = async (by: By & { readonly host: string }, { password, ...body }: TrunkSettings & { password: string | null }) => {
    const { organisationId } = by.principal;
    if (book.of(by.principal).length >= trunksModuleLimits.trunksMax)
      throw new ApiError("tooMany", 409, `There can be ${trunksModuleLimits.trunksMax} at most`);
    const settings: TrunkSettings = { ...body, name: body.name.trim() };
    requireSound(by.principal, settings, password !== null);
    const trunkId = ids.next("trk");
    await keys.create(organisationId, trunkId);
    const inbound = settings.kind === "digest" ? newInbound() : null;
    const record = {
      trunkId,
      settings,
      passwordSealed: passwords.next(organisationId, trunkId, password, null),
      inbound: inbound?.kept ?? null,
    };
    await book.write(by, { action: "trunk.create", objectId: trunkId, before: null, after: auditedSettings(settings) }, (tx) =>
      trunkInsert(tx, organisationId, record, clock.now()),
    );
    return { trunk: present(book.find(by.principal, trunkId)), inbound: inbound === null ? null : shown(by.host, inbound) };
  };

  const update = async (
    by: By,
    trunkId: string,
    { version, retired, password, ...body }: Partial<TrunkSettings> & { version: number; retired?: boolean; password?: string | null },
  ): Promise<Trunk> => {
    const { organisationId } = by.principal;
    const before = book.find(by.principal, trunkId);
    const { settings, changed } = changedSettings(before.settings, body);
    if (before.version !== version) throw staleVersion(changed);
    const passwordSealed = passwords.next(organisationId, trunkId, password, before.passwordSealed);
    const isRetired = retired ?? before.retired;
    if (!isRetired) requireSound(by.principal, settings, passwordSealed !== null);
    const note = {
      action: isRetired && !before.retired ? "trunk.retire" : "trunk.change",
      objectId: trunkId,
      before: { ...auditedSettings(before.settings), retired: before.retired },
      after: { ...auditedSettings(settings), retired: isRetired, ...(password === undefined ? {} : { password: "changed" }) },
    };
    await book.write(by, note, async (tx) => {
      const next = { ...before, settings, passwordSealed, retired: isRetired };
      if (!(await trunkUpdate(tx, next))) throw staleVersion(changed);
    });
    if (isRetired) book.forgetState(trunkId);
    return present(book.find(by.principal, trunkId));
  };

  const renewInbound = async (by: By & { readonly host: string }, trunkId: string) => {
    const before = book.find(by.principal, trunkId);
    if (before.settings.kind !== "digest" || before.retired)
      throw new ApiError("wrongState", 409, "Only a digest trunk has such a password");
    const inbound = newInbound(before.inbound?.username);
    const note = { action: "trunk.inboundPassword", objectId: trunkId, before: null, after: { username: inbound.kept.username } };
    await book.write(by, note, async (tx) => {
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
    const opened = passwords.open(organisationId, trunkId, record.passwordSealed);
    if (!opened.ok) {
      deps.log.warn({ event: "trunkPassword", trunkId, failure: opened.failure }, "The password of a trunk can't be opened: it stays away");
      return null;
    }
    const { password } = opened;
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
    load: (organisationIds) => book.load(organisationIds),
    register(api) {
      api.on("trunksList", async ({ principal }) => ({ items: book.of(principal).map(present) }));
      api.on("trunkCreate", (call) => create({ ...call, host: call.request.hostname }, call.body));
      api.on("trunkUpdate", (call) => update(call, call.params.trunkId, call.body));
      api.on("trunkInbound", (call) => renewInbound({ ...call, host: call.request.hostname }, call.params.trunkId));
      api.on("trunkCheck", async ({ principal, params }) => {
        const items = [...(await check(principal, book.find(principal, params.trunkId)))];
        return { at: clock.now(), items };
      });
      api.on("trunkLog", async ({ principal, params }) => {
        const { trunkId } = book.find(principal, params.trunkId);
        return { items: book.logOf(trunkId) };
      });
    },
    onChanged: (listener) => book.onChanged(listener),
    edgeTrunks: () =>
      book
        .all()
        .flatMap(([organisationId, records]) =>
          records
            .filter((record) => !record.retired && record.settings.enabled)
            .flatMap((record) => edgeTrunk(organisationId, record) ?? []),
        ),
    callingOut: (organisationId) =>
      book
        .standing(organisationId)
        .filter((record) => !record.retired && record.settings.enabled)
        .map(({ trunkId, settings }) => ({ trunkId, name: settings.name })),
    usesTls: (organisationId) =>
      book
        .standing(organisationId)
        .some(({ retired, settings }) => !retired && settings.enabled && settings.targets.some((target) => target.transport === "tls")),
    checkAll: (principal) =>
      Promise.all(
        book
          .of(principal)
          .filter((record) => !record.retired && record.settings.enabled)
          .map(async (record) => ({ name: record.settings.name, findings: await check(principal, record) })),
      ),
    useProbe(asked) {
      probe = asked;
    },
    noteEdge(message) {
      if (message.kind === "trunkState") book.noteState(message.state.trunkId, message.state);
      else book.noteLine(message.trunkId, message.line);
    },
  };
}

function newInbound(username = draw(USERNAME_ALPHABET, 12)) {
  const password = draw(SECRET_ALPHABET, trunksModuleLimits.inboundSecretChars);
  const ha1 = (algorithm: "md5" | "sha256"): string => createHash(algorithm).update(`${username}:${TRUNK_REALM}:${password}`).digest("hex");
  return { password, kept: { username, ha1Md5: ha1("md5"), ha1Sha256: ha1("sha256") } };
}

function draw(alphabet: string, count: number): string {
  return Array.from({ length: count }, () => alphabet.charAt(randomInt(alphabet.length))).join("");
}
