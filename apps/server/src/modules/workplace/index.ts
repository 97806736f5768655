export { registerWorkplace, workplaceLimits, type WorkplaceDeps } from "./workplace.ts";
