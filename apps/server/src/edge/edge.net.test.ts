// The edge as a process, with a core played by the test and callers that are not ours.
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createSocket } from "node:dgram";
import { connect as connectSecurely, type TLSSocket } from "node:tls";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { CoreCommand, EdgeConfig } from "@allo/contract";
import type { CallId, ContactId, DeviceId, NumberId, OfferId, PersonId, PhoneId, SessionId } from "@allo/kernel";
import { loudness } from "@allo/media";
import { createCallers } from "@allo/node-caller";
import { digestAnswer } from "@allo/sip";
import { baresipDial, hasBaresip } from "@allo/testkit";
import { ack, bye, hasSipp, HOLD, invite, recv, recvInto, request, send, sipp } from "../../../../conformance/sipp/scenario.ts";
import type { PlayedCore } from "./fixtures/played-core.ts";
import { startEdge, type StartedEdge } from "./fixtures/started-edge.ts";
import { shieldLimits } from "./shield.ts";

const hash = (algorithm: string, text: string): string => createHash(algorithm).update(text).digest("hex");
const ports = { md5Hex: (text: string) => hash("md5", text), sha256Hex: (text: string) => hash("sha256", text) };
const AUDIO = fileURLToPath(new URL("../../audio/", import.meta.url));
const audio = ["greeting.notice", "queue.pleaseHold", "refuse.nobody", "refuse.technical"].map((name) => ({
  audioId: `en/${name}`,
  filePath: join(AUDIO, `en/${name}.wav`),
  version: 1,
}));
const config: EdgeConfig = {
  version: 1,
  numbers: [
    {
      numberId: "num_1" as NumberId,
      dialled: ["600"],
      allowedNetworks: ["127.0.0.1/32"],
      language: "en",
      technicalAudioIds: ["en/refuse.technical"],
      callsMax: 10,
    },
    {
      numberId: "num_2" as NumberId,
      dialled: ["700"],
      allowedNetworks: ["192.0.2.0/24"],
      language: "en",
      technicalAudioIds: [],
      callsMax: 10,
    },
  ],
  devices: [
    {
      deviceId: "dev_1" as DeviceId,
      username: "desk-7",
      realm: "allo",
      ha1Md5: hash("md5", "desk-7:allo:a-long-password-of-a-device"),
      ha1Sha256: hash("sha256", "desk-7:allo:a-long-password-of-a-device"),
      dialableNumberIds: ["num_1" as NumberId],
      autoAnswer: false,
      offersSrtp: false,
    },
  ],
  trunks: [],
  audio: [...audio, { audioId: "music.main", filePath: join(AUDIO, "music.main.wav"), version: 1 }],
  limits: { callsMax: 20, agentMediaTimeoutMs: 2_000 },
};

let edge: StartedEdge;
let core: PlayedCore;
let sipPort = 0;
let phonePort = 0;
let tlsPort = 0;

beforeAll(async () => {
  // As talkative as it gets: what it says is looked through at the end.
  edge = await startEdge(() => config, { ALLO_DRAIN_SECONDS: "2", ALLO_LOG: "debug" });
  core = edge.core;
  ({ sip: sipPort, phone: phonePort, tls: tlsPort } = edge.ports);
});
afterAll(() => edge.stop());

const needsBaresip = hasBaresip() ? test : test.skip;
const accept = (callId: CallId): CoreCommand => ({
  kind: "acceptCall",
  callId,
  contactId: "con_1" as ContactId,
  token: "greeting",
  greeting: ["en/greeting.notice"],
  thenLoop: "music.main",
});

for (const transport of ["udp", "tcp"] as const) {
  needsBaresip(
    `a caller over ${transport.toUpperCase()} hears the greeting, then music, and his hang-up is told with its cause`,
    async () => {
      const from = core.events.length;
      const call = baresipDial({ uri: `sip:600@127.0.0.1:${sipPort};transport=${transport}`, toneHz: 440, from: "79261234567", transport });
      onTestFinished(() => call.kill());
      const arrived = await core.until("callArrived", from);
      expect(arrived).toMatchObject({
        numberId: "num_1",
        callerNumber: "79261234567",
        transport: transport.toUpperCase(),
        sourceAddress: "127.0.0.1",
      });
      core.command(accept(arrived.callId));
      await call.established;
      expect(await core.until("playEnded", from)).toMatchObject({ token: "greeting", completed: true });
      const atGreetingEnd = call.heard().length;
      await expect.poll(() => call.heard().length, { timeout: 5_000 }).toBeGreaterThan(atGreetingEnd + 8_000);
      const heard = call.heard();
      expect(loudness(heard.subarray(8_000, 32_000))).toBeGreaterThan(500);
      expect(loudness(heard.subarray(atGreetingEnd + 2_000, atGreetingEnd + 8_000))).toBeGreaterThan(200);
      await call.hangUp();
      const ended = await core.until("callEnded", from);
      expect(ended).toMatchObject({ callId: arrived.callId, cause: { by: "caller", why: "hungUp" } });
      expect(ended.figures?.caller?.packetsReceived ?? 0, "packets of the caller that were heard").toBeGreaterThan(100);
    },
    30_000,
  );
}

needsBaresip(
  "core that says nothing: the caller hears a sentence as early media and is refused with 503",
  async () => {
    const from = core.events.length;
    const call = baresipDial({ uri: `sip:600@127.0.0.1:${sipPort}`, toneHz: 440 });
    onTestFinished(() => call.kill());
    await core.until("callArrived", from);
    const words = await call.closed;
    expect(words).toMatch(/503/);
    expect(await core.until("callEnded", from)).toMatchObject({ cause: { by: "system", why: "technical" } });
    expect(core.events.slice(from).some((event) => event.kind === "callAnswered")).toBe(false);
    expect(loudness(call.heard())).toBeGreaterThan(300);
  },
  30_000,
);

needsBaresip(
  "a refused caller hears the sentence of his cause and is not billed",
  async () => {
    const from = core.events.length;
    const call = baresipDial({ uri: `sip:600@127.0.0.1:${sipPort}`, toneHz: 440 });
    onTestFinished(() => call.kill());
    const { callId } = await core.until("callArrived", from);
    core.command({
      kind: "refuseCall",
      callId,
      contactId: "con_2" as ContactId,
      audioIds: ["en/refuse.nobody"],
      sipStatus: 486,
      cause: { by: "system", why: "tooManyCalls" },
    });
    expect(await call.closed).toMatch(/486/);
    expect(await core.until("callEnded", from)).toMatchObject({ cause: { why: "tooManyCalls" } });
  },
  30_000,
);

