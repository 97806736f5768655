import type { AccessState, CallProbe, DoctorBrowserFacts, NetworkProbe } from "@allo/contract";
import { DAY_MS, type Instant } from "@allo/kernel";
import { describe, expect, it } from "vitest";
import {
  browserFindings,
  certificateFindings,
  clockFindings,
  exchangeFindings,
  soundFindings,
  testCallFindings,
  trunksFindings,
} from "./doctor-findings.ts";

const at = 1_700_000_000_000 as Instant;
const codes = (findings: readonly { readonly code: string; readonly side: string }[]): string[] =>
  findings.map(({ code, side }) => `${code} ${side}`);
const door = (over: Partial<NetworkProbe["doors"][number]> = {}): NetworkProbe["doors"][number] => ({
  door: "trunks",
  protocol: "UDP",
  address: "127.0.0.1",
  port: 5_060,
  outcome: "answered",
  ...over,
});
const probe = (over: Partial<NetworkProbe> = {}): NetworkProbe => ({
  doors: [door()],
  audioPorts: { first: 20_000, last: 29_999, tried: 12, taken: 0 },
  audio: [{ address: "127.0.0.1", arrived: true }],
  named: "198.51.100.7",
  isNamedBySetting: true,
  ...over,
});

const PLAIN = { tls: false };
describe("the doors of the exchange", () => {
  it("are said once where each address answers, and one by one where not", () => {
    expect(codes(exchangeFindings(null, PLAIN))).toEqual(["exchangeAway us"]);
    expect(exchangeFindings(probe({ doors: [door(), door({ address: "10.0.0.2" })] }), PLAIN)).toMatchObject([
      { code: "doorAnswers", target: "UDP 5060" },
    ]);
    const some = [door(), door({ address: "10.0.0.2", outcome: "silent" }), door({ protocol: "TCP", outcome: "closed" })];
    expect(exchangeFindings(probe({ doors: some }), PLAIN)).toMatchObject([
      { code: "doorSilent", side: "us", target: "UDP 5060", seen: "10.0.0.2" },
      { code: "doorClosed", side: "us", target: "TCP 5060", seen: "127.0.0.1" },
    ]);
  });

  it("have one for TLS that may be closed, unless a trunk needs it", () => {
    const secure = door({ door: "secure", protocol: "TLS", port: 0, outcome: "closed" });
    expect(codes(exchangeFindings(probe({ doors: [secure] }), PLAIN))).toEqual(["secureDoorClosed none"]);
    expect(codes(exchangeFindings(probe({ doors: [secure] }), { tls: true }))).toEqual(["secureDoorNeeded us"]);
  });
});

describe("sound", () => {
  it("has ports enough, too few, or ports that others took", () => {
    const ports = (audioPorts: NetworkProbe["audioPorts"]) => codes(soundFindings(probe({ audioPorts })))[0];
    expect(ports({ first: 20_000, last: 29_999, tried: 12, taken: 2 })).toBe("audioPortsFree none");
    expect(ports({ first: 20_000, last: 29_999, tried: 12, taken: 9 })).toBe("audioPortsTaken us");
    expect(ports({ first: 20_000, last: 20_039, tried: 12, taken: 0 })).toBe("audioPortsFew us");
    expect(ports(null)).toBe("audioArrives none");
    expect(soundFindings(null)).toEqual([]);
  });

  it("arrives on this machine, or a firewall on it keeps it back; and what is named of us can be reached from outside, or not", () => {
    expect(codes(soundFindings(probe({ audioPorts: null })))).toEqual(["audioArrives none", "addressNamed none"]);
    const kept = probe({ audioPorts: null, audio: [{ address: "10.0.0.2", arrived: false }], named: "10.0.0.2" });
    expect(soundFindings(kept)).toMatchObject([
      { code: "audioStopped", side: "us", target: "10.0.0.2" },
      { code: "privateAddressNamed", side: "us", target: "10.0.0.2" },
    ]);
  });
});

it("a browser reaches the desk's socket, has sound, and finds the relays, or a firewall between doesn't let it", () => {
  const facts = (over: Partial<DoctorBrowserFacts>): DoctorBrowserFacts => ({
    now: at,
    socketOpen: true,
    pathProven: true,
    relays: [],
    ...over,
  });
  expect(codes(browserFindings(facts({})))).toEqual(["socketOpen none", "soundProven none", "relaysNone none"]);
  const relays = [
    { url: "turn:a", answers: true },
    { url: "turn:b", answers: false },
  ];
  expect(codes(browserFindings(facts({ socketOpen: false, pathProven: false, relays })))).toEqual([
    "socketFailed between",
    "soundBlocked between",
    "relayAnswers none",
    "relaySilent between",
  ]);
  expect(codes(browserFindings(facts({ pathProven: null })))).toContain("soundUnknown none");
});

