import type { RecorderConfig, RecorderState } from "@allo/contract";
import { createPrng } from "@allo/kernel";
import type { SipEndpoint } from "@allo/node-net";
import type { SipFlow, SipUserEvent } from "@allo/sip";
import { expect, it } from "vitest";
import { createRecorderBook } from "./recorder-book.ts";

const config: RecorderConfig = {
  recorderId: "rcd_1",
  host: "192.0.2.9",
  port: 5_060,
  transport: "udp",
  user: null,
  account: null,
  srtp: false,
  pausedAs: "silence",
  optionsSeconds: 30,
  tls: { caPem: null, fingerprint: null },
};

/** A book whose questions are answered by hand. */
function world() {
  let [at, asked] = [0, 0];
  const armed: { readonly fireAt: number; readonly fire: () => void }[] = [];
  const gone: string[] = [];
  const states: RecorderState[] = [];
  const sip = {
    stack: { requestSend: () => ({ handle: null, commands: [] }) },
    send: () => `ask_${String((asked += 1))}`,
  } as unknown as SipEndpoint;
  const book = createRecorderBook({
    clock: { now: () => at },
    timers: {
      arm: (afterMs, fire) => {
        const timer = { fireAt: at + afterMs, fire };
        armed.push(timer);
        return () => void armed.splice(armed.indexOf(timer), 1);
      },
    },
    ids: { next: (prefix) => prefix },
    prng: createPrng("book"),
    hash: { md5Hex: () => "", sha256Hex: () => "" },
    sip: () => sip,
    dns: { naptr: async () => null, srv: async () => null, addresses: async () => null },
    openFlow: async () => ({ id: "flow", transport: "udp" }) as SipFlow,
    localFor: () => ({ address: "192.0.2.1", port: 5_060 }),
    sessionsOf: () => ({ sessions: 0, missing: 0 }),
    onDown: ({ peer }) => void gone.push(peer.address),
    onState: (state) => void states.push(state),
    onLine: () => undefined,
  });
  return {
    book,
    gone,
    states,
    asked: () => asked,
    /** The question that is open is not answered, or with 200. */
    said: (kind: "silence" | "ok") =>
      book.sipEvent({
        transactionId: `ask_${String(asked)}`,
        dialogId: null,
        ...(kind === "ok" ? { kind: "requestAnswered", response: { status: 200 } } : { kind: "requestFailed", cause: "timeout" }),
      } as SipUserEvent),
    sleep: (ms: number) => {
      at += ms;
      for (const timer of armed.filter(({ fireAt }) => fireAt <= at)) {
        armed.splice(armed.indexOf(timer), 1);
        timer.fire();
      }
    },
  };
}

it("says once that a recorder answers no longer, after it was asked twice, and that it is there again", async () => {
  const { book, gone, states, asked, said, sleep } = world();
  book.configure([config]);
  await expect.poll(asked).toBe(1);
  said("ok");
  expect(states.at(-1)).toMatchObject({ health: "up" });
  sleep(30_000);
  await expect.poll(asked).toBe(2);
  said("silence");
  expect([states.at(-1)?.health, gone]).toEqual(["degraded", []]);
  sleep(10_000);
  await expect.poll(asked).toBe(3);
  said("silence");
  expect([states.at(-1)?.health, gone]).toEqual(["down", ["192.0.2.9"]]);
  sleep(10_000);
  await expect.poll(asked).toBe(4);
  said("silence");
  expect(gone).toEqual(["192.0.2.9"]);
  sleep(10_000);
  await expect.poll(asked).toBe(5);
  said("ok");
  expect(states.at(-1)).toMatchObject({ health: "up" });
});
