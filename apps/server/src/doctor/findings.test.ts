import { describe, expect, it } from "vitest";
import { judge, type MachineFacts } from "./findings.ts";

const sound: MachineFacts = {
  platform: "linux",
  architecture: "x64",
  nodeMajor: 26,
  cores: 4,
  memoryBytes: 8 * 1024 ** 3,
  memoryLimitBytes: null,
  openFilesMax: 65_536,
  socketBufferBytesMax: 4 * 1024 ** 2,
  isClockSynchronised: true,
  dataFolder: { path: "/srv/allo", state: "writable", freeBytes: 100 * 1024 ** 3, syncMs: 0.6, isNetworkDisk: false, openToOthers: false },
  isRunning: false,
  ready: null,
  ports: [{ port: 8080, protocol: "TCP", variable: "ALLO_HTTP_PORT", state: "free" }],
  rtp: { first: 20_000, last: 29_999, takenOfTried: 0, tried: 20 },
  isUdpHeardHere: true,
  bind: "0.0.0.0",
  publicAddress: null,
  ownAddresses: ["192.168.1.5"],
  database: { kind: "embedded", isPackaged: true },
  certificate: { state: "usable", daysLeft: 200, names: ["desk.example.com"] },
  areScreensBuilt: true,
  refusedRows: 0,
  logErrors: { count: 0, newest: [] },
  settingsIgnored: [],
};
const folder = (change: Partial<MachineFacts["dataFolder"]>): Partial<MachineFacts> => ({ dataFolder: { ...sound.dataFolder, ...change } });
const port = (state: MachineFacts["ports"][number]["state"]): Partial<MachineFacts> => ({
  ports: [{ port: 5060, protocol: "UDP", variable: "ALLO_SIP_PORT", state }],
});

describe("the doctor", () => {
  it("finds nothing on a sound machine", () => {
    expect(judge(sound).filter(({ verdict }) => verdict !== "good")).toEqual([]);
  });

  it.each<[string, Partial<MachineFacts>, "doubtful" | "wrong", RegExp]>([
    ["another system", { platform: "win32" }, "wrong", /win32 isn't a system/],
    ["little memory", { memoryBytes: 1024 ** 3 }, "doubtful", /1\.0 GB of memory is little/],
    ["a container's limit", { memoryLimitBytes: 512 * 1024 ** 2 }, "doubtful", /0\.5 GB of memory is little/],
    ["one core", { cores: 1 }, "doubtful", /One core/],
    ["few open files", { openFilesMax: 1_024 }, "doubtful", /about 170 calls/],
    ["a clock that drifts", { isClockSynchronised: false }, "doubtful", /clock isn't synchronised/],
    ["a folder of another user", folder({ state: "unwritable", syncMs: null }), "wrong", /can't be written/],
    ["a full disk", folder({ freeBytes: 1024 ** 3 }), "wrong", /Only 1\.0 GB/],
    ["a small disk", folder({ freeBytes: 10 * 1024 ** 3 }), "doubtful", /about 186 hours of recorded talk/],
    ["a slow disk", folder({ syncMs: 20 }), "doubtful", /takes 20\.0 ms/],
    ["a very slow disk", folder({ syncMs: 80 }), "wrong", /callers would wait/],
    ["a network disk", folder({ isNetworkDisk: true }), "doubtful", /network disk/],
    ["a folder that others can read", folder({ openToOthers: true }), "wrong", /keys lie/],
    ["a taken port", port("taken"), "wrong", /Port 5060 \(UDP\) is taken/],
    ["a forbidden port", port("forbidden"), "wrong", /needs rights/],
    ["an address of another machine", port("noSuchAddress"), "wrong", /isn't an address of this machine/],
    ["taken audio ports", { rtp: { first: 20_000, last: 29_999, takenOfTried: 18, tried: 20 } }, "wrong", /Most of the audio ports/],
    ["few audio ports", { rtp: { first: 20_000, last: 20_099, takenOfTried: 0, tried: 20 } }, "doubtful", /enough for 25 calls/],
    ["deaf loopback", { isUdpHeardHere: false }, "wrong", /doesn't arrive/],
    ["small buffers", { socketBufferBytesMax: 212_992 }, "doubtful", /208 kB/],
    ["a router between", { publicAddress: "203.0.113.9" }, "doubtful", /a router stands between/],
    ["no packaged database", { database: { kind: "embedded", isPackaged: false } }, "wrong", /No PostgreSQL is packaged/],
    ["an old database", { database: { kind: "given", place: "db:5432", state: "reached", major: 14 } }, "wrong", /PostgreSQL 14/],
    [
      "a database that is away",
      { database: { kind: "given", place: "db:5432", state: "unreachable", major: null } },
      "wrong",
      /can't be reached/,
    ],
    ["a certificate that ends", { certificate: { state: "usable", daysLeft: 3, names: ["a"] } }, "doubtful", /ends in 3 days/],
    ["a certificate that has ended", { certificate: { state: "usable", daysLeft: -1, names: ["a"] } }, "wrong", /has expired/],
    ["a wrong key", { certificate: { state: "keyDoesNotFit", daysLeft: 3, names: ["a"] } }, "wrong", /isn't the certificate's/],
    ["an unreadable certificate", { certificate: { state: "unreadable", daysLeft: null, names: [] } }, "wrong", /can't be read/],
    ["screens that aren't built", { areScreensBuilt: false }, "doubtful", /aren't built/],
    ["a silent program", { isRunning: true, ready: { state: "silent", missing: [] } }, "wrong", /doesn't answer/],
    ["a program that isn't ready", { isRunning: true, ready: { state: "notReady", missing: ["edge"] } }, "wrong", /edge missing/],
    ["refused events", { refusedRows: 2 }, "wrong", /2 events were refused/],
    ["errors in the logs", { logErrors: { count: 4, newest: ["a prompt is gone"] } }, "doubtful", /4 errors/],
    ["a misspelt setting", { settingsIgnored: ["ALLO_PROT is not a setting of Allo: it is ignored."] }, "doubtful", /ALLO_PROT/],
  ])("names %s, and what to do", (_what, change, verdict, sentence) => {
    const found = judge({ ...sound, ...change }).filter((finding) => finding.verdict !== "good");
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ verdict, sentence: expect.stringMatching(sentence) as unknown });
    expect(found[0]?.remedy ?? "").not.toBe("");
  });
});
