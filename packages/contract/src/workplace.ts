import Type from "typebox";
import type { Static } from "typebox";
import { Id, Timestamp } from "./schemas.ts";
import { nullable } from "./nullable.ts";

const label = nullable(Type.String({ maxLength: 120 }));

/** What a workplace check looks at, in the order it is shown. */
export const workplaceItems = ["microphone", "headset", "ringer", "echo", "network", "browser"] as const;
export type WorkplaceItem = (typeof workplaceItems)[number];
/** `notMeasured`: nothing could be measured, and nothing is held against it. */
export const workplaceVerdicts = ["good", "poor", "failed", "notMeasured"] as const;
export type WorkplaceVerdict = (typeof workplaceVerdicts)[number];
/** Why an item isn't good; the screens have words and a remedy for each. */
export const workplaceFaults = [
  "insecure",
  "unsupported",
  "outdated",
  "throttled",
  "notificationsOff",
  "denied",
  "absent",
  "busy",
  "silent",
  "quiet",
  "noisy",
  "noOutput",
  "sameAsHeadset",
  "speakersHeard",
  "slow",
  "unsteady",
  "lossy",
  "noPath",
  "linkAway",
] as const;
export type WorkplaceFault = (typeof workplaceFaults)[number];
export const skipReasons = ["callsWait", "knownGood", "cantNow", "other"] as const;
export type SkipReason = (typeof skipReasons)[number];

const decibels = nullable(Type.Number({ minimum: -200, maximum: 20 }));
const milliseconds = nullable(Type.Number({ minimum: 0, maximum: 3_600_000 }));
const share = nullable(Type.Number({ minimum: 0, maximum: 1 }));

/** What a browser measured. Devices are named by their labels: ids of devices never leave the browser. */
export const WorkplaceFigures = Type.Object({
  browser: Type.Object({
    name: Type.String({ maxLength: 40 }),
    version: Type.String({ maxLength: 20 }),
    system: Type.String({ maxLength: 40 }),
    secure: Type.Boolean(),
    calls: Type.Boolean({ description: "WebRTC and the microphone's interface are there" }),
    outdated: Type.Boolean(),
    timerDelayMs: milliseconds,
    notifications: Type.Enum(["granted", "denied", "default", "unsupported"]),
  }),
  microphone: Type.Object({
    problem: nullable(Type.Enum(["denied", "absent", "busy", "insecure", "unsupported"])),
    label,
    noiseDbfs: decibels,
    speechDbfs: decibels,
    /** Each sample was nought: a switch on the headset, or the system, mutes it. */ flat: Type.Boolean(),
  }),
  headset: Type.Object({ label, outputs: nullable(Type.Integer({ minimum: 0, maximum: 1_000 })), buttons: label }),
  ringer: Type.Object({ label, sameAsHeadset: Type.Boolean() }),
  /** Correlation of what the microphone heard with the chirp that was played, and how much later. */
  echo: Type.Object({ correlation: share, delayMs: milliseconds }),
  network: Type.Object({
    linkOpen: Type.Boolean(),
    roundTripMs: milliseconds,
    jitterMs: milliseconds,
    loss: share,
    /** The phone's standing connection is proven; null where the phone isn't on yet. */ pathProven: nullable(Type.Boolean()),
  }),
});
export type WorkplaceFigures = Static<typeof WorkplaceFigures>;

export const WorkplaceResult = Type.Object({
  item: Type.Enum([...workplaceItems]),
  verdict: Type.Enum([...workplaceVerdicts]),
  faults: Type.Array(Type.Enum([...workplaceFaults])),
});
export type WorkplaceResult = Static<typeof WorkplaceResult>;

export const WorkplaceSkip = Type.Object({ reason: Type.Enum([...skipReasons]), words: Type.String({ maxLength: 200 }) });
export const WorkplaceCheckWrite = Type.Object({
  tookMs: Type.Integer({ minimum: 0, maximum: 600_000 }),
  figures: nullable(WorkplaceFigures),
  skipped: nullable(WorkplaceSkip),
});
export type WorkplaceCheckWrite = Static<typeof WorkplaceCheckWrite>;
export const WorkplaceCheck = Type.Object({
  checkId: Id,
  at: Timestamp,
  tookMs: Type.Integer(),
  figures: nullable(WorkplaceFigures),
  results: Type.Array(WorkplaceResult),
  skipped: nullable(WorkplaceSkip),
});
export type WorkplaceCheck = Static<typeof WorkplaceCheck>;

/** `remarks`: one can work, but something is poor. `never`: no check yet. */
export const workplaceStandings = ["equipped", "remarks", "notEquipped", "skipped", "never"] as const;
export type WorkplaceStanding = (typeof workplaceStandings)[number];
export const WorkplaceRow = Type.Object({
  personId: Id,
  name: Type.String(),
  standing: Type.Enum([...workplaceStandings]),
  /** The last check is older than a day. */ stale: Type.Boolean(),
  last: nullable(WorkplaceCheck),
});
export type WorkplaceRow = Static<typeof WorkplaceRow>;

