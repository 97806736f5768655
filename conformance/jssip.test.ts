import { createPrng, utf8Decode, utf8Encode } from "@allo/kernel";
import { createRegistrar, createSipStack } from "@allo/sip";
import type { SipCommand, SipFlow, SipUserEvent } from "@allo/sip";
import JsSIP from "jssip";
import { afterEach, describe, expect, it, vi } from "vitest";

// The browser phone's own SIP library against the engine, over a virtual WebSocket; its peer connection is a stand-in.
const flow: SipFlow = {
  id: "ws-1",
  transport: "ws",
  local: { address: "192.0.2.1", port: 8080 },
  remote: { address: "192.0.2.2", port: 50_000 },
};
const IDENTITY = "sip:anna@allo";
const SDP = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 192.0.2.1\r\n";

class StandInConnection {
  iceConnectionState = "new";
  iceGatheringState = "complete";
  signalingState = "stable";
  localDescription: { type: string; sdp: string } | null = null;
  addEventListener(): void {}
  removeEventListener(): void {}
  addTrack(): void {}
  getSenders(): readonly unknown[] {
    return [];
  }
  close(): void {}
  setRemoteDescription(): Promise<void> {
    return Promise.resolve();
  }
  setLocalDescription(description: { type: string; sdp: string }): Promise<void> {
    this.localDescription = description;
    return Promise.resolve();
  }
  createAnswer(): Promise<{ type: string; sdp: string }> {
    return Promise.resolve({ type: "answer", sdp: SDP });
  }
}

function connect() {
  let serial = 0;
  const stack = createSipStack({ ids: { next: (prefix) => `${prefix}${(serial += 1)}` }, prng: createPrng("jssip") });
  const registrar = createRegistrar();
  const events: SipUserEvent[] = [];
  const sent: string[] = [];
  const socket = {
    via_transport: "WS",
    url: "ws://192.0.2.1:8080",
    sip_uri: "sip:192.0.2.1:8080;transport=ws",
    onconnect: (): void => {},
    ondisconnect: (): void => {},
    ondata: (_data: string): void => {},
    connect: () => queueMicrotask(() => socket.onconnect()),
    disconnect: () => {},
    isConnected: () => true,
    isConnecting: () => false,
    send: (text: string) => {
      sent.push(text);
      queueMicrotask(() => run(stack.handle({ kind: "messageReceived", at: 0, flow, bytes: utf8Encode(text) })));
      return true;
    },
  };
  const run = (commands: readonly SipCommand[]): void => {
    for (const command of commands) {
      if (command.kind === "sendBytes") {
        const text = utf8Decode(command.bytes);
        queueMicrotask(() => socket.ondata(text));
      }
      if (command.kind !== "emit") continue;
      events.push(command.event);
      if (command.event.kind !== "requestReceived") continue;
      const { request, transactionId } = command.event;
      const answer = registrar.register({ at: 0, request, flow, identity: IDENTITY });
      run(stack.respond(transactionId, { status: answer.status, headers: answer.headers }).commands);
    }
  };
  const phone = new JsSIP.UA({ sockets: [socket as never], uri: IDENTITY, register: true, session_timers: false });
  return { stack, registrar, events, run, phone, sent };
}

afterEach(() => vi.unstubAllGlobals());

describe("JsSIP, the browser phone's library", () => {
  it("sip-rtp 6.2 RFC 7118: registers, is called through its binding, answers, and hangs up", async () => {
    vi.stubGlobal("RTCPeerConnection", StandInConnection);
    vi.stubGlobal(
      "RTCSessionDescription",
      class {
        constructor(fields: object) {
          Object.assign(this, fields);
        }
      },
    );
    vi.stubGlobal("window", { RTCPeerConnection: StandInConnection });
    const { stack, registrar, events, run, phone } = connect();
    const registered = new Promise((resolve) => phone.on("registered", resolve));
    const ringing = new Promise<{
      session: { answer: (options: object) => void; terminate: () => void; on: (name: string, act: () => void) => void };
    }>((resolve) => phone.on("newRTCSession", resolve as never));
    phone.start();
    await registered;
    const [binding] = registrar.bindings(1, IDENTITY);
    expect(binding).toMatchObject({ addressOfRecord: IDENTITY, flow: { id: "ws-1" } });
    const call = stack.inviteSend({
      flow,
      target: binding?.contact ?? "",
      from: "<sip:+4930@allo>",
      to: `<${IDENTITY}>`,
      sdp: utf8Encode(SDP),
    });
    run(call.commands);
    const { session } = await ringing;
    const confirmed = new Promise<void>((resolve) => session.on("confirmed", resolve));
    session.answer({ mediaStream: { getTracks: () => [] } });
    await confirmed;
    expect(events.find((event) => event.kind === "inviteAnswered")).toMatchObject({ dialogId: call.handle, sdp: utf8Encode(SDP) });
    const ended = new Promise<void>((resolve) => session.on("ended", resolve));
    session.terminate();
    await ended;
    await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ kind: "dialogEnded", dialogId: call.handle, cause: "byeReceived" }));
    phone.stop();
  });
});
