export { DtmfDetector } from "./dtmf-detector.ts";
export { fillDtmf } from "./dtmf-tones.ts";
export type {
  Codec,
  LegFigures,
  LegPath,
  MediaEngine,
  MediaEvent,
  PlainLegOpened,
  PlainLegOptions,
  PlainRemote,
  SdesKeys,
  RecordedSide,
  RecordingLegs,
  RecordingOptions,
  Sequence,
  SequenceItem,
  SpeechCounters,
  WebrtcLegOpened,
  WebrtcLegOptions,
  WebrtcRemote,
} from "./engine-port.ts";
export {
  decodeG711,
  decodeSample,
  encodeG711,
  encodeSample,
  FRAME_MS,
  FRAME_SAMPLES,
  SAMPLE_RATE,
  SILENCE_BYTE,
  STATIC_PAYLOAD_TYPE,
  transcodeTable,
} from "./g711.ts";
export { Mixer, softClip } from "./mixer.ts";
export type { EncodedAudio } from "./sequence-player.ts";
export { SequencePlayer } from "./sequence-player.ts";
export type { ToneOptions } from "./tone.ts";
export { generateTone, loudness, toneShare } from "./tone.ts";
export { wavePeaks } from "./peaks.ts";
export type { OggPage, OpusHead } from "./ogg-opus.ts";
export {
  joinOpusStreams,
  OPUS_GRANULE_RATE,
  OPUS_PRE_SKIP,
  opusHead,
  opusTags,
  parseOggPage,
  parseOpusHead,
  splitOpusStreams,
  writeOggPage,
} from "./ogg-opus.ts";
export type { RecordingChunkPlace, RecordingHeader, RecordingHeaderFailure, RecordingLayout } from "./recording-format.ts";
export {
  chunkAdditionalData,
  chunkNonce,
  chunkOffset,
  chunksOfRange,
  layoutOf,
  parseRecordingHeader,
  RECORDING_CHANNELS,
  RECORDING_CHUNK_BYTES,
  RECORDING_CHUNK_MS,
  RECORDING_HEADER_BYTES,
  RECORDING_KEY_BYTES,
  RECORDING_LENGTH_BYTES,
  RECORDING_NONCE_PREFIX_BYTES,
  RECORDING_TAG_BYTES,
  RECORDING_VERSION,
  readChunkLength,
  walkChunks,
  writeChunkLength,
  writeRecordingHeader,
} from "./recording-format.ts";
export { resample, toMono, toTelephony } from "./resample.ts";
export type { WavAudio, WavFailure } from "./wav.ts";
export { buildWav, buildWavHeader, parseWav, WAV_HEADER_BYTES, WAV_SAMPLES_MAX } from "./wav.ts";
export type { VoicePacket } from "./voice-buffer.ts";
export type { WayFigures } from "./line-quality.ts";
export { estimateMos } from "./line-quality.ts";
export { dbfsOf, isSpeechLoud, SpeechMeter } from "./speech-meter.ts";
