export type {
  Codec, LegFigures, LegPath, MediaEngine, MediaEvent, PlainLegOpened, PlainLegOptions, PlainRemote, RecordingOptions, SequenceItem,
  WebrtcLegOpened, WebrtcLegOptions, WebrtcRemote,
} from "./engine-port.ts";
export {
  decodeG711, decodeSample, encodeG711, encodeSample, FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE, SILENCE_BYTE, STATIC_PAYLOAD_TYPE, transcodeTable,
} from "./g711.ts";
export type { EncodedAudio } from "./sequence-player.ts";
export { SequencePlayer } from "./sequence-player.ts";
export type { ToneOptions } from "./tone.ts";
export { generateTone, loudness, toneShare } from "./tone.ts";
