export { stepContact } from "./core/contact-machine.ts";
export type { ContactCommand, ContactStep, ContactStimulus, Sentence } from "./core/contact-machine.ts";
export {
  abuseEndsFrom,
  evolveContact,
  foldContact,
  isWithoutAgent,
  leadIn,
  mentorAskedAt,
  openHelp,
  openParties,
  isNotCoded,
  owesCode,
  recordingNow,
  verifyLimits,
} from "./core/contact-facts.ts";
export type {
  AlertResult,
  ContactFacts,
  ContactPhase,
  ContactSegment,
  Handover,
  PartyFacts,
  RecordingFacts,
} from "./core/contact-facts.ts";
export { CONTACT_EVENT_VERSION } from "./core/events.ts";
export type {
  AgentEvent,
  ContactEvent,
  ContactEventBody,
  ContactEventKind,
  ContactOutcome,
  ContactPolicy,
  EdgeSource,
  RecordingPolicy,
} from "./core/events.ts";
export { createLogWriter } from "./log-writer.ts";
export type { Appended, LogRecord, LogStream, LogWriter } from "./log-writer.ts";
export { createContactImport } from "./import.ts";
export type { ContactImport, ImportedContacts, ImportedNote } from "./import.ts";
export type { ContactKeys, CustomerDirectory, CustomerName, PeopleNames } from "./ports.ts";
export { assertMayRead, createContacts } from "./service.ts";
export type { Applied, ApplyOptions, Caller, ContactBeginning, Contacts, ContactsEvents } from "./service.ts";
export { agentEventRecord, agentEventStream, contactEventRecord, contactEventStream } from "./store/event-store.ts";
export { createCallerHistory } from "./lookback/caller-history.ts";
export type { CallerHistory } from "./lookback/caller-history.ts";
export { createContactList } from "./lookback/contact-list.ts";
export type { ContactList } from "./lookback/contact-list.ts";
export { contactUses } from "./lookback/contact-uses.ts";
export { createLogFollower } from "./lookback/log-follower.ts";
export type { LogFollower, Projected, Projection } from "./lookback/log-follower.ts";
export { createLogReader } from "./lookback/log-reader.ts";
export type { LogReader, ReadAgentLine, ReadLine, ReadRow } from "./lookback/log-reader.ts";
export type { CustomerNames, NumberReader } from "./lookback/ports.ts";
export { registerLookbackRoutes } from "./lookback/routes.ts";
export { createLostCalls } from "./lost-calls/lost-calls.ts";
export { lossHadItBeenReal } from "./lost-calls/lost-call-rules.ts";
export type { LostCalls, LostCallsEvents } from "./lost-calls/lost-calls.ts";
export { createPlayback, playbackLimits } from "./playback/playback.ts";
export type { Playback } from "./playback/playback.ts";
export { registerRecordingGaps } from "./recording-gaps/recording-gaps.ts";
export { registerHelpRequests } from "./help/help-requests.ts";
export type { HelpRequests } from "./help/help-requests.ts";
export { pathBelow } from "./playback/recording-path.ts";
export type { RecordingFailureSums, RecordingKeys, RecordingShelf, ShelvedRecording, StoredRecording } from "./playback/ports.ts";
