export { createRecordingShelf } from "./recording-shelf.ts";
export { createShrinking } from "./shrinking.ts";
export type { Shrinking } from "./shrinking.ts";
export { createVoice } from "./voice.ts";
export type { Voice } from "./voice.ts";
