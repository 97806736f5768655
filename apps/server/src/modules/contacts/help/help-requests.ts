import { helpApiLimits, type HelpBoard, type OpenHelp } from "@allo/contract";
import type { ContactId, Instant, OrganisationId, PersonId } from "@allo/kernel";
import { invalidField } from "../../../platform/api-error.ts";
import { decodeCursor, encodeCursor } from "../../../platform/cursor.ts";
import type { Database } from "../../../platform/db.ts";
import { describeError } from "../../../platform/describe-error.ts";
import type { Api, Principal } from "../../../platform/http.ts";
import type { LiveHub } from "../../../platform/live.ts";
import { reachKey } from "../../../platform/principal.ts";
import { openHelp, type ContactFacts } from "../core/contact-facts.ts";
import type { PeopleNames } from "../ports.ts";
import type { Contacts } from "../service.ts";
import type { Projection } from "../lookback/log-follower.ts";
import { helpClearInTx, helpList, helpPutInTx, helpSums, type HelpPlace } from "./help-store.ts";

const PAGE_DEFAULT = 50;
const INTEGER_MAX = 2 ** 31 - 1;

export type HelpRequests = {
  readonly projection: Projection;
  /** Somebody asks, or no longer does. */
  onChanged(listener: (organisationId: OrganisationId) => void): void;
  /** Forgets an organisation's rows; the follower's `replay` makes them again. */
  clear(organisationId: OrganisationId): Promise<void>;
};

type Watcher = Pick<Principal, "organisationId" | "projectIds">;

/** Who asks for a lead, live; and what became of those who did, with how soon leads came. */
export function registerHelpRequests(
  api: Api,
  deps: {
    readonly database: Database;
    readonly contacts: Pick<Contacts, "openList" | "events">;
    readonly people: PeopleNames;
    readonly live: LiveHub;
    readonly log: { warn(fields: object, message: string): void };
  },
): HelpRequests {
  const { database, contacts, people, live, log } = deps;
  /** Those whose talk somebody is asked into. */
  const asking = new Set<ContactId>();
  /** Boards that are watched, by key. */
  const watched = new Map<string, Watcher>();

  const nameOf = async (organisationId: OrganisationId, personId: PersonId | null): Promise<string | null> =>
    personId === null ? null : await people.nameOf(organisationId, personId);

  const board = async ({ organisationId, projectIds }: Watcher): Promise<HelpBoard> => {
    const asked = contacts
      .openList()
      .flatMap((facts) => {
        const help = openHelp(facts);
        const isSeen = facts.organisationId === organisationId && (projectIds === "*" || projectIds.includes(facts.projectId));
        return help === null || !isSeen ? [] : [{ facts, help }];
      })
      .toSorted((a, b) => a.help.askedAt - b.help.askedAt || (a.facts.contactId < b.facts.contactId ? -1 : 1))
      .slice(0, helpApiLimits.openMax);
    const open = asked.map(async ({ facts: { contactId, projectId, queueId }, help: { agentId, about, askedAt } }): Promise<OpenHelp> => ({
      contactId,
      projectId,
      queueId,
      agentId,
      agentName: (await nameOf(organisationId, agentId)) ?? "",
      about,
      askedAt,
    }));
    return { open: await Promise.all(open) };
  };

  const say = async (organisationId: OrganisationId): Promise<void> => {
    for (const [key, watcher] of watched)
      if (watcher.organisationId === organisationId) live.publish("help", key, { op: "replace", state: await board(watcher) });
  };
  // One after another, so that a board never goes back in time.
  let saying = Promise.resolve();
  const listeners: ((organisationId: OrganisationId) => void)[] = [];
  const touch = (organisationId: OrganisationId): void => {
    for (const listener of listeners) listener(organisationId);
    saying = saying
      .then(() => say(organisationId))
      .catch((error: unknown) => log.warn({ error: describeError(error) }, "who asks for a lead can't be told"));
  };

  contacts.events.on("contactChanged", ({ organisationId, facts }) => {
    const was = asking.has(facts.contactId);
    const is = openHelp(facts) !== null;
    if (is) asking.add(facts.contactId);
    else asking.delete(facts.contactId);
    if (was || is) touch(organisationId);
  });
  live.provide("help", {
    key: (principal) => {
      const key = reachKey(principal);
      if (!watched.has(key)) watched.set(key, { organisationId: principal.organisationId, projectIds: principal.projectIds });
      return key;
    },
    allowed: (principal) => principal.permissions.has("calls.monitor"),
    snapshot: (principal) => board(principal),
  });

  api.on("helpBoardGet", ({ principal }) => board(principal));
  api.on("helpList", async ({ principal, query }) => {
    const { organisationId, projectIds } = principal;
    const limit = query.limit ?? PAGE_DEFAULT;
    const rows = await database.withScope({ organisationId, projectIds }, (tx) =>
      helpList(tx, { after: readPlace(query.cursor), from: instant(query.from), to: instant(query.to), limit: limit + 1 }),
    );
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const items = await Promise.all(
      shown.map(async ({ answeredBy, ...row }) => ({
        ...row,
        agentName: await nameOf(organisationId, row.agentId),
        answeredById: answeredBy,
        answeredByName: await nameOf(organisationId, answeredBy),
      })),
    );
    return {
      items,
      nextCursor:
        rows.length > limit && last !== undefined ? encodeCursor([String(last.askedAt), `${last.contactId} ${String(last.number)}`]) : null,
    };
  });
  api.on("helpFiguresGet", async ({ principal: { organisationId, projectIds }, query: { from, to } }) => {
    if (to <= from) throw invalidField("to", "notAfter", "must be after the beginning");
    if (to - from > helpApiLimits.periodMsMax) throw invalidField("to", "tooLong", "must be within 92 days of the beginning");
    const { asked, answered, open, medianMs, p90Ms } = await database.withScope({ organisationId, projectIds }, (tx) =>
      helpSums(tx, from as Instant, to as Instant),
    );
    return { from, to, asked, answered, unanswered: asked - answered - open, medianMs, p90Ms };
  });

  return {
    projection: {
      name: "helpRequests",
      apply: (scope, facts: readonly ContactFacts[]) =>
        facts.some(({ helps }) => helps.length > 0)
          ? database.withScope(scope, (tx) => helpPutInTx(tx, facts), { isRemade: true })
          : Promise.resolve(),
    },
    onChanged: (listener) => void listeners.push(listener),
    clear: (organisationId) => database.withScope({ organisationId, projectIds: "*" }, (tx) => helpClearInTx(tx)),
  };
}

function instant(value: number | undefined): Instant | null {
  return value === undefined ? null : (value as Instant);
}

/** A cursor of ours holds whole numbers; anything else is before all time, and the page is empty. */
function readPlace(cursor: string | undefined): HelpPlace | null {
  const place = decodeCursor(cursor);
  if (place === null) return null;
  const whole = (text: string): number => (Number.isSafeInteger(Number(text)) ? Number(text) : 0);
  const [contactId = "", number = "0"] = place[1].split(" ");
  return { askedAt: whole(place[0]) as Instant, contactId, number: Math.min(whole(number), INTEGER_MAX) };
}
