export type {
  Codec, LegFigures, LegPath, MediaEngine, MediaEvent, PlainLegOpened, PlainLegOptions, PlainRemote, RecordingOptions, SequenceItem,
  WebrtcLegOpened, WebrtcLegOptions, WebrtcRemote,
} from "./engine-port.ts";