describe("our own certificate", () => {
  const access = (over: Partial<AccessState>): AccessState =>
    ({
      mode: "given",
      addresses: [],
      reach: { isReachable: true, canChange: true, fixedBy: null },
      certificate: { subject: "desk.example", names: ["desk.example"], validUntil: at + 60 * DAY_MS },
      acme: { state: "off", name: null },
      ...over,
    }) as AccessState;
  const until = (days: number) => ({ certificate: { subject: "x", names: ["desk.example"], validUntil: at + days * DAY_MS } as never });

  it("is good, ends soon, has ended, or isn't there", () => {
    expect(codes(certificateFindings(access({}), at))).toEqual(["ownCertificateGood none"]);
    expect(codes(certificateFindings(access(until(5)), at))).toEqual(["ownCertificateEndsSoon us"]);
    expect(codes(certificateFindings(access({ ...until(5), mode: "acme" }), at))).toEqual(["ownCertificateGood none"]);
    expect(codes(certificateFindings(access(until(-1)), at))).toEqual(["ownCertificateEnded us"]);
    expect(codes(certificateFindings(access({ certificate: null }), at))).toEqual(["noCertificate us"]);
    const inside = { isReachable: false, canChange: true, fixedBy: null };
    expect(codes(certificateFindings(access({ certificate: null, reach: inside }), at))).toEqual(["noCertificate none"]);
  });

  it("names each address, comes from our own authority, or could not be got", () => {
    const url = "https://10.0.0.2/";
    const wrong = access({
      mode: "local",
      addresses: [{ url, kind: "localNetwork", isSecure: false, isCovered: false }],
      acme: { state: "failed", name: "desk.example" } as never,
    });
    expect(certificateFindings(wrong, at)).toMatchObject([
      { code: "ownCertificateGood" },
      { code: "addressUncovered", side: "us", target: url },
      { code: "ownAuthority", side: "none" },
      { code: "certificateNotGot", side: "us", target: "desk.example" },
    ]);
  });
});

it("the clock is kept, not kept or unknown, and the browser's may differ", () => {
  const clock = (isSynchronised: boolean | null, apartMs = 0) => codes(clockFindings({ at, browserNow: at + apartMs, isSynchronised }));
  expect([clock(true), clock(false), clock(null)]).toEqual([["clockSynchronised none"], ["clockUnsynchronised us"], ["clockUnknown none"]]);
  expect(clock(true, 90_000)).toEqual(["clockSynchronised none", "browserClockDiffers us"]);
});

it("a test call comes back, is heard, arrives, is silent, loses, or comes to nothing, each with its side", () => {
  const said = (over: Partial<CallProbe> | "denied" | null) => {
    const whole: CallProbe = {
      outcome: "answered",
      status: 200,
      packetsSent: 250,
      packetsReceived: 250,
      packetsLost: 0,
      farEndLost: 0,
      echoed: false,
    };
    return codes(testCallFindings(over === "denied" || over === null ? over : { ...whole, ...over }, "City"))[0];
  };
  expect(said({ echoed: true })).toBe("testCallEchoed none");
  expect(said({})).toBe("testCallHeard none");
  expect(said({ farEndLost: null })).toBe("testCallArrives none");
  expect(said({ packetsReceived: 0 })).toBe("testCallSilent between");
  expect([said({ packetsLost: 20 }), said({ farEndLost: 20 })]).toEqual(["testCallLossy between", "testCallLossy between"]);
  expect(said({ outcome: "unanswered" })).toBe("testCallUnanswered none");
  expect(testCallFindings({ ...NO_CALL, outcome: "failed", status: 403 }, "City")).toMatchObject([
    { code: "testCallFailed", side: "carrier", trunkName: "City", value: 403 },
  ]);
  expect([said("denied"), said(null)]).toEqual(["testCallDenied us", "testCallAway us"]);
});
const NO_CALL = { packetsSent: 0, packetsReceived: 0, packetsLost: 0, farEndLost: null, echoed: false };

it("what is found of trunks bears the trunk's name; without trunks that is said", () => {
  const finding = { code: "portClosed", side: "between", target: "192.0.2.1:5060 UDP", seen: null, value: null } as const;
  expect(trunksFindings([{ name: "City", findings: [finding] }])).toEqual([{ ...finding, part: "trunks", trunkName: "City" }]);
  expect(codes(trunksFindings([]))).toEqual(["noTrunks none"]);
});
