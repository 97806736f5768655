export type { VoiceConfig, VoiceDirectory } from "./ports.ts";
export { routerConfig } from "./router-config.ts";
export { createRouting, routingLimits } from "./service.ts";
export type { RouterWish, Routing, RoutingEvents } from "./service.ts";
export { journalStream, snapshotStream } from "./store/journal-store.ts";
