import { createPrng } from "@allo/kernel";
import { expect, test } from "vitest";
import { mutateBytes, mutateMessage } from "./fuzz/mutation.ts";
import { createTargets } from "./fuzz/targets.ts";

const targets = await createTargets();

/** A slice of `npm run fuzz`, always the same cases. */
test.each([
  ["sip", 2_500],
  ["stream", 800],
  ["stack", 150],
  ["sdp", 3_000],
  ["rtp", 5_000],
  ["rtcp", 5_000],
  ["stun", 5_000],
  ["wav", 3_000],
  ["dtls", 100],
] as const)("%s keeps its rule for %i damaged inputs", async (name, cases) => {
  let last: Uint8Array = new Uint8Array(0);
  for (let number = 0; number < cases; number += 1) {
    try {
      await targets[name]?.(createPrng(`ci/${name}/${number}`), (bytes) => (last = bytes));
    } catch (cause) {
      throw new Error(`--target ${name} --seed ci --only ${number}: ${Buffer.from(last).toString("base64")}`, { cause });
    }
  }
  expect(last.length).toBeGreaterThan(0);
});

test("the same seed makes the same damage, and a damaged message still has a start line", () => {
  const text = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa\r\nFrom: <sip:a@b>;tag=1\r\n\r\nbody";
  for (let seed = 0; seed < 50; seed += 1) {
    const damaged = mutateMessage(text, createPrng(`m${seed}`));
    expect(damaged).toBe(mutateMessage(text, createPrng(`m${seed}`)));
    expect(damaged.startsWith("OPTIONS sip:a@b SIP/2.0\r\n")).toBe(true);
  }
  const bytes = Uint8Array.of(1, 2, 3, 4, 5);
  expect(mutateBytes(bytes, createPrng("x"), [bytes])).toEqual(mutateBytes(bytes, createPrng("x"), [bytes]));
});
