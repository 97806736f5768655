import type { Route } from "../route.ts";

/** Projects and opening hours. */
export const projectRoutes = {} as const satisfies Record<string, Route>;
