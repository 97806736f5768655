// What a leg's counters say of how it sounded.
import type { LegQuality, SpeechQuality } from "@allo/contract";
import { dbfsOf, estimateMos, type LegFigures, type SpeechCounters } from "@allo/media";

const FRAME_SAMPLES = 160;

/**
 * What a leg did between two readings. Losses may be taken back when late packets come: never below nothing. Jitter and round trip
 * are moving means already: the newest counts.
 */
export function figuresBetween(from: LegFigures, to: LegFigures): LegFigures {
  return {
    ...to,
    packetsReceived: Math.max(0, to.packetsReceived - from.packetsReceived),
    packetsSent: Math.max(0, to.packetsSent - from.packetsSent),
    packetsLost: Math.max(0, to.packetsLost - from.packetsLost),
    farEnd: to.farEnd === null ? null : { ...to.farEnd, packetsLost: Math.max(0, to.farEnd.packetsLost - (from.farEnd?.packetsLost ?? 0)) },
    speech: eachCounter(to.speech, from.speech, (a, b) => Math.max(0, a - b)),
  };
}

/** Two stretches of one call, the later one second. */
export function figuresTogether(a: LegFigures, b: LegFigures): LegFigures {
  return {
    ...b,
    packetsReceived: a.packetsReceived + b.packetsReceived,
    packetsSent: a.packetsSent + b.packetsSent,
    packetsLost: a.packetsLost + b.packetsLost,
    farEnd:
      b.farEnd === null || a.farEnd === null
        ? (b.farEnd ?? a.farEnd)
        : { ...b.farEnd, packetsLost: a.farEnd.packetsLost + b.farEnd.packetsLost },
    speech: eachCounter(a.speech, b.speech, (one, other) => one + other),
  };
}

export function legQuality(figures: LegFigures): LegQuality {
  const { packetsReceived, packetsLost, packetsSent, jitterMs, farEnd, roundTripMs, speech } = figures;
  const lostShare = shareOf(packetsLost, packetsReceived + packetsLost);
  const farLostShare = farEnd === null ? null : shareOf(farEnd.packetsLost, packetsSent);
  return {
    packetsReceived,
    packetsLost,
    jitterMs,
    mos: packetsReceived === 0 ? null : estimateMos({ lostShare, jitterMs, roundTripMs }),
    farMos:
      farEnd === null || farLostShare === null ? null : estimateMos({ lostShare: farLostShare, jitterMs: farEnd.jitterMs, roundTripMs }),
    farLostShare,
    farJitterMs: farEnd?.jitterMs ?? null,
    roundTripMs,
    speech: speechQuality(speech),
  };
}

function speechQuality(speech: SpeechCounters): SpeechQuality | null {
  if (speech.frames === 0) return null;
  return {
    levelDbfs: speech.loudFrames === 0 ? null : dbfsOf(speech.loudPower / speech.loudFrames),
    speechShare: shareOf(speech.speechFrames, speech.frames),
    talkOverShare: shareOf(speech.talkOverFrames, speech.speechFrames),
    clippedShare: shareOf(speech.clippedSamples, speech.loudFrames * FRAME_SAMPLES),
    loudnessJumps: speech.loudnessJumps,
  };
}

function shareOf(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.min(1, part / whole);
}

function eachCounter(a: SpeechCounters, b: SpeechCounters, with_: (a: number, b: number) => number): SpeechCounters {
  return {
    frames: with_(a.frames, b.frames),
    speechFrames: with_(a.speechFrames, b.speechFrames),
    talkOverFrames: with_(a.talkOverFrames, b.talkOverFrames),
    loudPower: with_(a.loudPower, b.loudPower),
    loudFrames: with_(a.loudFrames, b.loudFrames),
    clippedSamples: with_(a.clippedSamples, b.clippedSamples),
    loudnessJumps: with_(a.loudnessJumps, b.loudnessJumps),
  };
}
