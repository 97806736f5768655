// How every change of the setup goes: one transaction with its audit entry, then the configuration in memory, then who listens.
import type { LocalizedText } from "@allo/contract";
import type { Clock } from "@allo/kernel";
import { ApiError, invalidField, staleVersion } from "../../platform/api-error.ts";
import type { Database, Tx } from "../../platform/db.ts";
import { differences } from "../../platform/differences.ts";
import type { Principal } from "../../platform/http.ts";
import type { Audit } from "../identity/index.ts";
import type { OrganisationConfig } from "./config.ts";
import type { Use } from "./core/uses.ts";
import { directoryLimits } from "./limits.ts";

export type By = { readonly principal: Principal; readonly address: string };
/** `before` null: it was made. Only what differs is stored. */
export type Note = {
  readonly action: string;
  readonly objectType: string;
  readonly objectId: string;
  readonly before: object | null;
  readonly after: object | null;
};

export type Editor = {
  config(principal: Principal): OrganisationConfig;
  /** Runs the change and gives the configuration as it is after it. `changed` names the list for open screens. */
  change(by: By, changed: string, run: (tx: Tx, config: OrganisationConfig) => Promise<Note | null>): Promise<OrganisationConfig>;
};

export function createEditor({
  db,
  clock,
  audit,
  configOf,
  reload,
}: {
  readonly db: Database;
  readonly clock: Clock;
  readonly audit: Audit;
  readonly configOf: (organisationId: Principal["organisationId"]) => OrganisationConfig;
  /** Reads the configuration anew and tells the listeners. */
  readonly reload: (organisationId: Principal["organisationId"], changed: readonly string[]) => Promise<OrganisationConfig>;
}): Editor {
  return {
    config: (principal) => configOf(principal.organisationId),
    async change(by, changed, run) {
      const { organisationId } = by.principal;
      await db.withScope(by.principal, async (tx) => {
        // Changes of one organisation's setup wait for one another: what is checked against the configuration stays true until the commit.
        await lockSetup(tx, organisationId);
        const note = await run(tx, configOf(organisationId));
        if (note === null) return;
        const [before, after] =
          note.before === null || note.after === null ? [note.before, note.after] : differences(note.before, note.after);
        await audit.write(tx, { actor: by.principal, ...note, before, after, address: by.address, at: clock.now() });
      });
      return reload(organisationId, [changed]);
    },
  };
}

/** Until the transaction ends nobody else changes this organisation's setup. */
export async function lockSetup(tx: Tx, organisationId: Principal["organisationId"]): Promise<void> {
  await tx.query("select pg_advisory_xact_lock(hashtextextended('directory ' || $1, 0))", [organisationId]);
}

/** Refuses to retire what is used, and says by what: how many, and the first by name. */
export function requireUnused(uses: readonly Use[]): void {
  if (uses.length === 0) return;
  const counted = (["queues", "numbers", "projects"] as const)
    .map((kind) => ({ kind, count: uses.filter((use) => use.kind === kind).length }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => `${count} ${count === 1 ? kind.slice(0, -1) : kind}`);
  const named = uses.slice(0, directoryLimits.usesNamedMax);
  throw new ApiError(
    "inUse",
    409,
    `Still used by ${counted.join(" and ")}: ${named.map(({ name }) => name).join(", ")}${uses.length > named.length ? ", …" : ""}`,
    named.map(({ kind, name }) => ({ path: kind, code: "inUse", message: name })),
  );
}

/** Refuses a change of something that was changed since it was read; `wanted` are the fields of the request. */
export function requireVersion(current: { readonly version: number } & object, version: number, wanted: object): void {
  if (current.version === version) return;
  const differing = Object.entries(wanted).filter(
    ([key, value]) => value !== undefined && JSON.stringify((current as Record<string, unknown>)[key]) !== JSON.stringify(value),
  );
  throw staleVersion(differing.map(([key]) => key));
}

/** At least one language must have a name; all are trimmed. */
export function readNames(names: LocalizedText, path = "names"): LocalizedText {
  const trimmed = { en: names.en.trim(), ru: names.ru.trim(), fa: names.fa.trim() };
  if (trimmed.en === "" && trimmed.ru === "" && trimmed.fa === "")
    throw invalidField(path, "empty", "needs a name in one language at least");
  return trimmed;
}

export function requireRoom(count: number, max: number): void {
  if (count >= max) throw new ApiError("tooMany", 409, `There can be ${max} at most`);
}

/** The object without keys whose value is undefined: what a PATCH leaves alone. */
export function given<T extends object>(patch: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
