import type { FloorQueue } from "@allo/contract";
import { Plural, useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { useLanguage } from "../../i18n/language.ts";
import type { Outcome } from "../../app/searches.ts";
import { useNow } from "../../ui/clock.tsx";
import { dayOf } from "../../ui/day.ts";
import { localized } from "../../ui/format.ts";
import { StateBadge } from "../../ui/state-badge.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { Duration, Elapsed, None } from "../../ui/values.tsx";
import styles from "./floor.module.css";
import { urgencyOf } from "./floor-order.ts";

/** One queue: who waits and for how long, who could help, and how today goes. */
export function QueueTile({ queue, now }: { readonly queue: FloorQueue; readonly now: number }): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const language = useLanguage((state) => state.language);
  const { projectChoices, projectName } = useDirectory();
  const urgency = urgencyOf(queue, now);
  const { today } = queue;
  return (
    <article
      className={styles["tile"]}
      data-urgency={urgency}
      data-testid="queue-tile"
      data-queue={queue.queueId}
      aria-label={localized(queue.names, language)}
    >
      <header className={styles["tileHead"]}>
        <h2 className={styles["tileName"]}>
          <bdi>{localized(queue.names, language)}</bdi>
          {projectChoices.length > 0 && (
            <small className={styles["project"]}>
              <bdi>{projectName(queue.projectId)}</bdi>
            </small>
          )}
        </h2>
        {urgency !== "calm" && <StateBadge state={urgency} />}
      </header>
      <div className={styles["now"]}>
        <div>
          <div className={styles["big"]} data-testid="waiting">
            {format.number(queue.waiting)}
          </div>
          <div className={styles["under"]}>{t`In the queue`}</div>
        </div>
        <div>
          <div className={styles["big"]}>
            {queue.oldestQueuedAt === null ? <None why={t`Nobody waits`} /> : <Elapsed since={queue.oldestQueuedAt} />}
          </div>
          <div className={styles["under"]}>{t`Longest wait now`}</div>
        </div>
      </div>
      <div className={styles["states"]}>
        <StateBadge state="ready" size="sm">
          <b>{format.number(queue.agentsReady)}</b>
        </StateBadge>
        <StateBadge state="talking" size="sm">
          <b>{format.number(queue.agentsTalking)}</b>
        </StateBadge>
        <StateBadge state="wrapUp" size="sm">
          <b>{format.number(queue.agentsWrapUp)}</b>
        </StateBadge>
        <StateBadge state="notReady" size="sm">
          <b>{format.number(queue.agentsNotReady)}</b>
        </StateBadge>
      </div>
      <dl className={styles["today"]}>
        <Figure
          label={t`Service level`}
          beside={<Plural value={today.serviceLevelSeconds} one="target # second" other="target # seconds" />}
        >
          {today.serviceLevel === null ? <None why={t`No call has been offered today yet`} /> : format.percent(today.serviceLevel)}
        </Figure>
        <Figure label={t`Offered`}>
          <Behind queueId={queue.queueId} count={today.offered} />
        </Figure>
        <Figure label={t({ message: "Answered", context: "figure" })}>
          <Behind queueId={queue.queueId} count={today.answered} outcome="answered" />
        </Figure>
        <Figure
          label={t({ message: "Abandoned", context: "figure" })}
          beside={today.shortAbandoned > 0 ? t`${format.number(today.shortAbandoned)} at once` : undefined}
        >
          <Behind queueId={queue.queueId} count={today.abandoned} outcome="abandoned" />
        </Figure>
        <Figure label={t`ASA`}>
          <Duration ms={today.asaMs} why={t`Nobody has been answered today yet`} />
        </Figure>
        <Figure label={t`AHT`}>
          <Duration ms={today.ahtMs} why={t`No call has been finished today yet`} />
        </Figure>
        {today.refused > 0 && (
          <Figure label={t`Not taken in`}>
            <Behind queueId={queue.queueId} count={today.refused} outcome="refused" />
          </Figure>
        )}
        {today.systemDisconnected > 0 && (
          <Figure label={t`Cut off`}>
            <Behind queueId={queue.queueId} count={today.systemDisconnected} outcome="systemDisconnect" />
          </Figure>
        )}
      </dl>
    </article>
  );
}

function Figure({
  label,
  beside,
  children,
}: {
  readonly label: string;
  readonly beside?: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <div className={styles["figure"]}>
      <dt>{label}</dt>
      <dd>
        {children}
        {beside !== undefined && <small>{beside}</small>}
      </dd>
    </div>
  );
}

/** A figure of today that opens the contacts it counts. */
function Behind({ queueId, count, outcome }: { readonly queueId: string; readonly count: number; readonly outcome?: Outcome }): ReactNode {
  const format = useFormat();
  const today = dayOf(useNow(), format.timeZone);
  return (
    <Link
      to="/contacts"
      search={{ queueId, from: today, to: today, ...(outcome === undefined ? {} : { outcome }) }}
      className={styles["behind"]}
    >
      {format.number(count)}
    </Link>
  );
}
