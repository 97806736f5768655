export * from "./bus.ts";
export * from "./live.ts";
export * from "./permissions.ts";
export * from "./routes.ts";
export * from "./schemas.ts";
export * from "./timeline.ts";
