import type { TrunkProbe } from "@allo/contract";
import { DAY_MS } from "@allo/kernel";
import { describe, expect, it } from "vitest";
import { trunkFindings } from "./trunk-doctor.ts";

const target: TrunkProbe["targets"][number] = {
  host: "carrier.example",
  address: "203.0.113.9",
  port: 5060,
  transport: "udp",
  outcome: "answered",
  status: 200,
  roundTripMs: 12.4,
  advertised: "198.51.100.7",
  seenAs: "198.51.100.7",
  viaIntact: true,
  clockSkewMs: 900,
  certificate: null,
};
const probe = (over: Partial<TrunkProbe> = {}): TrunkProbe => ({
  trunkId: "trk_1",
  at: 1_000 * DAY_MS,
  names: [{ host: "carrier.example", addresses: 2 }],
  targets: [target],
  registration: null,
  calls: [],
  ...over,
});
const codes = (over: Partial<TrunkProbe>, numbers = 1) =>
  trunkFindings(probe(over), { numbers }).map(({ code, side }) => `${code} ${side}`);
const of = (over: Partial<TrunkProbe["targets"][number]>) => codes({ names: [], targets: [{ ...target, ...over }] });

describe("the doctor of a trunk", () => {
  it("finds nothing to do where all is well", () => {
    expect(
      codes({
        registration: { outcome: "answered", status: 200, contactIntact: true },
        calls: [{ packetsReceived: 900, packetsSent: 900 }],
      }),
    ).toEqual(["nameResolved none", "answers none", "registers none", "soundBothWays none"]);
  });

  it("names the side: DNS, silence, a closed port, a carrier that takes nothing", () => {
    expect(codes({ names: [{ host: "carier.example", addresses: 0 }], targets: [] })).toEqual(["nameUnresolved us"]);
    expect(of({ outcome: "noAnswer", status: null })).toEqual(["silentUdp between"]);
    expect(of({ outcome: "noAnswer", status: null, transport: "tcp" })).toEqual(["silentStream carrier"]);
    expect(of({ outcome: "portClosed", status: null })).toEqual(["portClosed between"]);
    expect(of({ status: 503 })).toEqual(["busy carrier"]);
    expect(of({ status: 403 })).toEqual(["answersRefusing carrier"]);
    expect(of({ status: 404 })).toEqual(["answers none"]);
  });

  it("sees a private address shown to the outside, and says which one to enter", () => {
    expect(trunkFindings(probe({ names: [], targets: [{ ...target, advertised: "192.168.1.7" }] }), { numbers: 1 })).toContainEqual({
      code: "privateAddressShown",
      side: "us",
      target: "192.168.1.7",
      seen: "198.51.100.7",
      value: null,
    });
    expect(of({ advertised: "198.51.100.8" })).toContain("otherAddressSeen us");
    // A carrier in our own network sees our private address rightly.
    expect(of({ advertised: "192.168.1.7", seenAs: "192.168.1.7" })).toEqual(["answers none"]);
  });

  it("sip-rtp 6.6.20: knows a router that rewrites messages by the Via or Contact that comes back", () => {
    expect(of({ viaIntact: false })).toContain("messagesRewritten between");
    expect(codes({ registration: { outcome: "answered", status: 200, contactIntact: false } })).toContain("messagesRewritten between");
  });

  it("tells wrong credentials from an unknown account, a refusal and silence", () => {
    const registered = (status: number | null, outcome: "answered" | "noAnswer" = "answered") =>
      codes({ names: [], targets: [], registration: { outcome, status, contactIntact: null } });
    expect(registered(401)).toEqual(["credentialsRefused us"]);
    expect(registered(404)).toEqual(["accountUnknown us"]);
    expect(registered(480)).toEqual(["registerRefused carrier"]);
    expect(registered(null, "noAnswer")).toEqual(["registerSilent carrier"]);
  });

  it("tells a clock, and each fault of a certificate", () => {
    expect(of({ clockSkewMs: -3_600_000 })).toContain("clockDiffers us");
    const tls = (certificate: TrunkProbe["targets"][number]["certificate"]) => of({ transport: "tls", certificate })[0];
    const now = 1_000 * DAY_MS;
    expect(tls({ validTo: now + 90 * DAY_MS, trouble: null })).toBe("certificateGood none");
    expect(tls({ validTo: now + 5 * DAY_MS, trouble: null })).toBe("certificateEndsSoon carrier");
    expect(tls({ validTo: now - 1, trouble: "ended" })).toBe("certificateEnded carrier");
    expect(tls({ validTo: now, trouble: "wrongName" })).toBe("certificateWrongName us");
    expect(tls({ validTo: now, trouble: "untrusted" })).toBe("certificateUntrusted us");
    expect(tls({ validTo: now, trouble: "other" })).toBe("certificateOther carrier");
  });

  it("hears one-way sound, a trunk without numbers, and one that doesn't run", () => {
    expect(codes({ names: [], targets: [], calls: [{ packetsReceived: 0, packetsSent: 500 }] })).toEqual(["noSoundFromCarrier between"]);
    expect(codes({ names: [], targets: [] }, 0)).toEqual(["noNumbers us"]);
    expect(trunkFindings(null, { numbers: 1 }).map(({ code }) => code)).toEqual(["notRunning"]);
  });
});
