import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { FromCore } from "@allo/contract";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { createSoftphoneSockets, type SoftphoneSocketLimits } from "./softphone-sockets.ts";

type Posted = Extract<FromCore, { kind: "softphoneOpen" | "phoneFrame" | "phoneClose" }>;

/** A door as core has it, with an edge that only notes what it is told. */
async function openDoor(limits: Partial<SoftphoneSocketLimits> = {}, edgeIsThere = true) {
  const posted: Posted[] = [];
  let serial = 0;
  const sockets = createSoftphoneSockets({
    clock: { now: () => Date.now() },
    ids: { next: (prefix) => `${prefix}_${(serial += 1)}` },
    log: pino({ level: "silent" }),
    post: (message) => {
      if (edgeIsThere) posted.push(message);
      return edgeIsThere;
    },
    limits,
  });
  const http = createServer();
  const upgrades = new WebSocketServer({ noServer: true, handleProtocols: () => "sip" });
  http.on("upgrade", (request, stream, head) => {
    if (!sockets.mayOpen("127.0.0.1")) {
      stream.end("HTTP/1.1 503 Service Unavailable\r\n\r\n");
      return;
    }
    upgrades.handleUpgrade(request, stream, head, (socket) =>
      sockets.attach(socket, {
        remoteAddress: "127.0.0.1",
        remotePort: request.socket.remotePort ?? 0,
        localAddress: "127.0.0.1",
        localPort: 1,
      }),
    );
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const client of upgrades.clients) client.terminate();
    http.close();
  });
  const connect = async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}/sip`, ["sip"]);
    const closed = new Promise<number>((resolve) => socket.once("close", (code) => resolve(code)));
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once("open", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    return { socket, closed, isOpen };
  };
  return { sockets, posted, connect };
}

test("what a softphone says goes to the edge as it is, what the edge says comes back, keep-alives stay here", async () => {
  const { sockets, posted, connect } = await openDoor();
  const { socket } = await connect();
  await expect.poll(() => posted.length).toBe(1);
  const [opened] = posted;
  expect(opened).toMatchObject({ kind: "softphoneOpen", remoteAddress: "127.0.0.1", localPort: 1 });
  const heard: string[] = [];
  socket.on("message", (data) => heard.push(String(data as Buffer)));
  socket.send("\r\n\r\n");
  socket.send("OPTIONS sip:allo SIP/2.0\r\n\r\n");
  await expect.poll(() => posted.at(-1)).toMatchObject({ kind: "phoneFrame", text: "OPTIONS sip:allo SIP/2.0\r\n\r\n" });
  expect(sockets.send(opened?.flowId ?? "", "SIP/2.0 401 Unauthorized\r\n\r\n")).toBe(true);
  await expect.poll(() => heard).toEqual(["\r\n", "SIP/2.0 401 Unauthorized\r\n\r\n"]);
  socket.close();
  await expect.poll(() => posted.at(-1)).toEqual({ kind: "phoneClose", flowId: opened?.flowId });
  expect(sockets.count()).toBe(0);
});

test("who says nothing is closed: keep-alives are no word (slow loris)", async () => {
  const { connect } = await openDoor({ firstFrameMsMax: 300 });
  const { socket, closed } = await connect();
  const beating = setInterval(() => socket.readyState === WebSocket.OPEN && socket.send("\r\n\r\n"), 50);
  onTestFinished(() => clearInterval(beating));
  expect(await closed).toBe(1008);
});

test("who floods is closed, and what follows is told to nobody", async () => {
  const { posted, connect } = await openDoor({ framesBurst: 5, framesPerSecond: 1 });
  const { socket, closed } = await connect();
  for (let count = 0; count < 50; count += 1) socket.send(`OPTIONS ${count}`);
  expect(await closed).toBe(1008);
  expect(posted.filter(({ kind }) => kind === "phoneFrame").length).toBeLessThanOrEqual(6);
});

test("sockets of one address have a limit, and so have openings; a place that is given up is free again", async () => {
  const { sockets, connect } = await openDoor({ socketsPerAddressMax: 2, opensPerMinutePerAddressMax: 6 });
  const [one, two, three] = [await connect(), await connect(), await connect()];
  expect([one.isOpen, two.isOpen, three.isOpen]).toEqual([true, true, false]);
  one.socket.close();
  await expect.poll(() => sockets.count()).toBe(1);
  const again = await connect();
  expect(again.isOpen).toBe(true);
  again.socket.close();
  two.socket.close();
  await expect.poll(() => sockets.count()).toBe(0);
  expect([(await connect()).isOpen, (await connect()).isOpen, (await connect()).isOpen]).toEqual([true, true, false]);
});

test("while no edge is there a softphone is told to come later; when it goes, all are told to come again", async () => {
  const away = await openDoor({}, false);
  expect(await (await away.connect()).closed).toBe(1013);
  const { sockets, connect } = await openDoor();
  const { closed } = await connect();
  await expect.poll(() => sockets.count()).toBe(1);
  sockets.closeAll("the exchange is away");
  expect(await closed).toBe(1012);
});
