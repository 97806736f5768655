// Real TLS clients against the one port that speaks both.
import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import { Agent, request as secureRequest } from "node:https";
import { connect, type AddressInfo, type Socket } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { afterEach, beforeEach, expect, it, onTestFinished } from "vitest";
import { makeAuthority, makeLeaf, readCertificate, type KeyAndCertificate } from "./certificates.ts";
import { createFrontDoor, type FrontDoor } from "./front-door.ts";

const now = Date.now();
const authority = await makeAuthority({ name: "Allo test", permitted: [], now });
const leafOf = (...names: string[]): Promise<KeyAndCertificate> => makeLeaf({ authority, names: [...names, "127.0.0.1"], now });

let server: Server;
let door: FrontDoor;
let port: number;
const opened: Socket[] = [];

beforeEach(async () => {
  server = createServer((asked, answer) => {
    let bytes = 0;
    asked.on("data", (chunk: Buffer) => (bytes += chunk.length));
    asked.on("end", () => {
      answer.setHeader("connection", "keep-alive");
      answer.end(JSON.stringify({ secure: "encrypted" in asked.socket, url: asked.url, bytes }));
    });
  });
  server.on("upgrade", (_asked, stream: Socket, head: Buffer) => {
    stream.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
    if (head.length > 0) stream.write(head);
    stream.pipe(stream);
    stream.on("error", () => undefined);
  });
  door = createFrontDoor(server, { firstByteMsMax: 300, handshakeMsMax: 300, undecidedMax: 20 });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  for (const socket of opened.splice(0)) socket.destroy();
  door.close();
  server.closeAllConnections();
  server.close();
});

function dial(): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  opened.push(socket);
  return socket;
}

type Heard = { secure: boolean; url: string; bytes: number };
function ask(
  scheme: "http" | "https",
  {
    path = "/",
    body = "",
    agent,
    at = port,
    host = "127.0.0.1",
  }: { path?: string; body?: string; agent?: Agent; at?: number; host?: string } = {},
): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const options = {
      host: "127.0.0.1",
      port: at,
      path,
      method: "POST",
      ca: authority.certificate,
      ...(agent === undefined ? {} : { agent }),
    };
    const sent =
      scheme === "https" ? secureRequest({ ...options, ...(host === "127.0.0.1" ? {} : { servername: host }) }) : request(options);
    sent.on("error", reject);
    sent.on("response", (answer) => {
      let text = "";
      answer.on("data", (chunk: Buffer) => (text += String(chunk)));
      answer.on("end", () => resolve(JSON.parse(text) as Heard));
    });
    sent.end(body);
  });
}

it("speaks HTTP and HTTPS on one port, with bodies that don't fit into one packet", async () => {
  door.use({ standard: await leafOf("box.local"), named: null });
  const body = "x".repeat(700_000);
  expect(await ask("http", { path: "/plain", body })).toEqual({ secure: false, url: "/plain", bytes: body.length });
  expect(await ask("https", { path: "/tls", body })).toEqual({ secure: true, url: "/tls", bytes: body.length });
});

it("loses no byte of a request that comes byte by byte, nor of one behind it", async () => {
  const socket = dial();
  let heard = "";
  socket.on("data", (chunk: Buffer) => (heard += String(chunk)));
  const both = "GET /one HTTP/1.1\r\nHost: a\r\n\r\nGET /two HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const byte of both) {
    socket.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await expect.poll(() => heard).toContain("/two");
  expect(heard).toContain('"url":"/one"');
});

it("refuses TLS as long as it has no certificate, and speaks it once it has one", async () => {
  await expect(ask("https")).rejects.toThrow();
  door.use({ standard: await leafOf(), named: null });
  expect(await ask("https")).toMatchObject({ secure: true });
});

it("shows a new certificate to new connections and drops none that stands", async () => {
  const [first, second] = [await leafOf("a.local"), await leafOf("b.local")];
  door.use({ standard: first, named: null });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  await ask("https", { agent });
  const websocket = tlsConnect({ host: "127.0.0.1", port, ca: authority.certificate });
  opened.push(websocket);
  await once(websocket, "secureConnect");
  websocket.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  let heard = "";
  websocket.on("data", (chunk: Buffer) => (heard += String(chunk)));
  await expect.poll(() => heard).toContain("101 Switching");

  door.use({ standard: second, named: null });
  websocket.write("still here");
  await expect.poll(() => heard).toContain("still here");
  expect(await ask("https", { agent })).toMatchObject({ secure: true }); // the old connection, kept alive
  agent.destroy();
  const fresh = tlsConnect({ host: "127.0.0.1", port, ca: authority.certificate });
  opened.push(fresh);
  await once(fresh, "secureConnect");
  expect(fresh.getPeerCertificate().fingerprint256).toBe(readCertificate(second.certificate)?.fingerprint);
});

