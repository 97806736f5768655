export { createDigestServer, digestAnswer, digestCredentials, digestLimits, digestResponse } from "./digest.ts";
export type { DigestAlgorithm, DigestCredentials, DigestServer, DigestVerdict } from "./digest.ts";
export { messageLimits, stackLimits, streamLimits } from "./limits.ts";
export { canonicalName, contentTypeOf, headerAll, headerGet, headerTokens, reasonPhrase } from "./message.ts";
export type { CSeq, SipBody, SipHeader, SipMessage, SipParseFailure, SipParseResult, SipRequest, SipResponse, Via } from "./message.ts";
export { parseAuthParams, parseCSeq, parseMessage, parseViaList } from "./parse.ts";
export { createRegistrar, registrarLimits } from "./registrar.ts";
export type { Binding, BindingChange, RegisterAnswer, Registrar, RegistrarLimits } from "./registrar.ts";
export { branchOf, createRequest, createResponse, printVia, serializeMessage, withHeader, withTopVia } from "./serialize.ts";
export type { SerializeFailure } from "./serialize.ts";
export { scrubMessage } from "./scrub.ts";
export { createSipStack } from "./stack.ts";
export type {
  HostPort,
  InviteFields,
  RequestFields,
  ResponseFields,
  SipCallFailure,
  SipCallResult,
  SipCommand,
  SipDialogEndCause,
  SipDialogId,
  SipEvent,
  SipFlow,
  SipSendResult,
  SipStack,
  SipStackOptions,
  SipTransactionId,
  SipTransport,
  SipUserEvent,
} from "./stack-types.ts";
export { createStreamFramer } from "./stream-framer.ts";
export type { FramerOutput, StreamFramer } from "./stream-framer.ts";
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
