import type { Route } from "../route.ts";

/** Tours taken and words explained. */
export const learningRoutes = {} as const satisfies Record<string, Route>;
