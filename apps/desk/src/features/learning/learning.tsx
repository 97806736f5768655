import { lazy, Suspense, type ReactNode } from "react";
import { useSession } from "../session/session.ts";
import { useLearning } from "./learning-store.ts";

const LearningPanel = lazy(() => import("./learning-panel.tsx").then((module) => ({ default: module.LearningPanel })));
const TourGuide = lazy(() => import("./tour/tour-guide.tsx").then((module) => ({ default: module.TourGuide })));

/** Help, glossary and tours: fetched when one of them is opened. */
export function Learning(): ReactNode {
  const hasPanel = useLearning((state) => state.panel !== null);
  const tour = useLearning((state) => state.tour);
  const signedIn = useSession().kind === "signedIn";
  return (
    <Suspense fallback={null}>
      {signedIn && tour !== null && <TourGuide key={tour} tour={tour} />}
      {hasPanel && <LearningPanel />}
    </Suspense>
  );
}
