import { colleagueLimits, type DeskState, type InternalCall, type QueryOf, type ResponseOf } from "@allo/contract";
import type { Clock, InternalCallId, PersonId } from "@allo/kernel";
import { ApiError, notFound } from "../../platform/api-error.ts";
import { decodeCursor, encodeCursor } from "../../platform/cursor.ts";
import type { Database } from "../../platform/db.ts";
import type { Api, Principal } from "../../platform/http.ts";
import type { PeopleNames } from "../contacts/index.ts";
import type { Audit } from "../identity/index.ts";
import type { VoiceDirectory } from "../routing/index.ts";
import { matchesName } from "./colleague-search.ts";
import type { Desk } from "./desk.ts";
import type { ColleagueCalls } from "./colleague-calls.ts";
import type { PhoneBook } from "./ports.ts";
import type { Telephony } from "./service.ts";
import { internalCallList } from "./store/internal-call-store.ts";

const ROWS_DEFAULT = 50;

/** Colleagues, calls between them, and those that are over. */
export function registerInternalCallsApi(deps: {
  readonly api: Api;
  readonly directory: VoiceDirectory;
  readonly telephony: Telephony;
  readonly desk: Desk;
  readonly people: PeopleNames;
  readonly phoneBook: PhoneBook;
  readonly colleagues: ColleagueCalls;
  readonly audit: Pick<Audit, "write">;
  readonly database: Database;
  readonly clock: Clock;
}): void {
  const { api, directory, telephony, desk, people, phoneBook, colleagues, audit, database, clock } = deps;
  const { internal } = telephony;
  const state = ({ organisationId, personId }: Principal): DeskState => desk.stateOf(organisationId, personId);

  api.on("colleaguesList", async ({ principal, query }) => {
    const { organisationId } = principal;
    const rank = ({ available, state: of }: { readonly available: boolean; readonly state: string }): number =>
      available ? 0 : of === "offline" ? 2 : 1;
    const found = phoneBook(organisationId)
      .filter(({ personId, name }) => personId !== principal.personId && matchesName(name, query.q ?? ""))
      .map(({ personId, name }) => ({ personId, name, ...colleagues.presenceOf(organisationId, personId) }))
      .toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
    return { items: found.slice(0, colleagueLimits.shownMax) };
  });

  api.on("internalCallPlace", async ({ principal, body }) => {
    colleagues.place(principal, body.personId as PersonId);
    return state(principal);
  });

  /** One's own that goes on. */
  const own = (principal: Principal, internalCallId: string): InternalCallId => {
    if (internal.of(principal.personId)?.internalCallId !== internalCallId) throw notFound();
    return internalCallId as InternalCallId;
  };
  api.on("internalCallHangUp", async ({ principal, params }) => {
    // Over already: as asked.
    internal.hangUp(params.internalCallId as InternalCallId, principal.personId);
    return state(principal);
  });
  api.on("internalCallHold", async ({ principal, params, body }) => {
    if (!internal.hold(own(principal, params.internalCallId), principal.personId, body.held))
      throw new ApiError("wrongState", 409, "Nobody speaks yet");
    return state(principal);
  });
  api.on("internalCallMute", async ({ principal, params, body }) => {
    if (!internal.mute(own(principal, params.internalCallId), principal.personId, body.muted))
      throw new ApiError("wrongState", 409, "Nobody speaks yet");
    return state(principal);
  });

  api.on("internalCallsSeen", async ({ principal }) => {
    await internal.seen(principal.organisationId, principal.personId);
    return state(principal);
  });

  /** Whose calls somebody may look at who may look at everybody's: those of the people in their projects. */
  const peopleOf = ({ organisationId, personId, projectIds }: Principal): readonly PersonId[] | "*" => {
    if (projectIds === "*") return "*";
    const config = directory.config(organisationId);
    const projects = new Set<string>(projectIds);
    const queues = new Set(config?.queues.flatMap(({ queueId, projectId }) => (projects.has(projectId) ? [queueId] : [])));
    const members = [...(config?.members ?? [])].flatMap(([queueId, list]) =>
      queues.has(queueId) ? list.map((member) => member.personId as PersonId) : [],
    );
    return [...new Set([personId, ...members])];
  };

  const noteLook = async (principal: Principal, address: string, query: QueryOf<"internalCallsList">): Promise<void> =>
    database.withScope({ organisationId: principal.organisationId, projectIds: principal.projectIds }, (tx) =>
      audit.write(tx, {
        actor: principal,
        action: "internalCalls.read",
        objectType: "internalCalls",
        objectId: "all",
        before: null,
        after: query.personId === undefined ? {} : { personId: query.personId },
        address,
        at: clock.now(),
      }),
    );

  api.on("internalCallsList", async ({ principal, query, address }): Promise<ResponseOf<"internalCallsList">> => {
    const { organisationId, personId } = principal;
    const isAll = query.whose === "all";
    if (isAll && !principal.permissions.has("internalCalls.readAll")) throw new ApiError("forbidden", 403);
    const place = decodeCursor(query.cursor);
    const limit = query.limit ?? ROWS_DEFAULT;
    if (isAll && place === null) await noteLook(principal, address, query);
    const rows = await database.withScope({ organisationId, projectIds: principal.projectIds }, (tx) =>
      internalCallList(tx, {
        of: isAll ? peopleOf(principal) : [personId],
        personId: isAll ? ((query.personId ?? null) as PersonId | null) : null,
        after: place === null ? null : { startedAt: Number(place[0]), internalCallId: place[1] },
        limit: limit + 1,
      }),
    );
    const shown = rows.slice(0, limit);
    const items: InternalCall[] = [];
    for (const row of shown) {
      const callerName = (await people.nameOf(organisationId, row.callerId)) ?? "";
      const calleeName = (await people.nameOf(organisationId, row.calleeId)) ?? "";
      items.push({ ...row, callerName, calleeName });
    }
    const end = shown.at(-1);
    return {
      items,
      nextCursor: rows.length > limit && end !== undefined ? encodeCursor([String(end.startedAt), end.internalCallId]) : null,
    };
  });
}
