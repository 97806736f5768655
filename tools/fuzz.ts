// Mutated messages against the parsers and the whole engine: no throw, no hang, print stable, chunking without effect.
// node --conditions=source tools/fuzz.ts [--seconds 20] [--seed text] [--target sip|sdp|stream|stack]
import { parseArgs } from "node:util";
import { createPrng, utf8Decode, utf8Encode } from "@allo/kernel";
import type { Prng } from "@allo/kernel";
import { parseSdp, printSdp, readAudio } from "@allo/sdp";
import { createSipStack, createStreamFramer, parseMessage, serializeMessage } from "@allo/sip";
import type { SipCommand, SipFlow } from "@allo/sip";
import { tortureFixtures } from "../conformance/fixtures/torture.ts";

/** One input that takes longer than this counts as a hang. */
const INPUT_MS_MAX = 500;
const SDP_SEED = utf8Encode(
  "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\na=group:BUNDLE 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 0 8 126\r\n" +
    "a=ice-ufrag:Zz12\r\na=ice-pwd:zzzzzzzzzzzzzzzzzzzzzzzz\r\na=candidate:1 1 udp 2122260223 192.0.2.5 51000 typ host\r\n" +
    "a=fingerprint:sha-256 00:11\r\na=setup:actpass\r\na=mid:0\r\na=rtpmap:126 telephone-event/8000\r\nm=video 0 RTP/AVP 31\r\n",
);
const WORDS = [
  "\r\n",
  "\r\n ",
  '"',
  "<",
  ">",
  ";",
  ",",
  "%",
  "%00",
  ":",
  "sip:",
  "tag=",
  "branch=z9hG4bK",
  "Via: ",
  "Content-Length: 5\r\n",
  "*",
  "\0",
  "99999999999",
].map(utf8Encode);
const corpus = tortureFixtures.map((fixture) => utf8Encode(fixture.text)).filter((bytes) => bytes.length < 8_000);
const flow: SipFlow = {
  id: "udp",
  transport: "udp",
  local: { address: "192.0.2.1", port: 5060 },
  remote: { address: "192.0.2.2", port: 5060 },
};

const targets: Readonly<Record<string, (prng: Prng) => void>> = {
  sip: (prng) => {
    const bytes = mutate(pick(prng, corpus), prng);
    noteInput(bytes);
    const first = parseMessage(bytes);
    if (!first.ok) return;
    const printed = serializeMessage(first.message);
    // Header text with a lone CR can't come out of the parser, so everything that parsed must print.
    if (!printed.ok) throw new Error(`does not print: ${printed.failure.header}`);
    const second = parseMessage(printed.value);
    if (!second.ok) throw new Error(`printed form does not parse: ${second.reason}`);
    const again = serializeMessage(second.message);
    if (!again.ok || utf8Decode(again.value) !== utf8Decode(printed.value)) throw new Error("print is not stable");
  },
  sdp: (prng) => {
    const bytes = mutate(SDP_SEED, prng);
    noteInput(bytes);
    const parsed = parseSdp(bytes);
    if (!parsed.ok) return;
    readAudio(parsed.session);
    const printed = printSdp(parsed.session);
    const again = parseSdp(printed);
    if (!again.ok || utf8Decode(printSdp(again.session)) !== utf8Decode(printed)) throw new Error("print is not stable");
  },
  stream: (prng) => {
    const bytes = join([mutate(pick(prng, corpus), prng), pick(prng, corpus), utf8Encode("\r\n\r\n"), pick(prng, corpus)]);
    noteInput(bytes);
    const cut = (size: number): string => {
      const framer = createStreamFramer();
      let text = "";
      for (let at = 0; at < bytes.length; at += size) {
        for (const output of framer.push(0, bytes.subarray(at, at + size))) {
          if (output.kind === "message") text += `[${utf8Decode(output.bytes)}]`;
          else if (output.kind === "broken") return text;
        }
      }
      return text;
    };
    if (cut(bytes.length) !== cut(1 + prng.below(40))) throw new Error("chunking changes the messages");
  },
  stack: (prng) => {
    let serial = 0;
    const stack = createSipStack({ ids: { next: (prefix) => `${prefix}${(serial += 1)}` }, prng: prng.child("stack") });
    const timers: number[] = [];
    const run = (commands: readonly SipCommand[]): void => {
      for (const command of commands) {
        if (command.kind === "armTimer") timers.push(command.timerId);
        if (command.kind !== "emit") continue;
        const { event } = command;
        if (event.kind === "inviteReceived") {
          run(
            prng.below(2) === 0
              ? stack.inviteAccept(event.dialogId, { sdp: SDP_SEED }).commands
              : stack.inviteReject(event.dialogId, { status: 486 }).commands,
          );
          if (prng.below(2) === 0) run(stack.dialogEnd(event.dialogId).commands);
        }
        if (event.kind === "requestReceived" || event.kind === "reInviteReceived")
          run(stack.respond(event.transactionId, { status: 200 }).commands);
      }
    };
    const sent: Uint8Array[] = [];
    for (let step = 0; step < 12; step += 1) {
      const bytes = mutate(pick(prng, corpus), prng);
      noteInput(bytes);
      const commands = stack.handle({ kind: "messageReceived", at: step, flow, bytes });
      for (const command of commands) if (command.kind === "sendBytes") sent.push(command.bytes);
      run(commands);
      const timerId = timers[prng.below(timers.length + 1)];
      if (timerId !== undefined) run(stack.handle({ kind: "timerFired", at: step, timerId }));
    }
    for (const bytes of sent) {
      const parsed = parseMessage(bytes);
      // A stateless refusal repeats the headers as they came, so only what the engine built itself must parse.
      if (!parsed.ok && !/^SIP\/2\.0 (400|505|513)/.test(utf8Decode(bytes)))
        throw new Error(`our own message does not parse: ${parsed.reason}`);
    }
  },
};

