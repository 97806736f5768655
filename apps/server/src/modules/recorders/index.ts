import { X509Certificate } from "node:crypto";
import {
  recorderLimits,
  type FromEdge,
  type Recorder,
  type RecorderConfig,
  type RecorderLogLine,
  type RecorderSettings,
  type RecorderState,
  type ResponseOf,
} from "@allo/contract";
import type { Clock, IdSource, OrganisationId } from "@allo/kernel";
import { ApiError, notFound, staleVersion } from "../../platform/api-error.ts";
import type { Database, Tx } from "../../platform/db.ts";
import { differences } from "../../platform/differences.ts";
import type { Api, Principal } from "../../platform/http.ts";
import type { SubjectKeys } from "../../platform/keys.ts";
import type { Audit } from "../identity/index.ts";
import { recorderFaults } from "./core/recorder-faults.ts";
import { recordersModuleLimits } from "./limits.ts";
import { recorderInsert, recorderList, recorderUpdate, type RecorderRecord } from "./store/recorder-store.ts";

export type Recorders = {
  load(organisationIds: readonly OrganisationId[]): Promise<void>;
  register(api: Api): void;
  /** What was set up changed, after the commit. */
  onChanged(listener: (organisationId: OrganisationId) => void): void;
  /** All that are in use, of all organisations, as the edge must know them. */
  edgeRecorders(): readonly RecorderConfig[];
  /** Whether there is such a recorder that isn't retired: a queue may name it. */
  stands(organisationId: OrganisationId, recorderId: string): boolean;
  /** Whether it gets calls now. */
  isInUse(organisationId: OrganisationId, recorderId: string): boolean;
  noteEdge(message: Extract<FromEdge, { kind: "recorderState" | "recorderLine" }>): void;
};

type By = { readonly principal: Principal; readonly address: string };
const PASSWORD_CONTEXT = "recorder password";

