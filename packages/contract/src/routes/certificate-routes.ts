import type { Route } from "../route.ts";

/** The address of this centre and its certificate. */
export const certificateRoutes = {} as const satisfies Record<string, Route>;
