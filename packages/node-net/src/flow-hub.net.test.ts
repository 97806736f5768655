import { createSocket } from "node:dgram";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { once } from "node:events";
import type { SipFlow } from "@allo/sip";
import { afterEach, describe, expect, it } from "vitest";
import { createFlowHub, FlowError } from "./index.ts";
import type { FlowHub, FlowHubOptions } from "./index.ts";

const REQUEST = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nContent-Length: 3\r\n\r\nabc";
const hubs: FlowHub[] = [];

function makeHub(overrides: Partial<FlowHubOptions> = {}) {
  const messages: { flow: SipFlow; text: string }[] = [];
  const closed: string[] = [];
  const waiters: (() => void)[] = [];
  const wake = (): void => waiters.splice(0).forEach((waiter) => waiter());
  const hub = createFlowHub({
    onMessage: (flow, bytes) => {
      messages.push({ flow, text: Buffer.from(bytes).toString() });
      wake();
    },
    onFlowClosed: (_flow, reason) => {
      closed.push(reason);
      wake();
    },
    ...overrides,
  });
  hubs.push(hub);
  const until = async (test: () => boolean): Promise<void> => {
    while (!test()) await new Promise<void>((resolve) => waiters.push(resolve));
  };
  return { hub, messages, closed, until };
}

afterEach(async () => {
  await Promise.all(hubs.splice(0).map((hub) => hub.close()));
});

describe("a UDP flow", () => {
  it("gives each datagram with its source and answers to it", async () => {
    const { hub, messages, until } = makeHub();
    const listener = await hub.listenUdp({ address: "127.0.0.1", port: 0 });
    const peer = createSocket("udp4");
    peer.send("hello", listener.local.port, "127.0.0.1");
    await until(() => messages.length === 1);
    const { flow } = messages[0] as { flow: SipFlow };
    expect(flow).toMatchObject({
      id: listener.id,
      transport: "udp",
      local: listener.local,
      remote: { address: "127.0.0.1", port: peer.address().port },
    });
    const answered = once(peer, "message");
    expect(hub.send(flow.id, flow.remote, Buffer.from("back"))).toBe(true);
    expect(String((await answered)[0])).toBe("back");
    peer.close();
  });

  it("says nothing to a source that is not accepted", async () => {
    const { hub, messages, until } = makeHub({ accepts: () => seen++ > 0 });
    let seen = 0;
    const listener = await hub.listenUdp({ address: "127.0.0.1", port: 0 });
    const peer = createSocket("udp4");
    peer.send("first", listener.local.port, "127.0.0.1", () => peer.send("second", listener.local.port, "127.0.0.1"));
    await until(() => messages.length === 1);
    expect(messages.map((message) => message.text)).toEqual(["second"]);
    peer.close();
  });

  it("hands datagrams on together while there are many, in their order", async () => {
    const texts: string[] = [];
    let turns = 0;
    let isSameTurn = false;
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    const { hub } = makeHub({
      limits: { udpBusyDatagrams: 1, udpBusyWindowMs: 20, udpBatchMs: 20 },
      onMessage: (_flow, bytes) => {
        if (!isSameTurn) {
          turns += 1;
          isSameTurn = true;
          setImmediate(() => (isSameTurn = false));
        }
        if (texts.push(Buffer.from(bytes).toString()) === 100) resolve();
      },
    });
    const listener = await hub.listenUdp({ address: "127.0.0.1", port: 0 });
    const peer = createSocket("udp4");
    let sent = 0;
    const flood = setInterval(() => peer.send(String(sent++), listener.local.port, "127.0.0.1"), 1);
    await enough;
    clearInterval(flood);
    expect(texts).toEqual(Array.from({ length: texts.length }, (_, index) => String(index)));
    expect(turns).toBeLessThan(texts.length / 2);
    peer.close();
  });

  it("that can't be opened fails with the operation and its cause", async () => {
    const { hub } = makeHub();
    const first = await hub.listenUdp({ address: "127.0.0.1", port: 0 });
    await expect(hub.listenUdp({ address: "127.0.0.1", port: first.local.port })).rejects.toMatchObject({
      code: "listenFailed",
      isRetryable: false,
    });
  });
});

