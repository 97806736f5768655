import type { SoundReport, WorkplaceRow } from "@allo/contract";
import { useLingui } from "@lingui/react";
import { Trans, useLingui as useMacro } from "@lingui/react/macro";
import { Button, NativeSelect, Stack, Tabs, Text, UnstyledButton } from "@mantine/core";
import { IconHeadset, IconVolumeOff } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { usePagedApi } from "../../api/queries.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SidePanel } from "../../ui/side-panel.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { DateTime } from "../../ui/values.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { useOpenAfterMount } from "../../ui/use-open-after-mount.ts";
import { CheckResults } from "./check-results.tsx";
import { findingWords } from "./sound-words.ts";
import { useWorkplaces } from "./use-workplaces.ts";
import { narrowed, type WorkplaceFilter } from "./workplaces-filter.ts";
import { skipWords, standingWords } from "./workplace-words.ts";
import styles from "./workplace.module.css";

/** Who is equipped, and which talks had no sound. */
export function WorkplacesPanel({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }): ReactNode {
  const { t } = useMacro();
  return (
    <SidePanel opened={useOpenAfterMount(opened)} onClose={onClose} title={t`Workplaces`} size={560}>
      <Tabs defaultValue="checks">
        <Tabs.List mb="md">
          <Tabs.Tab value="checks">{t`Checks`}</Tabs.Tab>
          <Tabs.Tab value="sound">{t({ message: "No sound", context: "title" })}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="checks">
          <Checks />
        </Tabs.Panel>
        <Tabs.Panel value="sound">
          <Reports />
        </Tabs.Panel>
      </Tabs>
    </SidePanel>
  );
}

function Checks(): ReactNode {
  const { t } = useMacro();
  const format = useFormat();
  const rows = useWorkplaces();
  const [filter, setFilter] = useState<WorkplaceFilter>("all");
  if (rows === undefined) return <SkeletonRows rows={4} height={32} />;
  const shown = narrowed(rows, filter).toSorted((a, b) => format.compare(a.name, b.name));
  return (
    <Stack data-testid="workplaces">
      <NativeSelect
        label={t`Show`}
        value={filter}
        onChange={(event) => setFilter(event.currentTarget.value as WorkplaceFilter)}
        data={[
          { value: "all", label: t`Everyone` },
          { value: "notEquipped", label: t({ message: "Not equipped", context: "workplace" }) },
          { value: "skipped", label: t({ message: "Check skipped", context: "workplace" }) },
          { value: "stale", label: t`No check for a day` },
        ]}
      />
      {shown.length === 0 ? (
        <EmptyState icon={IconHeadset} title={t`Nobody`} example={t`For example: Sarah Collins — not equipped: microphone.`}>
          <Trans>People who take calls stand here with their last check.</Trans>
        </EmptyState>
      ) : (
        <ul className={styles["people"]}>
          {shown.map((row) => (
            <PersonRow key={row.personId} row={row} />
          ))}
        </ul>
      )}
    </Stack>
  );
}

function PersonRow({ row }: { readonly row: WorkplaceRow }): ReactNode {
  const { _ } = useLingui();
  const [opened, setOpened] = useState(false);
  const { last } = row;
  return (
    <li className={styles["person"]} data-standing={row.standing}>
      <UnstyledButton w="100%" onClick={() => setOpened(!opened)} aria-expanded={opened} className={styles["personHead"]}>
        <strong>
          <bdi>{row.name}</bdi>
        </strong>
        <span>{_(standingWords[row.standing])}</span>
      </UnstyledButton>
      <Text size="sm" c="dimmed">
        {last !== null && <DateTime at={last.at} />}
        {last?.skipped != null && (
          <>
            {" · "}
            {_(skipWords[last.skipped.reason])}
            {last.skipped.words !== "" && (
              <>
                {": "}
                <bdi>{last.skipped.words}</bdi>
              </>
            )}
          </>
        )}
      </Text>
      {opened && last !== null && last.results.length > 0 && <CheckResults check={last} />}
    </li>
  );
}

function Reports(): ReactNode {
  const { t } = useMacro();
  const reports = usePagedApi("soundReportsList", {});
  if (reports.failure !== null) return <Problem failure={reports.failure} onRetry={reports.refetch} />;
  if (reports.loading) return <SkeletonRows rows={4} height={32} />;
  if (reports.rows.length === 0)
    return (
      <EmptyState icon={IconVolumeOff} title={t`No talk without sound`} example={t`For example: nothing from the customer's line for 6 s.`}>
        <Trans>What agents report by “No sound” stands here with the line's figures.</Trans>
      </EmptyState>
    );
  return (
    <Stack>
      <ul className={styles["people"]}>
        {reports.rows.map((report) => (
          <ReportRow key={report.reportId} report={report} />
        ))}
      </ul>
      {reports.onMore !== undefined && (
        <Button variant="default" onClick={reports.onMore} loading={reports.loadingMore}>{t`Show more`}</Button>
      )}
    </Stack>
  );
}

function ReportRow({ report }: { readonly report: SoundReport }): ReactNode {
  const { _ } = useLingui();
  const { t } = useMacro();
  const format = useFormat();
  const line = ({ packetsReceived, packetsLost }: { readonly packetsReceived: number; readonly packetsLost: number }): string => {
    const [received, lost] = [format.number(packetsReceived), format.number(packetsLost)];
    return t`${received} packets came, ${lost} were lost`;
  };
  return (
    <li className={styles["person"]}>
      <div className={styles["personHead"]}>
        <strong>
          <bdi>{report.personName}</bdi>
        </strong>
        <Link to="/contacts/$contactId" params={{ contactId: report.contactId }}>
          <DateTime at={report.at} />
        </Link>
      </div>
      <Text size="sm">{report.findings.map((finding) => _(findingWords[finding])).join("; ")}</Text>
      {report.caller !== null && (
        <Text size="sm" c="dimmed">
          <Trans>Customer's line:</Trans> {line(report.caller)}
        </Text>
      )}
      {report.agent !== null && (
        <Text size="sm" c="dimmed">
          <Trans>Agent's line:</Trans> {line(report.agent)}
        </Text>
      )}
    </li>
  );
}
