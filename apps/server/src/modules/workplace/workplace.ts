import {
  isStale,
  judgeWorkplace,
  standingOf,
  type BodyOf,
  type DeskState,
  type ResponseOf,
  type SoundReport,
  type WorkplaceCheck,
} from "@allo/contract";
import type { CallId, Clock, ContactId, IdSource, OrganisationId } from "@allo/kernel";
import { ApiError, invalidField, notFound } from "../../platform/api-error.ts";
import { decodeCursor, encodeCursor } from "../../platform/cursor.ts";
import type { Database, Scope, Tx } from "../../platform/db.ts";
import type { Api, Principal } from "../../platform/http.ts";
import type { ContactFacts, Contacts } from "../contacts/index.ts";
import { callerSilentMs, soundFindings } from "./core/sound-findings.ts";
import { checkInsertInTx, checkLastByPerson, checkList, checkTrimInTx } from "./store/check-store.ts";
import { reportFetch, reportInsertInTx, reportList, reportTrimInTx, type StoredReport } from "./store/sound-report-store.ts";

export const workplaceLimits = {
  /** Kept of each person; older ones are forgotten. */
  checksPerPersonMax: 50,
  /** Kept of each organisation; older ones stand in the contacts' logs only. */
  soundReportsMax: 5_000,
  pageRowsDefault: 50,
} as const;

export type WorkplaceDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly api: Api;
  readonly contacts: Pick<Contacts, "load" | "apply">;
  readonly people: { nameOf(organisationId: OrganisationId, personId: string): string };
  /** Who serves queues, whether they were ever checked or not. */
  readonly agentsOf: (organisationId: OrganisationId) => readonly string[];
  readonly lines: {
    linesNow(callId: CallId): Promise<{ readonly caller: SoundReport["caller"]; readonly agent: SoundReport["agent"] }>;
    sayTechnicalAndHangUp(facts: ContactFacts): void;
  };
  readonly deskOf: (organisationId: OrganisationId, personId: Principal["personId"]) => DeskState;
};

