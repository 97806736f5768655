import type { ContactMark, SpeechQuality } from "@allo/contract";
import type { ContactFacts } from "./contact-facts.ts";

export const markLimits = {
  /** Half-seconds of the agent's speech 12 dB above or below the one before: one or two are a laugh or a cough. */
  loudnessJumpsMin: 4,
  /** Of the time in which each side spoke; people who understand each other stay below a tenth. */
  talkOverShareMin: 0.2,
} as const;

/** What of an ended contact a lead may want to look at, by how it went and how people spoke. */
export function marksOf({ abuse, figures }: Pick<ContactFacts, "abuse" | "figures">): readonly ContactMark[] {
  const [agent, caller] = [figures?.agent?.speech ?? null, figures?.caller?.speech ?? null];
  const marks: ContactMark[] = [];
  if (abuse !== null) marks.push("abuse");
  if (agent !== null && agent.loudnessJumps >= markLimits.loudnessJumpsMin) marks.push("loudness");
  if (speaksOver(agent) && speaksOver(caller)) marks.push("talkOver");
  return marks;
}

function speaksOver(speech: SpeechQuality | null): boolean {
  return speech !== null && speech.talkOverShare >= markLimits.talkOverShareMin;
}
