export type { AgentPhone, AgentPhoneFields, AgentPhones, AgentPhonesOptions, AgentPhoneState } from "./agent-phone-types.ts";
export { agentPhoneLimits } from "./agent-phone-types.ts";
export { createAgentPhones } from "./agent-phone.ts";
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