test.skipIf(!hasSipp)(
  "sip-rtp 6.6.4: a carrier that requires 100rel and asks for a session timer, holds by UPDATE, refreshes and sends digits by INFO gets what it asks for (skipped where sipp is not installed)",
  async () => {
    const from = core.events.length;
    const timed = "Require: 100rel\nSupported: 100rel, timer\nSession-Expires: 1800;refresher=uac\n";
    const refreshing = "Supported: timer\nSession-Expires: 1800;refresher=uac\n";
    const agreed = [{ header: "Session-Expires", pattern: "1800;refresher=uac" }];
    const info = (cseq: number, type: string, body: string) =>
      send(request("INFO", { inDialog: true, cseq, type, body }), { repeats: true });
    const running = sipp(
      [
        send(invite("600", { more: timed }), { repeats: true }),
        recv(100, { optional: true }),
        recvInto(180, { header: "RSeq", pattern: "[0-9]+", variable: "rseq" }),
        send(request("PRACK", { inDialog: true, cseq: 2, more: "RAck: [$rseq] 1 INVITE\n" }), { repeats: true }),
        // That of the PRACK and that of the INVITE: the 180 described nothing, so either may be first.
        recv(200),
        recv(200),
        ack(),
        send(request("UPDATE", { inDialog: true, cseq: 3, contact: true, more: refreshing, body: HOLD }), { repeats: true }),
        recv(200, { expects: [{ pattern: "a=recvonly" }, { pattern: "o=- [0-9]+ 2 IN" }, ...agreed] }),
        send(request("INVITE", { inDialog: true, cseq: 4, contact: true, more: refreshing, body: HOLD }), { repeats: true }),
        recv(100, { optional: true }),
        recv(200, { expects: [{ pattern: "o=- [0-9]+ 2 IN" }, ...agreed] }),
        ack(4),
        send(request("UPDATE", { inDialog: true, cseq: 5, contact: true, more: refreshing }), { repeats: true }),
        recv(200, { expects: agreed }),
        info(6, "application/dtmf-relay", "Signal=5\nDuration=160\n"),
        recv(200),
        info(7, "application/dtmf-relay", "Signal=none\n"),
        recv(415),
        send(request("REFER", { inDialog: true, cseq: 8, contact: true, more: "Refer-To: <sip:1@127.0.0.1>\n" }), { repeats: true }),
        recv(603),
        ...bye(9),
      ],
      { port: sipPort },
    );
    core.command(accept((await core.until("callArrived", from)).callId));
    await running;
    expect(core.events.slice(from).filter((event) => event.kind === "digitPressed")).toHaveLength(1);
    expect(await core.until("callEnded", from)).toMatchObject({ cause: { by: "caller", why: "hungUp" } });
  },
);

test("a source outside every listed network gets no answer, a listed one gets 404 for a number that isn't its own", async () => {
  const ask = async (address: string, user: string): Promise<string | null> => {
    const socket = createSocket("udp4");
    onTestFinished(() => void socket.close());
    await new Promise<void>((resolve) => socket.bind(0, address, resolve));
    const { port } = socket.address();
    const answer = new Promise<string | null>((resolve) => {
      const timer = setTimeout(() => resolve(null), 1_500);
      socket.on("message", (bytes) => {
        const line = bytes.toString("utf8").split("\r\n")[0] ?? "";
        if (line.includes(" 100 ")) return;
        clearTimeout(timer);
        resolve(line);
      });
    });
    const sdp = `v=0\r\no=- 1 1 IN IP4 ${address}\r\ns=-\r\nc=IN IP4 ${address}\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n`;
    const request = [
      `INVITE sip:${user}@127.0.0.1:${sipPort} SIP/2.0`,
      `Via: SIP/2.0/UDP ${address}:${port};branch=z9hG4bK${port}`,
      "Max-Forwards: 70",
      `From: <sip:x@${address}>;tag=1`,
      `To: <sip:${user}@127.0.0.1>`,
      `Call-ID: ${port}@test`,
      "CSeq: 1 INVITE",
      `Contact: <sip:x@${address}:${port}>`,
      "Content-Type: application/sdp",
      `Content-Length: ${sdp.length}`,
      "",
      sdp,
    ].join("\r\n");
    socket.send(request, sipPort, "127.0.0.1");
    return answer;
  };
  expect(await ask("127.0.0.2", "600")).toBeNull();
  expect(await ask("127.0.0.1", "700")).toBe("SIP/2.0 404 Not Found");
});

test("the built-in caller is let in for the number that core names, whatever its networks; its neighbour on this machine is not", async () => {
  const from = core.events.length;
  const clock = { now: () => Math.floor(performance.timeOrigin + performance.now()) };
  const [own, other] = await Promise.all([
    createCallers({ bindAddress: "127.0.0.1", clock }),
    createCallers({ bindAddress: "127.0.0.1", clock }),
  ]);
  onTestFinished(async () => {
    await Promise.all([own.close(), other.close()]);
  });
  const target = { address: "127.0.0.1", port: sipPort };
  const endOf = (callers: typeof own, dialled: string): Promise<number | null> =>
    new Promise((resolve) => {
      const call = callers.place({ target, number: dialled, from: { number: null } });
      call.on((event) => event.kind === "ended" && resolve(event.status));
    });
  expect(await endOf(own, "700")).toBe(404); // not yet
  const origin = { testCallId: "tst_1", personId: "per_1" as PersonId };
  core.command({ kind: "admitCaller", source: own.source, numberId: "num_2" as NumberId, until: clock.now() + 60_000, test: origin });
  await expect.poll(() => core.admitted).toContain("tst_1");
  expect(await endOf(other, "700")).toBe(404);
  expect(await endOf(own, "600")).toBe(404); // another number, though its networks hold this machine
  expect(core.events.slice(from)).toEqual([]);

  const call = own.place({ target, number: "700", from: { number: null } });
  const arrived = await core.until("callArrived", from);
  expect(arrived).toMatchObject({ numberId: "num_2", callerNumber: null, sourceAddress: "127.0.0.1", test: origin });
  core.command(accept(arrived.callId));
  await expect.poll(() => call.state()).toBe("answered");
  await expect.poll(() => call.hearing().packets).toBeGreaterThan(50);
  expect(call.hearing().levelDbfs).toBeGreaterThan(-60);
  call.hangUp();
  expect(await core.until("callEnded", from)).toMatchObject({ callId: arrived.callId, cause: { by: "caller" } });
  core.command({ kind: "dismissCaller", testCallId: "tst_1" });
  await expect.poll(() => endOf(own, "700")).toBe(404);
});

