// What the network doctor's measurements mean, part by part: each verdict names the side that has to do something.
import type { AccessState, CallProbe, DoctorBrowserFacts, DoctorFinding, DoctorPart, NetworkProbe, TrunkFinding } from "@allo/contract";
import { DAY_MS, type Instant } from "@allo/kernel";

export const doctorJudgement = {
  browserClockMsMax: 60_000,
  certificateDaysWarned: 21,
  /** RTP and RTCP of both legs. */
  portsPerCall: 4,
  callsGood: 50,
  /** Of a test call's packets, either way. */
  lossMax: 0.02,
} as const;

type About = {
  readonly trunkName?: string;
  readonly target?: string | null;
  readonly seen?: string | null;
  readonly value?: number | null;
};
type Side = DoctorFinding["side"];

function found(part: DoctorPart, code: DoctorFinding["code"], side: Side, about: About = {}): DoctorFinding {
  return {
    part,
    code,
    side,
    trunkName: about.trunkName ?? null,
    target: about.target ?? null,
    seen: about.seen ?? null,
    value: about.value ?? null,
  };
}

/** The doors of the exchange, seen from this machine. */
export function exchangeFindings(probe: NetworkProbe | null, needs: { readonly tls: boolean }): readonly DoctorFinding[] {
  if (probe === null) return [found("exchange", "exchangeAway", "us")];
  const findings: DoctorFinding[] = [];
  const doors = new Map<string, NetworkProbe["doors"][number][]>();
  for (const door of probe.doors) {
    const key = `${door.protocol} ${door.port}`;
    doors.set(key, [...(doors.get(key) ?? []), door]);
  }
  for (const [target, tried] of doors) {
    const [first] = tried;
    const failed = tried.filter((door) => door.outcome !== "answered");
    if (failed.length === 0) findings.push(found("exchange", "doorAnswers", "none", { target }));
    else if (first?.door === "secure" && first.port === 0) {
      // A carrier's BYE over TLS comes by a connection of its own where the first is gone.
      findings.push(needs.tls ? found("exchange", "secureDoorNeeded", "us") : found("exchange", "secureDoorClosed", "none"));
    } else {
      for (const door of failed)
        findings.push(found("exchange", door.outcome === "closed" ? "doorClosed" : "doorSilent", "us", { target, seen: door.address }));
    }
  }
  return findings;
}

/** Audio ports, and what we name to others in descriptions. */
export function soundFindings(probe: NetworkProbe | null): readonly DoctorFinding[] {
  if (probe === null) return [];
  const findings: DoctorFinding[] = [];
  const { audioPorts, audio, named } = probe;
  if (audioPorts !== null) {
    const target = `UDP ${audioPorts.first}–${audioPorts.last}`;
    const calls = Math.floor((audioPorts.last - audioPorts.first + 1) / doctorJudgement.portsPerCall);
    // Some are in use while there are calls; most of them taken is another program's doing.
    if (audioPorts.taken * 2 > audioPorts.tried) findings.push(found("sound", "audioPortsTaken", "us", { target }));
    else if (calls < doctorJudgement.callsGood) findings.push(found("sound", "audioPortsFew", "us", { target, value: calls }));
    else findings.push(found("sound", "audioPortsFree", "none", { target, value: calls }));
  }
  const stopped = audio.filter((each) => !each.arrived);
  for (const { address } of stopped) findings.push(found("sound", "audioStopped", "us", { target: address }));
  if (audio.length > 0 && stopped.length === 0) findings.push(found("sound", "audioArrives", "none"));
  findings.push(
    isPrivate(named)
      ? found("sound", "privateAddressNamed", "us", { target: named })
      : found("sound", "addressNamed", "none", { target: named }),
  );
  return findings;
}

/** What the browser of whoever asks could do. */
export function browserFindings(facts: DoctorBrowserFacts): readonly DoctorFinding[] {
  const findings = [facts.socketOpen ? found("browser", "socketOpen", "none") : found("browser", "socketFailed", "between")];
  if (facts.pathProven === null) findings.push(found("browser", "soundUnknown", "none"));
  else findings.push(facts.pathProven ? found("browser", "soundProven", "none") : found("browser", "soundBlocked", "between"));
  if (facts.relays?.length === 0) findings.push(found("browser", "relaysNone", "none"));
  for (const { url, answers } of facts.relays ?? [])
    findings.push(found("browser", answers ? "relayAnswers" : "relaySilent", answers ? "none" : "between", { target: url }));
  return findings;
}

