// What the measurements of a trunk mean: each verdict names the side that has to do something.
import type { TrunkFinding, TrunkProbe } from "@allo/contract";
import { DAY_MS } from "@allo/kernel";

export const trunkDoctorLimits = {
  clockSkewMsMax: 120_000,
  certificateDaysWarned: 21,
  /** So many packets of ours with none from there: no pause of a talk is so one-sided. */
  silentPacketsMin: 250,
} as const;

export function trunkFindings(probe: TrunkProbe | null, facts: { readonly numbers: number }): readonly TrunkFinding[] {
  const findings: TrunkFinding[] = [];
  const find = (
    code: TrunkFinding["code"],
    side: TrunkFinding["side"],
    about: { readonly target?: string | null; readonly seen?: string | null; readonly value?: number | null } = {},
  ): void => {
    const finding = { code, side, target: about.target ?? null, seen: about.seen ?? null, value: about.value ?? null };
    if (!findings.some((each) => JSON.stringify(each) === JSON.stringify(finding))) findings.push(finding);
  };
  if (probe === null) {
    find("notRunning", "us");
    return findings;
  }
  for (const { host, addresses } of probe.names)
    find(addresses === 0 ? "nameUnresolved" : "nameResolved", addresses === 0 ? "us" : "none", { target: host });
  for (const each of probe.targets) {
    const target = `${each.address}:${each.port} ${each.transport.toUpperCase()}`;
    certificateFinding(probe, each, find);
    if (each.outcome === "certificate") continue;
    if (each.outcome === "portClosed") {
      find("portClosed", "between", { target });
      continue;
    }
    if (each.outcome === "noAnswer") {
      find(each.transport === "udp" ? "silentUdp" : "silentStream", each.transport === "udp" ? "between" : "carrier", { target });
      continue;
    }
    const status = each.status ?? 200;
    if (status === 503) find("busy", "carrier", { target });
    else if (status >= 400 && status !== 404 && status !== 405 && status !== 481 && status !== 501)
      find("answersRefusing", "carrier", { target, value: status });
    else find("answers", "none", { target, value: Math.max(0, Math.round(each.roundTripMs ?? 0)) });
    if (each.viaIntact === false) find("messagesRewritten", "between");
    if (each.clockSkewMs !== null && Math.abs(each.clockSkewMs) > trunkDoctorLimits.clockSkewMsMax)
      find("clockDiffers", "us", { value: Math.round(Math.abs(each.clockSkewMs) / 1_000) });
    if (each.seenAs !== null && each.seenAs !== each.advertised) {
      const isHidden = isPrivate(each.advertised) && !isPrivate(each.seenAs);
      find(isHidden ? "privateAddressShown" : "otherAddressSeen", "us", { target: each.advertised, seen: each.seenAs });
    }
  }
  registrationFinding(probe, find);
  if (facts.numbers === 0) find("noNumbers", "us");
  if (probe.calls.length > 0) {
    const deaf = probe.calls.some((call) => call.packetsReceived === 0 && call.packetsSent >= trunkDoctorLimits.silentPacketsMin);
    find(deaf ? "noSoundFromCarrier" : "soundBothWays", deaf ? "between" : "none");
  }
  return findings;
}

type Find = (
  code: TrunkFinding["code"],
  side: TrunkFinding["side"],
  about?: { readonly target?: string | null; readonly seen?: string | null; readonly value?: number | null },
) => void;

function certificateFinding(probe: TrunkProbe, each: TrunkProbe["targets"][number], find: Find): void {
  const { certificate } = each;
  if (certificate === null) return;
  const target = each.host;
  const value = certificate.validTo;
  if (certificate.trouble === "ended") find("certificateEnded", "carrier", { target, value });
  else if (certificate.trouble === "wrongName") find("certificateWrongName", "us", { target });
  else if (certificate.trouble === "untrusted") find("certificateUntrusted", "us", { target });
  else if (certificate.trouble === "other") find("certificateOther", "carrier", { target });
  else if (value !== null && value - probe.at < trunkDoctorLimits.certificateDaysWarned * DAY_MS)
    find("certificateEndsSoon", "carrier", { target, value });
  else if (value !== null) find("certificateGood", "none", { target, value });
}

function registrationFinding({ registration }: TrunkProbe, find: Find): void {
  if (registration === null) return;
  if (registration.outcome !== "answered") find("registerSilent", "carrier");
  else if (registration.status !== null && registration.status < 300) find("registers", "none");
  else if (registration.status === 404) find("accountUnknown", "us");
  else if (registration.status === 401 || registration.status === 403 || registration.status === 407)
    find("credentialsRefused", "us", { value: registration.status });
  else find("registerRefused", "carrier", { value: registration.status });
  if (registration.contactIntact === false) find("messagesRewritten", "between");
}

/** RFC 1918, RFC 6598, loopback, link-local and unique local addresses. */
function isPrivate(address: string): boolean {
  return /^(10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd]|fe80|::1$)/i.test(
    address,
  );
}
