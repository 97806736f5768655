import type { RecordingCheck, RecordingGapReason } from "@allo/contract";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

/** Why a talk can't be heard whole, and what follows from it. */
export const gapReasons: Readonly<Record<RecordingGapReason, MessageDescriptor>> = {
  neverStarted: msg`No recording was begun`,
  failed: msg`The recording failed`,
  unfinished: msg`The call is over, but its recording was never closed`,
  cut: msg`The program stopped in the middle: it can be heard up to there`,
  fileMissing: msg`Its file is not on the disk`,
  fileChanged: msg`Its file has another size than when it was saved`,
  copyMissing: msg`It is whole here; the recorder elsewhere has none of it`,
  copyCut: msg`It is whole here; the recorder elsewhere has only a part of it`,
};

export const checkVerdicts: Readonly<Record<RecordingCheck["verdict"], MessageDescriptor>> = {
  whole: msg`Unaltered: the file is as it was saved.`,
  cut: msg`Unaltered up to where the program stopped.`,
  changed: msg`Altered: the file is not what was saved.`,
  missing: msg`The file is not on the disk.`,
  erased: msg`Its key was erased with the customer: nobody can hear it.`,
  unfinished: msg`It is still being recorded.`,
};
