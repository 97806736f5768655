import type { ContactRow } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button, Group } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { usePagedApi } from "../../api/queries.ts";
import type { ContactsSearch } from "../../app/searches.ts";
import { useWorkChanges } from "../../live/use-work-changes.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { useHeldRows } from "../../ui/held-order.ts";
import { shownColumns, useNarrow } from "../../ui/narrow.ts";
import { Page } from "../../ui/page.tsx";
import { SidePanel } from "../../ui/side-panel.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { DateTime, Duration } from "../../ui/values.tsx";
import { useMay } from "../session/session.ts";
import { ContactMarks } from "./contact-marks.tsx";
import { ContactFilters } from "./contact-filters.tsx";
import { ContactView } from "./contact-view.tsx";
import { contactsQuery, isFiltered } from "./contacts-query.ts";
import { Caller } from "./caller.tsx";
import { OutcomeWord } from "./outcome-word.tsx";

const keyOf = (row: ContactRow): string => row.contactId;

/** Every call, newest first; one opens beside the list. */
export function ContactsRoom(): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const narrow = useNarrow();
  const may = useMay();
  const search = useSearch({ from: "/shell/contacts" });
  const navigate = useNavigate();
  const filters = useMemo(() => contactsQuery(search, format.timeZone), [search, format.timeZone]);
  const list = usePagedApi("contactsList", { query: filters });
  const changes = useWorkChanges("contact", ["contactsList"]);
  const { shown, fresh, release } = useHeldRows(list.rows, keyOf, JSON.stringify(filters));
  const columns = useContactColumns();
  const go = (next: ContactsSearch): void => void navigate({ to: "/contacts", search: next, replace: true });
  const open = (contact: string | null): void => {
    const { contact: _open, ...rest } = search;
    go(contact === null ? rest : { ...rest, contact });
  };
  const showFresh = (): void => {
    release();
    changes.unmark();
    list.refetch();
  };
  const filtered = isFiltered(search);
  return (
    <Page
      title={t({ message: "Contacts", context: "room" })}
      action={
        <Group gap="md">
          {may("internalCalls.readAll") && <Link to="/internal-calls" search={{ whose: "all" }}>{t`Calls between colleagues`}</Link>}
          {may("recordings.play") && <Link to="/recording-gaps">{t`Gaps in recordings`}</Link>}
          {fresh > 0 && <Button variant="light" size="compact-md" onClick={showFresh}>{t`Show new ones: ${format.number(fresh)}`}</Button>}
        </Group>
      }
    >
      <ContactFilters search={search} onChange={go} />
      <DataTable
        label={t({ message: "Contacts", context: "room" })}
        columns={shownColumns(columns, narrow, ["at", "caller", "outcome"])}
        rows={shown}
        rowKey={keyOf}
        onOpen={(row) => open(row.contactId)}
        selectedKey={search.contact ?? null}
        markedKeys={changes.marked}
        loading={list.loading}
        failure={list.failure}
        onRetry={list.refetch}
        onMore={list.onMore}
        loadingMore={list.loadingMore}
        empty={
          filtered ? (
            <EmptyState
              icon={IconHistory}
              title={t`No call fits these filters`}
              action={<Button variant="default" onClick={() => go({})}>{t`Clear the filters`}</Button>}
            >{t`Widen the days or take a filter away.`}</EmptyState>
          ) : (
            <EmptyState
              icon={IconHistory}
              title={t`No calls yet`}
              example={t`For example: today 10:42, 020 7946 0123, Support, answered, 3:15.`}
            >
              {t`Each call stands here from its first ring: who called, how long they waited, who answered, what came of it, and its recording.`}
            </EmptyState>
          )
        }
      />
      <SidePanel
        opened={search.contact !== undefined}
        onClose={() => open(null)}
        title={t({ message: "Call", context: "one contact" })}
        size={720}
      >
        {search.contact !== undefined && <ContactView key={search.contact} contactId={search.contact} withLink />}
      </SidePanel>
    </Page>
  );
}

function useContactColumns(): readonly Column<ContactRow>[] {
  const { t } = useLingui();
  const { queueName } = useDirectory();
  return useMemo(
    () => [
      {
        id: "at",
        header: t`Started`,
        width: "minmax(140px, 0.9fr)",
        cell: (row) => <DateTime at={row.startedAt} show="row" />,
        compare: (a, b) => a.startedAt - b.startedAt,
      },
      {
        id: "caller",
        header: t`Customer`,
        width: "minmax(160px, 1.5fr)",
        cell: (row) => <Caller name={row.customerName} number={row.callerNumber} isTest={row.isTest === true} />,
      },
      { id: "queue", header: t`Queue`, width: "minmax(100px, 1fr)", cell: (row) => <bdi>{queueName(row.queueId)}</bdi> },
      {
        id: "agent",
        header: t`Agent`,
        width: "minmax(110px, 1fr)",
        cell: (row) => (row.agentName === null ? "" : <bdi>{row.agentName}</bdi>),
      },
      {
        id: "outcome",
        header: t`Outcome`,
        width: "minmax(130px, 1.1fr)",
        cell: (row) => (
          <>
            <OutcomeWord row={row} />
            <ContactMarks marks={row.marks} />
          </>
        ),
      },
      {
        id: "wait",
        header: t({ message: "Wait", context: "column" }),
        width: "104px",
        align: "end",
        cell: (row) => <Duration ms={row.waitMs} why={t`It didn't wait in a queue`} />,
        compare: (a, b) => (a.waitMs ?? -1) - (b.waitMs ?? -1),
      },
      {
        id: "talk",
        header: t({ message: "Talk", context: "column" }),
        width: "84px",
        align: "end",
        cell: (row) => <Duration ms={row.talkMs} why={t`Nobody has talked`} />,
        compare: (a, b) => (a.talkMs ?? -1) - (b.talkMs ?? -1),
      },
    ],
    [t, queueName],
  );
}
