export const supervisorLimits = {
  /** From `stop` until SIGTERM, beside the time in which calls may go on to their end: the rest are ended, recordings and logs written. */
  closeMsMax: 10_000,
  /** The last sentence that calls hear which are left at the end of that time. */
  lastWordsMsMax: 12_000,
  /** From SIGTERM until SIGKILL. */
  terminateMsMax: 3_000,
  /** From SIGKILL until the supervisor stops waiting for it. */
  killMsMax: 2_000,
  /** From the start of a child until its `ready`. */
  readyMsMax: 60_000,
  /** A second Ctrl-C counts as impatience only after this; a terminal and npm send the first one twice. */
  repeatedSignalMs: 1_000,
  /** Crashes of a child that was never ready, before the start is given up. */
  crashesBeforeReadyMax: 3,
  restartDelayMsFirst: 0,
  restartDelayMsSecond: 250,
  restartDelayMsMax: 15_000,
  /** A child that ran this long starts again with a clean record. */
  steadyMs: 60_000,
  databaseConnectMsMax: 5_000,
  databaseRetryMs: 500,
  databaseVersionMin: 150_000, // PostgreSQL 15
  diskFreeBytesMin: 128 * 1024 * 1024,
  logBytesMax: 16 * 1024 * 1024,
  logFilesKept: 3,
  logLineBytesMax: 64 * 1024,
} as const;
