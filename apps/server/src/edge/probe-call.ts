// A call of the network doctor's own by a trunk: keys are sounded in it, and heard again where the far end is an echo. Everything else of it is
// measured: packets, loudness, what the far end reports.
import { randomBytes } from "node:crypto";
import type { CallProbe } from "@allo/contract";
import type { Clock, IdSource } from "@allo/kernel";
import type { MediaEngine } from "@allo/media";
import type { SipEndpoint } from "@allo/node-net";
import { offerToCaller, readCallerMedia, type LocalMedia } from "./session-description.ts";
import type { DialEvent, Dialling, TrunkDialler } from "./trunk-port.ts";

export const callProbeLimits = {
  ringMsMax: 15_000,
  /** After the answer: greetings begin, paths latch. */
  quietMs: 700,
  /** Then keys are sounded, and what comes back is waited for. */
  listenMs: 4_500,
  keys: "159#",
  keyMs: 200,
  pauseMs: 250,
} as const;

const SRTP_KEY_BYTES = 30;

export type CallProbes = {
  readonly place: (order: {
    readonly trunkId: string;
    readonly destination: string;
    readonly callerNumber: string | null;
  }) => Promise<CallProbe>;
  /** A key that a leg said. */
  readonly digit: (legId: string, digit: string) => void;
};

export function createCallProbes(deps: {
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly engine: MediaEngine;
  readonly bindAddress: string;
  readonly dialler: () => TrunkDialler;
  readonly sip: () => SipEndpoint;
}): CallProbes {
  const { engine } = deps;
  const heard = new Map<string, string[]>();

  const place: CallProbes["place"] = async ({ trunkId, destination, callerNumber }) => {
    const legId = deps.ids.next("leg");
    const keys: string[] = [];
    heard.set(legId, keys);
    const state: { dialling: Dialling | null } = { dialling: null };
    try {
      const { port } = await engine.openPlainLeg({ legId, bindAddress: deps.bindAddress, remote: null, mediaTimeoutMs: null });
      let local: LocalMedia = {
        address: deps.bindAddress,
        port,
        sessionId: String(Math.trunc(deps.clock.now())),
        srtpKey: new Uint8Array(randomBytes(SRTP_KEY_BYTES)),
      };
      const outcome = await new Promise<Extract<DialEvent, { kind: "answered" | "failed" | "ended" }>>((resolve) => {
        state.dialling = deps.dialler().dial(
          {
            legId,
            trunkIds: [trunkId],
            destination,
            callerId: { number: callerNumber, name: null, isAnonymous: false },
            ringMsMax: callProbeLimits.ringMsMax,
            sdpOffer: (media) => {
              // In the sound alone: an echo gives back nothing else.
              local = { ...local, address: media.localAddress, habits: { ...media.habits, keys: "tones" } };
              return offerToCaller(local, 1);
            },
          },
          (event) => {
            if (event.kind === "answered" || event.kind === "failed" || event.kind === "ended") resolve(event);
            else if (event.kind === "inDialog" && event.event.kind === "reInviteReceived") {
              // So short a call changes nothing; refused, it goes on as it is (RFC 3261 §14.2).
              const sip = deps.sip();
              sip.run(sip.stack.respond(event.event.transactionId, { status: 488 }));
            }
          },
        );
      });
      if (outcome.kind !== "answered") {
        const cause = outcome.kind === "failed" ? outcome.cause : null;
        return { ...NOTHING, outcome: cause?.why === "noAnswer" ? "unanswered" : "failed", status: cause?.sipStatus ?? null };
      }
      const remote = outcome.sdp === null ? null : readCallerMedia(outcome.sdp, outcome.remoteAddress, { ...local, isAnswer: true });
      if (remote === null || remote === "held") return { ...NOTHING, outcome: "failed", status: 488 };
      engine.updatePlainLeg(legId, remote);
      await pause(callProbeLimits.quietMs);
      engine.sendDigits(legId, callProbeLimits.keys, { durationMs: callProbeLimits.keyMs, gapMs: callProbeLimits.pauseMs });
      await pause(callProbeLimits.listenMs);
      const figures = await engine.legFigures(legId);
      return {
        outcome: "answered",
        status: 200,
        packetsSent: figures?.packetsSent ?? 0,
        packetsReceived: figures?.packetsReceived ?? 0,
        packetsLost: figures?.packetsLost ?? 0,
        farEndLost: figures?.farEnd?.packetsLost ?? null,
        echoed: isEcho(keys),
      };
    } finally {
      state.dialling?.hangUp();
      engine.closeLeg(legId);
      heard.delete(legId);
    }
  };

  return { place, digit: (legId, digit) => void heard.get(legId)?.push(digit) };
}

const NOTHING = { packetsSent: 0, packetsReceived: 0, packetsLost: 0, farEndLost: null, echoed: false } as const;

/** Most of our keys in their order: one may be lost on the way. */
function isEcho(keys: readonly string[]): boolean {
  let matched = 0;
  for (const key of keys) if (key === callProbeLimits.keys[matched] || key === callProbeLimits.keys[matched + 1]) matched += 1;
  return matched >= callProbeLimits.keys.length - 1;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