describe("a TCP flow", () => {
  it("sip-rtp 6.1.15: frames by Content-Length, answers a CRLF ping with a pong and sends on the same connection", async () => {
    const { hub, messages, until } = makeHub();
    const listener = await hub.listenTcp({ address: "127.0.0.1", port: 0 });
    const peer = connect(listener.local.port, "127.0.0.1");
    peer.write("\r\n\r\n");
    expect(String((await once(peer, "data"))[0])).toBe("\r\n");
    peer.write(REQUEST.slice(0, 40));
    peer.write(REQUEST.slice(40) + REQUEST);
    await until(() => messages.length === 2);
    expect(messages.map((message) => message.text)).toEqual([REQUEST, REQUEST]);
    const flowId = (messages[0] as { flow: SipFlow }).flow.id;
    hub.send(flowId, null, Buffer.from("answer"));
    expect(String((await once(peer, "data"))[0])).toBe("answer");
    peer.destroy();
  });

  it("with two Content-Length values is handed over for its 400 and closed", async () => {
    const { hub, messages, closed, until } = makeHub();
    const listener = await hub.listenTcp({ address: "127.0.0.1", port: 0 });
    const peer = connect(listener.local.port, "127.0.0.1");
    peer.write(REQUEST.replace("Content-Length: 3", "Content-Length: 3\r\nl: 0"));
    await until(() => closed.length === 1);
    expect(messages).toHaveLength(1);
    expect(closed).toEqual(["Content-Length is missing or wrong"]);
    peer.destroy();
  });

  it("over the limit for one address is closed unread", async () => {
    const { hub } = makeHub({ limits: { connectionsPerAddressMax: 1 } });
    const listener = await hub.listenTcp({ address: "127.0.0.1", port: 0 });
    const first = connect(listener.local.port, "127.0.0.1");
    await once(first, "connect");
    const second = connect(listener.local.port, "127.0.0.1");
    second.on("error", () => second.destroy());
    await once(second, "close");
    expect(hub.flowCount()).toBe(1);
    first.destroy();
  });

  it("that stays idle is closed", async () => {
    const { hub, closed, until } = makeHub({ limits: { idleMsMax: 20 } });
    const listener = await hub.listenTcp({ address: "127.0.0.1", port: 0 });
    const peer = connect(listener.local.port, "127.0.0.1");
    await until(() => closed.length === 1);
    expect(closed).toEqual(["idle"]);
    peer.destroy();
  });

  it("to a peer is opened once, reused, and reported when the peer closes it", async () => {
    const accepted: Socket[] = [];
    const server = createServer((socket) => accepted.push(socket));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const remote = { address: "127.0.0.1", port: (server.address() as AddressInfo).port };
    const { hub, closed, until } = makeHub();
    const flow = await hub.connectTcp(remote);
    expect((await hub.connectTcp(remote)).id).toBe(flow.id);
    accepted.forEach((socket) => socket.end());
    await until(() => closed.length === 1);
    expect(hub.send(flow.id, null, Buffer.from("late"))).toBe(false);
    await new Promise((resolve) => server.close(resolve));
    await expect(hub.connectTcp(remote)).rejects.toBeInstanceOf(FlowError);
  });
});

describe("a slow peer", () => {
  it("that connects and says nothing, or never a whole message, is closed while others are served", async () => {
    const { hub, closed, messages, until } = makeHub({ limits: { firstMessageMsMax: 60 } });
    const { local } = await hub.listenTcp({ address: "127.0.0.1", port: 0 });
    const dial = (): Socket => connect(local.port, "127.0.0.1").on("error", () => undefined);
    const talker = dial();
    talker.write(REQUEST);
    const mute = Array.from({ length: 20 }, dial);
    const drips = dial();
    drips.write("OPTIONS sip:a@b SIP/2.0\r\n");
    const pinger = dial();
    pinger.write("\r\n\r\n");
    await until(() => closed.length === 22);
    expect(new Set(closed)).toEqual(new Set(["said nothing"]));
    expect([messages.length, hub.flowCount()]).toEqual([1, 1]);
    for (const socket of [talker, drips, pinger, ...mute]) socket.destroy();
  });
});

describe("a virtual flow", () => {
  it("carries one message per frame both ways and ends once", () => {
    const { hub, messages, closed } = makeHub();
    const written: string[] = [];
    const virtual = hub.createVirtualFlow({
      transport: "ws",
      local: { address: "127.0.0.1", port: 80 },
      remote: { address: "127.0.0.1", port: 5000 },
      write: (bytes) => written.push(Buffer.from(bytes).toString()),
      close: () => written.push("closed"),
    });
    virtual.receive(Buffer.from("frame"));
    expect(messages.map((message) => message.text)).toEqual(["frame"]);
    expect(hub.send(virtual.flow.id, null, Buffer.from("reply"))).toBe(true);
    hub.closeFlow(virtual.flow.id, "signed out");
    virtual.closed("again");
    virtual.receive(Buffer.from("late"));
    expect(written).toEqual(["reply", "closed"]);
    expect(closed).toEqual(["signed out"]);
    expect(messages).toHaveLength(1);
  });
});
