import type { PersonTour, TourName, TourProgress } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { IconRoute } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useApi } from "../../../api/queries.ts";
import { Problem } from "../../../ui/problem.tsx";
import { DateTime } from "../../../ui/values.tsx";
import { useMay } from "../../session/session.ts";
import { beginTour } from "../learning-store.ts";
import { useOpenTours } from "./use-tours.ts";

/** The tours one may take, how far one is, and for leads: who took which. */
export function TourChoice(): ReactNode {
  const { t } = useLingui();
  const tours = useOpenTours();
  const leads = useMay()("floor.read");
  return (
    <section>
      <Title order={3} size="h4" mb="xs">{t`Tours`}</Title>
      <Stack gap="xs">
        {tours.map(({ tour, progress }) => (
          <Group key={tour} gap="sm">
            <Button variant="default" leftSection={<IconRoute size={16} aria-hidden />} onClick={() => beginTour(tour)}>
              <TourTitle tour={tour} />
            </Button>
            <Text size="sm" c="dimmed">
              <Standing progress={progress} />
            </Text>
          </Group>
        ))}
        {leads && <ToursTaken />}
      </Stack>
    </section>
  );
}

/** A tour by its name. */
export function TourTitle({ tour }: { readonly tour: TourName }): ReactNode {
  return tour === "agent" ? <Trans>Tour of the desk</Trans> : <Trans>Tour for team leads</Trans>;
}

function Standing({ progress }: { readonly progress: TourProgress | null }): ReactNode {
  if (progress?.finishedAt != null) {
    return (
      <Trans>
        taken on <DateTime at={progress.finishedAt} show="date" />
      </Trans>
    );
  }
  return progress?.state === "begun" ? <Trans>begun</Trans> : <Trans>not taken yet</Trans>;
}

function ToursTaken(): ReactNode {
  const { t } = useLingui();
  const people = useApi("toursOfPeople", {});
  const items: readonly PersonTour[] = people.data?.items ?? [];
  return (
    <details>
      <summary>{t`Who has taken which tour`}</summary>
      <Stack gap={4} mt="xs">
        <Problem failure={people.error} onRetry={people.refetch} />
        {people.isSuccess && items.length === 0 && <Text size="sm" c="dimmed">{t`Nobody yet.`}</Text>}
        {items.map((row) => (
          <Text key={`${row.personId}${row.tour}`} size="sm">
            <bdi>{row.personName}</bdi> — <TourTitle tour={row.tour} />, <Standing progress={row} />
          </Text>
        ))}
      </Stack>
    </details>
  );
}
