export type { MediaEngineLog, MediaEngineOptions } from "./engine.ts";
export { createMediaEngine } from "./engine.ts";
export type { RtpPorts } from "./media-socket.ts";
export type { ByteRange, RecordingInfo, RecordingPeaks, RecordingReader, RecordingReadFailure } from "./open-recording.ts";
export { openRecording } from "./open-recording.ts";
export type { ShrinkOrder, ShrinkResult } from "./shrink.ts";
export { shrinkRecording } from "./shrink.ts";