it("gives a name its own certificate and everyone else the standard one", async () => {
  const [standard, own] = [await leafOf(), await leafOf("desk.local")];
  door.use({ standard, named: { name: "desk.local", pair: own } });
  const shown = async (servername: string): Promise<string> => {
    const socket = tlsConnect({ host: "127.0.0.1", port, ca: authority.certificate, servername, checkServerIdentity: () => undefined });
    opened.push(socket);
    await once(socket, "secureConnect");
    return socket.getPeerCertificate().fingerprint256;
  };
  expect(await shown("desk.local")).toBe(readCertificate(own.certificate)?.fingerprint);
  expect(await shown("other.local")).toBe(readCertificate(standard.certificate)?.fingerprint);
});

it("ends who says nothing, who begins a handshake and never goes on, and who comes when too many are undecided", async () => {
  door.use({ standard: await leafOf(), named: null });
  const silent = dial();
  const slow = dial();
  slow.write(Buffer.from([22, 3, 1, 2, 0, 1]));
  await Promise.all([once(silent, "close"), once(slow, "close")]);

  const many = Array.from({ length: 60 }, dial);
  const closedEarly = Promise.race(many.map((socket) => once(socket, "close")));
  await closedEarly;
  await Promise.all(many.filter((socket) => !socket.destroyed).map((socket) => once(socket, "close")));
  expect(await ask("http")).toMatchObject({ secure: false });
});

it("leaves room for others where one address holds all that it may", async () => {
  const own = createServer((_asked, answer) => void answer.end());
  const crowded = createFrontDoor(own, { firstByteMsMax: 20_000, undecidedPerAddressMax: 5 });
  onTestFinished(() => {
    crowded.close();
    own.close();
  });
  own.listen(0, "127.0.0.1");
  await once(own, "listening");
  const { port: at } = own.address() as AddressInfo;
  const dialFrom = (localAddress: string) => {
    const socket = connect({ port: at, host: "127.0.0.1", localAddress });
    socket.on("error", () => undefined);
    opened.push(socket);
    return socket;
  };
  const held = Array.from({ length: 8 }, () => dialFrom("127.0.0.9"));
  await Promise.race(held.map((socket) => once(socket, "close")));
  await expect.poll(() => held.filter((socket) => socket.destroyed).length).toBe(3);
  const other = dialFrom("127.0.0.10");
  other.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(String((await once(other, "data"))[0])).toContain("HTTP/1.1");
});

it("survives hostile first bytes", async () => {
  door.use({ standard: await leafOf(), named: null });
  for (const bytes of [[0], [22], [22, 255, 255, 255, 255, 255], [128, 46, 1], [255, 255]]) {
    const socket = dial();
    socket.resume(); // an answer that nobody reads would keep it open
    socket.write(Buffer.from(bytes));
    await once(socket, "close");
  }
  expect(await ask("https")).toMatchObject({ secure: true });
});

it("opens a further door and shuts it with what came in by it", async () => {
  const probe = createServer();
  probe.listen(0, "127.0.0.2");
  await once(probe, "listening");
  const free = (probe.address() as AddressInfo).port;
  expect(await door.open({ address: "127.0.0.2", port: free })).toBe("taken");
  probe.close();
  await once(probe, "close");
  expect(await door.open({ address: "127.0.0.2", port: free })).toBe("open");
  expect(await door.open({ address: "127.0.0.2", port: free })).toBe("open");
  expect(door.doors()).toEqual([{ address: "127.0.0.2", port: free }]);
  const inside = connect(free, "127.0.0.2");
  opened.push(inside);
  inside.on("error", () => undefined);
  inside.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await once(inside, "data");
  door.shut({ address: "127.0.0.2", port: free });
  await once(inside, "close");
  expect(await ask("http")).toMatchObject({ secure: false });
  expect(await door.open({ address: "203.0.113.77", port: free })).toBe("closed");
});
