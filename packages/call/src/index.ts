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
export { beginDeviceCall, beginDialledCall, refusalOf, stepDeviceCall } from "./device-call-machine.ts";
export type { DeviceCallCommand, DeviceCallEvent, DeviceCallState, DeviceCallTimer, DeviceRefusal } from "./device-call-machine.ts";
export { recordedCallOf } from "./recorded-parties.ts";
export type { RecordedCall, RecordedParty } from "./recorded-parties.ts";
export { beginRecorderSession, RecorderSessionLimits, stepRecorderSession } from "./recorder-session.ts";
export type {
  PausedAs,
  RecorderFailure,
  RecorderReport,
  RecorderSessionCommand,
  RecorderSessionEvent,
  RecorderSessionState,
  RecorderSessionTimer,
  RecorderTrouble,
} from "./recorder-session.ts";
export { beginInternalCall, stepInternalCall } from "./internal-call-machine.ts";
export type {
  InternalCallCommand,
  InternalCallEvent,
  InternalCallState,
  InternalHearing,
  InternalSeat,
  InternalSide,
} from "./internal-call-machine.ts";
export { beginPhone, PhoneLimits, stepPhone } from "./phone-machine.ts";
export type { PhoneCommand, PhoneEvent, PhoneState, StandingLeg } from "./phone-machine.ts";
