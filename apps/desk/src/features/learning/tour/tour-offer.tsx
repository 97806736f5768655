import type { TourName } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group } from "@mantine/core";
import { useLocation } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useDesk } from "../../desk/use-desk.ts";
import { useMay } from "../../session/session.ts";
import styles from "../learning.module.css";
import { beginTour, leaveTour, useLearning } from "../learning-store.ts";
import { TourPause } from "./tour-pause.tsx";
import { useNoteTour, useTourProgress } from "./use-tours.ts";

/** One quiet card at the first visit: the agents' tour at the desk, the leads' on the floor. “Later” is remembered. In a call a line. */
export function TourOffer(): ReactNode {
  const may = useMay();
  const path = useLocation({ select: (location) => location.pathname });
  const running = useLearning((state) => state.tour !== null);
  const waits = useLearning((state) => state.tourWaits);
  const inCall = (useDesk()?.contact ?? null) !== null;
  if (running) return waits ? <TourPause onLeave={leaveTour} /> : null;
  // A call needs the whole page, at 390 pixels above all.
  if (inCall) return null;
  if (path === "/desk" && may("desk.work")) return <Offer tour="agent" />;
  if (path === "/floor" && may("floor.read") && may("agents.steer")) return <Offer tour="lead" />;
  return null;
}

function Offer({ tour }: { readonly tour: TourName }): ReactNode {
  const { t } = useLingui();
  const progress = useTourProgress(tour);
  const note = useNoteTour();
  if (progress === undefined || progress?.state === "later" || progress?.state === "finished") return null;
  const begun = progress !== null;
  return (
    <section className={styles["offer"]} aria-label={t`Tour`} data-testid="tour-offer" data-tour-name={tour}>
      <span className={styles["offerWords"]}>
        {begun && <Trans>You have begun the tour. It goes on where you stopped.</Trans>}
        {!begun && tour === "agent" && (
          <Trans>New here? A tour of ten minutes shows you the desk by doing, and ends with a test call that you answer.</Trans>
        )}
        {!begun && tour === "lead" && <Trans>New here? A tour of five minutes shows what you see of queues, people and calls.</Trans>}
      </span>
      <Group gap="xs">
        <Button size="compact-md" onClick={() => beginTour(tour)}>
          {begun ? t`Go on with the tour` : t`Begin the tour`}
        </Button>
        <Button size="compact-md" variant="default" onClick={() => note(tour, "later", progress?.step ?? "welcome")}>{t`Later`}</Button>
      </Group>
    </section>
  );
}
