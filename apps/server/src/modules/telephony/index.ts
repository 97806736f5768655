export { createRecordingShelf } from "./recording-shelf.ts";
export { createVoice } from "./voice.ts";
export type { Voice } from "./voice.ts";
