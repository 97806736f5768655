// Recordings that are old enough are made smaller: Opus in place of lossless G.711. One at a time and with long rests, in an order that
// survives any stop: the new file is whole and compared, then the log has it, then the original goes.
import { rm } from "node:fs/promises";
import { DAY_MS, MINUTE_MS, type Clock, type Instant, type OrganisationId, type Timers } from "@allo/kernel";
import type { RecordingStorage } from "@allo/contract";
import { shrinkRecording } from "@allo/node-media";
import { staleVersion } from "../../platform/api-error.ts";
import { DatabaseAwayError, type Database, type Scope } from "../../platform/db.ts";
import type { Api, Principal } from "../../platform/http.ts";
import type { Logger } from "../../platform/log.ts";
import { pathBelow, type LogWriter, type RecordingKeys, type ShelvedRecording } from "../contacts/index.ts";
import type { Audit } from "../identity/index.ts";
import { recordingRecord } from "./store/recording-store.ts";
import {
  recordingListDue,
  recordingListLeftOver,
  recordingOriginalGone,
  recordingShrinkRefused,
  recordingStorageSums,
  storageSettingFetch,
  storageSettingPut,
  type StorageSetting,
} from "./store/shrink-store.ts";

export const shrinkLimits = {
  /** With nothing to do it looks again so often. */
  lookEveryMs: 5 * MINUTE_MS,
  /** After a recording it rests for so many times as long as that took: a quarter of one core at most. */
  restFactor: 3,
  restMsMin: 200,
  /** Taken from the list at a time. */
  rowsAtOnce: 20,
} as const;

export type Shrinking = {
  /** Looks for work now, and goes on until none is left; for tests and for whoever has changed the setting. */
  readonly run: () => Promise<void>;
  readonly close: () => Promise<void>;
};
export type ShrinkingDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly api: Api;
  readonly writer: Pick<LogWriter, "append">;
  readonly keys: RecordingKeys;
  readonly audit: Pick<Audit, "write">;
  readonly organisations: () => readonly OrganisationId[];
  /** ALLO_DATA */
  readonly dataFolder: string;
  readonly log: Logger;
};

const NEVER: StorageSetting = { opusAfterDays: 0, version: 0 };

