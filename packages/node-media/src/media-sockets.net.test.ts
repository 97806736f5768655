import { REBIND_SILENCE_MS } from "@allo/rtp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dgramSockets } from "./dgram-sockets.ts";
import { EpollSockets, OpenDescriptors } from "./epoll-sockets.ts";
import { loadLibc } from "./libc.ts";
import type { MediaSocket, MediaSockets } from "./media-socket.ts";

type Heard = { readonly text: string; readonly address: string; readonly port: number };

// What every kind of socket keeps to, whoever runs it.
describe.each(["ffi", "dgram"] as const)("%s sockets", (kind) => {
  let sockets: MediaSockets;
  let epoll: EpollSockets | null;
  let opened: MediaSocket[];
  let now: number;

  beforeEach(() => {
    now = 1_000;
    opened = [];
    epoll = kind === "ffi" ? new EpollSockets(loadLibc(), { wakeFd: null, descriptors: new OpenDescriptors() }) : null;
    sockets = epoll ?? dgramSockets;
  });
  afterEach(() => {
    for (const socket of opened) socket.close();
    epoll?.close();
  });

  const open = async (address: string, port = 0): Promise<MediaSocket & { readonly heard: Heard[] }> => {
    const heard: Heard[] = [];
    const onDatagram = (bytes: Uint8Array, length: number, from: string, fromPort: number): void => {
      heard.push({ text: Buffer.from(bytes.subarray(0, length)).toString("latin1"), address: from, port: fromPort });
    };
    const socket = await sockets.bind({ address, port, onDatagram });
    opened.push(socket);
    return { ...wrapped(socket), heard };
  };
  const wrapped = (socket: MediaSocket): MediaSocket => ({
    port: socket.port,
    send: (bytes, length, target) => socket.send(bytes, length, target),
    only: (source) => socket.only(source),
    close: () => socket.close(),
  });
  const say = (from: MediaSocket, text: string, target: { readonly address: string; readonly port: number }): void => {
    const bytes = Buffer.from(`${text} and more`, "latin1");
    from.send(bytes, text.length, target);
  };
  const until = async (condition: () => boolean): Promise<void> => {
    await expect
      .poll(() => {
        epoll?.serve(epoll.wait(1), now);
        return condition();
      })
      .toBe(true);
  };

  test.each([
    ["127.0.0.1", "127.0.0.1", "127.0.0.1"],
    ["::1", "::1", "::1"],
    ["0.0.0.0", "127.0.0.1", "127.0.0.1"],
    ["::", "::1", "::1"],
    ["::", "::ffff:127.0.0.1", "::ffff:127.0.0.1"],
  ])("bound to %s: a datagram to %s comes whole, with its source", async (bound, target, source) => {
    const a = await open(bound);
    const b = await open(bound);
    say(a, "hello", { address: target, port: b.port });
    await until(() => b.heard.length > 0);
    expect(b.heard).toEqual([{ text: "hello", address: source, port: a.port }]);
    say(b, "x".repeat(9_000), { address: target, port: a.port });
    await until(() => a.heard.length > 0);
    expect(a.heard[0]).toEqual({ text: "x".repeat(9_000), address: source, port: b.port });
  });

  test("a port that is taken, and an address of another machine, are refused by name", async () => {
    const a = await open("127.0.0.1");
    await expect(open("127.0.0.1", a.port)).rejects.toMatchObject({ code: "EADDRINUSE" });
    await expect(open("192.0.2.1")).rejects.toMatchObject({ code: "EADDRNOTAVAIL" });
    a.close();
    const again = await open("127.0.0.1", a.port);
    expect(again.port).toBe(a.port);
  });

  test("nothing reaches or leaves a closed socket, and closing twice is once", async () => {
    const a = await open("127.0.0.1");
    const b = await open("127.0.0.1");
    b.close();
    b.close();
    const c = await open("127.0.0.1", b.port);
    say(b, "ghost", { address: "127.0.0.1", port: a.port });
    say(c, "alive", { address: "127.0.0.1", port: a.port });
    await until(() => a.heard.length > 0);
    expect(a.heard.map((heard) => heard.text)).toEqual(["alive"]);
  });

  test("one sender after another is told apart, and a change of target is followed", async () => {
    const a = await open("127.0.0.1");
    const others = [await open("127.0.0.1"), await open("127.0.0.1"), await open("127.0.0.1")];
    for (const [i, other] of [...others, ...others].entries()) {
      say(other, `${i}`, { address: "127.0.0.1", port: a.port });
      say(a, `${i}`, { address: "127.0.0.1", port: other.port });
      await until(() => a.heard.length === i + 1 && other.heard.length === Math.floor(i / 3) + 1);
    }
    expect(a.heard.map(({ text, port }) => [text, port])).toEqual([...others, ...others].map((other, i) => [`${i}`, other.port]));
    expect(others.map((other) => other.heard.map(({ text }) => text))).toEqual([
      ["0", "3"],
      ["1", "4"],
      ["2", "5"],
    ]);
  });

  test("a socket with one source of interest still speaks to that one and to others", async () => {
    const a = await open("127.0.0.1");
    const b = await open("127.0.0.1");
    const c = await open("127.0.0.1");
    const [toB, toC] = [
      { address: "127.0.0.1", port: b.port },
      { address: "127.0.0.1", port: c.port },
    ];
    a.only(toB);
    say(a, "1", toB);
    say(a, "2", toC);
    say(b, "3", { address: "127.0.0.1", port: a.port });
    await until(() => a.heard.length === 1 && b.heard.length === 1 && c.heard.length === 1);
    a.only(null);
    say(c, "4", { address: "127.0.0.1", port: a.port });
    await until(() => a.heard.length === 2);
    expect(a.heard).toEqual([
      { text: "3", address: "127.0.0.1", port: b.port },
      { text: "4", address: "127.0.0.1", port: c.port },
    ]);
  });
});

