import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Codec } from "./engine-port.ts";
import { decodeG711, decodeSample, encodeG711, encodeSample, FRAME_SAMPLES } from "./g711.ts";
import { Mixer, softClip } from "./mixer.ts";
import { generateTone, toneShare } from "./tone.ts";
import { VOICE_DELAY_SAMPLES_MAX, VOICE_DELAY_SAMPLES_MIN, VoiceBuffer } from "./voice-buffer.ts";

const FIRST_TIMESTAMP = 0xffff_ff00;
const timestampOf = (frame: number): number => (FIRST_TIMESTAMP + frame * FRAME_SAMPLES) >>> 0;
/** A frame whose samples all have one value, of which the law keeps every bit. */
const frameOf = (level: number, codec: Codec = "PCMU"): Uint8Array => new Uint8Array(FRAME_SAMPLES).fill(encodeSample(codec, level));
const exact = (level: number, codec: Codec = "PCMU"): number => decodeSample(codec, encodeSample(codec, level));
const packet = (frame: number, bytes: Uint8Array, codec: Codec = "PCMU", ssrc = 1) => ({
  codec,
  ssrc,
  timestamp: timestampOf(frame),
  bytes,
  start: 0,
  end: bytes.length,
});
const heard = (mixer: Mixer, listener: number, codec: Codec = "PCMU", over: Uint8Array | null = null): Int16Array => {
  const bytes = new Uint8Array(FRAME_SAMPLES + 12);
  mixer.fill(listener, { codec, bytes, start: 12, over });
  return decodeG711(codec, bytes.subarray(12));
};

