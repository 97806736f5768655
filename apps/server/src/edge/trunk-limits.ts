// How many calls a trunk carries at once and how fast new ones may begin (sip-rtp 6.6.19).
import type { Instant } from "@allo/kernel";

/** A bucket that holds one second's calls and fills evenly: bursts of a second pass, more waits. */
export type CallBucket = { readonly tokens: number; readonly at: Instant };

export function fullBucket(callsPerSecond: number, at: Instant): CallBucket {
  return { tokens: callsPerSecond, at };
}

/** Takes a call out; null where there is none left now. */
export function takeCall(bucket: CallBucket, callsPerSecond: number, at: Instant): CallBucket | null {
  const filled = Math.min(callsPerSecond, bucket.tokens + (Math.max(0, at - bucket.at) / 1_000) * callsPerSecond);
  return filled < 1 ? null : { tokens: filled - 1, at };
}
