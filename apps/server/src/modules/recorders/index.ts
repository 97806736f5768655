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
  const book = createEdgeBook<RecorderRecord, RecorderState, RecorderLogLine>({
    db,
    clock,
    audit,
    objectType: "recorder",
    list: recorderList,
    idOf: ({ recorderId }) => recorderId,
    logLinesMax: recorderLimits.logLinesMax,
  });
  const passwords = createSealedPasswords(keys, PASSWORD_CONTEXT);

  const present = (record: RecorderRecord): Recorder => ({
    ...record.settings,
    recorderId: record.recorderId,
    hasPassword: record.passwordSealed !== null,
    retired: record.retired,
    version: record.version,
    state: (isRunning(record) ? book.stateOf(record.recorderId) : undefined) ?? null,
  });

  const requireSound = (settings: RecorderSettings, hasPassword: boolean): void => {
    const faults = recorderFaults(settings, { hasPassword, isCertificate });
    if (faults.length > 0) throw new ApiError("invalidInput", 400, "The recorder can't be set up like this", [...faults]);
  };

  const create = async (by: By, { password, ...body }: RecorderSettings & { password: string | null }): Promise<Recorder> => {
    const { organisationId } = by.principal;
    if (book.of(by.principal).length >= recordersModuleLimits.recordersMax)
      throw new ApiError("tooMany", 409, `There can be ${recordersModuleLimits.recordersMax} at most`);
    const settings: RecorderSettings = { ...body, name: body.name.trim() };
    requireSound(settings, password !== null);
    const recorderId = ids.next("rcd");
    await keys.create(organisationId, recorderId);
    const record = {
      recorderId,
      settings,
      passwordSealed: passwords.next(organisationId, recorderId, password, null),
    };
    await book.write(by, { action: "recorder.create", objectId: recorderId, before: null, after: auditedSettings(settings) }, (tx) =>
      recorderInsert(tx, organisationId, record, clock.now()),
    );
    return present(book.find(by.principal, recorderId));
  };

  const update = async (
    by: By,
    recorderId: string,
    { version, retired, password, ...body }: Partial<RecorderSettings> & { version: number; retired?: boolean; password?: string | null },
  ): Promise<Recorder> => {
    const { organisationId } = by.principal;
    const before = book.find(by.principal, recorderId);
    const { settings, changed } = changedSettings(before.settings, body);
    if (before.version !== version) throw staleVersion(changed);
    const passwordSealed = passwords.next(organisationId, recorderId, password, before.passwordSealed);
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
      objectId: recorderId,
      before: { ...auditedSettings(before.settings), retired: before.retired },
      after: { ...auditedSettings(settings), retired: isRetired, ...(password === undefined ? {} : { password: "changed" }) },
    };
    await book.write(by, note, async (tx) => {
      if (!(await recorderUpdate(tx, { ...before, settings, passwordSealed, retired: isRetired }))) throw staleVersion(changed);
    });
    if (isRetired) book.forgetState(recorderId);
    return present(book.find(by.principal, recorderId));
  };

  const edgeRecorder = (
    organisationId: OrganisationId,
    { recorderId, settings, passwordSealed }: RecorderRecord,
  ): RecorderConfig | null => {
    const { name: _name, enabled: _enabled, accountUser, ...rest } = settings;
    const opened = passwords.open(organisationId, recorderId, passwordSealed);
    if (!opened.ok) {
      deps.log.warn(
        { event: "recorderPassword", recorderId, failure: opened.failure },
        "The password of a recorder can't be opened: it stays away",
      );
      return null;
    }
    const { password } = opened;
    return { ...rest, recorderId, account: accountUser === null ? null : { user: accountUser, password } };
  };

  /** Those that queues name alone: nobody misses anything at the others. */
  const troublesOf = (principal: Principal): ResponseOf<"recorderTroublesList">["items"] =>
    book
      .of(principal)
      .flatMap((record) => {
        const state = isRunning(record) ? book.stateOf(record.recorderId) : undefined;
        if (state === undefined || (state.health !== "down" && state.missing === 0)) return [];
        if (deps.usesOf(principal.organisationId, record.recorderId).length === 0) return [];
        const { since, missing, at } = state;
        const name = record.settings.name;
        return [{ recorderId: record.recorderId, name, since: state.health === "down" ? since : at, missing }];
      })
      .toSorted((a, b) => b.missing - a.missing);

  const find = (organisationId: OrganisationId, recorderId: string): RecorderRecord | undefined =>
    book.standing(organisationId).find((record) => record.recorderId === recorderId && !record.retired);

  return {
    load: (organisationIds) => book.load(organisationIds),
    register(api) {
      api.on("recordersList", async ({ principal }) => ({ items: book.of(principal).map(present) }));
      api.on("recorderCreate", (call) => create(call, call.body));
      api.on("recorderUpdate", (call) => update(call, call.params.recorderId, call.body));
      api.on("recorderTroublesList", async ({ principal }) => ({ items: troublesOf(principal) }));
      api.on("recorderLog", async ({ principal, params }) => {
        const { recorderId } = book.find(principal, params.recorderId);
        return { items: book.logOf(recorderId) };
      });
    },
    onChanged: (listener) => book.onChanged(listener),
    edgeRecorders: () =>
      book
        .all()
        .flatMap(([organisationId, records]) => records.filter(isRunning).flatMap((record) => edgeRecorder(organisationId, record) ?? [])),
    stands: (organisationId, recorderId) => find(organisationId, recorderId) !== undefined,
    isInUse: (organisationId, recorderId) => find(organisationId, recorderId)?.settings.enabled === true,
    noteEdge(message) {
      if (message.kind === "recorderState") book.noteState(message.state.recorderId, message.state);
      else book.noteLine(message.recorderId, message.line);
    },
  };
}

function isRunning({ retired, settings }: RecorderRecord): boolean {
  return !retired && settings.enabled;
}
