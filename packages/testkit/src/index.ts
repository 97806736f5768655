export { baresipDial, hasBaresip } from "./baresip.ts";
export type { BaresipCall } from "./baresip.ts";
export { createTestDatabase, prepareTemplate, TEMPLATE_DATABASE, TEST_DATABASE_VARIABLE } from "./postgres.ts";
export type { TestDatabase } from "./postgres.ts";
export { hasChromium, heardFrequency, openBrowser } from "./browser.ts";
export type { AgentBrowser } from "./browser.ts";
export { freePort } from "./free-port.ts";
export { startProgram } from "./program.ts";
export type { Program } from "./program.ts";
