export { createTestCalls } from "./test-calls.ts";
export type { TestCalls, TestCallsDeps } from "./test-calls.ts";
