// Everything that looks back or on: lists, lost calls, recordings, customers, figures and the floor, put together. No decisions here.
import type { Clock, IdSource, OrganisationId, ProjectId, Timers } from "@allo/kernel";
import {
  createCallerHistory,
  createContactList,
  createLogFollower,
  createLostCalls,
  createPlayback,
  createLogReader,
  openHelp,
  registerHelpRequests,
  registerLookbackRoutes,
  registerRecordingGaps,
  type ContactList,
  type HelpRequests,
  type LogFollower,
  type LostCalls,
  type Playback,
} from "../modules/contacts/index.ts";
import { createCustomerFields, createCustomers, readPhone, registerCustomerRoutes, type Customers } from "../modules/customers/index.ts";
import { createReporting, type Reporting } from "../modules/reporting/index.ts";
import { createRecordingShelf, createShrinking, type Shrinking, type Voice } from "../modules/telephony/index.ts";
import type { VoiceDirectory } from "../modules/routing/index.ts";
import type { Audit } from "../modules/identity/index.ts";
import type { Database } from "../platform/db.ts";
import type { Api } from "../platform/http.ts";
import type { SubjectKeys } from "../platform/keys.ts";
import type { LiveHub } from "../platform/live.ts";
import type { Logger } from "../platform/log.ts";

export type LookingBackDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: IdSource;
  readonly keys: Pick<SubjectKeys, "create" | "seal" | "open" | "blindIndex" | "unwrapRecordingKey" | "rewrap">;
  readonly audit: Pick<Audit, "write">;
  readonly directory: Pick<VoiceDirectory, "organisations" | "config" | "onChanged">;
  readonly people: { nameOf(organisationId: OrganisationId, personId: string): string };
  readonly onPeopleChanged: (listener: (change: { readonly organisationId: OrganisationId }) => void) => void;
  readonly voice: Pick<Voice, "contacts" | "routing" | "telephony" | "passedOn" | "writer">;
  readonly live: LiveHub;
  readonly api: Api;
  /** ALLO_DATA */
  readonly dataFolder: string;
  readonly log: Logger;
};

export type LookingBack = {
  readonly follower: LogFollower;
  readonly list: ContactList;
  readonly lostCalls: LostCalls;
  readonly customers: Customers;
  readonly help: HelpRequests;
  readonly playback: Playback;
  readonly shrinking: Shrinking;
  readonly reporting: Reporting;
  /** Projects what an earlier start left, and reads today's figures. May be called again where the database was away. */
  start(): Promise<void>;
  close(): Promise<void>;
};

export function createLookingBack(deps: LookingBackDeps): LookingBack {
  const { database, clock, timers, ids, keys, audit, directory, people, voice, live, api, log } = deps;
  const { contacts, routing } = voice;
  const organisations = (): readonly OrganisationId[] => directory.organisations();
  const country = (organisationId: OrganisationId): string => directory.config(organisationId)?.defaultCountry ?? "";

  const recordings = createRecordingShelf({ database, keys });
  const follower = createLogFollower({ database, contacts, organisations, timers, log });
  const customers = createCustomers({
    database,
    clock,
    ids,
    keys,
    audit,
    contacts,
    recordings,
    history: createCallerHistory({ database, keys }),
    log,
    settings: {
      country,
      projectIds: (organisationId) =>
        (directory.config(organisationId)?.projects ?? []).filter(({ retired }) => !retired).map(({ projectId }) => projectId as ProjectId),
    },
  });
  contacts.useCustomers(customers);
  const fields = createCustomerFields({ database, clock, ids, audit });
  const list = createContactList({
    database,
    contacts,
    keys,
    people,
    customers,
    readNumber: (organisationId, text) => readPhone(text, country(organisationId)),
  });
  const lostCalls = createLostCalls({ database, contacts, clock, ids, audit, people, customers, log });
  const logReader = createLogReader({ database });
  const playback = createPlayback({ database, contacts, log: logReader, recordings, keys, clock, audit, dataFolder: deps.dataFolder });
  const shrinking = createShrinking({
    database,
    clock,
    timers,
    api,
    writer: voice.writer,
    keys,
    audit,
    organisations,
    dataFolder: deps.dataFolder,
    log,
  });
  const help = registerHelpRequests(api, { database, contacts, people, live, log });
  const reporting = createReporting({
    database,
    clock,
    timers,
    live,
    api,
    follower,
    lostCalls,
    customers,
    organisations,
    log,
    source: {
      view: (organisationId) => routing.view(organisationId),
      whyWaiting: (organisationId, contactId) => routing.whyWaiting(organisationId, contactId),
      lineOf: (contactId) => voice.telephony.lineOf(contactId),
      helpAskedAt: (contactId) => {
        const facts = contacts.facts(contactId);
        return facts === undefined ? null : (openHelp(facts)?.askedAt ?? null);
      },
      parked: (organisationId) =>
        voice.telephony.parking
          .parked(organisationId)
          .flatMap(({ contactId, queueId, phase }) => (phase.kind === "parked" ? [{ contactId, queueId, phase }] : [])),
      passedOn: (organisationId) => voice.passedOn.list(organisationId),
      causeOf: (organisationId, personId) => routing.causeOf(organisationId, personId),
      config: (organisationId) => directory.config(organisationId),
      nameOf: (organisationId, personId) => people.nameOf(organisationId, personId),
    },
    onFloorMoved: (listener) => {
      routing.events.on("viewChanged", ({ organisationId }) => listener(organisationId));
      voice.telephony.onLines(({ organisationId }) => listener(organisationId));
      voice.passedOn.onMoved(listener);
      help.onChanged(listener);
    },
  });

  follower.follow(list.projection);
  follower.follow(lostCalls.projection);
  follower.follow(customers.projection);
  follower.follow(help.projection);
  registerLookbackRoutes(api, { list, lostCalls, playback });
  registerRecordingGaps(api, {
    database,
    clock,
    log: logReader,
    recordings,
    keys,
    audit,
    people,
    dataFolder: deps.dataFolder,
  });
  registerCustomerRoutes(api, { customers, fields, contacts });
  directory.onChanged(({ organisationId }) => reporting.setupChanged(organisationId));
  deps.onPeopleChanged(({ organisationId }) => reporting.setupChanged(organisationId));

  return {
    follower,
    list,
    lostCalls,
    customers,
    help,
    playback,
    shrinking,
    reporting,
    async start() {
      await customers.start();
      await follower.start();
      await reporting.start();
    },
    async close() {
      await shrinking.close();
      await follower.close();
      reporting.close();
    },
  };
}
