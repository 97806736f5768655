import type { Api } from "../../../platform/http.ts";
import type { Presets } from "../service.ts";

export function registerPresetRoutes(api: Api, presets: Presets): void {
  api.on("presetsList", ({ query }) => Promise.resolve(presets.list(query.language ?? "en")));
  api.on("presetPreview", ({ principal, params, body }) => presets.preview(principal, params.trade, body));
  api.on("presetApply", (call) => presets.apply(call, call.params.trade, call.body));
  api.on("presetApplicationsList", ({ principal }) => presets.applications(principal));
  api.on("presetUndoGet", ({ principal, params }) => presets.undoPlan(principal, params.applicationId));
  api.on("presetUndo", (call) => presets.undo(call, call.params.applicationId));
}
