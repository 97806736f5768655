import type { LostCall } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Badge, Button, SegmentedControl, Select } from "@mantine/core";
import { IconPhoneX } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { usePagedApi } from "../../api/queries.ts";
import type { LostCallsSearch } from "../../app/searches.ts";
import { useWorkChanges } from "../../live/use-work-changes.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { FilterBar } from "../../ui/filter-bar.tsx";
import { useHeldRows } from "../../ui/held-order.ts";
import { shownColumns, useNarrow } from "../../ui/narrow.ts";
import { Page } from "../../ui/page.tsx";
import { ProjectFilter } from "../../ui/project-filter.tsx";
import { SidePanel } from "../../ui/side-panel.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { DateTime, Duration } from "../../ui/values.tsx";
import { Caller } from "../contacts/caller.tsx";
import { causeWords } from "../contacts/cause-words.ts";
import { LostCallPanel } from "./lost-call-panel.tsx";
import { settledWords } from "./lost-call-words.ts";

const keyOf = (row: LostCall): string => row.lostCallId;

/** Who called and wasn't answered, one row a number, until it is settled. */
export function LostCallsRoom(): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const narrow = useNarrow();
  const navigate = useNavigate();
  const search = useSearch({ from: "/shell/lost-calls" });
  const { projectChoices, queueChoices, queues } = useDirectory();
  const [openKey, setOpenKey] = useState<string | null>(null);
  const settled = search.state === "settled";
  const which = search.state === undefined ? {} : { state: search.state };
  const query = {
    state: settled ? ("settled" as const) : ("open" as const),
    ...(search.state === "owed" ? { owed: true } : {}),
    ...(search.projectId === undefined ? {} : { projectId: search.projectId }),
    ...(search.queueId === undefined ? {} : { queueId: search.queueId }),
  };
  const list = usePagedApi("lostCallsList", { query });
  const changes = useWorkChanges("lostCall", ["lostCallsList"]);
  const { shown, fresh, release } = useHeldRows(list.rows, keyOf, JSON.stringify(query));
  const go = (next: LostCallsSearch): void => void navigate({ to: "/lost-calls", search: next, replace: true });
  const showFresh = (): void => {
    release();
    changes.unmark();
    list.refetch();
  };
  const opened = list.rows.find((row) => row.lostCallId === openKey);
  return (
    <Page
      title={t({ message: "Lost calls", context: "room" })}
      action={
        fresh > 0 && <Button variant="light" size="compact-md" onClick={showFresh}>{t`Show new ones: ${format.number(fresh)}`}</Button>
      }
    >
      <FilterBar onClear={search.queueId === undefined && search.projectId === undefined ? undefined : () => go(which)}>
        <SegmentedControl
          aria-label={t`Which`}
          data={[
            { value: "open", label: t({ message: "To call back", context: "lost calls" }) },
            { value: "owed", label: t({ message: "Owed a call back", context: "lost calls" }) },
            { value: "settled", label: t({ message: "Settled", context: "lost calls" }) },
          ]}
          value={search.state ?? "open"}
          onChange={(value) =>
            go({
              ...(value === "settled" || value === "owed" ? { state: value } : {}),
              ...(search.projectId === undefined ? {} : { projectId: search.projectId }),
              ...(search.queueId === undefined ? {} : { queueId: search.queueId }),
            })
          }
        />
        {projectChoices.length > 0 && (
          <ProjectFilter
            choices={projectChoices}
            value={search.projectId ?? null}
            onChange={(projectId) => go({ ...which, ...(projectId === null ? {} : { projectId }) })}
          />
        )}
        <Select
          aria-label={t`Queue`}
          w={180}
          data={queueChoices.filter(
            ({ value }) =>
              search.projectId === undefined || queues.some((queue) => queue.queueId === value && queue.projectId === search.projectId),
          )}
          value={search.queueId ?? null}
          clearable
          searchable
          placeholder={t`All queues`}
          nothingFoundMessage={t`Nothing found`}
          onChange={(queueId) =>
            go({
              ...which,
              ...(search.projectId === undefined ? {} : { projectId: search.projectId }),
              ...(queueId === null ? {} : { queueId }),
            })
          }
        />
      </FilterBar>
      <DataTable
        label={t({ message: "Lost calls", context: "room" })}
        columns={shownColumns(useColumns(settled), narrow, ["caller", "at", "calls"])}
        rows={shown}
        rowKey={keyOf}
        onOpen={(row) => setOpenKey(row.lostCallId)}
        selectedKey={openKey}
        markedKeys={changes.marked}
        loading={list.loading}
        failure={list.failure}
        onRetry={list.refetch}
        onMore={list.onMore}
        loadingMore={list.loadingMore}
        empty={
          settled ? (
            <EmptyState
              icon={IconPhoneX}
              title={t`Nothing settled yet`}
            >{t`Lost calls that were called back, not reached, or dismissed stand here, with who did it and why.`}</EmptyState>
          ) : search.state === "owed" ? (
            <EmptyState
              icon={IconPhoneX}
              title={t`Nobody is owed a call back`}
            >{t`Whoever was cut off, or lost in the queue, by a fault of ours stands here until somebody calls them back or they are answered.`}</EmptyState>
          ) : (
            <EmptyState
              icon={IconPhoneX}
              title={t`No lost calls`}
              example={t`For example: 020 7946 0123, Support, waited 2:10, called 3 times, left before anyone answered.`}
            >
              {t`Everyone who called and wasn't answered stands here once, until they are called back or call again and are answered.`}
            </EmptyState>
          )
        }
      />
      <SidePanel opened={opened !== undefined} onClose={() => setOpenKey(null)} title={t({ message: "Lost call", context: "one" })}>
        {opened !== undefined && <LostCallPanel key={opened.lostCallId} lost={opened} onDone={() => setOpenKey(null)} />}
      </SidePanel>
    </Page>
  );
}