/** A bare UDP user agent: sends requests, again every T1 as RFC 3261 section 17.1 asks, and gives the final answers. */
async function openPhone(user: string, address = "127.0.0.1", silentAfterMs = 5_000) {
  const socket = createSocket("udp4");
  onTestFinished(() => void socket.close());
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  const { port } = socket.address();
  let cseq = 0;
  return async (method: string, target: string, headers: readonly string[] = [], body = ""): Promise<readonly string[]> => {
    cseq += 1;
    const number = cseq;
    const text = [
      `${method} ${target} SIP/2.0`,
      `Via: SIP/2.0/UDP ${address}:${port};branch=z9hG4bK${port}${number}`,
      "Max-Forwards: 70",
      `From: <sip:${user}@127.0.0.1>;tag=1`,
      `To: <${target.replace("127.0.0.1", `${method === "REGISTER" ? `${user}@` : ""}127.0.0.1`)}>`,
      `Call-ID: ${port}@test`,
      `CSeq: ${number} ${method}`,
      `Contact: <sip:${user}@127.0.0.1:${port}>`,
      ...headers,
      ...(body === "" ? [] : ["Content-Type: application/sdp"]),
      `Content-Length: ${body.length}`,
      "",
      body,
    ].join("\r\n");
    const answered = new Promise<readonly string[]>((resolve, reject) => {
      const heard = (bytes: Buffer): void => {
        const lines = bytes.toString("utf8").split("\r\n");
        // Not what the edge asks of a phone that is registered, nor an answer that comes twice.
        if (!/^SIP\/2.0 [2-6]/.test(lines[0] ?? "") || !lines.includes(`CSeq: ${number} ${method}`)) return;
        over();
        resolve(lines);
      };
      const over = (): void => {
        clearTimeout(timer);
        clearInterval(again);
        socket.off("message", heard);
      };
      const again = setInterval(() => socket.send(text, phonePort, "127.0.0.1"), 500);
      const timer = setTimeout(() => {
        over();
        reject(new Error("no answer"));
      }, silentAfterMs);
      socket.on("message", heard);
    });
    socket.send(text, phonePort, "127.0.0.1");
    return answered;
  };
}

const challengesOf = (lines: readonly string[]): readonly string[] =>
  lines.flatMap((line) => /^WWW-Authenticate: (.*)/.exec(line)?.[1] ?? []);
const authorize = (
  lines: readonly string[],
  algorithm: string,
  method: string,
  uri: string,
  { user, password } = { user: "desk-7", password: "a-long-password-of-a-device" },
): string =>
  `Authorization: ${digestAnswer(ports, {
    challenges: challengesOf(lines).filter((challenge) => challenge.includes(`algorithm=${algorithm}`)),
    method,
    uri,
    user,
    password,
    realm: "allo",
    cnonce: "c1",
    nc: 1,
  })}`;

for (const algorithm of ["SHA-256", "MD5"]) {
  test(`a device registers with ${algorithm} and calls a number of its organisation`, async () => {
    const from = core.events.length;
    const phone = await openPhone("desk-7");
    const refused = await phone("REGISTER", "sip:127.0.0.1");
    const registered = await phone("REGISTER", "sip:127.0.0.1", [authorize(refused, algorithm, "REGISTER", "sip:127.0.0.1")]);
    expect(registered[0]).toBe("SIP/2.0 200 OK");
    await expect.poll(() => core.devices.at(-1)).toMatchObject({ deviceId: "dev_1", state: { canRing: true } });
    const sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n";
    const challenged = await phone("INVITE", "sip:600@127.0.0.1", [], sdp);
    expect(challenged[0]).toBe("SIP/2.0 401 Unauthorized");
    const answered = phone("INVITE", "sip:600@127.0.0.1", [authorize(challenged, algorithm, "INVITE", "sip:600@127.0.0.1")], sdp);
    const arrived = await core.until("callArrived", from);
    expect(arrived).toMatchObject({ numberId: "num_1", deviceId: "dev_1" });
    core.command({
      kind: "refuseCall",
      callId: arrived.callId,
      contactId: null,
      audioIds: [],
      sipStatus: 486,
      cause: { by: "system", why: "tooManyCalls" },
    });
    expect((await answered)[0]).toBe("SIP/2.0 486 Busy Here");
  }, 30_000);
}

