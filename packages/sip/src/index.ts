export { createDigestServer, digestAnswer, digestCredentials, digestLimits, digestResponse } from "./digest.ts";
export type { DigestAlgorithm, DigestCredentials, DigestServer, DigestVerdict } from "./digest.ts";
export { createDigestClient } from "./digest-client.ts";
export { dtmfRelayLimits, readRelayedDigit, relayedDigitBody } from "./dtmf-relay.ts";
export type { RelayedDigit } from "./dtmf-relay.ts";
export { chooseFinal, redirectTargets } from "./final-choice.ts";
export { assertedIdentities, diversions, isIdentityWithheld } from "./identity-headers.ts";
export type { Diversion } from "./identity-headers.ts";
export { messageLimits, stackLimits, streamLimits } from "./limits.ts";
export { canonicalName, contentTypeOf, headerAll, headerGet, headerTokens, reasonPhrase } from "./message.ts";
export type { CSeq, SipBody, SipHeader, SipMessage, SipParseFailure, SipParseResult, SipRequest, SipResponse, Via } from "./message.ts";
export { multipartBody, multipartLimits, multipartParts } from "./multipart.ts";
export type { BodyPart } from "./multipart.ts";
export { parseAuthParams, parseCSeq, parseMessage, parseViaList } from "./parse.ts";
export { causeOfStatus, readReasons, reasonHeader, statusOfCause } from "./reason.ts";
export type { Reason } from "./reason.ts";
export { printRecordingMetadata, recordingMetadataTypes } from "./recording-metadata.ts";
export type { RecordedParticipant, RecordedSession, RecordedStream, RecordingMetadata } from "./recording-metadata.ts";
export { createRegistrar, registrarLimits } from "./registrar.ts";
export type { Binding, BindingChange, RegisterAnswer, Registrar, RegistrarLimits } from "./registrar.ts";
export { readRegisterOutcome, registrationLimits, stepRegistration } from "./registration-machine.ts";
export type {
  RegisterOutcome,
  RegistrationCommand,
  RegistrationEvent,
  RegistrationState,
  RegistrationTrouble,
} from "./registration-machine.ts";
export { parseReferTo, parseReplaces, printReferTo, printReplaces } from "./replaces.ts";
export type { ReferTarget, Replaces } from "./replaces.ts";
export { sessionTimerLimits } from "./session-timer.ts";
export type { SessionTimerSettings } from "./session-timer.ts";
export { branchOf, createRequest, createResponse, printVia, serializeMessage, withHeader, withTopVia } from "./serialize.ts";
export type { SerializeFailure } from "./serialize.ts";
export { scrubMessage } from "./scrub.ts";
export { createSipStack } from "./stack.ts";
export type {
  Authenticate,
  DialogHabits,
  HostPort,
  InviteFields,
  ReferFields,
  ReliableProgress,
  RequestFields,
  RequestTiming,
  ResponseFields,
  SipCallFailure,
  SipCallResult,
  SipCommand,
  SipDialogEndCause,
  SipDialogId,
  SipDialogName,
  SipEvent,
  SipFlow,
  SipReferId,
  SipSendResult,
  SipStack,
  SipStackOptions,
  SipTransactionId,
  SipTransport,
  SipUserEvent,
} from "./stack-types.ts";
export { statelessChallenge } from "./stateless-challenge.ts";
export { createStreamFramer } from "./stream-framer.ts";
export type { FramerOutput, StreamFramer } from "./stream-framer.ts";
export { goesOn, mayGoOn } from "./target-failover.ts";
export type { RequestOutcome } from "./target-failover.ts";
export { beginHealth, healthLimits, orderByHealth, stepHealth } from "./target-health.ts";
export type { HealthCommand, HealthEvent, HealthReason, HealthState } from "./target-health.ts";
export { createTargetResolver, defaultPort, orderByWeight, resolverLimits } from "./target-resolver.ts";
export type {
  DnsAnswer,
  DnsPort,
  NaptrRecord,
  PeerAddress,
  PeerName,
  SrvRecord,
  TargetResolver,
  TrunkTransport,
} from "./target-resolver.ts";
export {
  addressOfRecord,
  paramGet,
  paramSet,
  parseHostPort,
  parseNameAddr,
  parseNameAddrList,
  parseUri,
  printNameAddr,
  printUri,
  quote,
  tagOf,
  unescapeUser,
  unquote,
} from "./uri.ts";
export type { NameAddr, Param, SipUri, Uri } from "./uri.ts";
