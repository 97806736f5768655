import { deflateRawSync, inflateRawSync } from "node:zlib";
import { traceLimits, type CallTrace, type CallTraceEntry, type FromEdge, type TraceSettings } from "@allo/contract";
import {
  DAY_MS,
  HOUR_MS,
  utf8Decode,
  utf8Encode,
  type CallId,
  type Clock,
  type ContactId,
  type NumberId,
  type OrganisationId,
  type Timers,
} from "@allo/kernel";
import { notFound, staleVersion } from "../../platform/api-error.ts";
import { DatabaseAwayError, type Database, type Scope } from "../../platform/db.ts";
import type { Api, Principal } from "../../platform/http.ts";
import { MissingKeyError, type SubjectKeys } from "../../platform/keys.ts";
import type { Logger } from "../../platform/log.ts";
import { assertMayRead, type ContactFacts, type Contacts } from "../contacts/index.ts";
import type { Audit } from "../identity/index.ts";
import { pcapOf, textOf } from "./core/capture.ts";
import { ladderOf } from "./core/ladder.ts";
import { settingFetch, settingPut, traceInsert, traceListOf, traceTrim, type StoredSetting } from "./store/trace-store.ts";

export const tracingLimits = {
  /** Ladders of one contact that are shown: a contact that was transferred has several calls. */
  callsPerContactMax: 20,
  /** Waiting to be written; beyond it the newest are dropped and counted in the log. */
  waitingMax: 500,
  trimEveryMs: HOUR_MS,
  trimRowsAtOnce: 2_000,
} as const;

export type TracingDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly keys: Pick<SubjectKeys, "seal" | "open">;
  readonly audit: Pick<Audit, "write">;
  readonly api: Api;
  readonly contacts: Pick<Contacts, "load" | "facts">;
  readonly organisations: () => readonly OrganisationId[];
  readonly organisationOfNumber: (numberId: NumberId) => OrganisationId | null;
  readonly log: Logger;
};

export type Tracing = {
  /** What an edge gave of an ended call. Never throws; what can't be kept is dropped, and said in the log. */
  readonly keep: (trace: Extract<FromEdge, { kind: "callTrace" }>) => void;
  /** Everything given so far is written or dropped. */
  readonly settled: () => Promise<void>;
  readonly trim: () => Promise<void>;
  readonly close: () => void;
};

const SEAL_CONTEXT = "call-trace";
const DEFAULT: StoredSetting = { keepDays: traceLimits.keepDaysDefault, version: 0 };

