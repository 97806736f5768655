import Type from "typebox";
import type { Static, TSchema } from "typebox";
import type { Permission } from "./permissions.ts";
import {
  AuditEntry, ContactOutcome, ContactPage, ContactRow, Customer, CustomerField, CustomerHit, CustomerWrite, DeskState, Device, DeviceSecret, Email, FloorState, Id,
  LanguageSchema, LocalizedText, LostCall, Me, Name, NamesWrite, NotReadyReason, NumberSettings, OneTimeLink, page, PageQuery, Password, Person, PersonWrite, PhoneNumber, Project, Prompt,
  Queue, QueueMember, QueueSettings, RecordingMeta, SetupRequest, SetupState, Skill, SkillLevel, Timestamp, WrapUpCode,
} from "./schemas.ts";

/** Who may call a route: anyone, anyone signed in, or who holds one of these permissions. */
export type Access = "public" | "signedIn" | readonly Permission[];

export type Route = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly access: Access;
  readonly summary: string;
  readonly tag: string;
  readonly params?: TSchema;
  readonly query?: TSchema;
  readonly body?: TSchema;
  /** The 200 answer; absent: 204. `bytes`: the answer is not JSON. */
  readonly response?: TSchema;
  readonly bytes?: string;
  /** The request is multipart/form-data with one file. */
  readonly upload?: boolean;
};

const one = <K extends string>(name: K) => Type.Object({ [name]: Id } as { [P in K]: typeof Id });
const list = <T extends TSchema>(item: T) => Type.Object({ items: Type.Array(item) });
const ok = Type.Object({ ok: Type.Literal(true) });
const audioParams = Type.Object({ audioId: Type.String({ maxLength: 80, pattern: "^[a-z]+\\.[a-zA-Z]+$" }), language: Type.Enum(["en", "ru", "fa", "any"]) });

