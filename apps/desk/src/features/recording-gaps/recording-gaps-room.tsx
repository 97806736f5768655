import type { RecordingGap } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Group, Stack, Text } from "@mantine/core";
import { IconArrowLeft, IconArrowRight, IconCircleCheck } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { useApi } from "../../api/queries.ts";
import { useLanguage } from "../../i18n/language.ts";
import { useNow } from "../../ui/clock.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { DateField } from "../../ui/date-field.tsx";
import { dayEnd, dayOf, dayStart } from "../../ui/day.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { shownColumns, useNarrow } from "../../ui/narrow.ts";
import { Page } from "../../ui/page.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { DateTime } from "../../ui/values.tsx";
import { gapReasons } from "./gap-words.ts";

const keyOf = (gap: RecordingGap): string => `${gap.contactId} ${gap.at}`;

/** A day's talks without a whole recording. */
export function RecordingGapsRoom(): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const narrow = useNarrow();
  const navigate = useNavigate();
  const search = useSearch({ from: "/shell/recording-gaps" });
  const Back = useLanguage((state) => state.direction) === "rtl" ? IconArrowRight : IconArrowLeft;
  const today = dayOf(useNow(), format.timeZone);
  const day = search.day ?? today;
  const report = useApi("recordingGapsGet", { query: { from: dayStart(day, format.timeZone), to: dayEnd(day, format.timeZone) } });
  const columns = useGapColumns();
  const { data } = report;
  return (
    <Page
      title={t`Gaps in recordings`}
      action={
        <Link to="/contacts">
          <Back size={16} style={{ verticalAlign: "-3px" }} aria-hidden /> {t`All calls`}
        </Link>
      }
    >
      <Stack gap="md">
        <Group align="end" gap="lg">
          <DateField
            label={t({ message: "Day", context: "report" })}
            value={day}
            onChange={(next) =>
              void navigate({ to: "/recording-gaps", search: next === null || next === today ? {} : { day: next }, replace: true })
            }
          />
          {data !== undefined && (
            <Text size="sm" c="dimmed" role="status">
              {t`Talks: ${format.number(data.talks)}. Whole: ${format.number(data.whole)}. Not to be recorded: ${format.number(data.notWanted)}. Erased: ${format.number(data.erased)}. Under way: ${format.number(data.underWay)}. Gaps: ${format.number(data.gapCount)}.`}
            </Text>
          )}
        </Group>
        <DataTable
          label={t`Gaps in recordings`}
          columns={shownColumns(columns, narrow, ["at", "reason"])}
          rows={data?.gaps ?? []}
          rowKey={keyOf}
          onOpen={(gap) => void navigate({ to: "/contacts/$contactId", params: { contactId: gap.contactId } })}
          loading={data === undefined && report.error === null}
          failure={report.error}
          onRetry={report.refetch}
          empty={
            <EmptyState icon={IconCircleCheck} title={t`No gaps on this day`}>
              {t`Every talk that should have been recorded can be heard whole.`}
            </EmptyState>
          }
        />
        {data !== undefined && data.gapCount > data.gaps.length && (
          <Text size="sm" c="dimmed">{t`The newest ${format.number(data.gaps.length)} are shown.`}</Text>
        )}
      </Stack>
    </Page>
  );
}

function useGapColumns(): readonly Column<RecordingGap>[] {
  const { t, i18n } = useLingui();
  const { queueName } = useDirectory();
  return [
    { id: "at", header: t({ message: "Time", context: "column" }), cell: (gap) => <DateTime at={gap.at} show="time" />, width: "90px" },
    { id: "reason", header: t`Why`, cell: (gap) => i18n._(gapReasons[gap.reason]), width: "minmax(180px, 2fr)" },
    { id: "agent", header: t`Agent`, cell: (gap) => <bdi>{gap.agentName ?? "—"}</bdi>, width: "minmax(120px, 1fr)" },
    { id: "queue", header: t`Queue`, cell: (gap) => <bdi>{queueName(gap.queueId)}</bdi>, width: "minmax(120px, 1fr)" },
  ];
}