test("the phone port answers everybody the same 401: known and unknown names, REGISTER and OPTIONS", async () => {
  const ask = async (method: string, user: string): Promise<readonly string[]> => {
    const answer = await (await openPhone(user))(method, "sip:127.0.0.1");
    return answer.filter((line) => /^(SIP|WWW|Allow|Server)/.test(line)).map((line) => line.replace(/nonce="[^"]*"/, ""));
  };
  const known = await ask("REGISTER", "desk-7");
  expect(known[0]).toBe("SIP/2.0 401 Unauthorized");
  expect(await ask("REGISTER", "nobody")).toEqual(known);
  expect(await ask("OPTIONS", "desk-7")).toEqual(known);
});

test("over TLS a phone is asked for its password, with the certificate that core gave last; connections that stand keep theirs", async () => {
  const make = (name: string): { certPem: string; keyPem: string } => {
    const [key, cert] = [join(edge.folder, `${name}.key`), join(edge.folder, `${name}.pem`)];
    const args = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2".split(" ");
    execFileSync("openssl", [...args, "-keyout", key, "-out", cert, "-subj", `/CN=${name}`], { stdio: "ignore" });
    return { certPem: readFileSync(cert, "utf8"), keyPem: readFileSync(key, "utf8") };
  };
  const dial = async (): Promise<TLSSocket | null> => {
    const socket = connectSecurely({ host: "127.0.0.1", port: tlsPort, rejectUnauthorized: false });
    return await new Promise((resolve) => {
      socket.once("secureConnect", () => resolve(socket));
      socket.once("error", () => resolve(null));
    });
  };
  const open = async (name: string): Promise<TLSSocket> => {
    let socket: TLSSocket | null = null;
    core.post({ kind: "ownCertificate", certificate: make(name) });
    await expect
      .poll(async () => {
        socket?.destroy();
        socket = await dial();
        return socket?.getPeerCertificate().subject.CN;
      })
      .toBe(name);
    onTestFinished(() => void socket?.destroy());
    return socket as unknown as TLSSocket;
  };
  const ask = async (socket: TLSSocket, callId: string): Promise<string> => {
    const head = "From: <sip:desk-7@allo>;tag=t\r\nTo: <sip:desk-7@allo>\r\nContact: <sip:desk-7@127.0.0.1;transport=tls>\r\n";
    const answered = new Promise<string>((resolve) => socket.once("data", (bytes) => resolve(String(bytes))));
    socket.write(
      `REGISTER sip:allo SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bK${callId}\r\n${head}Call-ID: ${callId}\r\nCSeq: 1 REGISTER\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n`,
    );
    return await answered;
  };
  const first = await open("first");
  expect(await ask(first, "tls-1")).toMatch(/^SIP\/2\.0 401 /);
  const second = await open("second");
  expect(await ask(second, "tls-2")).toMatch(/^SIP\/2\.0 401 /);
  expect(await ask(first, "tls-3")).toMatch(/^SIP\/2\.0 401 /);
});

test("who guesses passwords is told the same each time, then nothing, and is answered again when the block is lifted", async () => {
  const guesser = await openPhone("desk-7", "127.0.0.9", 400);
  const register = "sip:127.0.0.1";
  const statuses: string[] = [];
  let last = await guesser("REGISTER", register);
  for (let n = 0; n < shieldLimits.failuresMax; n += 1) {
    const user = n % 2 === 0 ? "desk-7" : "nobody";
    last = await guesser("REGISTER", register, [authorize(last, "SHA-256", "REGISTER", register, { user, password: `guess-${n}` })]);
    statuses.push(last[0] ?? "");
  }
  expect(new Set(statuses)).toEqual(new Set(["SIP/2.0 401 Unauthorized"]));
  await expect(guesser("REGISTER", register)).rejects.toThrow("no answer");
  await expect.poll(() => core.shields.at(-1)?.blocked[0]).toMatchObject({ source: "127.0.0.9", kind: "address", why: "wrongPassword" });
  // Its neighbour isn't punished for it, and the phone itself is not locked out.
  expect((await (await openPhone("desk-8", "127.0.0.10"))("REGISTER", register))[0]).toBe("SIP/2.0 401 Unauthorized");
  core.post({ kind: "liftBlock", source: "127.0.0.9" });
  await expect.poll(() => core.shields.at(-1)?.blocked).toEqual([]);
  expect((await guesser("REGISTER", register))[0]).toBe("SIP/2.0 401 Unauthorized");
});

test("a scanner that names itself hears nothing on the phones' port, and nobody unknown hears anything on the trunks'", async () => {
  const scanner = await openPhone("100", "127.0.0.11", 400);
  await expect(scanner("OPTIONS", "sip:127.0.0.1", ["User-Agent: friendly-scanner"])).rejects.toThrow("no answer");
  await expect.poll(() => core.shields.at(-1)?.blocked.map((each) => each.source)).toContain("127.0.0.11");
  const socket = createSocket("udp4");
  onTestFinished(() => void socket.close());
  await new Promise<void>((resolve) => socket.bind(0, "127.66.0.1", resolve));
  let answers = 0;
  socket.on("message", () => (answers += 1));
  socket.send("OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.66.0.1;branch=z9hG4bKx\r\n\r\n", sipPort, "127.0.0.1");
  await expect.poll(() => core.shields.at(-1)?.unlisted.map((each) => each.address)).toContain("127.66.0.1");
  expect(answers).toBe(0);
});

test("ten thousand half-open INVITEs from strangers keep no phone from registering and no caller from being heard", async () => {
  const strangers = await Promise.all(
    Array.from({ length: 20 }, async (_each, index) => {
      const socket = createSocket("udp4");
      onTestFinished(() => void socket.close());
      await new Promise<void>((resolve) => socket.bind(0, `127.0.3.${index + 1}`, resolve));
      return socket;
    }),
  );
  const phone = await openPhone("desk-7");
  for (let n = 0; n < 10_000; n += 1) {
    const socket = strangers[n % strangers.length];
    const { address, port } = socket?.address() ?? { address: "", port: 0 };
    const text = [
      "INVITE sip:600@127.0.0.1 SIP/2.0",
      `Via: SIP/2.0/UDP ${address}:${port};branch=z9hG4bKhalf${n}`,
      "Max-Forwards: 70",
      `From: <sip:1@${address}>;tag=${n}`,
      "To: <sip:600@127.0.0.1>",
      `Call-ID: half${n}`,
      "CSeq: 1 INVITE",
      `Contact: <sip:1@${address}:${port}>`,
      "Content-Length: 0",
      "",
      "",
    ].join("\r\n");
    await new Promise<void>((resolve) => socket?.send(text, phonePort, "127.0.0.1", () => resolve()));
    // An answer shows that what was sent so far has been read: what overflows the socket's buffer would reach nobody.
    if (n % 200 === 199) await phone("REGISTER", "sip:127.0.0.1");
  }
  const refused = await phone("REGISTER", "sip:127.0.0.1");
  const registered = await phone("REGISTER", "sip:127.0.0.1", [authorize(refused, "SHA-256", "REGISTER", "sip:127.0.0.1")]);
  expect(registered[0]).toBe("SIP/2.0 200 OK");
  await expect.poll(() => core.shields.at(-1)?.blocked.filter((each) => each.source.startsWith("127.0.3.")).length ?? 0).toBeGreaterThan(0);
});

test("a browser phone registers the address of its login and no other, and signing out ends it", async () => {
  const from = core.events.length;
  core.post({
    kind: "phoneOpen",
    flowId: "flw_1",
    phoneId: "phn_1" as PhoneId,
    personId: "per_1" as PersonId,
    sessionId: "ses_1" as SessionId,
    addressOfRecord: "sip:per_1@desk.example",
    remoteAddress: "127.0.0.1",
    localAddress: "127.0.0.1",
  });
  let cseq = 0;
  const ask = async (method: string, target: string, to: string): Promise<string> => {
    cseq += 1;
    const seen = core.frames.length;
    core.post({
      kind: "phoneFrame",
      flowId: "flw_1",
      text: [
        `${method} ${target} SIP/2.0`,
        `Via: SIP/2.0/WS b.invalid;branch=z9hG4bKws${cseq}`,
        "Max-Forwards: 70",
        `From: <${to}>;tag=1`,
        `To: <${to}>`,
        "Call-ID: browser@test",
        `CSeq: ${cseq} ${method}`,
        "Contact: <sip:x@b.invalid;transport=ws>;expires=60",
        "Content-Length: 0",
        "",
        "",
      ].join("\r\n"),
    });
    await expect.poll(() => core.frames.length, { timeout: 5_000 }).toBeGreaterThan(seen);
    return core.frames.at(-1)?.split("\r\n")[0] ?? "";
  };
  expect(await ask("REGISTER", "sip:desk.example", "sip:per_2@desk.example")).toBe("SIP/2.0 403 Forbidden");
  expect(await ask("REGISTER", "sip:desk.example", "sip:per_1@elsewhere.example")).toBe("SIP/2.0 403 Forbidden");
  expect(core.events.slice(from).some((event) => event.kind === "phoneState" && event.registered)).toBe(false);
  expect(await ask("REGISTER", "sip:desk.example", "sip:per_1@desk.example")).toBe("SIP/2.0 200 OK");
  expect(await core.until("phoneState", from)).toMatchObject({ personId: "per_1", registered: true, proven: false });
  core.post({ kind: "sessionEnded", sessionId: "ses_1" as SessionId });
  await expect.poll(() => core.frames.at(-1), { timeout: 5_000 }).toBe("closed flw_1");
  await expect.poll(() => core.events.findLast((event) => event.kind === "phoneState")).toMatchObject({ registered: false });
});

/** A softphone of somebody's by the WebSocket that core let in: a request at a time, and what came for it. */
function openSoftphone(flowId: string, address: string) {
  core.post({ kind: "softphoneOpen", flowId, remoteAddress: address, remotePort: 50_000, localAddress: "127.0.0.1", localPort: 8_080 });
  let cseq = 0;
  let toTag = "";
  const say = (method: string, target: string, headers: readonly string[] = [], body = "", number = (cseq += 1)): void => {
    const isRegister = method === "REGISTER";
    core.post({
      kind: "phoneFrame",
      flowId,
      text: [
        `${method} ${target} SIP/2.0`,
        `Via: SIP/2.0/WS ${flowId}.invalid;branch=z9hG4bK${flowId}${method}${number}`,
        "Max-Forwards: 70",
        "From: <sip:desk-7@allo>;tag=1",
        `To: <${isRegister ? "sip:desk-7@allo" : "sip:600@allo"}>${isRegister || toTag === "" ? "" : `;tag=${toTag}`}`,
        `Call-ID: ${flowId}${isRegister ? "" : "-call"}@test`,
        `CSeq: ${number} ${method}`,
        `Contact: <sip:x@${flowId}.invalid;transport=ws>`,
        ...headers,
        ...(body === "" ? [] : ["Content-Type: application/sdp"]),
        `Content-Length: ${body.length}`,
        "",
        body,
      ].join("\r\n"),
    });
  };
  const ask = async (...request: Parameters<typeof say>): Promise<readonly string[]> => {
    const seen = core.frames.length;
    say(...request);
    await expect.poll(() => core.frames.slice(seen).some((text) => /^SIP\/2\.0 [2-6]/.test(text)), { timeout: 5_000 }).toBe(true);
    const lines = (core.frames.slice(seen).find((text) => /^SIP\/2\.0 [2-6]/.test(text)) ?? "").split("\r\n");
    toTag = lines.map((line) => /^To: .*;tag=([^;]+)/.exec(line)?.[1]).find((tag) => tag !== undefined) ?? toTag;
    return lines;
  };
  return { say, ask, cseq: () => cseq, leaveDialog: () => void (toTag = "") };
}

const placesOf = (): readonly string[] =>
  core.devices.at(-1)?.state.contacts.map(({ address, transport }) => `${transport} ${address}`) ?? [];

test("sip-rtp 6.2 RFC 7118: a foreign softphone registers by WebSocket with a device's password, and another password ends it", async () => {
  const phone = openSoftphone("flw_soft1", "192.0.2.50");
  const nobody = await phone.ask("REGISTER", "sip:allo");
  expect(nobody[0]).toBe("SIP/2.0 401 Unauthorized");
  // What softphones in browsers are built of sees one challenge, and knows MD5.
  expect(challengesOf(nobody)).toEqual([expect.stringContaining("algorithm=MD5")]);
  const given = (lines: readonly string[]) => authorize(lines, "MD5", "REGISTER", "sip:allo");
  const wrong = { user: "nobody", password: "x" };
  const unknown = await phone.ask("REGISTER", "sip:allo", [authorize(nobody, "MD5", "REGISTER", "sip:allo", wrong)]);
  expect(unknown[0]).toBe("SIP/2.0 401 Unauthorized");
  expect((await phone.ask("REGISTER", "sip:allo", [given(unknown)]))[0]).toBe("SIP/2.0 200 OK");
  await expect.poll(placesOf).toContain("ws 192.0.2.50");
  const ha1 = (algorithm: string) => hash(algorithm, "desk-7:allo:another");
  const devices = config.devices.map((device) => ({ ...device, ha1Md5: ha1("md5"), ha1Sha256: ha1("sha256") }));
  core.post({ kind: "edgeConfig", config: { ...config, devices } });
  await expect.poll(placesOf).toEqual([]);
  core.post({ kind: "edgeConfig", config });
});

test("sip-rtp 6.2 RFC 7118: a softphone's closed socket ends its registration; a scanner's is answered by nothing, and its next one is shut", async () => {
  const phone = openSoftphone("flw_soft2", "192.0.2.51");
  const asked = await phone.ask("REGISTER", "sip:allo");
  await phone.ask("REGISTER", "sip:allo", [authorize(asked, "MD5", "REGISTER", "sip:allo")]);
  await expect.poll(placesOf).toEqual(["ws 192.0.2.51"]);
  core.post({ kind: "phoneClose", flowId: "flw_soft2" });
  await expect.poll(placesOf).toEqual([]);
  const seen = core.frames.length;
  openSoftphone("flw_soft3", "192.0.2.52").say("OPTIONS", "sip:allo", ["User-Agent: sipvicious"]);
  await expect.poll(() => core.shields.at(-1)?.blocked.map((each) => each.source)).toContain("192.0.2.52");
  openSoftphone("flw_soft4", "192.0.2.52");
  await expect.poll(() => core.frames.slice(seen)).toEqual(["closed flw_soft4"]);
  core.post({ kind: "liftBlock", source: "192.0.2.52" });
});

/** What a browser offers or answers. */
const browserSdp = (direction: string, setup = "actpass"): string =>
  [
    "v=0",
    "o=- 7 1 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
    "a=group:BUNDLE 0",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 0 8 110",
    "c=IN IP4 0.0.0.0",
    "a=mid:0",
    "a=ice-ufrag:abcd",
    "a=ice-pwd:abcdefghijklmnopqrstuvwx",
    `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => "AB").join(":")}`,
    `a=setup:${setup}`,
    `a=${direction}`,
    "a=rtcp-mux",
    "a=rtpmap:111 opus/48000/2",
    "a=rtpmap:110 telephone-event/8000",
    "",
  ].join("\r\n");

test("sip-rtp 6.3 RFC 8842: a softphone is rung with an offer of ICE and DTLS, a desk phone of the same person with plain RTP; who answers first has the call", async () => {
  const from = core.events.length;
  const [softphone, deskPhone] = [openSoftphone("flw_soft6", "192.0.2.54"), await openPhone("desk-7")];
  const asked = await softphone.ask("REGISTER", "sip:allo");
  await softphone.ask("REGISTER", "sip:allo", [authorize(asked, "MD5", "REGISTER", "sip:allo")]);
  const refused = await deskPhone("REGISTER", "sip:127.0.0.1");
  await deskPhone("REGISTER", "sip:127.0.0.1", [authorize(refused, "MD5", "REGISTER", "sip:127.0.0.1")]);
  await expect.poll(() => placesOf().toSorted()).toEqual(["udp 127.0.0.1", "ws 192.0.2.54"]);
  const seen = core.frames.length;
  const offerId = "ofr_soft" as OfferId;
  core.command({ kind: "ringPhone", phoneId: "dev_1" as PhoneId, audioId: "music.main", offerId, shown: { number: "+1", name: null } });
  await expect.poll(() => core.frames.slice(seen).find((text) => text.startsWith("INVITE "))).toBeDefined();
  const invited = core.frames.slice(seen).find((text) => text.startsWith("INVITE ")) ?? "";
  for (const line of ["UDP/TLS/RTP/SAVPF 0 8 101", "a=ice-lite", "a=setup:actpass", "a=rtcp-mux", " 127.0.0.1 "])
    expect(invited).toContain(line);
  const headerOf = (name: string): string => new RegExp(`^${name}: (.*)$`, "m").exec(invited)?.[1]?.trim() ?? "";
  const answer = browserSdp("sendrecv", "active");
  core.post({
    kind: "phoneFrame",
    flowId: "flw_soft6",
    text: [
      "SIP/2.0 200 OK",
      ...["Via", "From", "Call-ID", "CSeq"].map((name) => `${name}: ${headerOf(name)}`),
      `To: ${headerOf("To")};tag=soft`,
      "Contact: <sip:x@flw_soft6.invalid;transport=ws>",
      "Content-Type: application/sdp",
      `Content-Length: ${answer.length}`,
      "",
      answer,
    ].join("\r\n"),
  });
  expect(await core.until("phoneAnswered", from)).toMatchObject({ phoneId: "dev_1", offerId });
  await expect.poll(() => core.frames.slice(seen).some((text) => text.startsWith("ACK "))).toBe(true);
  core.post({
    kind: "phoneFrame",
    flowId: "flw_soft6",
    text: [
      "BYE sip:allo SIP/2.0",
      "Via: SIP/2.0/WS flw_soft6.invalid;branch=z9hG4bKbye",
      `From: ${headerOf("To")};tag=soft`,
      `To: ${headerOf("From")}`,
      `Call-ID: ${headerOf("Call-ID")}`,
      "CSeq: 9 BYE",
      "Max-Forwards: 70",
      "Content-Length: 0",
      "",
      "",
    ].join("\r\n"),
  });
  await expect.poll(() => core.devices.at(-1)?.state.call).toBe("idle");
  core.post({ kind: "phoneClose", flowId: "flw_soft6" });
}, 60_000);

test("sip-rtp 6.3: a softphone's call is answered with ICE and DTLS, held and taken up in the words of both, and hung up", async () => {
  const from = core.events.length;
  const phone = openSoftphone("flw_soft5", "192.0.2.53");
  const challenged = await phone.ask("INVITE", "sip:600@allo", [], browserSdp("sendrecv"));
  expect(challenged[0]).toBe("SIP/2.0 401 Unauthorized");
  phone.leaveDialog();
  const proof = authorize(challenged, "MD5", "INVITE", "sip:600@allo");
  const answering = phone.ask("INVITE", "sip:600@allo", [proof], browserSdp("sendrecv"));
  const arrived = await core.until("callArrived", from);
  expect(arrived).toMatchObject({ deviceId: "dev_1", transport: "WS", sourceAddress: "192.0.2.53" });
  core.command(accept(arrived.callId));
  const answer = await answering;
  expect(answer[0]).toBe("SIP/2.0 200 OK");
  const lineOf = (lines: readonly string[], start: string): string | undefined => lines.find((line) => line.startsWith(start));
  expect(lineOf(answer, "m=")).toMatch(/^m=audio \d+ UDP\/TLS\/RTP\/SAVPF 0 110$/);
  expect(answer).toContain("a=ice-lite");
  expect(answer).toContain("a=setup:passive");
  expect(lineOf(answer, "a=candidate:")).toContain(" 127.0.0.1 ");
  phone.say("ACK", "sip:600@allo", [], "", phone.cseq());
  for (const [offered, answered] of [
    ["sendonly", "recvonly"],
    ["inactive", "inactive"],
    ["sendrecv", "sendrecv"],
  ] as const) {
    const next = await phone.ask("INVITE", "sip:600@allo", [], browserSdp(offered));
    phone.say("ACK", "sip:600@allo", [], "", phone.cseq());
    expect(next[0]).toBe("SIP/2.0 200 OK");
    expect(next).toContain(`a=${answered}`);
    for (const start of ["a=ice-ufrag:", "a=fingerprint:", "m="]) expect(lineOf(next, start)).toBe(lineOf(answer, start));
  }
  expect((await phone.ask("BYE", "sip:600@allo"))[0]).toBe("SIP/2.0 200 OK");
  expect(await core.until("callEnded", from)).toMatchObject({ callId: arrived.callId, cause: { by: "caller", why: "hungUp" } });
});

/** A caller made of bare datagrams on the trunk port, for what well-behaved phones don't do. */
async function openCaller() {
  const sip = createSocket("udp4");
  const rtp = createSocket("udp4");
  onTestFinished(() => {
    sip.close();
    rtp.close();
  });
  await Promise.all([sip, rtp].map((socket) => new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve))));
  const received: string[] = [];
  let packets = 0;
  sip.on("message", (bytes) => received.push(bytes.toString("utf8")));
  rtp.on("message", () => {
    packets += 1;
  });
  const { port } = sip.address();
  const send = (
    method: string,
    cseq: number,
    fields: { readonly toTag?: string; readonly branch?: string; readonly body?: string } = {},
  ): void => {
    const body = fields.body ?? "";
    sip.send(
      [
        `${method} sip:600@127.0.0.1:${sipPort} SIP/2.0`,
        `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=${fields.branch ?? `z9hG4bK${port}${cseq}${method}`};rport`,
        "Max-Forwards: 70",
        `From: <sip:02079460999@127.0.0.1>;tag=1`,
        `To: <sip:600@127.0.0.1>${fields.toTag === undefined ? "" : `;tag=${fields.toTag}`}`,
        `Call-ID: ${port}@bare`,
        `CSeq: ${cseq} ${method}`,
        `Contact: <sip:bare@127.0.0.1:${port}>`,
        ...(body === "" ? [] : ["Content-Type: application/sdp"]),
        `Content-Length: ${body.length}`,
        "",
        body,
      ].join("\r\n"),
      sipPort,
      "127.0.0.1",
    );
  };
  const answer = async (start: RegExp): Promise<string> => {
    await expect.poll(() => received.some((text) => start.test(text)), { timeout: 8_000 }).toBe(true);
    return received.findLast((text) => start.test(text)) ?? "";
  };
  const sdp = (direction = "sendrecv"): string =>
    `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${rtp.address().port} RTP/AVP 8 96\r\na=rtpmap:96 telephone-event/8000\r\na=${direction}\r\n`;
  return { send, answer, sdp, rtp, branch: `z9hG4bK${port}`, packets: () => packets };
}
const tagOf = (text: string): string => /^To:.*;tag=([^;\s]+)/m.exec(text)?.[1] ?? "";

