export { chooseCrypto, cryptoLimits, cryptoSuites, parseCrypto, printCrypto, readCryptos } from "./crypto.ts";
export type { CryptoKey, SdpCrypto } from "./crypto.ts";
export { answerDirection, createAnswer, createOffer, isHold, nextVersion, readAudio } from "./audio.ts";
export type {
  AudioCodec,
  AudioFailure,
  Direction,
  Fingerprint,
  IceCandidate,
  LocalAudio,
  RemoteAudio,
  Setup,
  TransportAddress,
} from "./audio.ts";
export { createRecordingOffer, readRecordingAnswer } from "./recording.ts";
export type { RecordedStreamOffer } from "./recording.ts";
export { attributeGet, parseSdp, printSdp, sdpLimits } from "./session-description.ts";
export type { MediaDescription, SdpAttribute, SdpOrigin, SdpParseResult, SessionDescription } from "./session-description.ts";
