export type { MediaEngineLog, MediaEngineOptions } from "./engine.ts";
export { createMediaEngine } from "./engine.ts";
