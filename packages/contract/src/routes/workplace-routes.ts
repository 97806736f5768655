import type { Route } from "../route.ts";

/** Checks of workplaces, headsets, lines without sound. */
export const workplaceRoutes = {} as const satisfies Record<string, Route>;