test("a caller who gives up before the answer is told as cancelled, and gets 487", async () => {
  const from = core.events.length;
  const caller = await openCaller();
  caller.send("INVITE", 1, { branch: caller.branch, body: caller.sdp() });
  const { callId } = await core.until("callArrived", from);
  await caller.answer(/^SIP\/2.0 180/);
  caller.send("CANCEL", 1, { branch: caller.branch });
  await caller.answer(/^SIP\/2.0 487/);
  expect(await core.until("callEnded", from)).toMatchObject({ callId, cause: { by: "caller", why: "cancelled" } });
  core.command(accept(callId));
  expect(core.events.slice(from).some((event) => event.kind === "callAnswered")).toBe(false);
});

test("an INVITE without an offer gets ours in the 200; its answer in the ACK brings sound, keys are told, hold is confirmed", async () => {
  const from = core.events.length;
  const caller = await openCaller();
  caller.send("INVITE", 1);
  const { callId } = await core.until("callArrived", from);
  core.command(accept(callId));
  const accepted = await caller.answer(/^SIP\/2.0 200/);
  const audio = /^m=audio (\d+) RTP\/AVP 0 8 101/m.exec(accepted);
  expect(audio).not.toBeNull();
  expect(caller.packets()).toBe(0);
  caller.send("ACK", 1, { toTag: tagOf(accepted), body: caller.sdp() });
  await expect.poll(caller.packets, { timeout: 5_000 }).toBeGreaterThan(20);
  // RFC 4733: key 5, an event of growing duration, its end three times.
  for (const [index, duration] of [160, 320, 480, 480, 480].entries()) {
    const packet = Buffer.alloc(16);
    packet.set([0x80, index === 0 ? 0x80 | 96 : 96]);
    packet.writeUInt16BE(100 + index, 2);
    packet.writeUInt32BE(8_000, 4);
    packet.writeUInt32BE(0xabcdef, 8);
    packet.set([5, index >= 2 ? 0x8a : 0x0a], 12);
    packet.writeUInt16BE(duration, 14);
    caller.rtp.send(packet, Number(audio?.[1]), "127.0.0.1");
  }
  await core.until("digitPressed", from);
  expect(core.events.slice(from).filter((event) => event.kind === "digitPressed")).toHaveLength(1);
  caller.send("INVITE", 2, { toTag: tagOf(accepted), body: caller.sdp("sendonly") });
  expect(await caller.answer(/^SIP\/2.0 200[\s\S]*CSeq: 2 INVITE/)).toMatch(/a=recvonly/);
  caller.send("ACK", 2, { toTag: tagOf(accepted) });
  caller.send("BYE", 3, { toTag: tagOf(accepted) });
  expect(await core.until("callEnded", from)).toMatchObject({ callId, cause: { by: "caller", why: "hungUp" } });
}, 30_000);

