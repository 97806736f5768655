// What is fuzzed, and the rule that each must keep.
import { isDeepStrictEqual } from "node:util";
import { utf8Decode, utf8Encode, type Prng } from "@allo/kernel";
import { buildWav, parseWav } from "@allo/media";
import { classifyDatagram, parseRtcp, parseRtp, RTP_HEADER_BYTES } from "@allo/rtp";
import { createOffer, parseSdp, printSdp, readAudio, createAnswer } from "@allo/sdp";
import { createStreamFramer, parseMessage, readReasons, serializeMessage } from "@allo/sip";
import { parseStun, readXorMappedAddress, usernameOf } from "@allo/stun";
import { DtlsHandshake, makeCertificate } from "../../packages/node-media/src/dtls-handshake.ts";
import { runCall } from "./call-target.ts";
import { readCorpus } from "./corpus.ts";
import { join, mutateBytes, mutateLines, mutateMessage, pick } from "./mutation.ts";

/** One case; throws where the rule breaks. `note` is told the input, for whoever has to look at it. */
export type FuzzTarget = (prng: Prng, note: (bytes: Uint8Array) => void) => void | Promise<void>;

const SDP_LINES = [
  "m=audio 6000 RTP/SAVP 8",
  "m=image 0 udptl t38",
  "m=audio 65536 RTP/AVP 8",
  "c=IN IP6 ::1",
  "c=IN IP4 0.0.0.0",
  "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^31|1:4",
  "a=inactive",
  "a=sendonly",
  "a=rtpmap:101 telephone-event/8000",
  "a=rtpmap:8 pcma/8000/2",
  "a=candidate:1 1 udp 1 h 99999 typ host",
  "a=fingerprint:sha-256 00",
  "a=setup:holdconn",
  "o=- 1 99999999999999999999999999999999999 IN IP4 h",
  "v=0",
  "",
];
const LOCAL = { origin: { sessionId: "1", version: 1, address: "192.0.2.1" }, port: 4_000, direction: "sendrecv" } as const;

export async function createTargets(): Promise<Readonly<Record<string, FuzzTarget>>> {
  const sip = readCorpus("sip");
  const sdp = readCorpus("sdp");
  const certificate = await makeCertificate();
  const binary = (name: string, check: (bytes: Uint8Array) => void): FuzzTarget => {
    const corpus = readCorpus(name);
    return (prng, note) => {
      const bytes =
        prng.below(20) === 0
          ? Uint8Array.from({ length: prng.below(80) }, () => prng.below(256))
          : mutateBytes(pick(prng, corpus), prng, corpus);
      note(bytes);
      check(bytes);
    };
  };
  return {
    sip: (prng, note) => {
      const plain = pick(prng, sip);
      const bytes = prng.below(2) === 0 ? mutateBytes(plain, prng, sip) : utf8Encode(mutateMessage(utf8Decode(plain), prng));
      note(bytes);
      const first = parseMessage(bytes);
      if (!first.ok) return;
      readReasons(first.message);
      const printed = serializeMessage(first.message);
      // Header text with a lone CR can't come out of the parser, so everything that parsed must print.
      if (!printed.ok) throw new Error(`does not print: ${printed.failure.header}`);
      const second = parseMessage(printed.value);
      if (!second.ok) throw new Error(`printed form does not parse: ${second.reason}`);
      const again = serializeMessage(second.message);
      if (!again.ok || utf8Decode(again.value) !== utf8Decode(printed.value)) throw new Error("print is not stable");
    },

    stream: (prng, note) => {
      const bytes = join([mutateBytes(pick(prng, sip), prng, sip), pick(prng, sip), utf8Encode("\r\n\r\n"), pick(prng, sip)]);
      note(bytes);
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

    stack: (prng, note) => runCall(prng, sip, note),

    sdp: (prng, note) => {
      const plain = pick(prng, sdp);
      const bytes = prng.below(2) === 0 ? mutateBytes(plain, prng, sdp) : mutateLines(plain, prng, SDP_LINES);
      note(bytes);
      const parsed = parseSdp(bytes);
      if (!parsed.ok) return;
      const printed = printSdp(parsed.session);
      const again = parseSdp(printed);
      if (!again.ok || utf8Decode(printSdp(again.session)) !== utf8Decode(printed)) throw new Error("print is not stable");
      const read = readAudio(parsed.session, { sdes: true });
      const count = parsed.session.media.length;
      // RFC 3264 §6, §8: an answer, and an offer after it, have as many m-lines.
      const answer = read.ok && read.audio.kind === "plain" ? parseSdp(createAnswer(parsed.session, read.audio, LOCAL)) : null;
      if (answer !== null && (!answer.ok || answer.session.media.length !== count)) throw new Error("the answer has other m-lines");
      const offer = count === 0 ? null : parseSdp(createOffer(LOCAL, parsed.session));
      const hasAudio = parsed.session.media.some((each) => each.kind === "audio");
      if (offer !== null && (!offer.ok || offer.session.media.length !== count + (hasAudio ? 0 : 1)))
        throw new Error("the next offer has other m-lines");
    },

    rtp: binary("rtp", (bytes) => {
      classifyDatagram(bytes);
      const header = parseRtp(bytes);
      if (!header.ok) return;
      const { payloadStart, payloadEnd } = header.value;
      if (payloadStart < RTP_HEADER_BYTES || payloadEnd > bytes.length || payloadStart > payloadEnd)
        throw new Error("the payload leaves the packet");
    }),

    rtcp: binary("rtcp", (bytes) => {
      const messages = parseRtcp(bytes);
      if (messages.ok && messages.value.length * 4 > bytes.length) throw new Error("more parts than there are words");
    }),

    stun: binary("stun", (bytes) => {
      const message = parseStun(bytes);
      if (!message.ok) return;
      usernameOf(message.value);
      for (const attribute of message.value.attributes) readXorMappedAddress(attribute.value, message.value.transactionId);
    }),

    wav: binary("wav", (bytes) => {
      const audio = parseWav(bytes);
      if (!audio.ok) return;
      if (audio.value.samples.length * 2 > bytes.length * 2) throw new Error("more sound than there are bytes");
      const again = parseWav(buildWav(audio.value));
      if (audio.value.samples.length > 0 && (!again.ok || !isDeepStrictEqual(again.value, audio.value)))
        throw new Error("what is written is not what was read");
    }),

    dtls: async (prng, note) => {
      const corpus = DTLS_RECORDS;
      const answers: Uint8Array[] = [];
      let isConnected = false;
      const handshake = new DtlsHandshake({
        certificate,
        remoteFingerprint: `sha-256 ${"AA:".repeat(31)}AA`,
        send: (bytes) => answers.push(bytes),
        onConnected: () => {
          isConnected = true;
        },
        onFailed: () => undefined,
      });
      for (let step = 0; step < 4; step += 1) {
        // What it sent itself comes back changed as well: a cookie in a hello, records of the other direction.
        const bytes = mutateBytes(pick(prng, answers.length > 0 && prng.below(3) === 0 ? answers : corpus), prng, corpus);
        note(bytes);
        handshake.received(bytes);
        await Promise.resolve();
      }
      handshake.end();
      if (isConnected) throw new Error("keys for a certificate that nobody showed");
    },
  };
}

const DTLS_RECORDS = readCorpus("dtls");
