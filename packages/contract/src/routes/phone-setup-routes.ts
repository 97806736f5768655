import Type from "typebox";
import { one, type Route } from "../route.ts";
import { DeviceSecret } from "../schemas.ts";

/** With the transport behind a dot (".tls"): some phones lose what follows a question mark. Without: UDP. */
const token = Type.String({ maxLength: 100 });

/** How desk phones and softphones get what they need to register. */
export const phoneSetupRoutes = {
  deviceRenew: {
    method: "POST",
    path: "/devices/:deviceId/renew",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Gives a device a new password, shown once: the old one ends at once",
    params: one("deviceId"),
    response: DeviceSecret,
  },
  phoneSetupGet: {
    method: "GET",
    path: "/phone-setup/:token",
    access: "public",
    tag: "setup",
    summary: "A phone's configuration as Linphone reads it, once, by a one-time link",
    params: Type.Object({ token }),
    bytes: "application/xml",
  },
  phoneSetupFileGet: {
    method: "GET",
    path: "/phone-setup/:token/:file",
    access: "public",
    tag: "setup",
    summary: "The same for a desk phone of Grandstream, which asks for cfg<MAC>.xml",
    params: Type.Object({ token, file: Type.String({ maxLength: 60 }) }),
    bytes: "application/xml",
  },
} as const satisfies Record<string, Route>;
