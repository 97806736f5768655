import { Suspense, useState, type ReactNode } from "react";
import { earlyPart, lazyPart } from "../../ui/lazy-part.ts";
import { useSession } from "../session/session.ts";
import { useLearning } from "./learning-store.ts";

const LearningPanel = lazyPart(() => import("./learning-panel.tsx").then((module) => module.LearningPanel));
const TourGuide = lazyPart(() => import("./tour/tour-guide.tsx").then((module) => module.TourGuide));

const TourOffer = earlyPart(() => import("./tour/tour-offer.tsx").then((module) => module.TourOffer));

/** The offer of a tour, once what is to be seen at once is there. */
export function LazyTourOffer(): ReactNode {
  return (
    <Suspense fallback={null}>
      <TourOffer />
    </Suspense>
  );
}

/** Help, glossary and tours: fetched when one of them is opened. */
export function Learning(): ReactNode {
  const hasPanel = useLearning((state) => state.panel !== null);
  // Once opened it stays, so that closing gives the focus back.
  const [hadPanel, setHadPanel] = useState(false);
  if (hasPanel && !hadPanel) setHadPanel(true);
  const tour = useLearning((state) => state.tour);
  const signedIn = useSession().kind === "signedIn";
  return (
    <Suspense fallback={null}>
      {signedIn && tour !== null && <TourGuide key={tour} tour={tour} />}
      {(hasPanel || hadPanel) && <LearningPanel />}
    </Suspense>
  );
}
