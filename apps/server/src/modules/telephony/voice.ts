import { join } from "node:path";
import type { Clock, Epoch, IdSource, OrganisationId, PersonId, SessionId, Timers } from "@allo/kernel";
import type { Database } from "../../platform/db.ts";
import type { EdgeListener } from "../../bus/index.ts";
import type { Api } from "../../platform/http.ts";
import type { Audit } from "../identity/index.ts";
import type { LiveHub } from "../../platform/live.ts";
import type { Logger } from "../../platform/log.ts";
import {
  agentEventStream,
  contactEventStream,
  createContacts,
  createLogWriter,
  type Contacts,
  type CustomerDirectory,
  type LogWriter,
  type PeopleNames,
} from "../contacts/index.ts";
import { createRouting, journalStream, snapshotStream, type Routing, type VoiceDirectory } from "../routing/index.ts";
import { registerCallsApi } from "./calls-api.ts";
import { registerPhoneApi, type ChoosePhone } from "./phone-api.ts";
import { createColleagueCalls } from "./colleague-calls.ts";
import { createDialRefusals } from "./dial-refusals.ts";
import { registerInternalCallsApi } from "./internal-calls-api.ts";
import { createOutboundCalls, registerOutboundApi } from "./outbound-api.ts";
import { createPhoneDialling } from "./phone-dialling.ts";
import { registerDeskApi } from "./api.ts";
import { createDesk, type Desk } from "./desk.ts";
import type { CallingOut, EdgePort, PhoneBook, VoiceKeys } from "./ports.ts";
import { createOutsideCalls } from "./outside-calls.ts";
import { createPassedOn, type PassedOn } from "./passed-on.ts";
import { createPassingOn } from "./passing-on.ts";
import { createPhoneWishes } from "./phone-wishes.ts";
import { createReferrals } from "./referrals.ts";
import { createTelephony, type Telephony } from "./service.ts";
import { edgeMarkStream, recordingEventStream } from "./store/recording-store.ts";

export type VoiceDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly timers: Timers;
  /** For what is committed by groups; the same as `timers` outside of tests. */
  readonly logTimers?: Timers;
  readonly ids: IdSource;
  readonly keys: VoiceKeys;
  readonly epoch: Epoch;
  readonly directory: VoiceDirectory;
  readonly people: PeopleNames;
  readonly phoneBook: PhoneBook;
  readonly audit: Pick<Audit, "write">;
  readonly callingOut: CallingOut;
  readonly choosePhone: ChoosePhone;
  /** Whether a recorder elsewhere gets calls now. */
  readonly isRecorderInUse: (organisationId: OrganisationId, recorderId: string) => boolean;
  readonly customers?: CustomerDirectory;
  readonly live: LiveHub;
  readonly api: Api;
  readonly edge: EdgePort;
  /** ALLO_DATA */
  readonly dataFolder: string;
  readonly log: Logger;
};

export type Voice = {
  readonly writer: LogWriter;
  readonly contacts: Contacts;
  readonly routing: Routing;
  readonly telephony: Telephony;
  readonly desk: Desk;
  readonly passedOn: PassedOn;
  /** Takes over what an earlier start left. Afterwards messages of the edge are welcome. */
  readonly start: () => Promise<void>;
  /** For the link to the edge (bus/edge-link.ts). */
  readonly edgeListener: EdgeListener;
  readonly sessionEnded: (event: { readonly personId: PersonId; readonly sessionId: SessionId }) => void;
  readonly close: () => Promise<void>;
};

/** Contacts, routing and telephony as one: opens the log (what a killed start spooled goes in first) and wires the three. */
export async function createVoice(deps: VoiceDeps): Promise<Voice> {
  const { database, timers, live, api, directory, log } = deps;
  const writer = await createLogWriter({
    database,
    spoolFolder: join(deps.dataFolder, "spool"),
    timers: deps.logTimers ?? timers,
    log,
    streams: [contactEventStream, agentEventStream, journalStream, snapshotStream, recordingEventStream, edgeMarkStream],
  });
  const contacts = createContacts({ ...deps, writer });
  const routing = createRouting({ ...deps, writer });
  const telephony = createTelephony({ ...deps, contacts, routing, writer });
  const { phoneOf, chosenDevice, deviceState, connectsItself, lineOf, contactBeside, parking, internal } = telephony;
  const refusals = createDialRefusals(deps);
  const desk = createDesk({
    ...deps,
    refusals,
    contacts,
    routing,
    phoneOf,
    chosenDevice,
    deviceState,
    connectsItself,
    lineOf,
    contactBeside,
    parked: parking.parked,
    internal,
  });
  telephony.onLines(({ organisationId, agentId }) => {
    if (agentId !== null) desk.touch(organisationId, agentId);
  });
  telephony.onNote(desk.noteStored);
  telephony.onPhone((personId) => {
    const organisationId = routing.organisationOf(personId);
    if (organisationId !== undefined) desk.touch(organisationId, personId);
  });
  refusals.onChanged(({ organisationId, personId }) => desk.touch(organisationId, personId));
  registerDeskApi({ api, contacts, routing, directory, telephony, desk, database, timers });
  const outside = createOutsideCalls({ ...deps, contacts, telephony });
  registerPhoneApi({ ...deps, contacts, routing, telephony, desk });
  const outbound = createOutboundCalls({ ...deps, contacts, routing, telephony, outside });
  registerOutboundApi({ api, desk, outbound });
  const passingOn = createPassingOn({ ...deps, routing, telephony });
  registerCallsApi({ ...deps, contacts, routing, telephony, desk, outside, passingOn });
  createPhoneWishes({ ...deps, contacts, routing, telephony, outside, passingOn });
  const colleagues = createColleagueCalls({ ...deps, routing, telephony });
  registerInternalCallsApi({ ...deps, telephony, desk, colleagues });
  createPhoneDialling({ ...deps, contacts, telephony, colleagues, outbound, refusals });
  createReferrals({ ...deps, contacts, telephony });
  live.onPresence((event) => routing.presence(event));
  return {
    writer,
    contacts,
    routing,
    telephony,
    desk,
    passedOn: createPassedOn({ contacts, log }),
    start: () => telephony.start(),
    edgeListener: telephony,
    sessionEnded: (event) => routing.sessionEnded(event),
    async close() {
      refusals.close();
      telephony.close();
      routing.close();
      await writer.close();
    },
  };
}