test("sip-rtp 6.2 RFC 3891: a phone of ours takes a line over by Replaces where core lets it; nobody else does", async () => {
  const from = core.events.length;
  const caller = await openCaller();
  caller.send("INVITE", 1, { body: caller.sdp() });
  const { callId } = await core.until("callArrived", from);
  core.command(accept(callId));
  const accepted = await caller.answer(/^SIP\/2.0 200/);
  caller.send("ACK", 1, { toTag: tagOf(accepted) });
  const replaces = `Replaces: ${/^Call-ID: (\S+)/m.exec(accepted)?.[1]};to-tag=${tagOf(accepted)};from-tag=1`;
  const sdp = caller.sdp();
  const stranger = await openPhone("desk-9");
  expect((await stranger("INVITE", "sip:600@127.0.0.1", [replaces], sdp))[0]).toBe("SIP/2.0 401 Unauthorized");

  const attempt = async (isAllowed: boolean): Promise<string | undefined> => {
    const phone = await openPhone("desk-7");
    const challenged = await phone("INVITE", "sip:600@127.0.0.1", [replaces], sdp);
    const at = core.events.length;
    const answer = phone("INVITE", "sip:600@127.0.0.1", [replaces, authorize(challenged, "SHA-256", "INVITE", "sip:600@127.0.0.1")], sdp);
    const asked = await core.until("pickUpAsked", at);
    expect(asked).toMatchObject({ callId, deviceId: "dev_1" });
    const { token } = asked;
    core.command(isAllowed ? { kind: "allowPickUp", callId, token } : { kind: "refuseTransfer", callId, token, status: 403 });
    return (await answer)[0];
  };
  expect(await attempt(false)).toBe("SIP/2.0 403 Forbidden");
  expect(await attempt(true)).toBe("SIP/2.0 200 OK");
  await caller.answer(/^BYE /);
  await expect
    .poll(() => core.events.slice(from).flatMap((event) => (event.kind === "transferEnded" ? [event.status] : [])))
    .toEqual([403, 200]);
  expect(core.events.slice(from).some((event) => event.kind === "callEnded")).toBe(false);
  core.command({ kind: "hangUp", callId, cause: { by: "system", why: "hungUp" } });
  expect(await core.until("callEnded", from)).toMatchObject({ callId });
}, 30_000);

