export type {
  CallerEnd,
  CallerEvent,
  CallerHearing,
  Callers,
  CallersOptions,
  CallTarget,
  PlacedCall,
  PlaceFields,
} from "./caller-types.ts";
export { callerLimits } from "./caller-limits.ts";
export { createCallers } from "./callers.ts";
export { encodeVoice } from "./call-media.ts";
