export { beginCall, beginDialling, CallLimits, stepCall } from "./call-machine.ts";
export type {
  CallCommand,
  CallEvent,
  CallReport,
  CallState,
  CallTimer,
  EndCause,
  MonitorMode,
  OwnerSide,
  Party,
  RecordingOrder,
  Seat,
} from "./call-types.ts";
export { beginPhone, PhoneLimits, stepPhone } from "./phone-machine.ts";
export type { PhoneCommand, PhoneEvent, PhoneState, StandingLeg } from "./phone-machine.ts";
