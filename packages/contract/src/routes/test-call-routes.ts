import type { Route } from "../route.ts";

/** Test calls that the built-in caller places. */
export const testCallRoutes = {} as const satisfies Record<string, Route>;