describe("a party's buffer", () => {
  test("a steady voice is heard one frame after its next tick, without a hole, whenever in the 20 ms it comes", () => {
    const buffer = new VoiceBuffer();
    const levels: number[] = [];
    for (let frame = 0; frame < 50; frame += 1) {
      buffer.put(packet(frame, frameOf(1_000 + frame * 100)));
      buffer.tick();
      levels.push(buffer.frame[0] as number);
    }
    expect(levels[0]).toBe(0);
    for (let frame = 0; frame < 49; frame += 1) expect(levels[frame + 1]).toBe(exact(1_000 + frame * 100));
  });

  test("packets out of order, twice or lost change only their own place", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ isLost: fc.boolean(), isTwice: fc.boolean(), isSwapped: fc.boolean() }), { minLength: 10, maxLength: 80 }),
        (plan) => {
          const buffer = new VoiceBuffer();
          const level = (frame: number): number => 1_000 + (frame % 100) * 50;
          // The first one is never touched: it says where all others lie.
          const fates = plan.map((fate, frame) => (frame === 0 ? { isLost: false, isTwice: false, isSwapped: false } : fate));
          const out: number[] = [];
          for (let frame = 0; frame < fates.length; frame += 1) {
            const arrive = (which: number): void => {
              const fate = fates[which];
              if (fate === undefined || fate.isLost) return;
              buffer.put(packet(which, frameOf(level(which))));
              if (fate.isTwice) buffer.put(packet(which, frameOf(level(which))));
            };
            // A swapped frame comes just after its successor, within the buffer's one frame.
            const isDelayed = fates[frame]?.isSwapped === true && frame + 1 < fates.length;
            const isPreviousDelayed = fates[frame - 1]?.isSwapped === true;
            if (!isDelayed) arrive(frame);
            if (isPreviousDelayed && frame > 0) arrive(frame - 1);
            buffer.tick();
            out.push(buffer.frame[80] as number);
          }
          for (let tick = 1; tick < out.length; tick += 1) {
            const frame = tick - 1;
            expect(out[tick]).toBe(fates[frame]?.isLost === true ? 0 : exact(level(frame)));
          }
        },
      ),
    );
  });

  test("the delay never leaves one to three frames for packets that came in time, whatever the jitter", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 50, maxLength: 400 }), (jitters) => {
        const buffer = new VoiceBuffer();
        const arrivals = jitters.map((jitterMs, frame) => ({ at: frame * 20 + jitterMs, frame })).toSorted((a, b) => a.at - b.at);
        const heardAt = new Map<number, number>();
        let next = 0;
        for (let tick = 0; next < arrivals.length || tick < jitters.length + 10; tick += 1) {
          while (next < arrivals.length && (arrivals[next]?.at ?? 0) < tick * 20 + 20) {
            const { frame } = arrivals[next] as { frame: number };
            buffer.put(packet(frame, frameOf(2_000 + frame * 16)));
            next += 1;
          }
          buffer.tick();
          for (const { frame } of arrivals)
            if (buffer.frame[0] === exact(2_000 + frame * 16) && !heardAt.has(frame)) heardAt.set(frame, tick);
        }
        // From being said to being heard: the jitter allowed for, its tick, and nothing that grows.
        for (const [frame, tick] of heardAt) expect((tick - frame) * 20).toBeLessThanOrEqual(60 + 20 + VOICE_DELAY_SAMPLES_MAX / 8);
      }),
      { numRuns: 30 },
    );
    expect(VOICE_DELAY_SAMPLES_MIN).toBe(FRAME_SAMPLES);
  });

  test("after jitter the delay grows, and is given back when it is no longer needed", () => {
    const buffer = new VoiceBuffer();
    const run = (from: number, to: number, put: (frame: number) => readonly number[]): number => {
      let holes = 0;
      for (let frame = from; frame < to; frame += 1) {
        for (const which of put(frame)) buffer.put(packet(which, frameOf(5_000)));
        buffer.tick();
        if (buffer.frame[80] === 0) holes += 1;
      }
      return holes;
    };
    run(0, 20, (frame) => [frame]);
    // Every fourth packet comes two ticks late from now on.
    const late = (frame: number): readonly number[] => [...(frame % 4 === 0 ? [] : [frame]), ...((frame - 2) % 4 === 0 ? [frame - 2] : [])];
    run(20, 40, late);
    expect(run(40, 200, late)).toBe(0);
    run(200, 460, (frame) => [frame]);
    buffer.put(packet(460, frameOf(9_000)));
    buffer.tick();
    buffer.tick();
    expect(buffer.frame[80]).toBe(exact(9_000));
  });

  test("a clock that runs fast or slow is followed, and one that jumps is joined on", () => {
    const buffer = new VoiceBuffer();
    let holes = 0;
    // 0.05 % too slow: 20 ms in 40 s.
    let sent = 0;
    for (let tick = 0; tick < 6_000; tick += 1) {
      while (sent * 20.01 <= tick * 20) buffer.put(packet(sent++, frameOf(5_000)));
      buffer.tick();
      if (tick > 1 && buffer.frame[80] === 0) holes += 1;
    }
    expect(holes).toBeLessThanOrEqual(6);
    buffer.put({ ...packet(0, frameOf(7_000)), timestamp: 12_345 });
    buffer.tick();
    buffer.tick();
    expect(buffer.frame[80]).toBe(exact(7_000));
    buffer.put({ ...packet(0, frameOf(8_000)), ssrc: 99 });
    buffer.tick();
    buffer.tick();
    expect(buffer.frame[80]).toBe(exact(8_000));
  });
});

