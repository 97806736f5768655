import type { HelpFigures } from "@allo/contract";
import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Title } from "@mantine/core";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { useApi } from "../../api/queries.ts";
import { useNow } from "../../ui/clock.tsx";
import { dayEnd, dayOf, dayStart } from "../../ui/day.ts";
import { useFormat } from "../../ui/use-format.ts";
import { Duration } from "../../ui/values.tsx";
import styles from "./help.module.css";
import { HelpRows } from "./help-rows.tsx";
import { useHelpBoard } from "./use-help.ts";

const HelpHistory = lazy(() => import("./help-history.tsx").then((module) => ({ default: module.HelpHistory })));

/** Today's figures follow the board by a moment; so soon they are there. */
const LOOK_EVERY_MS = 10_000;

/** Who asks for a lead now, and how soon leads came today. */
export function HelpPanel({ projectId }: { readonly projectId: string | null }): ReactNode {
  const { t } = useLingui();
  const { timeZone } = useFormat();
  const { open } = useHelpBoard();
  const [opened, setOpened] = useState(false);
  const today = dayOf(useNow(), timeZone);
  const day = { from: dayStart(today, timeZone), to: dayEnd(today, timeZone) };
  const figures = useApi("helpFiguresGet", { query: day }, { everyMs: LOOK_EVERY_MS });
  const shown = projectId === null ? open : open.filter((each) => each.projectId === projectId);
  return (
    <section aria-label={t`Help requests`} data-testid="floor-help">
      <Group justify="space-between" gap="xs">
        <Title order={2} size="h3">{t`Help requests`}</Title>
        <Button variant="subtle" size="compact-sm" aria-haspopup="dialog" onClick={() => setOpened(true)}>{t`All requests`}</Button>
      </Group>
      {shown.length > 0 && <HelpRows open={shown} />}
      {figures.data !== undefined && <Sums figures={figures.data} />}
      {opened && (
        <Suspense fallback={null}>
          <HelpHistory onClose={() => setOpened(false)} />
        </Suspense>
      )}
    </section>
  );
}

function Sums({ figures: { asked, answered, medianMs, p90Ms } }: { readonly figures: HelpFigures }): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  if (asked === 0) return <p className={styles["sums"]}>{t`Nobody has asked for a lead today.`}</p>;
  const came = format.number(answered);
  return (
    <p className={styles["sums"]}>
      <span>{t`${plural(asked, { one: "# request today", other: "# requests today" })}`}</span>
      <span>{t`A lead came: ${came}`}</span>
      {medianMs !== null && (
        <span>
          <Trans>
            Half within <Duration ms={medianMs} />
          </Trans>
        </span>
      )}
      {p90Ms !== null && (
        <span>
          <Trans>
            Nine of ten within <Duration ms={p90Ms} />
          </Trans>
        </span>
      )}
    </p>
  );
}
