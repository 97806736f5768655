// Asks a running demonstration for its live contacts, as its administrator, and compares them with what the world did.
import { readWorldFile } from "../world-file.ts";
import { createApiClient } from "./api-client.ts";
import { compareWithWorld, type Comparison, type ListedContact } from "./core/compare.ts";
import { readJournal } from "./journal.ts";

const PAGE_ROWS = 200;

export type LiveList = { readonly since: number; readonly listedAt: number; readonly contacts: readonly ListedContact[] };

/** Contacts that began since `since` and are listed now. To be asked before the demonstration is stopped. */
export async function listLiveContacts(dataFolder: string, options: { readonly url: string; readonly since: number }): Promise<LiveList> {
  const world = await readWorldFile(dataFolder);
  if (world === null) throw new Error("there is no demonstration in this folder");
  const api = createApiClient(options.url);
  const { email, password } = world.guests.administrator;
  await api.call("sessionCreate", { body: { email, password } });
  const listedAt = Date.now();
  const lineOf = new Map(world.lines.map(({ key, numberId }) => [numberId, key]));
  const simulated = new Set(world.agents.map(({ personId }) => personId));
  const contacts: ListedContact[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.call("contactsList", {
      query: { from: options.since, limit: PAGE_ROWS, ...(cursor === undefined ? {} : { cursor }) },
    });
    for (const row of page.items) {
      if (row.isTest === true) continue; // placed by the built-in caller for a person, not by the world
      contacts.push({
        contactId: row.contactId,
        line: lineOf.get(row.numberId) ?? "",
        from: row.callerNumber,
        startedAt: row.startedAt,
        agentIsSimulated: row.agentId !== null && simulated.has(row.agentId),
        talkMs: row.talkMs,
      });
    }
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  await api.call("sessionDelete");
  return { since: options.since, listedAt, contacts };
}

/** The comparison, once the demonstration is stopped and the world has written its last line. */
export async function compareLive(dataFolder: string, list: LiveList): Promise<Comparison> {
  const records = await readJournal(dataFolder);
  return compareWithWorld(list.contacts, {
    listed: { from: list.since, to: list.listedAt },
    calls: records.filter((record) => record.kind === "call"),
    talks: records.filter((record) => record.kind === "talk"),
  });
}
