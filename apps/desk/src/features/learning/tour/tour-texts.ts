import type { TourName } from "@allo/contract";
import type { AgentStepId, LeadStepId } from "./tour-steps.ts";

/** What a step says; `task` is what the person is to do, where there is something. Texts are marked up as help's (help-text.ts). */
export type StepText = { readonly title: string; readonly text: string; readonly task?: string };
export type TourTexts = {
  readonly agent: Readonly<Record<AgentStepId, StepText>>;
  readonly lead: Readonly<Record<LeadStepId, StepText>>;
};

export function stepText(texts: TourTexts, tour: TourName, stepId: string): StepText {
  const all: Readonly<Record<string, StepText>> = texts[tour];
  return all[stepId] ?? { title: "", text: "" };
}
