import Type from "typebox";
import type { Static } from "typebox";
import type { Route } from "../route.ts";

export const recordingStorageLimits = {
  /** Days after which recordings are made smaller; 0: never. */
  opusAfterDaysMax: 3_650,
} as const;

const Count = Type.Integer({ minimum: 0 });
export const RecordingStorage = Type.Object({
  opusAfterDays: Type.Integer({ minimum: 0, maximum: recordingStorageLimits.opusAfterDaysMax }),
  version: Type.Integer({ minimum: 0 }),
  /** What is kept, and what came of it so far. */
  kept: Type.Object({
    recordings: Count,
    bytes: Count,
    /** Those that were made smaller: how many, and by how many bytes in all. */
    smaller: Count,
    bytesSaved: Count,
    /** Old enough, and not made smaller yet. */
    due: Count,
    /** Left as they are, since something was wrong with them. */
    refused: Count,
  }),
});
export type RecordingStorage = Static<typeof RecordingStorage>;

/** How recordings are kept. */
export const recordingStorageRoutes = {
  recordingStorageGet: {
    method: "GET",
    path: "/recording-storage",
    access: ["setup.manage"],
    tag: "setup",
    summary: "After how many days recordings are made smaller, how many were and how many bytes that saved",
    response: RecordingStorage,
  },
  recordingStoragePut: {
    method: "PUT",
    path: "/recording-storage",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Sets after how many days recordings are made smaller (Opus in place of lossless G.711); 0 keeps them as they are",
    body: Type.Object({
      opusAfterDays: Type.Integer({ minimum: 0, maximum: recordingStorageLimits.opusAfterDaysMax }),
      version: Type.Integer({ minimum: 0 }),
    }),
    response: RecordingStorage,
  },
} as const satisfies Record<string, Route>;
