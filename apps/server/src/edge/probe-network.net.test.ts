import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, expect, it } from "vitest";
import { probeNetwork } from "./probe-network.ts";

const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const looking = (over: Partial<Parameters<typeof probeNetwork>[0]>) =>
  probeNetwork({
    bindAddress: "127.0.0.1",
    ownAddresses: [],
    ports: { sip: 0, phones: 0, tls: 0 },
    audioPorts: { first: 0, last: 0 },
    publicAddress: undefined,
    named: "127.0.0.1",
    admit: () => () => undefined,
    ...over,
  });
const outcomes = (probe: Awaited<ReturnType<typeof probeNetwork>>) =>
  probe.doors.map(({ door, protocol, outcome }) => `${door} ${protocol} ${outcome}`);

it("tells doors that answer from such that are silent and such where nobody listens, and asks from a source that is let in", async () => {
  const answering = createSocket("udp4");
  const mute = createSocket("udp4");
  const listening = createServer();
  closers.push(
    () => answering.close(),
    () => mute.close(),
    () => listening.close(),
  );
  answering.bind(0, "127.0.0.1");
  mute.bind(0, "127.0.0.1");
  await Promise.all([once(answering, "listening"), once(mute, "listening")]);
  const sip = answering.address().port;
  listening.listen(sip, "127.0.0.1");
  await once(listening, "listening");
  const sources: string[] = [];
  let dismissed = 0;
  const asked: string[] = [];
  answering.on("message", (bytes, from) => {
    asked.push(`${from.address} ${from.port}`);
    expect(String(bytes)).toMatch(/^OPTIONS sip:127\.0\.0\.1:\d+ SIP\/2\.0\r\n/);
    answering.send("SIP/2.0 200 OK\r\n\r\n", from.port, from.address);
  });
  const probe = await looking({
    ports: { sip, phones: mute.address().port, tls: 0 },
    admit: (address, port) => {
      sources.push(`${address} ${port}`);
      return () => (dismissed += 1);
    },
  });
  expect(outcomes(probe)).toEqual([
    "trunks UDP answered",
    "trunks TCP answered",
    "devices UDP silent",
    "devices TCP closed",
    "secure TLS closed",
  ]);
  expect(sources).toContain(asked[0]);
  expect(dismissed).toBe(sources.length);
});

it("tries audio ports, counts those that others have, and sends packets between free ones", async () => {
  const taken = createSocket("udp4");
  closers.push(() => taken.close());
  taken.bind(0, "127.0.0.1");
  await once(taken, "listening");
  const first = taken.address().port;
  const probe = await looking({ audioPorts: { first, last: first } });
  expect(probe.audioPorts).toEqual({ first, last: first, tried: 1, taken: 1 });
  expect(probe.audio).toEqual([{ address: "127.0.0.1", arrived: false }]);
  const free = await looking({});
  expect(free.audioPorts).toBeNull();
  expect(free.audio).toEqual([{ address: "127.0.0.1", arrived: true }]);
});
