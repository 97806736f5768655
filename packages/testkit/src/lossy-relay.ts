// A UDP relay that loses, delays, doubles and reorders what passes, in an order that its seed decides.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createPrng } from "@allo/kernel";

export type Impairment = {
  /** Shares of the datagrams, 0 to 1. */
  readonly loss?: number;
  readonly duplicate?: number;
  /** This share is held back by `reorderMs`, so that later ones overtake it. */
  readonly reorder?: number;
  readonly reorderMs?: number;
  /** Each datagram comes later by 0 to so many milliseconds. */
  readonly jitterMs?: number;
};

export type LossyRelay = {
  /** Where to send instead of to the target. */
  readonly port: number;
  readonly counts: () => { readonly passed: number; readonly lost: number; readonly doubled: number; readonly heldBack: number };
  readonly close: () => Promise<void>;
};

/** A datagram that is held longer than this would outlive its test. */
const HOLD_MS_MAX = 5_000;
const PEERS_MAX = 64;

/** Stands between peers and one target on loopback; each peer gets a socket of its own towards the target, so that answers find back. */
export async function startLossyRelay(options: {
  readonly target: { readonly address: string; readonly port: number };
  readonly seed: string;
  readonly towardsTarget?: Impairment;
  readonly towardsPeer?: Impairment;
}): Promise<LossyRelay> {
  const { target } = options;
  const counts = { passed: 0, lost: 0, doubled: 0, heldBack: 0 };
  const timers = new Set<NodeJS.Timeout>();
  const backs = new Map<string, Socket>();
  let isClosed = false;

  const lane = (name: string, impairment: Impairment) => {
    const prng = createPrng(`${options.seed}/${name}`);
    const happens = (share: number | undefined): boolean => share !== undefined && prng.below(1_000_000) < share * 1_000_000;
    return (send: () => void): void => {
      // All dice are cast for each datagram, so that one share does not move the others.
      const isLost = happens(impairment.loss);
      const isDoubled = happens(impairment.duplicate);
      const isHeld = happens(impairment.reorder);
      const jitterMs = impairment.jitterMs === undefined ? 0 : prng.below(Math.floor(impairment.jitterMs) + 1);
      if (isLost) {
        counts.lost += 1;
        return;
      }
      if (isDoubled) counts.doubled += 1;
      if (isHeld) counts.heldBack += 1;
      const afterMs = Math.min(HOLD_MS_MAX, jitterMs + (isHeld ? (impairment.reorderMs ?? 20) : 0));
      const pass = (): void => {
        if (isClosed) return;
        counts.passed += 1;
        send();
        if (isDoubled) send();
      };
      if (afterMs === 0) return pass();
      const timer = setTimeout(() => {
        timers.delete(timer);
        pass();
      }, afterMs);
      timers.add(timer);
    };
  };
  const toTarget = lane("towardsTarget", options.towardsTarget ?? {});
  const toPeer = lane("towardsPeer", options.towardsPeer ?? {});

  const front = createSocket("udp4");
  front.on("message", (bytes, from) => {
    const key = `${from.address}:${from.port}`;
    let back = backs.get(key);
    if (back === undefined) {
      if (backs.size >= PEERS_MAX) return;
      back = createSocket("udp4");
      back.bind(0, "127.0.0.1");
      back.on("message", (answer) => toPeer(() => front.send(answer, from.port, from.address)));
      backs.set(key, back);
    }
    const through = back;
    toTarget(() => through.send(bytes, target.port, target.address));
  });
  front.bind(0, "127.0.0.1");
  await once(front, "listening");
  return {
    port: front.address().port,
    counts: () => ({ ...counts }),
    close: async () => {
      isClosed = true;
      for (const timer of timers) clearTimeout(timer);
      const sockets = [front, ...backs.values()];
      await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
    },
  };
}
