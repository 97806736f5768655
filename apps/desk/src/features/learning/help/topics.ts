import type { KeyAction } from "../../../keyboard/keys.ts";
import type { TermId } from "../glossary/terms.ts";

type Topic = { readonly keys: readonly KeyAction[]; readonly terms: readonly TermId[] };
const topic = (keys: readonly KeyAction[], terms: readonly TermId[]): Topic => ({ keys, terms });
const everywhere: readonly KeyAction[] = ["commands", "search", "sheet", "help"];
const inCall: readonly KeyAction[] = ["answer", "decline", "mute", "hold", "hangUp", "ready"];

/** Every page that has help, with the keys that do something there and the words it uses. What it says: help-en.ts, -ru, -fa. */
export const helpTopics = {
  signIn: topic([], ["organisation", "administrator"]),
  link: topic([], ["administrator"]),
  firstSetup: topic([], ["organisation", "administrator", "queue", "number", "greeting", "preset", "testCall", "network"]),
  desk: topic([...inCall, ...everywhere], ["ready", "notReady", "ringing", "hold", "mute", "wrapUp", "wrapUpCode", "note", "notCoded"]),
  testCall: topic(["answer", "hangUp", "help"], ["testCall", "browserPhone", "provenSound", "caller"]),
  floor: topic(everywhere, ["queue", "waiting", "serviceLevel", "asa", "aht", "abandoned", "notReady", "wallboard"]),
  contacts: topic(everywhere, ["contact", "abandoned", "recording", "wrapUpCode", "note"]),
  contact: topic(["commands", "help"], ["contact", "recording", "note", "hold", "wrapUp"]),
  recordingGaps: topic(everywhere, ["recording", "contact", "queue"]),
  internalCalls: topic(everywhere, ["internalCall", "contact", "agent"]),
  lostCalls: topic(everywhere, ["lostCall", "abandoned", "openingHours"]),
  customers: topic(everywhere, ["customer", "customerCard", "ownField", "project"]),
  people: topic(everywhere, ["role", "permission", "skill", "agent", "teamLead", "administrator"]),
  workplaces: topic(everywhere, ["workplaceCheck", "browserPhone", "provenSound"]),
  "setup/ready-made": topic(everywhere, ["preset", "queue", "retire"]),
  "setup/projects": topic(everywhere, ["project", "client", "customer"]),
  "setup/queues": topic(everywhere, ["queue", "skill", "priority", "serviceLevel", "wrapUp", "holdMusic"]),
  "setup/numbers": topic(everywhere, ["number", "queue", "greeting", "recordingNotice", "network", "openingHours", "testCall"]),
  "setup/hours": topic(everywhere, ["openingHours", "number", "lostCall"]),
  "setup/wrap-up-codes": topic(everywhere, ["wrapUpCode", "wrapUp", "retire"]),
  "setup/not-ready-reasons": topic(everywhere, ["reason", "notReady", "break", "personalBreak", "lunch"]),
  "setup/skills": topic(everywhere, ["skill", "queue", "agent"]),
  "setup/prompts": topic(everywhere, ["prompt", "greeting", "recordingNotice", "holdMusic"]),
  "setup/devices": topic(everywhere, ["extension", "number", "trunk"]),
  "setup/trunks": topic(everywhere, ["trunk", "carrier", "number"]),
  "setup/outgoing-calls": topic(everywhere, ["trunk", "carrier", "number"]),
  "setup/network-doctor": topic(everywhere, ["trunk", "carrier", "certificate"]),
  "setup/security": topic(everywhere, ["network", "extension", "administrator"]),
  "setup/customer-fields": topic(everywhere, ["ownField", "customerCard", "retire"]),
  roles: topic(everywhere, ["role", "permission", "administrator"]),
  "setup/address": topic(everywhere, ["certificate", "browserPhone", "network"]),
  "setup/recordings": topic(everywhere, ["recording", "contact"]),
  "setup/recorders": topic(everywhere, ["recording", "carrier", "certificate"]),
  "setup/traces": topic(everywhere, ["contact", "carrier", "trunk"]),
  "setup/maintenance": topic(everywhere, ["lostCall", "carrier", "trunk"]),
  "setup/drills": topic(everywhere, ["lostCall", "queue", "testCall"]),
  "setup/audit": topic(everywhere, ["auditList", "recording"]),
} as const satisfies Record<string, Topic>;
export type HelpTopic = keyof typeof helpTopics;

/** Panels of a page that have no address of their own: what they are for stands with the page. */
export const helpBeside: Readonly<Partial<Record<HelpTopic, HelpTopic>>> = { floor: "workplaces", people: "roles" };

/** What stands on a page's help: texts with [[term|word]], {key:act} and [words](/address) in them (help-text.ts). */
export type HelpText = { readonly purpose: string; readonly steps: readonly string[] };

const routeTopics: Readonly<Record<string, HelpTopic>> = {
  "/sign-in": "signIn",
  "/link/$token": "link",
  "/first-setup": "firstSetup",
  "/desk": "desk",
  "/test-call": "testCall",
  "/floor": "floor",
  "/contacts": "contacts",
  "/contacts/$contactId": "contact",
  "/recording-gaps": "recordingGaps",
  "/internal-calls": "internalCalls",
  "/lost-calls": "lostCalls",
  "/customers": "customers",
  "/people": "people",
  "/workplaces": "workplaces",
};

/** The help of a route by its path in the router, of a setup section or a view by its name; null: there is none. */
export function helpTopicOf(routePath: string, section?: string, view?: string): HelpTopic | null {
  if (routePath === "/people" && view === "roles") return "roles";
  if (section === undefined) return routeTopics[routePath] ?? null;
  const name = `setup/${section}`;
  return isHelpTopic(name) ? name : null;
}

function isHelpTopic(name: string): name is HelpTopic {
  return Object.hasOwn(helpTopics, name);
}
