export { beginCall, beginDialling, CallLimits, stepCall } from "./call-machine.ts";
export type {
  CallCommand,
  CallEvent,
  CallReport,
  CallState,
  CallTimer,
  EndCause,
  MonitorMode,
  OutsideParty,
  OwnerSide,
  Party,
  RecordingOrder,
  Seat,
} from "./call-types.ts";
export { beginDeviceCall, refusalOf, stepDeviceCall } from "./device-call-machine.ts";
export type { DeviceCallCommand, DeviceCallEvent, DeviceCallState, DeviceCallTimer, DeviceRefusal } from "./device-call-machine.ts";
export { beginPhone, PhoneLimits, stepPhone } from "./phone-machine.ts";
export type { PhoneCommand, PhoneEvent, PhoneState, StandingLeg } from "./phone-machine.ts";
