import type { Route } from "../route.ts";

/** Ready-made set-ups for a trade. */
export const presetRoutes = {} as const satisfies Record<string, Route>;