/** Every route of the public API, under /api/v1. The server registers exactly these, the desk calls exactly these. */
export const routes = {
  // Setting up, signing in
  setupGet: { method: "GET", path: "/setup", access: "public", tag: "setup", summary: "Whether the first organisation is still to be made", response: SetupState },
  setupCreate: { method: "POST", path: "/setup", access: "public", tag: "setup", summary: "Makes the organisation, its administrator, a queue and a number; needs the one-time token; signs the administrator in", body: SetupRequest, response: Me },
  sessionCreate: { method: "POST", path: "/session", access: "public", tag: "identity", summary: "Signs in", body: Type.Object({ email: Email, password: Type.String({ maxLength: 200 }) }), response: Me },
  sessionGet: { method: "GET", path: "/session", access: "signedIn", tag: "identity", summary: "Who is signed in", response: Me },
  sessionPatch: { method: "PATCH", path: "/session", access: "signedIn", tag: "identity", summary: "Changes one's own language, theme or name", body: Type.Object({ language: Type.Optional(LanguageSchema), theme: Type.Optional(Type.Enum(["light", "dark", "system"])) }), response: Me },
  sessionDelete: { method: "DELETE", path: "/session", access: "signedIn", tag: "identity", summary: "Signs out, and ends this session's phone" },
  passwordChange: { method: "POST", path: "/session/password", access: "signedIn", tag: "identity", summary: "Changes one's own password; other sessions end", body: Type.Object({ current: Type.String({ maxLength: 200 }), next: Password }), response: ok },
  linkGet: { method: "GET", path: "/one-time-links/:token", access: "public", tag: "identity", summary: "What an invitation or reset link is for", params: Type.Object({ token: Type.String({ maxLength: 100 }) }), response: Type.Object({ purpose: Type.Enum(["invitation", "reset"]), name: Type.String(), email: Type.String(), organisationName: Type.String(), language: LanguageSchema, expiresAt: Timestamp }) },
  linkUse: { method: "POST", path: "/one-time-links/:token", access: "public", tag: "identity", summary: "Sets the password by a one-time link and signs in", params: Type.Object({ token: Type.String({ maxLength: 100 }) }), body: Type.Object({ password: Password }), response: Me },

  // People
  peopleList: { method: "GET", path: "/people", access: ["people.manage", "floor.read"], tag: "people", summary: "People", query: Type.Object({ ...PageQuery, q: Type.Optional(Type.String({ maxLength: 100 })), status: Type.Optional(Type.Enum(["invited", "active", "blocked", "retired"])) }), response: page(Person) },
  personCreate: { method: "POST", path: "/people", access: ["people.manage"], tag: "people", summary: "Adds a person and gives the one-time invitation", body: PersonWrite, response: Type.Object({ person: Person, invitation: OneTimeLink }) },
  personUpdate: { method: "PATCH", path: "/people/:personId", access: ["people.manage"], tag: "people", summary: "Changes a person", params: one("personId"), body: Type.Intersect([Type.Partial(PersonWrite), Type.Object({ version: Type.Integer() })]), response: Person },
  personInvite: { method: "POST", path: "/people/:personId/invitation", access: ["people.manage"], tag: "people", summary: "Gives a new one-time link (invitation, or password reset for an active person); earlier links end", params: one("personId"), response: OneTimeLink },
  personBlock: { method: "POST", path: "/people/:personId/block", access: ["people.manage"], tag: "people", summary: "Blocks a person: sessions and phones end at once", params: one("personId"), response: Person },
  personUnblock: { method: "POST", path: "/people/:personId/unblock", access: ["people.manage"], tag: "people", summary: "Lifts the block", params: one("personId"), response: Person },
  personRetire: { method: "POST", path: "/people/:personId/retire", access: ["people.manage"], tag: "people", summary: "Retires a person: history stays, signing in ends", params: one("personId"), response: Person },
  personSkillsGet: { method: "GET", path: "/people/:personId/skills", access: ["people.manage"], tag: "people", summary: "A person's skills", params: one("personId"), response: list(SkillLevel) },
  personSkillsPut: { method: "PUT", path: "/people/:personId/skills", access: ["people.manage"], tag: "people", summary: "Sets a person's skills", params: one("personId"), body: list(SkillLevel), response: list(SkillLevel) },

  // Setup
  projectsList: { method: "GET", path: "/projects", access: "signedIn", tag: "setup", summary: "Projects", response: list(Project) },
  skillsList: { method: "GET", path: "/skills", access: "signedIn", tag: "setup", summary: "Skills", response: list(Skill) },
  skillCreate: { method: "POST", path: "/skills", access: ["setup.manage"], tag: "setup", summary: "Adds a skill", body: NamesWrite, response: Skill },
  skillUpdate: { method: "PATCH", path: "/skills/:skillId", access: ["setup.manage"], tag: "setup", summary: "Changes or retires a skill", params: one("skillId"), body: Type.Object({ names: Type.Optional(LocalizedText), retired: Type.Optional(Type.Boolean()), version: Type.Integer() }), response: Skill },
  queuesList: { method: "GET", path: "/queues", access: "signedIn", tag: "setup", summary: "Queues", response: list(Queue) },
  queueCreate: { method: "POST", path: "/queues", access: ["setup.manage"], tag: "setup", summary: "Adds a queue", body: Type.Intersect([Type.Object({ names: LocalizedText }), Type.Partial(QueueSettings)]), response: Queue },
  queueUpdate: { method: "PATCH", path: "/queues/:queueId", access: ["setup.manage"], tag: "setup", summary: "Changes or retires a queue", params: one("queueId"), body: Type.Intersect([Type.Partial(QueueSettings), Type.Object({ retired: Type.Optional(Type.Boolean()), version: Type.Integer() })]), response: Queue },
  queueMembersGet: { method: "GET", path: "/queues/:queueId/members", access: ["setup.manage", "floor.read"], tag: "setup", summary: "Members of a queue with their levels", params: one("queueId"), response: list(QueueMember) },
  queueMembersPut: { method: "PUT", path: "/queues/:queueId/members", access: ["setup.manage"], tag: "setup", summary: "Sets the members of a queue", params: one("queueId"), body: list(QueueMember), response: list(QueueMember) },
  numbersList: { method: "GET", path: "/numbers", access: "signedIn", tag: "setup", summary: "Numbers", response: list(PhoneNumber) },
  numberCreate: { method: "POST", path: "/numbers", access: ["setup.manage"], tag: "setup", summary: "Adds a number", body: Type.Intersect([Type.Object({ number: Type.String({ minLength: 2, maxLength: 32 }), queueId: Id, language: LanguageSchema }), Type.Partial(NumberSettings)]), response: PhoneNumber },
  numberUpdate: { method: "PATCH", path: "/numbers/:numberId", access: ["setup.manage"], tag: "setup", summary: "Changes or retires a number", params: one("numberId"), body: Type.Intersect([Type.Partial(NumberSettings), Type.Object({ retired: Type.Optional(Type.Boolean()), version: Type.Integer() })]), response: PhoneNumber },
  devicesList: { method: "GET", path: "/devices", access: ["setup.manage"], tag: "setup", summary: "Desk phones and softphones", response: list(Device) },
  deviceCreate: { method: "POST", path: "/devices", access: ["setup.manage"], tag: "setup", summary: "Adds a device; its password is shown once", body: Type.Object({ name: Name, personId: Type.Union([Id, Type.Null()]) }), response: DeviceSecret },
  deviceRetire: { method: "POST", path: "/devices/:deviceId/retire", access: ["setup.manage"], tag: "setup", summary: "Retires a device: its registration ends", params: one("deviceId"), response: Device },
  wrapUpCodesList: { method: "GET", path: "/wrap-up-codes", access: "signedIn", tag: "setup", summary: "Wrap-up codes", response: list(WrapUpCode) },
  wrapUpCodeCreate: { method: "POST", path: "/wrap-up-codes", access: ["setup.manage"], tag: "setup", summary: "Adds a wrap-up code", body: NamesWrite, response: WrapUpCode },
  wrapUpCodeUpdate: { method: "PATCH", path: "/wrap-up-codes/:wrapUpCodeId", access: ["setup.manage"], tag: "setup", summary: "Changes or retires a wrap-up code", params: one("wrapUpCodeId"), body: Type.Object({ names: Type.Optional(LocalizedText), position: Type.Optional(Type.Integer()), retired: Type.Optional(Type.Boolean()), version: Type.Integer() }), response: WrapUpCode },
  reasonsList: { method: "GET", path: "/not-ready-reasons", access: "signedIn", tag: "setup", summary: "Reasons of being not ready", response: list(NotReadyReason) },
  reasonCreate: { method: "POST", path: "/not-ready-reasons", access: ["setup.manage"], tag: "setup", summary: "Adds a reason", body: NamesWrite, response: NotReadyReason },
  reasonUpdate: { method: "PATCH", path: "/not-ready-reasons/:reasonId", access: ["setup.manage"], tag: "setup", summary: "Changes or retires a reason", params: one("reasonId"), body: Type.Object({ names: Type.Optional(LocalizedText), position: Type.Optional(Type.Integer()), maxMinutes: Type.Optional(Type.Union([Type.Integer({ minimum: 1, maximum: 480 }), Type.Null()])), retired: Type.Optional(Type.Boolean()), version: Type.Integer() }), response: NotReadyReason },
  promptsList: { method: "GET", path: "/prompts", access: ["setup.manage"], tag: "setup", summary: "What callers hear, shipped and replaced", response: list(Prompt) },
  promptAudio: { method: "GET", path: "/prompts/:audioId/:language/audio", access: ["setup.manage"], tag: "setup", summary: "The prompt as WAV", params: audioParams, bytes: "audio/wav" },
  promptReplace: { method: "PUT", path: "/prompts/:audioId/:language/audio", access: ["setup.manage"], tag: "setup", summary: "Replaces a prompt by an uploaded WAV file", params: audioParams, upload: true, response: Prompt },
  promptRestore: { method: "DELETE", path: "/prompts/:audioId/:language/audio", access: ["setup.manage"], tag: "setup", summary: "Goes back to the shipped prompt", params: audioParams, response: Prompt },
  auditList: { method: "GET", path: "/audit", access: ["audit.read"], tag: "setup", summary: "Who changed what, newest first", query: Type.Object({ ...PageQuery, objectType: Type.Optional(Type.String({ maxLength: 40 })), actorId: Type.Optional(Id) }), response: page(AuditEntry) },

  // The agent's desk
  deskGet: { method: "GET", path: "/desk", access: ["desk.work"], tag: "desk", summary: "One's own state and contact", response: DeskState },
  deskReady: { method: "POST", path: "/desk/ready", access: ["desk.work"], tag: "desk", summary: "Goes ready (also takes back a break chosen for later)", response: DeskState },
  deskNotReady: { method: "POST", path: "/desk/not-ready", access: ["desk.work"], tag: "desk", summary: "Goes not ready; during a contact it begins after wrap-up", body: Type.Object({ reasonId: Id }), response: DeskState },
  offerAccept: { method: "POST", path: "/offers/:offerId/accept", access: ["desk.work"], tag: "desk", summary: "Answers the ringing contact", params: one("offerId"), response: DeskState },
  offerDecline: { method: "POST", path: "/offers/:offerId/decline", access: ["desk.work"], tag: "desk", summary: "Declines the ringing contact", params: one("offerId"), response: DeskState },
  contactHold: { method: "POST", path: "/contacts/:contactId/hold", access: ["desk.work"], tag: "desk", summary: "Puts the customer on hold with music", params: one("contactId"), response: DeskState },
  contactResume: { method: "POST", path: "/contacts/:contactId/resume", access: ["desk.work"], tag: "desk", summary: "Takes the customer back from hold", params: one("contactId"), response: DeskState },
  contactMute: { method: "POST", path: "/contacts/:contactId/mute", access: ["desk.work"], tag: "desk", summary: "Mutes or unmutes one's own side", params: one("contactId"), body: Type.Object({ muted: Type.Boolean() }), response: DeskState },
  contactHangUp: { method: "POST", path: "/contacts/:contactId/hang-up", access: ["desk.work"], tag: "desk", summary: "Ends the call", params: one("contactId"), response: DeskState },
  wrapUpFinish: { method: "POST", path: "/contacts/:contactId/wrap-up", access: ["desk.work"], tag: "desk", summary: "Gives the code and the note, and ends wrap-up (or completes a contact that was left not coded)", params: one("contactId"), body: Type.Object({ wrapUpCodeId: Id, note: Type.String({ maxLength: 8000 }) }), response: DeskState },
  wrapUpExtend: { method: "POST", path: "/contacts/:contactId/wrap-up/extend", access: ["desk.work"], tag: "desk", summary: "Extends wrap-up, once", params: one("contactId"), response: DeskState },
  noteDraft: { method: "PUT", path: "/contacts/:contactId/note-draft", access: ["desk.work"], tag: "desk", summary: "Saves the note as it is typed", params: one("contactId"), body: Type.Object({ text: Type.String({ maxLength: 8000 }) }), response: ok },
  notCodedList: { method: "GET", path: "/desk/not-coded", access: ["desk.work"], tag: "desk", summary: "One's own contacts that wait for a code", response: list(ContactRow) },

  // Looking back
  contactsList: {
    method: "GET", path: "/contacts", access: ["contacts.readOwn", "contacts.readAll"], tag: "contacts", summary: "Contacts, newest first",
    query: Type.Object({ ...PageQuery, from: Type.Optional(Timestamp), to: Type.Optional(Timestamp), queueId: Type.Optional(Id), agentId: Type.Optional(Id), outcome: Type.Optional(ContactOutcome), customerId: Type.Optional(Id), number: Type.Optional(Type.String({ maxLength: 32 })), notCoded: Type.Optional(Type.Boolean()) }), response: page(ContactRow),
  },
  contactGet: { method: "GET", path: "/contacts/:contactId", access: ["contacts.readOwn", "contacts.readAll"], tag: "contacts", summary: "A contact with its timeline", params: one("contactId"), response: ContactPage },
  contactNoteCreate: { method: "POST", path: "/contacts/:contactId/notes", access: ["contacts.readOwn", "contacts.readAll"], tag: "contacts", summary: "Adds a note", params: one("contactId"), body: Type.Object({ text: Type.String({ minLength: 1, maxLength: 8000 }) }), response: ContactPage },
  contactCustomerPut: { method: "PUT", path: "/contacts/:contactId/customer", access: ["customers.write"], tag: "contacts", summary: "Ties a contact to a customer", params: one("contactId"), body: Type.Object({ customerId: Id }), response: ContactPage },
  recordingGet: { method: "GET", path: "/recordings/:recordingId", access: ["recordings.play", "contacts.readOwn"], tag: "contacts", summary: "A recording's length and waveform", params: one("recordingId"), response: RecordingMeta },
  recordingAudio: { method: "GET", path: "/recordings/:recordingId/audio", access: ["recordings.play", "contacts.readOwn"], tag: "contacts", summary: "The recording as stereo WAV (left customer, right agent); byte ranges; each playing is logged", params: one("recordingId"), bytes: "audio/wav" },
  lostCallsList: { method: "GET", path: "/lost-calls", access: ["lostCalls.work"], tag: "contacts", summary: "Lost calls, one row a number", query: Type.Object({ ...PageQuery, state: Type.Optional(Type.Enum(["open", "settled"])), queueId: Type.Optional(Id) }), response: page(LostCall) },
  lostCallAttempt: { method: "POST", path: "/lost-calls/:lostCallId/attempts", access: ["lostCalls.work"], tag: "contacts", summary: "Notes an attempt to call back", params: one("lostCallId"), response: LostCall },
  lostCallSettle: { method: "POST", path: "/lost-calls/:lostCallId/settle", access: ["lostCalls.work"], tag: "contacts", summary: "Settles a lost call", params: one("lostCallId"), body: Type.Object({ state: Type.Enum(["calledBack", "unreachable", "dismissed"]), reason: Type.String({ maxLength: 500 }), version: Type.Integer() }), response: LostCall },
  lostCallReopen: { method: "POST", path: "/lost-calls/:lostCallId/reopen", access: ["lostCalls.work"], tag: "contacts", summary: "Undoes the settling", params: one("lostCallId"), response: LostCall },

  // Customers
  customersSearch: { method: "GET", path: "/customers", access: ["customers.read"], tag: "customers", summary: "Search as one types: names, numbers, e-mail", query: Type.Object({ q: Type.Optional(Type.String({ maxLength: 100 })), ...PageQuery }), response: page(CustomerHit) },
  customerCreate: { method: "POST", path: "/customers", access: ["customers.write"], tag: "customers", summary: "Adds a customer", body: CustomerWrite, response: Customer },
  customerGet: { method: "GET", path: "/customers/:customerId", access: ["customers.read"], tag: "customers", summary: "A customer's card", params: one("customerId"), response: Customer },
  customerUpdate: { method: "PATCH", path: "/customers/:customerId", access: ["customers.write"], tag: "customers", summary: "Changes a customer", params: one("customerId"), body: Type.Intersect([Type.Partial(CustomerWrite), Type.Object({ version: Type.Integer() })]), response: Customer },
  customerFieldsList: { method: "GET", path: "/customer-fields", access: "signedIn", tag: "customers", summary: "The organisation's own fields", response: list(CustomerField) },
  customerFieldCreate: { method: "POST", path: "/customer-fields", access: ["setup.manage"], tag: "customers", summary: "Adds a field", body: Type.Object({ names: LocalizedText, type: Type.Enum(["text", "number", "date"]) }), response: CustomerField },
  customerFieldUpdate: { method: "PATCH", path: "/customer-fields/:fieldId", access: ["setup.manage"], tag: "customers", summary: "Changes or retires a field", params: one("fieldId"), body: Type.Object({ names: Type.Optional(LocalizedText), position: Type.Optional(Type.Integer()), retired: Type.Optional(Type.Boolean()) }), response: CustomerField },

  // Floor
  floorGet: { method: "GET", path: "/floor", access: ["floor.read"], tag: "floor", summary: "Queues and agents now, and today's figures", response: FloorState },
  agentForceNotReady: { method: "POST", path: "/floor/agents/:personId/not-ready", access: ["agents.steer"], tag: "floor", summary: "A lead sets an agent not ready", params: one("personId"), body: Type.Object({ reasonId: Id }), response: ok },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;
type Part<R, K extends string> = R extends { readonly [P in K]: infer S extends TSchema } ? Static<S> : undefined;
export type ParamsOf<N extends RouteName> = Part<(typeof routes)[N], "params">;
export type QueryOf<N extends RouteName> = Part<(typeof routes)[N], "query">;
export type BodyOf<N extends RouteName> = Part<(typeof routes)[N], "body">;
export type ResponseOf<N extends RouteName> = Part<(typeof routes)[N], "response">;
