import type { TourName } from "@allo/contract";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";
import { useTestCall } from "../../test-call/use-test-call.ts";
import { leaveTour, setTourWaits } from "../learning-store.ts";
import { useTexts } from "../use-texts.ts";
import { TourCard } from "./tour-card.tsx";
import { givesWay, indexOfStep, stepsOf, type TourFacts, type TourStep } from "./tour-steps.ts";
import { useNoteTour, useTourProgress, type NoteTour } from "./use-tours.ts";
import { useTourFacts } from "./use-tour-facts.ts";

/** Leads through a tour: one step after another, in the real interface, from where one stopped. */
export function TourGuide({ tour }: { readonly tour: TourName }): ReactNode {
  const progress = useTourProgress(tour);
  const { texts, failed } = useTexts();
  const note = useNoteTour();
  useEffect(() => {
    if (failed) leaveTour();
  }, [failed]);
  if (progress === undefined || texts === null) return null;
  // A finished tour that is taken again begins at its beginning.
  const first = progress?.state === "finished" ? 0 : indexOfStep(tour, progress?.step);
  return <Steps tour={tour} first={first} note={note} texts={texts} />;
}

function Steps({
  tour,
  first,
  note,
  texts,
}: {
  readonly tour: TourName;
  readonly first: number;
  readonly note: NoteTour;
  readonly texts: NonNullable<ReturnType<typeof useTexts>["texts"]>;
}): ReactNode {
  const navigate = useNavigate();
  const steps = stepsOf(tour);
  // Only where it begins is taken from the progress: from then on this is the one that knows.
  const [index, setIndex] = useState(first);
  const run = useTestCall({ finishesWrapUp: false });
  const facts = useTourFacts(run);
  const step: TourStep = steps[index] ?? { id: "done", room: null, target: null };
  const isDone = useDone(step, facts);
  const last = index >= steps.length - 1;

  const go = (next: number): void => setIndex(Math.min(Math.max(next, 0), steps.length - 1));
  useEffect(() => {
    note(tour, last ? "finished" : "begun", step.id);
    if (step.room !== null && step.room !== facts.path) void navigate({ to: step.room });
    // Once a step: where one goes within it is one's own matter.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [tour, step.id]);
  const goesOn = isDone && step.goesOn === true;
  useEffect(() => {
    if (goesOn) setIndex((before) => before + 1);
  }, [goesOn]);

  const waits = givesWay(facts);
  useEffect(() => {
    setTourWaits(waits);
    return () => setTourWaits(false);
  }, [waits]);

  const leave = (): void => {
    if (step.withCall === true) run.stop();
    leaveTour();
  };
  if (waits) return null;
  return (
    <TourCard
      tour={tour}
      step={step}
      position={{ index, count: steps.length }}
      isDone={isDone}
      run={run}
      texts={texts}
      onBack={() => go(index - 1)}
      onNext={() => (last ? leaveTour() : go(index + 1))}
      onLeave={leave}
    />
  );
}

/** Whether a step has been done since it began; done stays done. */
function useDone(step: TourStep, facts: TourFacts): boolean {
  const [doneId, setDoneId] = useState<string | null>(null);
  const now = step.isDone === undefined || step.isDone(facts);
  useEffect(() => {
    if (now) setDoneId(step.id);
  }, [now, step.id]);
  return now || doneId === step.id;
}
