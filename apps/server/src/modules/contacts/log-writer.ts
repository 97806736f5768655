// One group-commit writer for all append-only rows of the core: contact events, agent events, the routers' journals, edge marks.
// Together they keep one order, and what is appended in one call is committed in one transaction. While PostgreSQL is away or slow,
// rows go to a synced file as well, so that a kill then loses nothing that is older than `spoolAfterMs` and a flush.
import { mkdir, open, readdir, readFile, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { Timers } from "@allo/kernel";
import { DatabaseAwayError, type Database } from "../../platform/db.ts";
import type { Logger } from "../../platform/log.ts";

export const logLimits = {
  /**
   * From an append to the transaction that holds it. What somebody waits for goes at once, where no transaction began so short a time
   * before.
   */
  flushEveryMs: 10,
  /** After a batch of so many the next one begins this long after it began: many calls share what a commit costs. */
  busyRecordsMin: 16,
  busyFlushEveryMs: 20,
  /** A full batch doesn't wait for the clock. */
  recordsPerFlushMax: 2_000,
  /** A transaction that takes longer is no longer waited for: its rows are written to the spool too. */
  spoolAfterMs: 25,
  /** Beyond it rows are kept in the spool only, and read back from there. */
  recordsInMemoryMax: 200_000,
  /** While PostgreSQL is away, so often it is tried again. */
  retryEveryMs: 500,
  spoolReplayRecordsMax: 1_000,
} as const;

export type LogRecord = { readonly stream: string; readonly row: object };
/** Where a stream's rows go: an insert from one jsonb array, `$1`, that does nothing for a row already there. */
export type LogStream = { readonly name: string; readonly insertSql: string };
export type Appended = {
  /** In PostgreSQL, or in the synced spool. */
  readonly durable: Promise<void>;
  /** In PostgreSQL. */
  readonly committed: Promise<void>;
};
export type AppendOptions = {
  /** Somebody waits for the commit: it isn't put off to gather others. */
  readonly isAwaited?: boolean;
};
export type LogWriter = {
  /** Never throws and never waits; the order of calls is the order of the log. */
  readonly append: (records: readonly LogRecord[], how?: AppendOptions) => Appended;
  /** Rows that are not in PostgreSQL yet. */
  readonly backlog: () => number;
  /** Resolves when all that was appended before is in PostgreSQL. */
  readonly drained: () => Promise<void>;
  /** Writes out what is left, to PostgreSQL or to the spool, and ends. */
  readonly close: () => Promise<void>;
};

type Entry = {
  readonly records: readonly LogRecord[];
  readonly durable: PromiseWithResolvers<void>;
  readonly committed: PromiseWithResolvers<void>;
  readonly isAwaited: boolean;
  spooled: boolean;
};

export type LogWriterOptions = {
  readonly database: Database;
  readonly streams: readonly LogStream[];
  /** ALLO_DATA/spool */
  readonly spoolFolder: string;
  readonly timers: Timers;
  readonly log: Logger;
};

/** Puts what an earlier start left in the spool into PostgreSQL, then opens the writer. */
export async function createLogWriter(options: LogWriterOptions): Promise<LogWriter> {
  await mkdir(options.spoolFolder, { recursive: true, mode: 0o700 });
  const writer = new GroupCommitWriter(options);
  await writer.open();
  return {
    append: (records, how) => writer.append(records, how),
    backlog: () => writer.backlog,
    drained: () => writer.drained(),
    close: () => writer.close(),
  };
}

class GroupCommitWriter {
  readonly #options: LogWriterOptions;
  readonly #spoolFile: string;
  #spool: FileHandle | undefined;
  #spoolChain: Promise<void> = Promise.resolve();
  #spooledOpen = 0;
  /** Nothing was written to the spool since it was emptied: it needn't be looked at after each transaction. */
  #isSpoolEmpty = true;
  #overflowed = false;
  #pending: Entry[] = [];
  #inFlight: readonly Entry[] = [];
  #inFlightLate = false;
  #records = 0;
  #away = false;
  #flushing: Promise<void> | undefined;
  #tickArmed = false;
  #goesAtOnce = false;
  /** A transaction began less than `flushEveryMs` ago: what is awaited joins the next one, so that there are no more of them than that. */
  #isResting = false;
  #closed = false;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#spoolFile = join(options.spoolFolder, "log.ndjson");
  }

  get backlog(): number {
    return this.#records;
  }

  async open(): Promise<void> {
    await this.#replayFile();
    this.#spool = await open(this.#spoolFile, "a", 0o600);
    this.#options.database.onUp(() => this.#tryAgain());
  }

  append(records: readonly LogRecord[], { isAwaited = false }: AppendOptions = {}): Appended {
    const entry: Entry = {
      records,
      durable: Promise.withResolvers<void>(),
      committed: Promise.withResolvers<void>(),
      isAwaited,
      spooled: false,
    };
    // Nobody has to listen; who does gets the failure.
    entry.durable.promise.catch(() => undefined);
    entry.committed.promise.catch(() => undefined);
    this.#records += records.length;
    this.#pending.push(entry);
    this.#schedule();
    return { durable: entry.durable.promise, committed: entry.committed.promise };
  }

  async drained(): Promise<void> {
    const all = [...this.#inFlight, ...this.#pending].map(({ committed }) => committed.promise);
    await Promise.allSettled(all);
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (!this.#away) await this.#flush();
    await this.#spoolOpenEntries();
    await this.#spool?.close();
    this.#spool = undefined;
  }

  // ---- When

  #schedule(): void {
    if (!this.#isResting && this.#pending.at(-1)?.isAwaited === true) this.#goAtOnce();
    else this.#armTick();
  }

  /** With all that is appended in this turn. */
  #goAtOnce(): void {
    if (this.#goesAtOnce) return;
    this.#goesAtOnce = true;
    queueMicrotask(() => {
      this.#goesAtOnce = false;
      this.#go();
    });
  }

  #armTick(): void {
    if (this.#tickArmed) return;
    this.#tickArmed = true;
    this.#options.timers.arm(logLimits.flushEveryMs, () => {
      this.#tickArmed = false;
      this.#go();
    });
  }

  #rest(): void {
    if (this.#isResting) return;
    this.#isResting = true;
    this.#options.timers.arm(logLimits.flushEveryMs, () => {
      this.#isResting = false;
      if (this.#pending.some(({ isAwaited }) => isAwaited)) this.#go();
    });
  }

  #go(): void {
    if (this.#closed) return;
    if (this.#away || this.#inFlightLate) void this.#spoolOpenEntries();
    else void this.#flush();
  }

  #tryAgain(): void {
    if (this.#closed || !this.#away) return;
    this.#away = false;
    void this.#flush();
  }

  // ---- To PostgreSQL

  #flush(): Promise<void> {
    this.#flushing ??= this.#flushAll().finally(() => {
      this.#flushing = undefined;
      if (this.#pending.length > 0 && !this.#closed) this.#schedule();
    });
    return this.#flushing;
  }

  async #flushAll(): Promise<void> {
    while (this.#pending.length > 0 && !this.#away) {
      const batch = this.#takeBatch();
      const isBusy = batch.reduce((sum, { records }) => sum + records.length, 0) >= logLimits.busyRecordsMin;
      const pace = isBusy ? this.#pause(logLimits.busyFlushEveryMs) : undefined;
      this.#inFlight = batch;
      this.#rest();
      const cancelLate = this.#options.timers.arm(logLimits.spoolAfterMs, () => {
        this.#inFlightLate = true;
        void this.#spoolOpenEntries();
      });
      try {
        await this.#insert(batch.flatMap(({ records }) => records));
        this.#settle(batch);
      } catch (error) {
        if (error instanceof DatabaseAwayError) this.#becomeAway(batch);
        else await this.#insertOneByOne(batch);
      } finally {
        cancelLate();
        this.#inFlight = [];
        this.#inFlightLate = false;
      }
      if (this.#records < logLimits.recordsPerFlushMax && !this.#closed) await pace;
    }
    if (this.#overflowed && !this.#away && this.#pending.length === 0) await this.#readBackOverflow();
    await this.#emptySpool();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.timers.arm(ms, resolve));
  }

  #takeBatch(): readonly Entry[] {
    let count = 0;
    let taken = 0;
    while (taken < this.#pending.length && (taken === 0 || count < logLimits.recordsPerFlushMax)) {
      count += this.#pending[taken]?.records.length ?? 0;
      taken += 1;
    }
    return this.#pending.splice(0, taken);
  }

  /** All streams' rows in one statement: one round trip, one transaction. */
  async #insert(records: readonly LogRecord[]): Promise<void> {
    const rowsOf = Map.groupBy(records, ({ stream }) => stream);
    const filled = this.#options.streams.filter(({ name }) => rowsOf.has(name));
    const [only] = filled;
    if (only === undefined) return;
    await this.#options.database.insertLog({
      name: `log ${filled.map((stream) => this.#options.streams.indexOf(stream)).join(" ")}`,
      sql:
        filled.length === 1
          ? only.insertSql
          : `with ${filled.map(({ name, insertSql }, index) => `"${name}" as (${insertSql.replaceAll("$1", `$${index + 1}`)})`).join(", ")} select 1`,
      values: filled.map(({ name }) => JSON.stringify(rowsOf.get(name)?.map(({ row }) => row))),
    });
  }

  #settle(batch: readonly Entry[]): void {
    for (const entry of batch) {
      this.#records -= entry.records.length;
      if (entry.spooled) this.#spooledOpen -= 1;
      entry.durable.resolve();
      entry.committed.resolve();
    }
  }

  #becomeAway(batch: readonly Entry[]): void {
    this.#pending.unshift(...batch);
    this.#inFlight = [];
    this.#away = true;
    void this.#spoolOpenEntries();
    const retry = (): void => {
      if (this.#closed || !this.#away) return;
      if (this.#options.database.isUp()) this.#tryAgain();
      else this.#options.timers.arm(logLimits.retryEveryMs, retry);
    };
    this.#options.timers.arm(logLimits.retryEveryMs, retry);
  }

  /** One row that PostgreSQL refuses must not hold up the others: it is kept aside in a file of its own, and reported. */
  async #insertOneByOne(batch: readonly Entry[]): Promise<void> {
    for (const [index, entry] of batch.entries()) {
      try {
        await this.#insert(entry.records);
        this.#settle([entry]);
      } catch (error) {
        if (error instanceof DatabaseAwayError) {
          this.#becomeAway(batch.slice(index));
          return;
        }
        this.#options.log.error({ err: error, streams: entry.records.map(({ stream }) => stream) }, "PostgreSQL refuses rows of the log");
        await this.#keepAside(entry);
        this.#records -= entry.records.length;
        if (entry.spooled) this.#spooledOpen -= 1;
        entry.durable.reject(error);
        entry.committed.reject(error);
      }
    }
  }

  async #keepAside(entry: Entry): Promise<void> {
    try {
      const file = await open(join(this.#options.spoolFolder, "refused.ndjson"), "a", 0o600);
      await file.appendFile(`${JSON.stringify(entry.records)}\n`);
      await file.sync();
      await file.close();
    } catch (error) {
      this.#options.log.error({ err: error }, "the refused rows could not be kept aside");
    }
  }

  // ---- The spool

  /** Writes all that isn't in PostgreSQL to the synced file, and lets go of what memory has no room for. */
  #spoolOpenEntries(): Promise<void> {
    this.#isSpoolEmpty = false;
    this.#spoolChain = this.#spoolChain.then(async () => {
      const entries = [...this.#inFlight, ...this.#pending].filter(({ spooled }) => !spooled);
      if (entries.length === 0 || this.#spool === undefined) return;
      try {
        await this.#spool.appendFile(entries.map(({ records }) => `${JSON.stringify(records)}\n`).join(""));
        await this.#spool.datasync();
      } catch (error) {
        this.#options.log.error({ err: error }, "the spool can't be written: events are in memory only");
        return;
      }
      const open = new Set([...this.#inFlight, ...this.#pending]);
      for (const entry of entries) {
        entry.durable.resolve();
        if (!open.has(entry)) continue; // committed meanwhile
        entry.spooled = true;
        this.#spooledOpen += 1;
      }
      this.#letGo();
    });
    return this.#spoolChain;
  }

  #letGo(): void {
    while (this.#away && this.#records > logLimits.recordsInMemoryMax) {
      const index = this.#pending.findLastIndex(({ spooled }) => spooled);
      const [entry] = index < 0 ? [] : this.#pending.splice(index, 1);
      if (entry === undefined) return;
      this.#overflowed = true;
      this.#records -= entry.records.length;
      this.#spooledOpen -= 1;
    }
  }

  async #readBackOverflow(): Promise<void> {
    this.#overflowed = false;
    try {
      await this.#spoolChain;
      await this.#insertFile(this.#spoolFile);
    } catch (error) {
      this.#overflowed = true;
      this.#options.log.error({ err: error }, "the spool could not be read back yet");
      this.#becomeAway([]);
    }
  }

  async #emptySpool(): Promise<void> {
    if (this.#isSpoolEmpty) return;
    const chain = this.#spoolChain;
    await chain;
    if (this.#spool === undefined || this.#spooledOpen > 0 || this.#overflowed || this.#away || chain !== this.#spoolChain) return;
    const { size } = await this.#spool.stat();
    if (size > 0) await this.#spool.truncate(0);
    if (chain === this.#spoolChain) this.#isSpoolEmpty = true;
  }

  /** What an earlier start left behind; rows already in PostgreSQL are not put in twice. */
  async #replayFile(): Promise<void> {
    const names = await readdir(this.#options.spoolFolder);
    if (!names.includes("log.ndjson")) return;
    const count = await this.#insertFile(this.#spoolFile);
    if (count > 0) this.#options.log.warn({ records: count }, "events of the last run were put into the log from the spool");
    await rm(this.#spoolFile);
  }

  async #insertFile(path: string): Promise<number> {
    let waiting: LogRecord[] = [];
    let count = 0;
    for (const line of (await readFile(path, "utf8")).split("\n")) {
      waiting.push(...readSpoolLine(line));
      if (waiting.length < logLimits.spoolReplayRecordsMax) continue;
      await this.#insert(waiting);
      count += waiting.length;
      waiting = [];
    }
    if (waiting.length > 0) await this.#insert(waiting);
    return count + waiting.length;
  }
}

/** A kill may have cut the last line: it was never promised to anyone. */
function readSpoolLine(line: string): readonly LogRecord[] {
  if (line === "") return [];
  try {
    return JSON.parse(line) as LogRecord[];
  } catch {
    return [];
  }
}
