import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createPrng, utf8Encode } from "@allo/kernel";
import { createFlowHub } from "@allo/node-net";
import { createAnswer, parseSdp, readAudio } from "@allo/sdp";
import { createSipStack } from "@allo/sip";
import type { SipCommand } from "@allo/sip";
import { describe, expect, it } from "vitest";

const CALLS = 20;
const hasSipp = spawnSync("sipp", ["-v"]).error === undefined;

/** The real engine on real sockets: rings, answers, and lets the caller hang up. */
async function answerer(transport: "udp" | "tcp") {
  let serial = 0;
  const stack = createSipStack({
    ids: { next: (prefix) => `${prefix}${(serial += 1)}-${randomBytes(8).toString("hex")}` },
    prng: createPrng("sipp"),
  });
  const timers = new Map<number, NodeJS.Timeout>();
  const ends: string[] = [];
  const run = (commands: readonly SipCommand[]): void => {
    for (const command of commands) {
      switch (command.kind) {
        case "sendBytes":
          hub.send(command.flowId, command.to, command.bytes);
          break;
        case "armTimer":
          timers.set(
            command.timerId,
            setTimeout(() => {
              timers.delete(command.timerId);
              run(stack.handle({ kind: "timerFired", at: performance.now(), timerId: command.timerId }));
            }, command.afterMs),
          );
          break;
        case "cancelTimer":
          clearTimeout(timers.get(command.timerId));
          timers.delete(command.timerId);
          break;
        case "emit": {
          const { event } = command;
          if (event.kind === "dialogEnded") ends.push(event.cause);
          if (event.kind !== "inviteReceived") break;
          const offer = parseSdp(event.sdp ?? utf8Encode(""));
          const audio = offer.ok ? readAudio(offer.session) : null;
          if (!offer.ok || audio?.ok !== true) {
            run(stack.inviteReject(event.dialogId, { status: 488 }).commands);
            break;
          }
          run(stack.inviteProgress(event.dialogId, { status: 180 }).commands);
          const sdp = createAnswer(offer.session, audio.audio, {
            origin: { sessionId: "1", version: 1, address: "127.0.0.1" },
            port: 40_000,
            direction: "sendrecv",
          });
          run(stack.inviteAccept(event.dialogId, { sdp }).commands);
        }
      }
    }
  };
  const hub = createFlowHub({
    onMessage: (flow, bytes) => run(stack.handle({ kind: "messageReceived", at: performance.now(), flow, bytes })),
    onFlowClosed: (flow) => run(stack.handle({ kind: "flowClosed", at: performance.now(), flowId: flow.id })),
  });
  const listener = await (transport === "udp"
    ? hub.listenUdp({ address: "127.0.0.1", port: 0 })
    : hub.listenTcp({ address: "127.0.0.1", port: 0 }));
  const close = async (): Promise<void> => {
    for (const timer of timers.values()) clearTimeout(timer);
    timers.clear();
    await hub.close();
  };
  return { port: listener.local.port, ends, stack, close };
}

describe("SIPp as the caller", () => {
  it.skipIf(!hasSipp).each([
    ["udp", "u1"],
    ["tcp", "t1"],
  ] as const)("rings, is answered, acknowledges and hangs up over %s (skipped where sipp is not installed)", async (transport, mode) => {
    const { port, ends, stack, close } = await answerer(transport);
    const sipp = spawn(
      "sipp",
      [
        `127.0.0.1:${port}`,
        "-sn",
        "uac",
        "-i",
        "127.0.0.1",
        "-t",
        mode,
        "-m",
        String(CALLS),
        "-r",
        "20",
        "-d",
        "100",
        "-timeout",
        "20s",
        "-nostdin",
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    const output: string[] = [];
    sipp.stdout.on("data", (chunk: Buffer) => output.push(chunk.toString()));
    sipp.stderr.on("data", (chunk: Buffer) => output.push(chunk.toString()));
    const code = await new Promise<number | null>((resolve) => sipp.on("exit", resolve));
    expect({ code, output: code === 0 ? "" : output.join("").slice(-3_000) }).toEqual({ code: 0, output: "" });
    expect(ends).toEqual(Array.from({ length: CALLS }, () => "byeReceived"));
    expect(stack.counts().dialogs).toBe(0);
    await close();
  });
});
