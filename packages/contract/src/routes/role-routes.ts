import type { Route } from "../route.ts";

/** The organisation's own roles. */
export const roleRoutes = {} as const satisfies Record<string, Route>;
