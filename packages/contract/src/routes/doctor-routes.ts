import Type from "typebox";
import type { Static } from "typebox";
import { list, one, type Route } from "../route.ts";
import { Id, Timestamp } from "../schemas.ts";
import { trunkFindingCodes } from "./trunk-routes.ts";
import { nullable } from "../nullable.ts";

export const doctorLimits = { runsKept: 20, relaysMax: 8, findingsMax: 400 } as const;

/** What is looked at, in the order of the page. */
export const doctorParts = ["exchange", "sound", "browser", "certificate", "clock", "trunks", "testCall"] as const;
export type DoctorPart = (typeof doctorParts)[number];

export const doctorFindingCodes = [
  ...trunkFindingCodes,
  "exchangeAway",
  "doorAnswers",
  "doorSilent",
  "doorClosed",
  "secureDoorClosed",
  "secureDoorNeeded",
  "audioPortsFree",
  "audioPortsTaken",
  "audioPortsFew",
  "audioArrives",
  "audioStopped",
  "addressNamed",
  "privateAddressNamed",
  "socketOpen",
  "socketFailed",
  "soundProven",
  "soundBlocked",
  "soundUnknown",
  "relaysNone",
  "relayAnswers",
  "relaySilent",
  "noCertificate",
  "ownAuthority",
  "ownCertificateGood",
  "ownCertificateEndsSoon",
  "ownCertificateEnded",
  "addressUncovered",
  "certificateNotGot",
  "clockSynchronised",
  "clockUnsynchronised",
  "clockUnknown",
  "browserClockDiffers",
  "noTrunks",
  "testCallEchoed",
  "testCallHeard",
  "testCallArrives",
  "testCallSilent",
  "testCallLossy",
  "testCallUnanswered",
  "testCallFailed",
  "testCallDenied",
  "testCallAway",
] as const;

export const DoctorFinding = Type.Object({
  part: Type.Enum([...doctorParts]),
  code: Type.Enum([...doctorFindingCodes]),
  /** Who has to do something; "none": it is as it should be. */
  side: Type.Enum(["us", "carrier", "between", "none"]),
  /** The trunk that it is about. */
  trunkName: nullable(Type.String()),
  target: nullable(Type.String()),
  seen: nullable(Type.String()),
  value: nullable(Type.Number()),
});
export type DoctorFinding = Static<typeof DoctorFinding>;

/** What the browser of whoever asks found out by itself. */
export const DoctorBrowserFacts = Type.Object({
  now: Timestamp,
  socketOpen: Type.Boolean(),
  /** Null: this person's phone isn't on. */
  pathProven: nullable(Type.Boolean()),
  /** Null: this person has no phone, and is given no relays. */
  relays: nullable(
    Type.Array(Type.Object({ url: Type.String({ maxLength: 255 }), answers: Type.Boolean() }), { maxItems: doctorLimits.relaysMax }),
  ),
});
export type DoctorBrowserFacts = Static<typeof DoctorBrowserFacts>;

export const DoctorRun = Type.Object({
  runId: Id,
  startedAt: Timestamp,
  /** Null while it runs. */
  endedAt: nullable(Timestamp),
  byName: Type.String(),
  /** Parts that are done, of all that are looked at. */
  done: Type.Array(Type.Enum([...doctorParts])),
  findings: Type.Array(DoctorFinding),
});
export type DoctorRun = Static<typeof DoctorRun>;

/** The network doctor: places real probes everywhere at once, and says which side is wrong. */
export const doctorRoutes = {
  doctorRunsList: {
    method: "GET",
    path: "/network-doctor/runs",
    access: ["setup.manage"],
    tag: "setup",
    summary: "What the network doctor found, newest first; the last ones are kept",
    response: list(DoctorRun),
  },
  doctorRunGet: {
    method: "GET",
    path: "/network-doctor/runs/:runId",
    access: ["setup.manage"],
    tag: "setup",
    summary: "One look of the network doctor, also while it goes on",
    params: one("runId"),
    response: DoctorRun,
  },
  doctorRunCreate: {
    method: "POST",
    path: "/network-doctor/runs",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Probes the exchange's doors, the audio ports, certificates, the clock and all trunks, together with what the browser found",
    body: Type.Intersect([
      DoctorBrowserFacts,
      Type.Object({
        /** A number to call by this trunk, best one that echoes; null: no call is placed. */
        testCall: nullable(Type.Object({ trunkId: Id, number: Type.String({ minLength: 1, maxLength: 60 }) })),
      }),
    ]),
    response: DoctorRun,
  },
} as const satisfies Record<string, Route>;
