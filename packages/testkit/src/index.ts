export { baresipDial, hasBaresip } from "./baresip.ts";
export type { BaresipCall } from "./baresip.ts";
export { createTestDatabase, prepareTemplate, TEMPLATE_DATABASE, TEST_DATABASE_VARIABLE } from "./postgres.ts";
export type { TestDatabase } from "./postgres.ts";