/** Who is equipped to take calls, and which talks had no sound. */
export function registerWorkplace(deps: WorkplaceDeps): void {
  const { database, clock, ids, api, contacts, people, lines } = deps;
  const inScope = <T>(principal: Principal, run: (tx: Tx) => Promise<T>): Promise<T> => database.withScope(scopeOf(principal), run);

  const checkCreate = async (principal: Principal, body: BodyOf<"workplaceCheckCreate">): Promise<WorkplaceCheck> => {
    const { figures, skipped, tookMs } = body;
    if (figures === null && skipped === null) throw invalidField("figures", "required", "is missing, and the check wasn't skipped either");
    if (skipped?.reason === "other" && skipped.words.trim() === "") throw invalidField("skipped.words", "empty", "says why");
    const check: WorkplaceCheck = {
      checkId: ids.next("wpc"),
      at: clock.now(),
      tookMs,
      figures,
      results: figures === null ? [] : [...judgeWorkplace(figures)],
      skipped: skipped === null ? null : { reason: skipped.reason, words: skipped.words.trim() },
    };
    await inScope(principal, async (tx) => {
      await checkInsertInTx(tx, principal, check);
      await checkTrimInTx(tx, principal.personId, workplaceLimits.checksPerPersonMax);
    });
    return check;
  };

  const list = async (principal: Principal): Promise<ResponseOf<"workplacesList">> => {
    const { organisationId } = principal;
    const last = await inScope(principal, (tx) => checkLastByPerson(tx));
    const now = clock.now();
    const everyone = new Set([...deps.agentsOf(organisationId), ...last.keys()]);
    const items = [...everyone].flatMap((personId) => {
      const name = people.nameOf(organisationId, personId);
      const check = last.get(personId) ?? null;
      if (name === "") return [];
      return [{ personId, name, standing: standingOf(check), stale: isStale(check?.at ?? null, now), last: check }];
    });
    return { items };
  };

  /** The talk, or the wrap-up after it, in one's own hands. */
  const own = async (principal: Principal, contactId: string): Promise<ContactFacts> => {
    const facts = await contacts.load(scopeOf(principal), contactId as ContactId);
    if (facts === null) throw notFound();
    const { phase } = facts;
    if (phase.kind !== "talking" && phase.kind !== "wrapUp") throw new ApiError("wrongState", 409, `The contact is in ${phase.kind}`);
    if (phase.agentId !== principal.personId) throw new ApiError("notYourContact", 409);
    return facts;
  };

  const report = async (principal: Principal, contactId: string, browser: BodyOf<"soundReportCreate">): Promise<SoundReport> => {
    const facts = await own(principal, contactId);
    const earlier = await inScope(principal, (tx) => reportFetch(tx, facts.contactId, principal.personId));
    if (earlier !== null) return named(principal.organisationId, earlier);
    const { phase } = facts;
    const talk = phase.kind === "talking" ? phase : null;
    const { caller, agent } = talk === null ? { caller: null, agent: null } : await lines.linesNow(facts.callId);
    const state = { caller, agent, browser, muted: talk?.muted ?? false, held: talk !== null && talk.heldSince !== null };
    const findings = soundFindings(state);
    const silentMs = callerSilentMs(state);
    // First the log: it is what protects the agent. Where the call ended meanwhile, wrap-up takes it just as well.
    const applied = contacts.apply(facts.contactId, { kind: "soundReported", agentId: principal.personId, findings });
    if (applied === null || applied.facts.soundReportedBy !== principal.personId)
      throw new ApiError("wrongState", 409, "The contact is over");
    await applied.appended?.durable;
    const stored: StoredReport = {
      reportId: ids.next("snd"),
      contactId: facts.contactId,
      personId: principal.personId,
      at: clock.now(),
      findings: [...findings],
      silentMs: silentMs === null ? null : Math.round(silentMs),
      caller,
      agent,
      browser,
    };
    await inScope(principal, async (tx) => {
      await reportInsertInTx(tx, { organisationId: facts.organisationId, projectId: facts.projectId }, stored);
      await reportTrimInTx(tx, workplaceLimits.soundReportsMax);
    });
    return named(principal.organisationId, stored);
  };

  const named = (organisationId: OrganisationId, stored: StoredReport): SoundReport => ({
    ...stored,
    personName: people.nameOf(organisationId, stored.personId),
  });

  api.on("workplaceCheckCreate", ({ principal, body }) => checkCreate(principal, body));
  api.on("workplaceChecksOwn", async ({ principal }) => ({
    items: [...(await inScope(principal, (tx) => checkList(tx, principal.personId, workplaceLimits.checksPerPersonMax)))],
  }));
  api.on("workplacesList", ({ principal }) => list(principal));
  api.on("workplaceChecksOf", async ({ principal, params }) => {
    if (people.nameOf(principal.organisationId, params.personId) === "") throw notFound();
    return { items: [...(await inScope(principal, (tx) => checkList(tx, params.personId, workplaceLimits.checksPerPersonMax)))] };
  });
  api.on("soundReportCreate", ({ principal, params, body }) => report(principal, params.contactId, body));
  api.on("soundReportHangUp", async ({ principal, params }) => {
    const facts = await own(principal, params.contactId);
    if (facts.soundReportedBy !== principal.personId) throw new ApiError("wrongState", 409, "Say first that there is no sound");
    if (facts.phase.kind === "talking") lines.sayTechnicalAndHangUp(facts);
    return deps.deskOf(principal.organisationId, principal.personId);
  });
  api.on("soundReportsList", async ({ principal, query }) => {
    const place = decodeCursor(query.cursor);
    const limit = query.limit ?? workplaceLimits.pageRowsDefault;
    const after = place === null ? null : { at: Number(place[0]), reportId: place[1] };
    const rows = await inScope(principal, (tx) => reportList(tx, { after, limit: limit + 1 }));
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      items: shown.map((row) => named(principal.organisationId, row)),
      nextCursor: rows.length > limit && last !== undefined ? encodeCursor([String(last.at), last.reportId]) : null,
    };
  });
}

function scopeOf({ organisationId, projectIds }: Principal): Scope {
  return { organisationId, projectIds };
}