/** The SIP messages of calls: kept sealed for a set time, shown as ladders, given out as files. */
export function createTracing(deps: TracingDeps): Tracing {
  const { database, clock, timers, keys, audit, api, contacts, log } = deps;
  let waiting = 0;
  let tail: Promise<void> = Promise.resolve();
  let cancelTrim: (() => void) | null = null;

  /** By what is in memory or by its number; a contact of long ago whose number is gone is looked for in each organisation's log. */
  const contactOf = async (contactId: ContactId, numberId: NumberId | null): Promise<ContactFacts | null> => {
    const inMemory = contacts.facts(contactId);
    if (inMemory !== undefined) return inMemory;
    const likely = numberId === null ? null : deps.organisationOfNumber(numberId);
    const all = deps.organisations();
    for (const organisationId of likely === null ? all : [likely, ...all.filter((each) => each !== likely)]) {
      const facts = await contacts.load({ organisationId, projectIds: "*" }, contactId);
      if (facts !== null) return facts;
    }
    return null;
  };

  const store = async (trace: Extract<FromEdge, { kind: "callTrace" }>): Promise<void> => {
    const { callId, contactId, numberId, entries, leftOut } = trace;
    const facts = contactId === null ? null : await contactOf(contactId, numberId);
    if (contactId === null || facts === null) {
      // Ended before it had one, or that is gone: there is nothing to look from.
      log.warn({ callId, messages: entries.length }, "SIP messages of a call were dropped: it has no contact");
      return;
    }
    const { organisationId } = facts;
    const scope: Scope = { organisationId, projectIds: "*" };
    await database.withScope(scope, async (tx) => {
      const { keepDays } = (await settingFetch(tx)) ?? DEFAULT;
      if (keepDays === 0) return;
      const at = clock.now();
      const plain = deflateRawSync(utf8Encode(JSON.stringify({ entries, leftOut } satisfies Kept)));
      const sealed = keys.seal(organisationId, contactId, plain, SEAL_CONTEXT);
      await traceInsert(tx, {
        organisationId,
        projectId: facts.projectId,
        contactId,
        callId,
        at: entries[0]?.at ?? at,
        expiresAt: at + keepDays * DAY_MS,
        sealed,
      });
    });
  };

  const keep: Tracing["keep"] = (trace) => {
    if (waiting >= tracingLimits.waitingMax) {
      log.warn({ callId: trace.callId }, "SIP messages of a call were dropped: too many wait to be written");
      return;
    }
    waiting += 1;
    tail = tail
      .then(() => store(trace))
      .catch((error: unknown) => {
        // Looking at messages is worth no retry: the call itself stands in the log.
        const { callId } = trace;
        if (error instanceof DatabaseAwayError) log.warn({ callId }, "SIP messages of a call were dropped: the database is away");
        else if (error instanceof MissingKeyError) log.info({ callId }, "SIP messages of a call were dropped: its contact was erased");
        else log.warn({ err: error, callId }, "SIP messages of a call could not be kept");
      })
      .finally(() => {
        waiting -= 1;
      });
  };

  const read = async (principal: Principal, id: string): Promise<readonly (Kept & { callId: CallId; expiresAt: number })[]> => {
    const contactId = id as ContactId;
    const scope = scopeOf(principal);
    const facts = await contacts.load(scope, contactId);
    if (facts === null) throw notFound();
    assertMayRead(principal, facts);
    const rows = await database.withScope(scope, (tx) => traceListOf(tx, contactId, clock.now(), tracingLimits.callsPerContactMax));
    return rows.flatMap(({ callId, sealed, expiresAt }) => {
      const plain = keys.open(principal.organisationId, contactId, sealed, SEAL_CONTEXT);
      // Its key was erased with the customer: as if never kept.
      if (!plain.ok) return [];
      return [{ callId, expiresAt, ...(JSON.parse(utf8Decode(inflateRawSync(plain.value))) as Kept) }];
    });
  };

  const give = async (by: { readonly principal: Principal; readonly address: string }, contactId: string, as: "text" | "pcap") => {
    const entries = (await read(by.principal, contactId)).flatMap((each) => each.entries);
    if (entries.length === 0) throw notFound();
    await database.withScope(scopeOf(by.principal), (tx) =>
      audit.write(tx, {
        actor: by.principal,
        action: "trace.download",
        objectType: "contact",
        objectId: contactId,
        before: null,
        after: { as, messages: entries.length },
        address: by.address,
        at: clock.now(),
      }),
    );
    return entries;
  };

  api.on("contactTraceGet", async ({ principal, params }) => ({
    items: (await read(principal, params.contactId)).map(({ callId, entries, leftOut, expiresAt }): CallTrace => {
      const { parties, steps } = ladderOf(entries);
      return { callId, parties: [...parties], steps: [...steps], leftOut, keptUntil: expiresAt };
    }),
  }));
  api.on("contactTraceText", async ({ principal, address, params, reply }) => {
    const text = textOf(await give({ principal, address }, params.contactId, "text"));
    void reply.headers(download(`${params.contactId}.txt`, "text/plain; charset=utf-8")).send(text);
    return undefined;
  });
  api.on("contactTracePcap", async ({ principal, address, params, reply }) => {
    const bytes = pcapOf(await give({ principal, address }, params.contactId, "pcap"));
    void reply.headers(download(`${params.contactId}.pcap`, "application/vnd.tcpdump.pcap")).send(Buffer.from(bytes));
    return undefined;
  });
  api.on("traceSettingsGet", ({ principal }) => database.withScope(scopeOf(principal), async (tx) => (await settingFetch(tx)) ?? DEFAULT));
  api.on("traceSettingsPut", ({ principal, address, body }) =>
    database.withScope(scopeOf(principal), async (tx): Promise<TraceSettings> => {
      const before = (await settingFetch(tx)) ?? DEFAULT;
      if (before.version !== body.version || !(await settingPut(tx, principal.organisationId, body)))
        throw staleVersion(before.keepDays === body.keepDays ? [] : ["keepDays"]);
      const after = { keepDays: body.keepDays, version: body.version + 1 };
      await audit.write(tx, {
        actor: principal,
        action: "trace.settings",
        objectType: "organisation",
        objectId: principal.organisationId,
        before,
        after,
        address,
        at: clock.now(),
      });
      return after;
    }),
  );

  const trim = async (): Promise<void> => {
    for (const organisationId of deps.organisations()) {
      const scope: Scope = { organisationId, projectIds: "*" };
      let removed: number;
      do removed = await database.withScope(scope, (tx) => traceTrim(tx, clock.now(), tracingLimits.trimRowsAtOnce));
      while (removed === tracingLimits.trimRowsAtOnce);
    }
  };
  const trimLater = (): void => {
    cancelTrim = timers.arm(tracingLimits.trimEveryMs, () => {
      trimLater();
      trim().catch((error: unknown) => log.warn({ err: error }, "old SIP messages could not be removed; tried again in an hour"));
    });
  };
  trimLater();

  return { keep, settled: () => tail, trim, close: () => cancelTrim?.() };
}

type Kept = { readonly entries: readonly CallTraceEntry[]; readonly leftOut: number };

function scopeOf({ organisationId, projectIds }: Principal): Scope {
  return { organisationId, projectIds };
}

function download(name: string, type: string): Record<string, string> {
  return { "content-type": type, "content-disposition": `attachment; filename="${name}"`, "cache-control": "private, no-store" };
}
