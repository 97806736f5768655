// Whether the network path of the standing call still carries sound. The server sends a packet every 20 ms whatever happens in the call, on
// hold too: a browser that receives none for half a second has lost its path, long before its own engine says so (2.5 s at best).

export type PathWatch = {
  /** RTP packets received so far; null while no standing call is up. */
  readonly packets: number | null;
  readonly sampledAt: number;
  /** When a sample was the last to show more packets. */
  readonly heardAt: number;
  /** The browser said that its network changed. */
  readonly hintedAt: number;
  /** When the path was last called lost, while it is; null while sound arrives. */
  readonly lostAt: number | null;
  /** Waits so much longer than others do before it is called lost, without a hint. */
  readonly patienceMs: number;
  /** Times it was called lost within the last minute. */
  readonly losses: readonly number[];
};

export type PathEvent =
  | { readonly kind: "sampled"; readonly at: number; readonly packets: number | null }
  /** Online again, another kind of network: a hint, often a false one. */
  | { readonly kind: "networkHinted"; readonly at: number };

/** `lost` comes again and again while it is lost; `back` once. */
export type PathStep = { readonly watch: PathWatch; readonly verdict: "lost" | "back" | null };

export const PathLimits = {
  sampleMs: 150,
  /** Worse than any jitter that a talk could bear. */
  silentMs: 450,
  /** Each desk waits up to so much longer: a server whose media stops for a moment isn't asked by all of them at once for another path. */
  patienceMsMax: 250,
  /** After a hint less proof is needed. */
  silentAfterHintMs: 250,
  hintLastsMs: 5_000,
  /** A path that wasn't replaced by then is tried anew. */
  againMs: 1_000,
  /** What nobody looked at for so long (a computer that slept) begins anew. */
  pauseMs: 1_500,
  lossesPerMinuteMax: 20,
} as const;

const MINUTE_MS = 60_000;

/** A path of which nothing is known yet. `chance` is one number of [0, 1). */
export const pathUnknown = (chance: number): PathWatch => ({
  packets: null,
  sampledAt: 0,
  heardAt: 0,
  hintedAt: Number.NEGATIVE_INFINITY,
  lostAt: null,
  patienceMs: Math.floor(chance * (PathLimits.patienceMsMax + 1)),
  losses: [],
});

export function stepPath(watch: PathWatch, event: PathEvent): PathStep {
  const { at } = event;
  // A path that is lost is tried at once by the network that has just come.
  if (event.kind === "networkHinted")
    return { watch: { ...watch, hintedAt: at, lostAt: watch.lostAt === null ? null : Number.NEGATIVE_INFINITY }, verdict: null };
  const { packets } = event;
  const seen: PathWatch = { ...watch, packets, sampledAt: at };
  // Another standing call counts from its own beginning.
  if (packets === null || watch.packets === null || packets < watch.packets) return hear(seen, packets === null ? null : watch.lostAt, at);
  if (packets > watch.packets) return hear(seen, watch.lostAt, at);
  if (at - watch.sampledAt > PathLimits.pauseMs) return { watch: { ...seen, heardAt: at }, verdict: null };
  const limitMs = at - watch.hintedAt < PathLimits.hintLastsMs ? PathLimits.silentAfterHintMs : PathLimits.silentMs + watch.patienceMs;
  const isDue = watch.lostAt === null ? at - watch.heardAt >= limitMs : at - watch.lostAt >= PathLimits.againMs + watch.patienceMs;
  const losses = watch.losses.filter((lostAt) => at - lostAt < MINUTE_MS);
  if (!isDue || losses.length >= PathLimits.lossesPerMinuteMax) return { watch: { ...seen, losses }, verdict: null };
  return { watch: { ...seen, lostAt: at, losses: [...losses, at] }, verdict: "lost" };
}

function hear(seen: PathWatch, lostAt: number | null, at: number): PathStep {
  return { watch: { ...seen, heardAt: at, lostAt: null }, verdict: lostAt === null ? null : "back" };
}
