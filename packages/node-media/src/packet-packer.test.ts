import { describe, expect, it } from "vitest";
import { PacketPacker, type AudioPiece } from "./packet-packer.ts";

type Sent = { readonly length: number; readonly source: number; readonly gap: number; readonly first: number };

function packing(samples: number) {
  const packer = new PacketPacker(samples);
  const sent: Sent[] = [];
  const put = (piece: Partial<AudioPiece> & { readonly length: number; readonly timestamp: number | null; readonly fill?: number }): void =>
    packer.put(
      {
        source: piece.source ?? 1,
        ssrc: piece.ssrc ?? 7,
        timestamp: piece.timestamp,
        bytes: new Uint8Array(piece.length).fill(piece.fill ?? 0),
        start: 0,
        end: piece.length,
        table: piece.table ?? null,
      },
      (bytes, length, source, gap) => sent.push({ length, source, gap, first: bytes[0] as number }),
    );
  return { packer, put, sent };
}

describe("audio in packets of the peer's length", () => {
  it("makes of 20 ms packets such of 10, 30, 40 and 60 ms, and loses no sample", () => {
    for (const [samples, packets] of [
      [80, 24],
      [240, 8],
      [320, 6],
      [480, 4],
    ] as const) {
      const { put, sent } = packing(samples);
      for (let n = 0; n < 12; n += 1) put({ length: 160, timestamp: n * 160 });
      expect(sent.map((each) => each.length)).toEqual(Array.from({ length: packets }, () => samples));
    }
  });

  it("makes of 30 ms packets such of 20 ms", () => {
    const { put, sent } = packing(160);
    for (let n = 0; n < 4; n += 1) put({ length: 240, timestamp: 0xffff_ff00 + n * 240 });
    expect(sent.map((each) => each.length)).toEqual([160, 160, 160, 160, 160, 160]);
  });

  it("sends what it holds before a gap, says how long the gap is, and drops what comes too late", () => {
    const { put, sent } = packing(240);
    put({ length: 160, timestamp: 0 });
    put({ length: 160, timestamp: 320 });
    put({ length: 160, timestamp: 160 });
    put({ length: 160, timestamp: 480 });
    expect(sent).toEqual([
      { length: 160, source: 1, gap: 0, first: 0 },
      { length: 240, source: 1, gap: 160, first: 0 },
    ]);
  });

  it("keeps two sources apart, and passes through a change of law", () => {
    const { packer, put, sent } = packing(240);
    put({ length: 160, timestamp: 0, fill: 3 });
    put({ length: 240, timestamp: null, source: 0, fill: 5, table: new Uint8Array(256).fill(9) });
    expect(sent).toEqual([
      { length: 160, source: 1, gap: 0, first: 3 },
      { length: 240, source: 0, gap: 0, first: 9 },
    ]);
    put({ length: 160, timestamp: 4_000, fill: 1 });
    packer.clear();
    put({ length: 240, timestamp: 9_000, fill: 2 });
    expect(sent.at(-1)).toEqual({ length: 240, source: 1, gap: 0, first: 2 });
  });
});
