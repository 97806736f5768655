export { routerConfig } from "./router-config.ts";
export type { VoiceConfig, VoiceDirectory } from "./ports.ts";
export { createRouting } from "./service.ts";
export type { RouterWish, Routing } from "./service.ts";
export { journalStream, snapshotStream } from "./store/journal-store.ts";
