// SIPp as a recorder that is not ours: it takes a recording session as RFC 7866 says it, follows every change of it, and waits for its end.
// What comes in both streams is listened to; each message is kept as it came.
import { createSocket } from "node:dgram";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeG711, STATIC_PAYLOAD_TYPE } from "@allo/media";
import { parseRtp } from "@allo/rtp";
import { recv, response, send, sipp } from "./scenario.ts";

const SECONDS_MAX = 60;
const HEARD_SAMPLES_MAX = 4 * 8_000;

export type Ear = {
  readonly port: number;
  /** The newest seconds that came. */
  readonly heard: () => Int16Array;
  /** Packets so far. */
  readonly packets: () => number;
  readonly close: () => void;
};

export type RecordingServer = {
  readonly port: number;
  /** By the order of the streams. */
  readonly ears: readonly [Ear, Ear];
  /** Requests that came with metadata, oldest first: whole, as they came. */
  readonly told: () => readonly string[];
  /** Resolves once the session was ended by BYE; rejects where anything came otherwise than it had to. */
  readonly ended: Promise<void>;
  readonly close: () => void;
};

/** Takes one recording session. */
export async function recordingServer(): Promise<RecordingServer> {
  const folder = mkdtempSync(join(tmpdir(), "allo-srs-"));
  const messages = join(folder, "messages.log");
  const ears = [await openEar(), await openEar()] as const;
  const { promise: port, resolve: onPort } = Promise.withResolvers<number>();
  const ended = sipp(session(ears[0].port, ears[1].port), { onPort, messages, secondsMax: SECONDS_MAX });
  ended.catch(() => undefined);
  return {
    port: await Promise.race([port, ended.then(() => port)]),
    ears,
    told: () => {
      const log = existsSync(messages) ? readFileSync(messages, "utf8") : "";
      return log.split(/^-{5,}.*$/mu).filter((text) => /\nINVITE sip:/u.test(text) && text.includes("</recording>"));
    },
    ended,
    close: () => {
      for (const ear of ears) ear.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** RFC 7866 §6.1, §7.1, §9.1: what the first INVITE must have in it. */
const BEGINS = [
  { header: "Require", pattern: "siprec" },
  { header: "Contact", pattern: "\\+sip\\.src" },
  { header: "Accept", pattern: "application/rs-metadata-request" },
  { header: "Content-Type", pattern: "multipart/mixed" },
  { pattern: "Content-Type: application/sdp" },
  { pattern: "Content-Type: application/rs-metadata\\+xml" },
  { pattern: "Content-Disposition: recording-session" },
  { pattern: "a=label:1" },
  { pattern: "a=label:2" },
  { pattern: "urn:ietf:params:xml:ns:recording:1" },
  { pattern: "<datamode>complete</datamode>" },
] as const;

function session(left: number, right: number): readonly string[] {
  const answer = (direction: "recvonly" | "inactive"): string => {
    const streams = [left, right].map((port) => `m=audio ${port} RTP/AVP 8\na=rtpmap:8 PCMA/8000\na=${direction}\n`);
    return `v=0\no=srs 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\n${streams.join("")}`;
  };
  const contact = "Contact: <sip:srs@[local_ip]:[local_port]>;+sip.srs\n";
  const taken = (direction: "recvonly" | "inactive", tag?: string): string =>
    send(response("200 OK", { more: contact, body: answer(direction), ...(tag === undefined ? {} : { tag }) }), { repeats: true });
  const isStopped = [
    '<ereg regexp="a=(sendonly|inactive)" search_in="msg" check_it="true" assign_to="said,direction"/>',
    '<strcmp assign_to="difference" variable="direction" value="inactive"/>',
    '<test assign_to="stopped" variable="difference" compare="equal" value="0"/>',
  ].join("");
  const [LISTEN, CHANGED, STOPPED, OVER] = [1, 2, 3, 4];
  return [
    recv("INVITE", { expects: BEGINS, timeoutMs: SECONDS_MAX * 1_000 }),
    send(response("100 Trying")),
    taken("recvonly", "srs"),
    recv("ACK"),
    `<label id="${LISTEN}"/>`,
    `<recv request="INVITE" optional="true" next="${CHANGED}"><action>${isStopped}</action></recv>`,
    recv("BYE", { timeoutMs: SECONDS_MAX * 1_000 }),
    send(response("200 OK")).replace("<send", `<send next="${OVER}"`),
    `<label id="${CHANGED}"/>`,
    `<nop test="stopped" next="${STOPPED}"/>`,
    taken("recvonly"),
    recv("ACK").replace("<recv", `<recv next="${LISTEN}"`),
    `<label id="${STOPPED}"/>`,
    taken("inactive"),
    recv("ACK").replace("<recv", `<recv next="${LISTEN}"`),
    `<label id="${OVER}"/>`,
    '<Reference variables="said"/>',
  ];
}

async function openEar(): Promise<Ear> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  let packets = 0;
  let heard = new Int16Array(0);
  socket.on("message", (bytes) => {
    const packet = parseRtp(bytes);
    if (!packet.ok || packet.value.payloadType !== STATIC_PAYLOAD_TYPE.PCMA) return;
    packets += 1;
    const frame = decodeG711("PCMA", bytes.subarray(packet.value.payloadStart, packet.value.payloadEnd));
    const next = new Int16Array(Math.min(HEARD_SAMPLES_MAX, heard.length + frame.length));
    next.set(heard.subarray(Math.max(0, heard.length + frame.length - next.length)));
    next.set(frame, next.length - frame.length);
    heard = next;
  });
  return { port: socket.address().port, heard: () => heard, packets: () => packets, close: () => socket.close() };
}