function useColumns(settled: boolean): readonly Column<LostCall>[] {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const { queueName } = useDirectory();
  return [
    {
      id: "caller",
      header: t`Customer`,
      width: "minmax(170px, 1.6fr)",
      cell: (row) => <Caller name={row.customerName} number={row.callerNumber} />,
    },
    {
      id: "at",
      header: t`Last called`,
      width: "minmax(140px, 1fr)",
      cell: (row) => <DateTime at={row.lastAt} show="row" />,
      compare: (a, b) => a.lastAt - b.lastAt,
    },
    { id: "queue", header: t`Queue`, width: "minmax(100px, 1fr)", cell: (row) => <bdi>{queueName(row.queueId)}</bdi> },
    {
      id: "wait",
      header: t({ message: "Wait", context: "column" }),
      width: "96px",
      align: "end",
      cell: (row) => <Duration ms={row.waitMs} />,
      compare: (a, b) => a.waitMs - b.waitMs,
    },
    {
      id: "calls",
      header: t`Calls`,
      width: "84px",
      align: "end",
      cell: (row) => format.number(row.callCount),
      compare: (a, b) => a.callCount - b.callCount,
    },
    {
      id: "attempts",
      header: t`Attempts`,
      width: "90px",
      align: "end",
      cell: (row) => format.number(row.attempts),
      compare: (a, b) => a.attempts - b.attempts,
    },
    settled
      ? {
          id: "end",
          header: t({ message: "Settled", context: "lost calls" }),
          width: "minmax(150px, 1.3fr)",
          cell: (row) => i18n._(settledWords[row.state]),
        }
      : { id: "cause", header: t`Why it was lost`, width: "minmax(170px, 1.6fr)", cell: (row) => <Cause lost={row} /> },
  ];
}

function Cause({ lost }: { readonly lost: LostCall }): ReactNode {
  const { t, i18n } = useLingui();
  return (
    <>
      {i18n._(causeWords(lost.cause))}
      {lost.owedSince !== null && (
        <>
          {" "}
          <Badge size="sm" variant="light" color="red">
            {t({ message: "Owed a call back", context: "lost call" })}
          </Badge>
        </>
      )}
    </>
  );
}