describe("the mixer", () => {
  test("each listener has the sum of its own list, and never itself", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -3_000, max: 3_000 }), { minLength: 2, maxLength: 6 }),
        fc.array(fc.uniqueArray(fc.nat(5), { maxLength: 6 }), { minLength: 6, maxLength: 6 }),
        fc.constantFrom<Codec>("PCMU", "PCMA"),
        (levels, lists, codec) => {
          const mixer = new Mixer();
          const parties = levels.map((_, number) => number);
          const listOf = (listener: number): number[] => (lists[listener] ?? []).filter((voice) => voice < levels.length);
          for (const listener of parties) mixer.listen(listener, listOf(listener));
          for (let frame = 0; frame < 3; frame += 1) {
            for (const party of parties) mixer.put(party, packet(frame, frameOf(levels[party] as number, codec), codec, party + 1));
            mixer.tick();
          }
          for (const listener of parties) {
            const others = listOf(listener).filter((voice) => voice !== listener);
            const sum = others.reduce((total, voice) => total + exact(levels[voice] as number, codec), 0);
            expect(heard(mixer, listener, codec)[0]).toBe(exact(sum, codec));
          }
        },
      ),
    );
  });

  test("a sum that is too loud is bent, in order and within full scale; one that is not is exact", () => {
    fc.assert(
      fc.property(fc.integer({ min: -200_000, max: 200_000 }), (sum) => {
        expect(Math.abs(softClip(sum))).toBeLessThanOrEqual(32_767);
        if (Math.abs(sum) <= 24_576) expect(softClip(sum)).toBe(sum);
        expect(softClip(sum + 1)).toBeGreaterThanOrEqual(softClip(sum));
        expect(softClip(-sum) + 0).toBe(0 - softClip(sum));
      }),
    );
  });

  test("whispering: the agent hears customer and lead, the customer the agent alone", () => {
    const [customer, agent, lead] = [1, 2, 3];
    const tones = new Map([
      [customer, 600],
      [agent, 1_000],
      [lead, 1_700],
    ]);
    const mixer = new Mixer();
    mixer.listen(customer, [agent]);
    mixer.listen(agent, [customer, lead]);
    mixer.listen(lead, [customer, agent]);
    const ears = new Map<number, number[]>([...tones.keys()].map((party) => [party, []]));
    for (let frame = 0; frame < 20; frame += 1) {
      for (const [party, frequencyHz] of tones) {
        const tone = encodeG711("PCMU", generateTone({ frequencyHz, durationMs: 400, amplitude: 6_000 }));
        mixer.put(party, packet(frame, tone.subarray(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES), "PCMU", party));
      }
      mixer.tick();
      for (const [party, ear] of ears) ear.push(...heard(mixer, party));
    }
    const share = (party: number, of: number): number =>
      toneShare(Int16Array.from(ears.get(party) ?? []).subarray(320), tones.get(of) as number);
    expect(share(customer, agent)).toBeGreaterThan(0.99);
    expect(share(customer, lead)).toBeLessThan(0.001);
    expect(Math.min(share(agent, customer), share(agent, lead))).toBeGreaterThan(0.45);
    expect(share(agent, agent)).toBeLessThan(0.001);
    expect(Math.min(share(lead, customer), share(lead, agent))).toBeGreaterThan(0.45);
  });

  test("who joins hears from the middle of what others hear; who leaves takes nothing away from them", () => {
    const mixer = new Mixer();
    mixer.listen(1, [2, 3]);
    const say = (frame: number): void => {
      mixer.put(2, packet(frame, frameOf(1_000), "PCMU", 2));
      mixer.put(3, packet(frame, frameOf(2_000), "PCMU", 3));
      mixer.tick();
    };
    for (let frame = 0; frame < 5; frame += 1) say(frame);
    mixer.listen(4, [2, 3]);
    say(5);
    expect(heard(mixer, 4)[0]).toBe(heard(mixer, 1)[0]);
    mixer.leave(4);
    mixer.listen(1, [3, 2, 1, 3]);
    say(6);
    expect(heard(mixer, 1)[0]).toBe(exact(exact(1_000) + exact(2_000)));
    expect([...(mixer.listenersOf(2) ?? [])]).toEqual([1]);
    mixer.leave(1);
    expect(mixer.listenersOf(2)).toBeUndefined();
  });

  test("what is played over the talk is heard by that listener alone", () => {
    const mixer = new Mixer();
    mixer.listen(1, [3]);
    mixer.listen(2, [3]);
    for (let frame = 0; frame < 3; frame += 1) {
      mixer.put(3, packet(frame, frameOf(1_000), "PCMU", 3));
      mixer.tick();
    }
    expect(heard(mixer, 1, "PCMU", frameOf(4_000))[0]).toBe(exact(exact(1_000) + exact(4_000)));
    expect(heard(mixer, 2)[0]).toBe(exact(1_000));
    expect(heard(mixer, 9, "PCMU", frameOf(4_000))[0]).toBe(exact(4_000));
  });
});
