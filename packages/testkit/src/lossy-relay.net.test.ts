import { createSocket } from "node:dgram";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { startLossyRelay, type Impairment } from "./index.ts";

/** Sends so many numbered datagrams through a relay to a target that sends each back; gives what came back, in order. */
async function echoed(seed: string, count: number, impairment: Impairment): Promise<{ heard: number[]; lost: number }> {
  const target = createSocket("udp4");
  target.on("message", (bytes, from) => target.send(bytes, from.port, from.address));
  target.bind(0, "127.0.0.1");
  await once(target, "listening");
  const relay = await startLossyRelay({ target: target.address(), seed, towardsTarget: impairment });
  const peer = createSocket("udp4");
  const heard: number[] = [];
  peer.on("message", (bytes) => heard.push(Number(bytes.toString())));
  peer.bind(0, "127.0.0.1");
  await once(peer, "listening");
  onTestFinished(async () => {
    peer.close();
    await relay.close();
    target.close();
  });
  for (let index = 0; index < count; index += 1) {
    peer.send(String(index), relay.port, "127.0.0.1");
    // One after the other into the kernel's buffer, which is not to lose any of its own.
    if (index % 20 === 19) await new Promise((resolve) => setImmediate(resolve));
  }
  await expect.poll(() => heard.length + relay.counts().lost - relay.counts().doubled).toBe(count);
  return { heard, lost: relay.counts().lost };
}

test("loses the share that was asked for, the same ones with the same seed and others with another", async () => {
  const first = await echoed("a", 400, { loss: 0.25 });
  const again = await echoed("a", 400, { loss: 0.25 });
  const other = await echoed("b", 400, { loss: 0.25 });
  expect(first.lost).toBeGreaterThan(60);
  expect(first.lost).toBeLessThan(140);
  expect(again.heard.toSorted((a, b) => a - b)).toEqual(first.heard.toSorted((a, b) => a - b));
  expect(other.heard.toSorted((a, b) => a - b)).not.toEqual(first.heard.toSorted((a, b) => a - b));
});

test("doubles and reorders, and loses nothing where nothing is to be lost", async () => {
  const { heard, lost } = await echoed("c", 200, { duplicate: 0.2, reorder: 0.2, reorderMs: 10, jitterMs: 3 });
  expect(lost).toBe(0);
  expect(new Set(heard).size).toBe(200);
  expect(heard.length).toBeGreaterThan(215);
  expect(heard).not.toEqual(heard.toSorted((a, b) => a - b));
});