let input: Uint8Array = new Uint8Array(0);

function main(): void {
  const { values } = parseArgs({
    options: { seconds: { type: "string", default: "20" }, seed: { type: "string", default: "smoke" }, target: { type: "string" } },
  });
  const seconds = Number(values.seconds);
  const chosen = Object.entries(targets).filter(([name]) => values.target === undefined || name === values.target);
  if (!(seconds > 0) || chosen.length === 0) {
    process.stderr.write(`usage: fuzz [--seconds 20] [--seed text] [--target ${Object.keys(targets).join("|")}]\n`);
    process.exitCode = 2;
    return;
  }
  for (const [name, run] of chosen) {
    const end = performance.now() + (seconds * 1_000) / chosen.length;
    let count = 0;
    while (performance.now() < end) {
      const seed = `${values.seed}/${name}/${count}`;
      const began = performance.now();
      try {
        run(createPrng(seed));
        if (performance.now() - began > INPUT_MS_MAX) throw new Error(`took ${Math.round(performance.now() - began)} ms`);
      } catch (cause) {
        const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
        process.stdout.write(`${name}: failed at seed ${seed}\n${text}\nlast input, base64: ${Buffer.from(input).toString("base64")}\n`);
        process.exitCode = 1;
        return;
      }
      count += 1;
    }
    process.stdout.write(`${name}: ${count} inputs, none failed\n`);
  }
}

function noteInput(bytes: Uint8Array): void {
  input = bytes;
}

function pick<T>(prng: Prng, from: readonly T[]): T {
  return from[prng.below(from.length)] as T;
}

function mutate(bytes: Uint8Array, prng: Prng): Uint8Array {
  let out: Uint8Array = bytes.slice();
  for (let edits = prng.below(5); edits > 0; edits -= 1) {
    const at = prng.below(out.length + 1);
    const end = Math.min(out.length, at + prng.below(20));
    switch (prng.below(5)) {
      case 0:
        if (at < out.length) out[at] = prng.below(256);
        break;
      case 1:
        out = join([out.subarray(0, at), out.subarray(end)]);
        break;
      case 2:
        out = join([out.subarray(0, at), pick(prng, WORDS), out.subarray(at)]);
        break;
      case 3:
        out = join([out.subarray(0, end), out.subarray(at)]);
        break;
      default:
        out = join([out.subarray(0, at), pick(prng, corpus).subarray(0, prng.below(400))]);
    }
  }
  return out;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

main();
