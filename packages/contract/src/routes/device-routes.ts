import Type from "typebox";
import { DeviceLogEntry } from "../device.ts";
import { list, one, type Route } from "../route.ts";
import { DeskState, Device, Id, Name } from "../schemas.ts";

/** Desk phones and softphones as agents' phones. */
export const deviceRoutes = {
  deviceUpdate: {
    method: "PATCH",
    path: "/devices/:deviceId",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Changes a device: its name, whose it is, what it can do",
    params: one("deviceId"),
    body: Type.Object({
      name: Type.Optional(Name),
      personId: Type.Optional(Type.Union([Id, Type.Null()])),
      /** Two to six digits; null takes it away. */
      extension: Type.Optional(Type.Union([Type.String({ maxLength: 20 }), Type.Null()])),
      autoAnswer: Type.Optional(Type.Boolean()),
      offersSrtp: Type.Optional(Type.Boolean()),
      version: Type.Integer(),
    }),
    response: Device,
  },
  deviceLog: {
    method: "GET",
    path: "/devices/:deviceId/log",
    access: ["setup.manage"],
    tag: "setup",
    summary: "What happened at a phone, newest first; kept in memory",
    params: one("deviceId"),
    response: list(DeviceLogEntry),
  },
  deskPhonePut: {
    method: "PUT",
    path: "/desk/phone",
    access: ["desk.work"],
    tag: "desk",
    summary: "Chooses which of one's phones rings: the browser (null) or a device of one's own; not during a call",
    body: Type.Object({ deviceId: Type.Union([Id, Type.Null()]) }),
    response: DeskState,
  },
  deskPhoneCall: {
    method: "POST",
    path: "/desk/phone/call",
    access: ["desk.work"],
    tag: "desk",
    summary: "Calls one's own device, to go on with the call whose sound was lost",
    response: DeskState,
  },
} as const satisfies Record<string, Route>;