/** The setting, its page, and the work in the background. */
export function createShrinking(deps: ShrinkingDeps): Shrinking {
  const { database, clock, timers, api, writer, keys, audit, dataFolder, log } = deps;
  let isClosed = false;
  let cancel: (() => void) | null = null;
  let running: Promise<void> | null = null;

  const stateOf = async (scope: Scope): Promise<RecordingStorage> =>
    database.withScope(scope, async (tx) => {
      const setting = (await storageSettingFetch(tx)) ?? NEVER;
      return { ...setting, kept: await recordingStorageSums(tx, dueBefore(setting)) };
    });

  /** Recordings that began before it are due; with the setting off none ever is. */
  const dueBefore = ({ opusAfterDays }: StorageSetting): Instant => (opusAfterDays === 0 ? 0 : clock.now() - opusAfterDays * DAY_MS);

  api.on("recordingStorageGet", ({ principal }) => stateOf(scopeOf(principal)));
  api.on("recordingStoragePut", async ({ principal, address, body }) => {
    const scope = scopeOf(principal);
    await database.withScope(scope, async (tx) => {
      const before = (await storageSettingFetch(tx)) ?? NEVER;
      if (before.version !== body.version || !(await storageSettingPut(tx, principal.organisationId, body)))
        throw staleVersion(before.opusAfterDays === body.opusAfterDays ? [] : ["opusAfterDays"]);
      await audit.write(tx, {
        actor: principal,
        action: "recording.storage",
        objectType: "organisation",
        objectId: principal.organisationId,
        before,
        after: { opusAfterDays: body.opusAfterDays, version: body.version + 1 },
        address,
        at: clock.now(),
      });
    });
    void run();
    return stateOf(scope);
  });

  const refuse = async (recording: ShelvedRecording, reason: string, error?: unknown): Promise<void> => {
    log.warn({ recordingId: recording.recordingId, reason, ...(error === undefined ? {} : { err: error }) }, "a recording stays as it is");
    await database.withScope(scopeOfAll(recording.organisationId), (tx) => recordingShrinkRefused(tx, recording.recordingId, reason));
  };

  const shrink = async (recording: ShelvedRecording): Promise<void> => {
    const { organisationId, recordingId } = recording;
    const key = keys.unwrapRecordingKey(organisationId, recording.keySubject, recording.wrappedKey);
    if (!key.ok) return refuse(recording, key.failure === "noKey" ? "erased" : "damaged");
    const filePath = pathBelow(dataFolder, recording.filePath);
    const target = smallerName(recording.filePath);
    const targetPath = pathBelow(dataFolder, target);
    if (filePath === null || targetPath === null) return refuse(recording, "damaged");
    const made = await shrinkRecording({ filePath, targetPath, key: key.value, expectedSha256Hex: recording.sha256Hex });
    if (!made.ok) return refuse(recording, made.reason, made.error);
    if (isClosed) return; // the file is made anew next time
    const { bytes, sha256Hex, beforeSha256Hex } = made;
    if (recording.bytes !== null && bytes >= recording.bytes) {
      await rm(targetPath, { force: true });
      return refuse(recording, "notSmaller");
    }
    await writer.append([
      recordingRecord(recording, recordingId, clock.now(), { kind: "shrunk", filePath: target, bytes, sha256Hex, beforeSha256Hex }),
    ]).durable;
  };

  /** The log has the new file: the original may go. */
  const tidy = async (scope: Scope): Promise<void> => {
    const left = await database.withScope(scope, (tx) => recordingListLeftOver(tx, shrinkLimits.rowsAtOnce));
    for (const { recordingId, pathBefore } of left) {
      const path = pathBelow(dataFolder, pathBefore);
      if (path !== null) await rm(path, { force: true });
      await database.withScope(scope, (tx) => recordingOriginalGone(tx, recordingId));
    }
    if (left.length === shrinkLimits.rowsAtOnce) await tidy(scope);
  };

  const workOf = async (organisationId: OrganisationId): Promise<void> => {
    const scope = scopeOfAll(organisationId);
    await tidy(scope);
    while (!isClosed) {
      const due = await database.withScope(scope, async (tx) => {
        const setting = (await storageSettingFetch(tx)) ?? NEVER;
        return setting.opusAfterDays === 0 ? [] : recordingListDue(tx, dueBefore(setting), 1);
      });
      const [recording] = due;
      if (recording === undefined) return;
      const began = clock.now();
      await shrink(recording);
      await tidy(scope);
      await rest(Math.max(shrinkLimits.restMsMin, (clock.now() - began) * shrinkLimits.restFactor));
    }
  };

  const rest = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        cancelRest = null;
        resolve();
      };
      const stop = timers.arm(ms, wake);
      cancelRest = () => {
        stop();
        wake();
      };
    });
  let cancelRest: (() => void) | null = null;

  const work = async (): Promise<void> => {
    for (const organisationId of deps.organisations()) {
      if (isClosed) return;
      try {
        await workOf(organisationId);
      } catch (error) {
        if (!(error instanceof DatabaseAwayError))
          log.warn({ err: error, organisationId }, "recordings could not be made smaller; tried again");
      }
    }
  };

  const run = (): Promise<void> => {
    running ??= work().finally(() => {
      running = null;
    });
    return running;
  };

  const lookLater = (): void => {
    cancel = timers.arm(shrinkLimits.lookEveryMs, () => {
      lookLater();
      void run();
    });
  };
  lookLater();

  return {
    run,
    async close() {
      isClosed = true;
      cancel?.();
      cancelRest?.();
      await running;
    },
  };
}

/** Beside the original, under a name of its own. */
function smallerName(filePath: string): string {
  return filePath.replace(/\.alr$/u, "") + ".opus.alr";
}

function scopeOf({ organisationId, projectIds }: Principal): Scope {
  return { organisationId, projectIds };
}

function scopeOfAll(organisationId: OrganisationId): Scope {
  return { organisationId, projectIds: "*" };
}