/** The certificate by which browsers and phones know this centre. */
export function certificateFindings(access: AccessState, at: Instant): readonly DoctorFinding[] {
  const { certificate, acme } = access;
  if (certificate === null) return [found("certificate", "noCertificate", access.reach.isReachable ? "us" : "none")];
  const findings: DoctorFinding[] = [];
  const target = certificate.names[0] ?? certificate.subject;
  const value = certificate.validUntil;
  if (value <= at) findings.push(found("certificate", "ownCertificateEnded", "us", { target, value }));
  // What the program renews itself is renewed in time, or says below why not.
  else if (access.mode === "given" && value - at < doctorJudgement.certificateDaysWarned * DAY_MS)
    findings.push(found("certificate", "ownCertificateEndsSoon", "us", { target, value }));
  else findings.push(found("certificate", "ownCertificateGood", "none", { target, value }));
  for (const { url, isCovered } of access.addresses)
    if (!isCovered) findings.push(found("certificate", "addressUncovered", "us", { target: url }));
  if (access.mode === "local" && access.reach.isReachable) findings.push(found("certificate", "ownAuthority", "none"));
  if (acme.state === "failed") findings.push(found("certificate", "certificateNotGot", "us", { target: acme.name }));
  return findings;
}

export function clockFindings(facts: {
  readonly at: Instant;
  readonly browserNow: Instant;
  /** Null: the machine doesn't say. */
  readonly isSynchronised: boolean | null;
}): readonly DoctorFinding[] {
  const { isSynchronised } = facts;
  const findings = [
    isSynchronised === null
      ? found("clock", "clockUnknown", "none")
      : isSynchronised
        ? found("clock", "clockSynchronised", "none")
        : found("clock", "clockUnsynchronised", "us"),
  ];
  const apartMs = Math.abs(facts.browserNow - facts.at);
  if (apartMs > doctorJudgement.browserClockMsMax)
    findings.push(found("clock", "browserClockDiffers", "us", { value: Math.round(apartMs / 1_000) }));
  return findings;
}

export function trunksFindings(
  checked: readonly { readonly name: string; readonly findings: readonly TrunkFinding[] }[],
): readonly DoctorFinding[] {
  if (checked.length === 0) return [found("trunks", "noTrunks", "none")];
  return checked.flatMap(({ name, findings }) =>
    findings.map((each) => found("trunks", each.code, each.side, { ...each, trunkName: name })),
  );
}

/** A call that the gate let through; "denied": it did not. */
export function testCallFindings(probe: CallProbe | "denied" | null, trunkName: string): readonly DoctorFinding[] {
  const say = (code: DoctorFinding["code"], side: Side, value: number | null = null): readonly DoctorFinding[] => [
    found("testCall", code, side, { trunkName, value }),
  ];
  if (probe === "denied") return say("testCallDenied", "us");
  if (probe === null) return say("testCallAway", "us");
  if (probe.outcome === "unanswered") return say("testCallUnanswered", "none");
  if (probe.outcome === "failed") return say("testCallFailed", "carrier", probe.status);
  if (probe.packetsReceived === 0) return say("testCallSilent", "between");
  const lost = Math.max(
    probe.packetsLost / (probe.packetsReceived + probe.packetsLost),
    (probe.farEndLost ?? 0) / Math.max(1, probe.packetsSent),
  );
  if (lost > doctorJudgement.lossMax) return say("testCallLossy", "between", Math.round(lost * 100));
  if (probe.echoed) return say("testCallEchoed", "none");
  return say(probe.farEndLost === null ? "testCallArrives" : "testCallHeard", "none");
}

/** RFC 1918, RFC 6598, loopback, link-local and unique local addresses. */
function isPrivate(address: string): boolean {
  return /^(10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd]|fe80|::1$)/i.test(
    address,
  );
}
