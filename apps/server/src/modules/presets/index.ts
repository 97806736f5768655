export { registerPresetRoutes } from "./api/preset-routes.ts";
export { createPresets, type Presets, type PresetsDeps } from "./service.ts";
