import type { TourName } from "@allo/contract";
import { create } from "zustand";
import type { TermId } from "./glossary/terms.ts";

/** What of help, glossary and tours is open. */
export type LearningState = {
  readonly panel:
    | { readonly kind: "help" }
    | { readonly kind: "glossary"; readonly term: TermId | null; readonly fromHelp: boolean }
    | null;
  readonly tour: TourName | null;
  /** A customer's call goes on: the tour stands aside. */
  readonly tourWaits: boolean;
};

export const useLearning = create<LearningState>(() => ({ panel: null, tour: null, tourWaits: false }));

export function openHelp(): void {
  useLearning.setState({ panel: { kind: "help" } });
}

/** Opens the glossary, at a term where one is given. */
export function openGlossary(term: TermId | null = null): void {
  const { panel } = useLearning.getState();
  useLearning.setState({
    panel: { kind: "glossary", term, fromHelp: panel?.kind === "help" || (panel?.kind === "glossary" && panel.fromHelp) },
  });
}

export function closeLearning(): void {
  useLearning.setState({ panel: null });
}

export function beginTour(tour: TourName): void {
  useLearning.setState({ panel: null, tour });
}

export function setTourWaits(tourWaits: boolean): void {
  useLearning.setState({ tourWaits });
}

export function leaveTour(): void {
  useLearning.setState({ tour: null });
}
