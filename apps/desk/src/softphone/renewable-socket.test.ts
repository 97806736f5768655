import { describe, expect, it } from "vitest";
import { createRenewableSocket, RenewLimits } from "./renewable-socket.ts";

class FakeSocket extends EventTarget {
  binaryType = "";
  readyState = 0;
  readonly sent: string[] = [];
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.readyState = 3;
  }
  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }
  end(): void {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { wasClean: false, code: 1006, reason: "" }));
  }
  say(data: string): void {
    this.dispatchEvent(Object.assign(new Event("message"), { data }));
  }
}

function setUp() {
  const sockets: FakeSocket[] = [];
  const told: string[] = [];
  let now = 0;
  let timers: { readonly at: number; readonly run: () => void }[] = [];
  const socket = createRenewableSocket({
    url: "wss://allo.test:8443/api/v1/phone",
    open: () => {
      const opened = new FakeSocket();
      sockets.push(opened);
      return opened as unknown as WebSocket;
    },
    now: () => now,
    later: (delayMs, run) => timers.push({ at: now + delayMs, run }),
    onRenewed: () => told.push("renewed"),
  });
  socket.onconnect = () => told.push("connected");
  socket.ondisconnect = () => told.push("disconnected");
  socket.ondata = (data) => told.push(String(data));
  const pass = (ms: number): void => {
    now += ms;
    const due = timers.filter(({ at }) => at <= now);
    timers = timers.filter(({ at }) => at > now);
    for (const { run } of due) run();
  };
  return { socket, sockets, told, pass };
}

describe("the phone's WebSocket", () => {
  it("is named as SIP over WebSocket wants it", () => {
    const { socket } = setUp();
    expect([socket.via_transport, socket.sip_uri]).toEqual(["WSS", "sip:allo.test:8443;transport=ws"]);
  });
  it("is replaced by another one once that has opened; until then the old one serves", () => {
    const { socket, sockets, told } = setUp();
    socket.connect();
    sockets[0]?.open();
    socket.renew();
    expect(socket.send("by the old")).toBe(true);
    sockets[0]?.say("from the old");
    sockets[1]?.open();
    expect(sockets[0]?.readyState).toBe(3);
    socket.send("by the new");
    sockets[0]?.end();
    sockets[1]?.say("from the new");
    expect(told).toEqual(["connected", "from the old", "renewed", "from the new"]);
    expect(sockets.map(({ sent }) => sent)).toEqual([["by the old"], ["by the new"]]);
  });
  it("waits longer for each one that doesn't open", () => {
    const { socket, sockets, pass } = setUp();
    socket.connect();
    sockets[0]?.open();
    socket.renew();
    pass(RenewLimits.openingMs - 1);
    socket.renew();
    expect(sockets).toHaveLength(2);
    pass(1);
    socket.renew();
    expect(sockets).toHaveLength(3);
    expect(sockets[1]?.readyState).toBe(3);
    pass(RenewLimits.openingMs);
    socket.renew();
    expect(sockets).toHaveLength(3);
    pass(RenewLimits.openingMs);
    socket.renew();
    expect(sockets).toHaveLength(4);
  });
  it("says that it is away only when neither is left, once, and connects without being asked when it is renewed", () => {
    const { socket, sockets, told, pass } = setUp();
    socket.connect();
    sockets[0]?.open();
    socket.renew();
    sockets[0]?.end();
    expect(told).toEqual(["connected"]);
    sockets[1]?.end();
    socket.renew();
    pass(RenewLimits.openingMsMax);
    expect(told).toEqual(["connected", "disconnected"]);
    socket.renew();
    sockets[3]?.open();
    expect(told).toEqual(["connected", "disconnected", "connected"]);
  });
  it("opens nothing before it is wanted, nor after", () => {
    const { socket, sockets } = setUp();
    socket.renew();
    expect(sockets).toHaveLength(0);
    socket.connect();
    sockets[0]?.open();
    socket.disconnect();
    socket.renew();
    expect(sockets).toHaveLength(1);
    expect(sockets[0]?.readyState).toBe(3);
  });
});
