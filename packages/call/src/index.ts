export { beginCall, CallLimits, stepCall } from "./call-machine.ts";
export type { AgentSide, CallCommand, CallEvent, CallReport, CallState, CallTimer, EndCause, RecordingOrder } from "./call-machine.ts";
export { beginPhone, PhoneLimits, stepPhone } from "./phone-machine.ts";
export type { PhoneCommand, PhoneEvent, PhoneState, StandingLeg } from "./phone-machine.ts";