test("a description that says nothing we know is refused with 488 and is no call", async () => {
  const from = core.events.length;
  const caller = await openCaller();
  caller.send("INVITE", 1, { body: caller.sdp().replace("RTP/AVP 8 96", "RTP/AVP 18 96") });
  await caller.answer(/^SIP\/2.0 488/);
  expect(core.events.length).toBe(from);
});

/** Callers of this test, with what became of each. */
async function openCallers() {
  const clock = { now: () => Math.floor(performance.timeOrigin + performance.now()) };
  const callers = await createCallers({ bindAddress: "127.0.0.1", clock });
  onTestFinished(() => callers.close());
  const place = () => {
    const call = callers.place({ target: { address: "127.0.0.1", port: sipPort }, number: "600", from: { number: "79260000001" } });
    const ended = new Promise<{ readonly by: string; readonly status: number | null }>((resolve) => {
      call.on((event) => event.kind === "ended" && resolve(event));
    });
    return { call, ended };
  };
  /** A call that waits to music. */
  const waiting = async () => {
    const from = core.events.length;
    const placed = place();
    const { callId } = await core.until("callArrived", from);
    core.command({ ...accept(callId), greeting: [] } as CoreCommand);
    await expect.poll(() => placed.call.state()).toBe("answered");
    return { ...placed, callId };
  };
  return { place, waiting };
}