export function createRecordersModule(deps: {
  readonly db: Database;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly keys: Pick<SubjectKeys, "create" | "seal" | "open">;
  readonly audit: Audit;
  readonly log: { warn(fields: object, message: string): void };
  /** Queues that name it, by their names in English: such a recorder isn't retired. */
  readonly usesOf: (organisationId: OrganisationId, recorderId: string) => readonly string[];
}): Recorders {
  const { db, clock, ids, keys, audit } = deps;
  const books = new Map<OrganisationId, readonly RecorderRecord[]>();
  const owners = new Map<string, OrganisationId>();
  const states = new Map<string, RecorderState>();
  const logs = new Map<string, RecorderLogLine[]>();
  const listeners: ((organisationId: OrganisationId) => void)[] = [];

  const read = async (organisationId: OrganisationId): Promise<void> => {
    const records = await db.withScope({ organisationId, projectIds: "*" }, recorderList);
    books.set(organisationId, records);
    for (const { recorderId } of records) owners.set(recorderId, organisationId);
  };
  const bookOf = (principal: Principal): readonly RecorderRecord[] => {
    const book = books.get(principal.organisationId);
    if (book === undefined) throw new ApiError("starting", 503);
    return book;
  };
  const recordOf = (principal: Principal, recorderId: string): RecorderRecord => {
    const record = bookOf(principal).find((each) => each.recorderId === recorderId);
    if (record === undefined) throw notFound();
    return record;
  };

  const present = (record: RecorderRecord): Recorder => ({
    ...record.settings,
    recorderId: record.recorderId,
    hasPassword: record.passwordSealed !== null,
    retired: record.retired,
    version: record.version,
    state: (isRunning(record) ? states.get(record.recorderId) : undefined) ?? null,
  });

  const requireSound = (settings: RecorderSettings, hasPassword: boolean): void => {
    const faults = recorderFaults(settings, { hasPassword, isCertificate });
    if (faults.length > 0) throw new ApiError("invalidInput", 400, "The recorder can't be set up like this", [...faults]);
  };

  const write = async (
    { principal, address }: By,
    note: { readonly action: string; readonly recorderId: string; readonly before: object | null; readonly after: object },
    run: (tx: Tx) => Promise<void>,
  ): Promise<void> => {
    await db.withScope(principal, async (tx) => {
      await run(tx);
      const [before, after] = note.before === null ? [null, note.after] : differences(note.before, note.after);
      await audit.write(tx, {
        actor: principal,
        action: note.action,
        objectType: "recorder",
        objectId: note.recorderId,
        before,
        after,
        address,
        at: clock.now(),
      });
    });
    await read(principal.organisationId);
    for (const listener of listeners) listener(principal.organisationId);
  };

  const create = async (by: By, { password, ...body }: RecorderSettings & { password: string | null }): Promise<Recorder> => {
    const { organisationId } = by.principal;
    if (bookOf(by.principal).length >= recordersModuleLimits.recordersMax)
      throw new ApiError("tooMany", 409, `There can be ${recordersModuleLimits.recordersMax} at most`);
    const settings: RecorderSettings = { ...body, name: body.name.trim() };
    requireSound(settings, password !== null);
    const recorderId = ids.next("rcd");
    await keys.create(organisationId, recorderId);
    const record = {
      recorderId,
      settings,
      passwordSealed: password === null ? null : keys.seal(organisationId, recorderId, password, PASSWORD_CONTEXT),
    };
    await write(by, { action: "recorder.create", recorderId, before: null, after: audited(settings) }, (tx) =>
      recorderInsert(tx, organisationId, record, clock.now()),
    );
    return present(recordOf(by.principal, recorderId));
  };

  const update = async (
    by: By,
    recorderId: string,
    { version, retired, password, ...body }: Partial<RecorderSettings> & { version: number; retired?: boolean; password?: string | null },
  ): Promise<Recorder> => {
    const { organisationId } = by.principal;
    const before = recordOf(by.principal, recorderId);
    const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as Partial<RecorderSettings>;
    const settings: RecorderSettings = { ...before.settings, ...given, name: (given.name ?? before.settings.name).trim() };
    const changed = Object.keys(given).filter(
      (key) => JSON.stringify(given[key as keyof RecorderSettings]) !== JSON.stringify(before.settings[key as keyof RecorderSettings]),
    );
    if (before.version !== version) throw staleVersion(changed);
    const passwordSealed =
      password === undefined
        ? before.passwordSealed
        : password === null
          ? null
          : keys.seal(organisationId, recorderId, password, PASSWORD_CONTEXT);
    const isRetired = retired ?? before.retired;
    if (isRetired) {
      const uses = before.retired ? [] : deps.usesOf(organisationId, recorderId);
      if (uses.length > 0)
        throw new ApiError(
          "inUse",
          409,
          `Queues send their calls to it: ${uses.join(", ")}`,
          uses.map((name) => ({ path: "queues", code: "inUse", message: name })),
        );
    } else requireSound(settings, passwordSealed !== null);
    const note = {
      action: isRetired && !before.retired ? "recorder.retire" : "recorder.change",
      recorderId,
      before: { ...audited(before.settings), retired: before.retired },
      after: { ...audited(settings), retired: isRetired, ...(password === undefined ? {} : { password: "changed" }) },
    };
    await write(by, note, async (tx) => {
      if (!(await recorderUpdate(tx, { ...before, settings, passwordSealed, retired: isRetired }))) throw staleVersion(changed);
    });
    if (isRetired) states.delete(recorderId);
    return present(recordOf(by.principal, recorderId));
  };

  const edgeRecorder = (
    organisationId: OrganisationId,
    { recorderId, settings, passwordSealed }: RecorderRecord,
  ): RecorderConfig | null => {
    const { name: _name, enabled: _enabled, accountUser, ...rest } = settings;
    let password = "";
    if (passwordSealed !== null) {
      const opened = keys.open(organisationId, recorderId, passwordSealed, PASSWORD_CONTEXT);
      if (!opened.ok) {
        deps.log.warn(
          { event: "recorderPassword", recorderId, failure: opened.failure },
          "The password of a recorder can't be opened: it stays away",
        );
        return null;
      }
      password = Buffer.from(opened.value).toString("utf8");
    }
    return { ...rest, recorderId, account: accountUser === null ? null : { user: accountUser, password } };
  };

  /** Those that queues name alone: nobody misses anything at the others. */
  const troublesOf = (principal: Principal): ResponseOf<"recorderTroublesList">["items"] =>
    bookOf(principal)
      .flatMap((record) => {
        const state = isRunning(record) ? states.get(record.recorderId) : undefined;
        if (state === undefined || (state.health !== "down" && state.missing === 0)) return [];
        if (deps.usesOf(principal.organisationId, record.recorderId).length === 0) return [];
        const { since, missing, at } = state;
        const name = record.settings.name;
        return [{ recorderId: record.recorderId, name, since: state.health === "down" ? since : at, missing }];
      })
      .toSorted((a, b) => b.missing - a.missing);

  const find = (organisationId: OrganisationId, recorderId: string): RecorderRecord | undefined =>
    books.get(organisationId)?.find((record) => record.recorderId === recorderId && !record.retired);

  return {
    async load(organisationIds) {
      for (const organisationId of organisationIds) await read(organisationId);
    },
    register(api) {
      api.on("recordersList", async ({ principal }) => ({ items: bookOf(principal).map(present) }));
      api.on("recorderCreate", (call) => create(call, call.body));
      api.on("recorderUpdate", (call) => update(call, call.params.recorderId, call.body));
      api.on("recorderTroublesList", async ({ principal }) => ({ items: troublesOf(principal) }));
      api.on("recorderLog", async ({ principal, params }) => {
        const { recorderId } = recordOf(principal, params.recorderId);
        return { items: [...(logs.get(recorderId) ?? [])].reverse() };
      });
    },
    onChanged: (listener) => void listeners.push(listener),
    edgeRecorders: () =>
      [...books].flatMap(([organisationId, records]) =>
        records.filter(isRunning).flatMap((record) => edgeRecorder(organisationId, record) ?? []),
      ),
    stands: (organisationId, recorderId) => find(organisationId, recorderId) !== undefined,
    isInUse: (organisationId, recorderId) => find(organisationId, recorderId)?.settings.enabled === true,
    noteEdge(message) {
      const recorderId = message.kind === "recorderState" ? message.state.recorderId : message.recorderId;
      if (!owners.has(recorderId)) return;
      if (message.kind === "recorderState") states.set(recorderId, message.state);
      else {
        const log = logs.get(recorderId) ?? [];
        log.push(message.line);
        if (log.length > recorderLimits.logLinesMax) log.shift();
        logs.set(recorderId, log);
      }
    },
  };
}

function isRunning({ retired, settings }: RecorderRecord): boolean {
  return !retired && settings.enabled;
}

/** What the audit list may say of a recorder: a certificate's text says nothing to a reader. */
function audited(settings: RecorderSettings): object {
  return { ...settings, tls: { ...settings.tls, caPem: settings.tls.caPem === null ? null : "…" } };
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== "";
  } catch {
    return false;
  }
}
