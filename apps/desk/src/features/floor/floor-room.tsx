import { useLingui } from "@lingui/react/macro";
import { Button, Group, Title } from "@mantine/core";
import { IconLayoutDashboard, IconMaximize } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { memo, Suspense, useMemo, useRef, useState, type ReactNode } from "react";
import { lazyPart } from "../../ui/lazy-part.ts";
import { useDirectory } from "../../api/lists.ts";
import { useLive } from "../../live/live-client.ts";
import { useNow } from "../../ui/clock.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { localized } from "../../ui/format.ts";
import { useCalmOrder } from "../../ui/held-order.ts";
import { Page } from "../../ui/page.tsx";
import { ProjectFilter } from "../../ui/project-filter.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { DateTime } from "../../ui/values.tsx";
import { useMay } from "../session/session.ts";
import { WorkplacesButton } from "../workplace/workplaces-button.tsx";
import { DrainingNotice } from "./draining-notice.tsx";
import { AgentTable } from "./agent-table.tsx";
import { inProject, queuesByNeed } from "./floor-order.ts";
import styles from "./floor.module.css";
import { QueueTile } from "./queue-tile.tsx";
import { useFloor } from "./use-floor.ts";
import { WaitingTable } from "./waiting-table.tsx";

const PassedOnList = lazyPart(() => import("./passed-on-list.tsx").then((module) => module.PassedOnList));
const HelpPanel = lazyPart(() => import("./help-panel.tsx").then((module) => module.HelpPanel));
const RecordingNotice = lazyPart(() => import("./recording-notice.tsx").then((module) => module.RecordingNotice));
const RecorderNotice = lazyPart(() => import("./recorder-notice.tsx").then((module) => module.RecorderNotice));
const ParkedList = lazyPart(() => import("./parked-list.tsx").then((module) => module.ParkedList));

/** The live page of queues, agents and waiting callers. */
export function FloorRoom(): ReactNode {
  const { t } = useLingui();
  const { floor, isLive, failure, retry } = useFloor();
  const wall = useRef<HTMLElement>(null);
  const { projectChoices } = useDirectory();
  const [projectId, setProjectId] = useState<string | null>(null);
  const leads = useMay()("calls.monitor");
  const lost = useLive((state) => state.lostSince !== null);
  const shown = useMemo(() => (floor === undefined || projectId === null ? floor : inProject(floor, projectId)), [floor, projectId]);
  if (floor === undefined || shown === undefined) {
    return (
      <Page title={t({ message: "Floor", context: "room" })}>
        <Problem failure={failure} onRetry={retry} />
        {failure === null && <SkeletonRows rows={6} height={64} />}
      </Page>
    );
  }
  if (floor.queues.length === 0)
    return (
      <Page title={t({ message: "Floor", context: "room" })}>
        <NoQueues />
      </Page>
    );
  const projects = projectChoices.length > 0 && <ProjectFilter choices={projectChoices} value={projectId} onChange={setProjectId} />;
  const fullScreen = (
    <Button
      variant="default"
      leftSection={<IconMaximize size={16} aria-hidden />}
      onClick={() => void wall.current?.requestFullscreen()}
    >{t`Wallboard`}</Button>
  );
  return (
    <Page
      title={t({ message: "Floor", context: "room" })}
      action={
        <Group gap="md">
          <span className={styles["at"]}>
            {t`As of`} <AsOf readAt={isLive ? null : floor.at} />
          </span>
          {projects}
          <WorkplacesButton />
          {fullScreen}
        </Group>
      }
    >
      <DrainingNotice />
      <Suspense>
        <RecorderNotice />
        <RecordingNotice />
      </Suspense>
      <div className={styles["page"]} data-lost={lost} data-testid="floor">
        <section ref={wall} className={styles["tiles"]} aria-label={t`Queues`}>
          <Tiles queues={shown.queues} />
        </section>
        <div className={styles["tables"]}>
          <section className={styles["half"]} aria-label={t`Agents`} data-tour="agents">
            <Title order={2} size="h3">{t`Agents`}</Title>
            <AgentTable agents={shown.agents} />
          </section>
          <section className={styles["half"]} aria-label={t`In the queue`} data-tour="waiting">
            <Title order={2} size="h3">{t`In the queue`}</Title>
            <WaitingTable waiting={shown.waiting} agents={shown.agents} />
            {leads && (
              <Suspense fallback={null}>
                <HelpPanel projectId={projectId} />
              </Suspense>
            )}
            {shown.parked.length > 0 && (
              <Suspense fallback={null}>
                <ParkedList parked={shown.parked} />
              </Suspense>
            )}
          </section>
        </div>
        {shown.passedOn.length > 0 && (
          <Suspense fallback={null}>
            <PassedOnList calls={shown.passedOn} />
          </Suspense>
        )}
      </div>
    </Page>
  );
}

/** Now, while news come; else when they stopped, or when it was read. */
function AsOf({ readAt }: { readonly readAt: number | null }): ReactNode {
  const now = useNow();
  const lostSince = useLive((state) => state.lostSince);
  const offset = useLive((state) => state.clockOffsetMs);
  const lastHeard = lostSince === null ? now : lostSince + offset;
  return <DateTime at={readAt ?? lastHeard} show="timeWithSeconds" />;
}

const Tiles = memo(function Tiles({ queues }: { readonly queues: Parameters<typeof queuesByNeed>[0] }): ReactNode {
  const now = useNow();
  const format = useFormat();
  const [calm, setCalm] = useState(false);
  const sorted = queuesByNeed(queues, now, (a, b) =>
    format.compare(localized(a.names, format.language), localized(b.names, format.language)),
  );
  const shown = useCalmOrder(sorted, (queue) => queue.queueId, calm);
  return (
    <div
      className={styles["grid"]}
      onMouseEnter={() => setCalm(true)}
      onMouseLeave={() => setCalm(false)}
      onFocus={() => setCalm(true)}
      onBlur={() => setCalm(false)}
    >
      {shown.map((queue) => (
        <QueueTile key={queue.queueId} queue={queue} now={now} />
      ))}
    </div>
  );
});

function NoQueues(): ReactNode {
  const { t } = useLingui();
  const may = useMay();
  return (
    <EmptyState
      icon={IconLayoutDashboard}
      title={t`No queue yet`}
      example={t`For example: Support — 3 waiting, the oldest for 0:42, 5 agents ready.`}
      action={may("setup.manage") && <Button component={Link} to="/setup/queues">{t`Add a queue`}</Button>}
    >
      {t`Here you see who waits, who talks and how today goes, queue by queue, as it happens.`}
    </EmptyState>
  );
}
