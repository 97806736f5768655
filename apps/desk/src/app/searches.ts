import { isDay, type Day } from "../ui/is-day.ts";

/** What an address says about a room: its filters, and the row that is open. Whatever else stands in it is dropped. */
export const contactOutcomes = ["answered", "abandoned", "abandonedRinging", "refused", "systemDisconnect"] as const;
export type Outcome = (typeof contactOutcomes)[number];
export const contactMarks = ["abuse", "loudness", "talkOver"] as const;
export type ContactsSearch = {
  readonly from?: Day;
  readonly to?: Day;
  readonly projectId?: string;
  readonly queueId?: string;
  readonly agentId?: string;
  readonly customerId?: string;
  readonly outcome?: Outcome;
  readonly number?: string;
  readonly notCoded?: boolean;
  readonly mark?: (typeof contactMarks)[number];
  readonly contact?: string;
};
export type LostCallsSearch = { readonly state?: "settled" | "owed"; readonly projectId?: string; readonly queueId?: string };
export type CustomersSearch = { readonly q?: string; readonly projectId?: string; readonly customer?: string };
export type PeopleSearch = {
  readonly q?: string;
  readonly status?: PersonStatus;
  readonly person?: string;
  readonly view?: "roles";
  readonly role?: string;
};
export const personStatuses = ["invited", "active", "blocked", "retired"] as const;
export type PersonStatus = (typeof personStatuses)[number];
type Raw = Readonly<Record<string, unknown>>;

export function readContactsSearch(raw: Raw): ContactsSearch {
  const outcome = contactOutcomes.find((each) => each === raw["outcome"]);
  const mark = contactMarks.find((each) => each === raw["mark"]);
  return {
    ...(isDay(raw["from"]) ? { from: raw["from"] } : {}),
    ...(isDay(raw["to"]) ? { to: raw["to"] } : {}),
    ...id("projectId", raw["projectId"]),
    ...id("queueId", raw["queueId"]),
    ...id("agentId", raw["agentId"]),
    ...id("customerId", raw["customerId"]),
    ...id("contact", raw["contact"]),
    ...(outcome === undefined ? {} : { outcome }),
    ...text("number", raw["number"]),
    ...(raw["notCoded"] === true ? { notCoded: true } : {}),
    ...(mark === undefined ? {} : { mark }),
  };
}

export type RecordingGapsSearch = { readonly day?: Day };

/** Of which day. */
export function readRecordingGapsSearch(raw: Raw): RecordingGapsSearch {
  return isDay(raw["day"]) ? { day: raw["day"] } : {};
}

export type InternalCallsSearch = { readonly whose?: "all"; readonly personId?: string };

/** One's own calls with colleagues, or everybody's, or those of one of them. */
export function readInternalCallsSearch(raw: Raw): InternalCallsSearch {
  return raw["whose"] === "all" ? { whose: "all", ...id("personId", raw["personId"]) } : {};
}

export type TestCallSearch = { readonly number?: string };

/** Which number a test call goes to. */
export function readTestCallSearch(raw: Raw): TestCallSearch {
  return id("number", raw["number"]);
}

export function readLostCallsSearch(raw: Raw): LostCallsSearch {
  return {
    ...(raw["state"] === "settled" || raw["state"] === "owed" ? { state: raw["state"] } : {}),
    ...id("projectId", raw["projectId"]),
    ...id("queueId", raw["queueId"]),
  };
}

export function readCustomersSearch(raw: Raw): CustomersSearch {
  return { ...text("q", raw["q"]), ...id("projectId", raw["projectId"]), ...id("customer", raw["customer"]) };
}

export function readPeopleSearch(raw: Raw): PeopleSearch {
  const status = personStatuses.find((each) => each === raw["status"]);
  return {
    ...text("q", raw["q"]),
    ...(status === undefined ? {} : { status }),
    ...id("person", raw["person"]),
    ...(raw["view"] === "roles" ? { view: "roles" as const } : {}),
    ...id("role", raw["role"]),
  };
}

function id<K extends string>(key: K, value: unknown): { readonly [P in K]?: string } {
  return typeof value === "string" && /^[a-z]{3}_[0-9a-zA-Z-]+$/u.test(value) ? ({ [key]: value } as { [P in K]: string }) : {};
}

// A number in an address bar comes out of the router as a number; both are text here.
function text<K extends string>(key: K, value: unknown): { readonly [P in K]?: string } {
  const given = typeof value === "number" ? String(value) : value;
  return typeof given === "string" && given !== "" && given.length <= 100 ? ({ [key]: given } as { [P in K]: string }) : {};
}