describe("ffi sockets by themselves", () => {
  test("[RTP-BLEED] what a stranger sent before the lock still bears the stranger's address, what he sends after it never comes", () => {
    const sockets = new EpollSockets(loadLibc(), { wakeFd: null, descriptors: new OpenDescriptors() });
    const heard: Heard[] = [];
    const quiet = (): void => undefined;
    const leg = sockets.bindNow({
      address: "127.0.0.1",
      port: 0,
      onDatagram: (bytes, length, address, port) =>
        heard.push({ text: Buffer.from(bytes.subarray(0, length)).toString("latin1"), address, port }),
    });
    const peer = sockets.bindNow({ address: "127.0.0.1", port: 0, onDatagram: quiet });
    const stranger = sockets.bindNow({ address: "127.0.0.1", port: 0, onDatagram: quiet });
    const toLeg = { address: "127.0.0.1", port: leg.port };
    const say = (from: MediaSocket, text: string): void => from.send(Buffer.from(text), text.length, toLeg);
    const serveAll = (at: number): void => {
      for (let ready = sockets.wait(5); ready > 0; ready = sockets.wait(5)) sockets.serve(ready, at);
    };
    const texts = (): string[] => heard.splice(0).map(({ text, port }) => `${text} from ${port}`);
    say(stranger, "early");
    leg.only({ address: "127.0.0.1", port: peer.port });
    say(stranger, "late");
    say(peer, "peer");
    serveAll(0);
    expect(texts()).toEqual([`early from ${stranger.port}`, `peer from ${peer.port}`]);
    // The peer is silent for so long that its NAT may have changed its mind: whoever comes then must be looked at, at the same port.
    sockets.releaseSilent(REBIND_SILENCE_MS - 1);
    say(stranger, "too early");
    serveAll(REBIND_SILENCE_MS - 1);
    expect(texts()).toEqual([]);
    sockets.releaseSilent(REBIND_SILENCE_MS);
    say(stranger, "in time");
    serveAll(REBIND_SILENCE_MS);
    expect(texts()).toEqual([`in time from ${stranger.port}`]);
    sockets.close();
  });

  test("a socket of all networks hears everybody whatever is its only interest", () => {
    const sockets = new EpollSockets(loadLibc(), { wakeFd: null, descriptors: new OpenDescriptors() });
    let count = 0;
    const leg = sockets.bindNow({ address: "0.0.0.0", port: 0, onDatagram: () => (count += 1) });
    const peer = sockets.bindNow({ address: "127.0.0.1", port: 0, onDatagram: () => undefined });
    leg.only({ address: "127.0.0.9", port: 9 });
    peer.send(Buffer.from("x"), 1, { address: "127.0.0.1", port: leg.port });
    sockets.serve(sockets.wait(1_000), 0);
    expect(count).toBe(1);
    sockets.close();
  });

  test("lengths beyond the bytes, odd targets and odd bind addresses reach no system call", () => {
    const descriptors = new OpenDescriptors();
    const sockets = new EpollSockets(loadLibc(), { wakeFd: null, descriptors });
    const heard: number[] = [];
    const a = sockets.bindNow({ address: "127.0.0.1", port: 0, onDatagram: (_bytes, length) => heard.push(length) });
    const bytes = new Uint8Array(10);
    for (const length of [-1, 0, 11, 70_000, Number.NaN]) a.send(bytes, length, { address: "127.0.0.1", port: a.port });
    for (const address of ["::1", "localhost", "", "1.2.3.4.5"]) a.send(bytes, 10, { address, port: a.port });
    for (const port of [0, -1, 70_000, 1.5]) a.send(bytes, 10, { address: "127.0.0.1", port });
    a.send(bytes, 10, { address: "127.0.0.1", port: a.port });
    for (let ready = sockets.wait(20); ready > 0; ready = sockets.wait(20)) sockets.serve(ready, 0);
    expect(heard).toEqual([10]);
    for (const address of ["localhost", "", "300.1.1.1"])
      expect(() => sockets.bindNow({ address, port: 0, onDatagram: () => undefined })).toThrow("EINVAL");
    sockets.close();
    expect(descriptors.takeAll()).toEqual([]);
  });
});