/** Where each number ends being good, and where it ends being enough. */
export const WorkplaceThresholds = {
  /** Speech below it is hardly heard at the other end; below the second, nobody spoke or the microphone is far away. */
  speechPoorDbfs: -45,
  speechFailedDbfs: -70,
  noisePoorDbfs: -35,
  /** The chirp is the microphone's only loud sound at that moment: half of it heard is the loudspeaker, not a headset's leak. */
  echoPoorCorrelation: 0.25,
  roundTripPoorMs: 250,
  roundTripFailedMs: 800,
  jitterPoorMs: 30,
  lossPoor: 0.01,
  lossFailed: 0.05,
  /** A timer of 50 ms that comes so late belongs to a page the browser holds back. */
  timerDelayPoorMs: 400,
  staleAfterMs: 24 * 3_600_000,
} as const;

/** The verdict on each item, from figures alone; server and screens share it. */
export function judgeWorkplace(figures: WorkplaceFigures): readonly WorkplaceResult[] {
  return [
    judgeMicrophone(figures),
    judgeHeadset(figures),
    judgeRinger(figures),
    judgeEcho(figures),
    judgeNetwork(figures),
    judgeBrowser(figures),
  ];
}

/** What a check says of the workplace as a whole. */
export function standingOf(check: Pick<WorkplaceCheck, "results" | "skipped"> | null): WorkplaceStanding {
  if (check === null) return "never";
  if (check.skipped !== null) return "skipped";
  if (check.results.some(({ verdict }) => verdict === "failed")) return "notEquipped";
  return check.results.some(({ verdict }) => verdict === "poor") ? "remarks" : "equipped";
}

export function isStale(at: number | null, now: number): boolean {
  return at === null || now - at > WorkplaceThresholds.staleAfterMs;
}

type Found = { readonly failed: WorkplaceFault[]; readonly poor: WorkplaceFault[] };
const nothingFound = (): Found => ({ failed: [], poor: [] });

function resultOf(item: WorkplaceItem, { failed, poor }: Found, measured = true): WorkplaceResult {
  const verdict = failed.length > 0 ? "failed" : poor.length > 0 ? "poor" : measured ? "good" : "notMeasured";
  return { item, verdict, faults: [...failed, ...poor] };
}

function judgeMicrophone({ microphone }: WorkplaceFigures): WorkplaceResult {
  const found = nothingFound();
  const { problem, flat, speechDbfs, noiseDbfs } = microphone;
  if (problem !== null) found.failed.push(problem);
  else if (flat) found.failed.push("silent");
  else if (speechDbfs !== null && speechDbfs < WorkplaceThresholds.speechFailedDbfs) found.failed.push("silent");
  else if (speechDbfs !== null && speechDbfs < WorkplaceThresholds.speechPoorDbfs) found.poor.push("quiet");
  if (noiseDbfs !== null && noiseDbfs > WorkplaceThresholds.noisePoorDbfs) found.poor.push("noisy");
  return resultOf("microphone", found, noiseDbfs !== null || speechDbfs !== null);
}

function judgeHeadset({ headset }: WorkplaceFigures): WorkplaceResult {
  const found = nothingFound();
  if (headset.outputs === 0) found.failed.push("noOutput");
  return resultOf("headset", found, headset.outputs !== null);
}

function judgeRinger({ ringer, headset }: WorkplaceFigures): WorkplaceResult {
  // One output only: there is nothing else to ring on.
  const canDiffer = headset.outputs !== null && headset.outputs > 1;
  // A piece of advice, and no fault: who always wears the headset hears it ring.
  const faults: WorkplaceFault[] = canDiffer && ringer.sameAsHeadset ? ["sameAsHeadset"] : [];
  return { item: "ringer", verdict: canDiffer ? "good" : "notMeasured", faults };
}

function judgeEcho({ echo }: WorkplaceFigures): WorkplaceResult {
  const found = nothingFound();
  if (echo.correlation !== null && echo.correlation >= WorkplaceThresholds.echoPoorCorrelation) found.poor.push("speakersHeard");
  return resultOf("echo", found, echo.correlation !== null);
}

function judgeNetwork({ network }: WorkplaceFigures): WorkplaceResult {
  const found = nothingFound();
  const { linkOpen, roundTripMs, jitterMs, loss, pathProven } = network;
  if (!linkOpen) found.failed.push("linkAway");
  if (pathProven === false) found.failed.push("noPath");
  if (roundTripMs !== null && roundTripMs > WorkplaceThresholds.roundTripFailedMs) found.failed.push("slow");
  else if (roundTripMs !== null && roundTripMs > WorkplaceThresholds.roundTripPoorMs) found.poor.push("slow");
  if (loss !== null && loss > WorkplaceThresholds.lossFailed) found.failed.push("lossy");
  else if (loss !== null && loss > WorkplaceThresholds.lossPoor) found.poor.push("lossy");
  if (jitterMs !== null && jitterMs > WorkplaceThresholds.jitterPoorMs) found.poor.push("unsteady");
  return resultOf("network", found, roundTripMs !== null || pathProven !== null);
}

function judgeBrowser({ browser }: WorkplaceFigures): WorkplaceResult {
  const found = nothingFound();
  if (!browser.secure) found.failed.push("insecure");
  else if (!browser.calls) found.failed.push("unsupported");
  if (browser.outdated) found.poor.push("outdated");
  if (browser.timerDelayMs !== null && browser.timerDelayMs > WorkplaceThresholds.timerDelayPoorMs) found.poor.push("throttled");
  if (browser.notifications === "denied") found.poor.push("notificationsOff");
  return resultOf("browser", found);
}
