// The process that plays all browsers of the webrtc bench: ICE checks with nomination, DTLS as client, SRTP both ways. It runs in a
// loop of its own without Node's sockets; while browsers connect, Node's loop gets its turns.
import { createHmac, createSecretKey, randomBytes } from "node:crypto";
import { must } from "@allo/kernel";
import { classifyDatagram } from "@allo/rtp";
import { SRTP_TAG_BYTES, SrtpReceiver, SrtpSender } from "@allo/srtp";
import { buildStun, STUN_ATTRIBUTE, STUN_BINDING, usernameAttribute } from "@allo/stun";
import type { PhoneHandshake } from "../packages/node-caller/src/agent-phone-dtls.ts";
import { makePhoneCertificate, shakeHands } from "../packages/node-caller/src/agent-phone-dtls.ts";
import { EpollSockets, OpenDescriptors } from "../packages/node-media/src/epoll-sockets.ts";
import { loadLibc } from "../packages/node-media/src/libc.ts";
import type { MediaSocket } from "../packages/node-media/src/media-socket.ts";
import type { BrowserLeg, FromLoad, ToLoad } from "./load.ts";
import { LOAD_SOCKETS, newPacket, packetsDue, PACKET_BYTES, Tally } from "./load.ts";

/** As browsers ask for consent: RFC 7675 §5.1 has five seconds, Chromium half of it. */
const CHECK_INTERVAL_MS = 2_500;
const TURN_MS = 100;

type Browser = {
  readonly index: number;
  readonly socket: MediaSocket;
  readonly target: { readonly address: string; readonly port: number };
  readonly check: () => void;
  readonly packet: Buffer;
  readonly sealed: Buffer;
  handshake: PhoneHandshake | null;
  sender: SrtpSender | null;
  receiver: SrtpReceiver | null;
};

const sockets = new EpollSockets(loadLibc(), { wakeFd: null, descriptors: new OpenDescriptors() });
const tally = new Tally();
const byPort = new Map<number, Browser>();
const browsers: Browser[] = [];
const ours = Array.from({ length: LOAD_SOCKETS }, () => sockets.bindNow({ address: "127.0.0.1", port: 0, onDatagram }));
const certificate = await makePhoneCertificate();
let talking = false;
let [next, startedAt] = [0, 0];

process.on("disconnect", () => process.exit(0));
process.on("message", (message: ToLoad) => {
  switch (message.kind) {
    case "connect":
      return connect(message.leg);
    case "talk":
      [talking, startedAt, next] = [true, performance.now(), 0];
      return;
    case "begin":
      return tally.begin();
    case "end":
      return tally.end();
  }
});
post({ kind: "certificate", fingerprint: `sha-256 ${certificate.fingerprint}` });
turn();

function connect(leg: BrowserLeg): void {
  const socket = must(ours[leg.index % LOAD_SOCKETS]);
  const target = { address: "127.0.0.1", port: leg.port };
  const key = createSecretKey(Buffer.from(leg.icePwd, "utf8"));
  const check = (): void => {
    const bytes = buildStun({
      messageClass: "request",
      method: STUN_BINDING,
      transactionId: randomBytes(12),
      attributes: [
        usernameAttribute(`${leg.iceUfrag}:b${leg.index}`),
        { type: STUN_ATTRIBUTE.priority, value: Uint8Array.of(0x6e, 0, 1, 0xff) },
        { type: STUN_ATTRIBUTE.iceControlling, value: randomBytes(8) },
        { type: STUN_ATTRIBUTE.useCandidate, value: new Uint8Array(0) },
      ],
      hmac: (message) => createHmac("sha1", key).update(message).digest(),
      fingerprint: true,
    });
    socket.send(bytes, bytes.length, target);
  };
  const browser: Browser = {
    index: leg.index,
    socket,
    target,
    check,
    packet: newPacket(leg.index),
    sealed: Buffer.alloc(PACKET_BYTES + SRTP_TAG_BYTES),
    handshake: null,
    sender: null,
    receiver: null,
  };
  browsers.push(browser);
  byPort.set(leg.port, browser);
  check();
  setInterval(check, CHECK_INTERVAL_MS);
  browser.handshake = shakeHands({
    certificate,
    remoteFingerprint: leg.fingerprint.replace("sha-256 ", ""),
    send: (bytes) => socket.send(bytes, bytes.length, target),
    onConnected: (keys) => {
      browser.sender = new SrtpSender(keys.local);
      browser.receiver = new SrtpReceiver(keys.remote);
      post({ kind: "connected", index: leg.index });
    },
    onFailed: (reason) => {
      throw new Error(`browser ${leg.index}: ${reason}`);
    },
  });
}

function onDatagram(bytes: Uint8Array, length: number, _address: string, port: number): void {
  const browser = byPort.get(port);
  if (browser === undefined) return;
  const kind = classifyDatagram(bytes, length);
  if (kind === "dtls") return browser.handshake?.received(bytes.slice(0, length));
  if (kind !== "rtp" || browser.receiver === null) return;
  const clearLength = browser.receiver.unprotectRtp(bytes, length);
  if (typeof clearLength === "number") tally.received(bytes, clearLength);
}

function turn(): void {
  const leaveAt = performance.now() + (talking ? TURN_MS : 0);
  do {
    sockets.serve(sockets.wait(1), 0);
    const due = talking ? packetsDue(startedAt, browsers.length) : 0;
    for (; next < due; next += 1) say(must(browsers[next % browsers.length]));
  } while (performance.now() < leaveAt);
  setTimeout(turn);
}

function say(browser: Browser): void {
  tally.stamp(browser.packet);
  browser.packet.copy(browser.sealed);
  const length = must(browser.sender).protectRtp(browser.sealed, PACKET_BYTES);
  browser.socket.send(browser.sealed, length, browser.target);
}

function post(message: FromLoad): void {
  process.send?.(message);
}