test("an operator lets it run empty: 503 for new calls and for a carrier that asks, the rest goes on; taken back, calls come again", async () => {
  const { place, waiting } = await openCallers();
  const first = await waiting();
  core.post({ kind: "drain", on: true });
  await expect
    .poll(() => core.drains.at(-1))
    .toMatchObject({ draining: { by: "operator", endsAt: null }, left: { talking: 0, waiting: 1, beginning: 0 } });
  expect((await place().ended).status).toBe(503);
  const socket = createSocket("udp4");
  onTestFinished(() => void socket.close());
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const answer = new Promise<string>((resolve) => socket.once("message", (bytes) => resolve(String(bytes))));
  const via = `Via: SIP/2.0/UDP 127.0.0.1:${socket.address().port};branch=z9hG4bKhealth`;
  const head = "From: <sip:carrier@127.0.0.1>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: health\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70";
  socket.send(`OPTIONS sip:127.0.0.1 SIP/2.0\r\n${via}\r\n${head}\r\nContent-Length: 0\r\n\r\n`, sipPort, "127.0.0.1");
  expect(await answer).toMatch(/^SIP\/2\.0 503 [^]*\r\nRetry-After: 120\r\n/);
  const heard = first.call.hearing().packets;
  await expect.poll(() => first.call.hearing().packets).toBeGreaterThan(heard + 25);
  first.call.hangUp();
  await expect.poll(() => core.drains.at(-1)?.left).toEqual({ talking: 0, waiting: 0, beginning: 0 });
  core.post({ kind: "drain", on: false });
  await expect.poll(() => core.drains.at(-1)?.draining).toBeNull();
  (await waiting()).call.hangUp();
}, 30_000);

test("what the edge has logged through all of this names no caller, password, proof, key or pressed digit", async () => {
  const caller = await openCaller();
  caller.send("INVITE", 1, { body: caller.sdp().replace("RTP/AVP 8 96", "RTP/AVP 18 96") });
  await caller.answer(/^SIP\/2.0 488/);
  await expect.poll(() => edge.output().length).toBeGreaterThan(0);
  const secrets = [
    "79261234567",
    "a-long-password-of-a-device",
    hash("md5", "desk-7:allo:a-long-password-of-a-device"),
    hash("sha256", "desk-7:allo:a-long-password-of-a-device"),
    "Digest ",
    "nonce=",
    "inline:",
    "a=crypto",
    "ice-pwd",
    '"digit"',
    "INVITE sip:",
  ];
  for (const secret of secrets) expect(edge.output().includes(secret), secret).toBe(false);
});

test("a stop takes no new calls, waits, tells whoever is left at its limit, and ends with every call's cause told", async () => {
  const { place, waiting } = await openCallers();
  const from = core.events.length;
  const [leaves, stays] = [await waiting(), await waiting()];
  const exited = new Promise<number | null>((resolve) => edge.process.once("exit", resolve));
  edge.process.send({ kind: "stop" });
  await expect.poll(() => core.drains.at(-1)).toMatchObject({ draining: { by: "stop" }, left: { waiting: 2 } });
  core.post({ kind: "drain", on: false }); // a stop isn't taken back
  expect((await place().ended).status).toBe(503);
  leaves.call.hangUp();
  stays.call.hearAnew();
  expect(await stays.ended).toMatchObject({ by: "peer" });
  expect(stays.call.hearing().speechMs, "the sentence").toBeGreaterThan(1_000);
  expect(await exited).toBe(0);
  const ends = core.events.slice(from).flatMap((event) => (event.kind === "callEnded" ? [[event.callId, event.cause.why]] : []));
  expect(ends).toEqual([
    [leaves.callId, "hungUp"],
    [stays.callId, "shutdown"],
  ]);
}, 40_000);
