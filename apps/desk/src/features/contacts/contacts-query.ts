import type { QueryOf } from "@allo/contract";
import type { ContactsSearch } from "../../app/searches.ts";
import { dayEnd, dayStart } from "../../ui/day.ts";

/** What the server is asked for an address's filters; days are those of the organisation's zone. */
export function contactsQuery(search: ContactsSearch, timeZone: string): QueryOf<"contactsList"> {
  const { projectId, queueId, agentId, customerId, outcome, number, notCoded, mark } = search;
  return {
    ...(search.from === undefined ? {} : { from: dayStart(search.from, timeZone) }),
    ...(search.to === undefined ? {} : { to: dayEnd(search.to, timeZone) - 1 }),
    ...(projectId === undefined ? {} : { projectId }),
    ...(queueId === undefined ? {} : { queueId }),
    ...(agentId === undefined ? {} : { agentId }),
    ...(customerId === undefined ? {} : { customerId }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(number === undefined ? {} : { number: number.replaceAll(/[\s()-]/gu, "") }),
    ...(notCoded === true ? { notCoded } : {}),
    ...(mark === undefined ? {} : { mark }),
  };
}

/** Whether any filter is on; the open row isn't one. */
export function isFiltered(search: ContactsSearch): boolean {
  return Object.keys(search).some((key) => key !== "contact");
}
