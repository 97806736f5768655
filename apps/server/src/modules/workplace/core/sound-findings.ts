/* What is known of a line without sound, from the edge's figures and the browser's at the same moment. */
import type { BrowserLine, LineNow, SoundFinding } from "@allo/contract";

export const soundThresholds = {
  /** A talking leg sends fifty packets a second: two seconds without one is no hiccup. */
  nothingMs: 2_000,
  /** Of what should have come; speech falls to pieces from here on. */
  lossShare: 0.05,
  /** Below it a microphone or a line carries no voice. */
  silenceDbfs: -65,
  /** Too few packets to say a share of. */
  packetsMin: 100,
} as const;

export type LineFacts = {
  readonly caller: LineNow | null;
  readonly agent: LineNow | null;
  readonly browser: BrowserLine;
  readonly muted: boolean;
  readonly held: boolean;
};

/** The findings, the weightiest first: first what explains why the agent hears nothing, then why she isn't heard. Never empty. */
export function soundFindings({ caller, agent, browser, muted, held }: LineFacts): readonly SoundFinding[] {
  const found: SoundFinding[] = [];
  if (held) found.push("onHold");
  if (browser.soundBlocked) found.push("browserBlocked");
  const callerGone = caller !== null && isNothing(caller);
  if (callerGone && !held) found.push("callerNothing");
  else if (caller !== null && lossShare(caller) >= soundThresholds.lossShare) found.push("callerLoss");
  else if (browser.holdsPhone && !held && isSilent(browser.heardDbfs) && !browser.soundBlocked) found.push("callerSilent");
  if (agent !== null && isNothing(agent)) found.push("agentNothing");
  else if (muted) found.push("agentMuted");
  else if (browser.holdsPhone && isSilent(browser.spokenDbfs)) found.push("agentSilent");
  if (agent !== null && lossShare(agent) >= soundThresholds.lossShare) found.push("agentLoss");
  else if (browserLoss(browser) >= soundThresholds.lossShare) found.push("agentLoss");
  return found.length === 0 ? ["nothingWrong"] : found;
}

/** For how long nothing came from the customer's line; null where something does. */
export function callerSilentMs({ caller, held }: Pick<LineFacts, "caller" | "held">): number | null {
  return caller === null || held || !isNothing(caller) ? null : caller.silentMs;
}

function isNothing({ silentMs }: LineNow): boolean {
  return silentMs === null || silentMs >= soundThresholds.nothingMs;
}

function isSilent(dbfs: number | null): boolean {
  return dbfs !== null && dbfs < soundThresholds.silenceDbfs;
}

function lossShare({ packetsReceived, packetsLost }: { readonly packetsReceived: number; readonly packetsLost: number }): number {
  const due = packetsReceived + packetsLost;
  return due < soundThresholds.packetsMin ? 0 : packetsLost / due;
}

function browserLoss({ packetsReceived, packetsLost }: BrowserLine): number {
  return packetsReceived === null || packetsLost === null ? 0 : lossShare({ packetsReceived, packetsLost });
}
