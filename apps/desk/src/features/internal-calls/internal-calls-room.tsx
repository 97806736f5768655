import type { InternalCall } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button, SegmentedControl, Select } from "@mantine/core";
import { IconArrowLeft, IconArrowRight, IconPhone, IconUsers } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, type ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { usePagedApi } from "../../api/queries.ts";
import type { InternalCallsSearch } from "../../app/searches.ts";
import { useLanguage } from "../../i18n/language.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { FilterBar } from "../../ui/filter-bar.tsx";
import { shownColumns, useNarrow } from "../../ui/narrow.ts";
import { Page } from "../../ui/page.tsx";
import { DateTime, Duration } from "../../ui/values.tsx";
import { useDesk, useDeskAct } from "../desk/use-desk.ts";
import { useMay, useMe } from "../session/session.ts";
import { internalOutcomeWords } from "./internal-words.ts";

const keyOf = (row: InternalCall): string => row.internalCallId;

/** Who of the colleagues called whom: one's own, or everybody's. */
export function InternalCallsRoom(): ReactNode {
  const { t } = useLingui();
  const narrow = useNarrow();
  const may = useMay();
  const navigate = useNavigate();
  const search = useSearch({ from: "/shell/internal-calls" });
  const { personChoices } = useDirectory();
  const Back = useLanguage((state) => state.direction) === "rtl" ? IconArrowRight : IconArrowLeft;
  const isAll = search.whose === "all" && may("internalCalls.readAll");
  const list = usePagedApi("internalCallsList", {
    query: isAll ? { whose: "all", ...(search.personId === undefined ? {} : { personId: search.personId }) } : {},
  });
  const columns = useColumns(isAll);
  useSeen(!isAll && !list.loading);
  const go = (next: InternalCallsSearch): void => void navigate({ to: "/internal-calls", search: next, replace: true });
  return (
    <Page
      title={t`Calls between colleagues`}
      action={
        may("desk.work") ? (
          <Link to="/desk">
            <Back size={16} style={{ verticalAlign: "-3px" }} aria-hidden /> {t({ message: "Desk", context: "room" })}
          </Link>
        ) : (
          <Link to="/contacts">
            <Back size={16} style={{ verticalAlign: "-3px" }} aria-hidden /> {t`All calls`}
          </Link>
        )
      }
    >
      {may("internalCalls.readAll") && (
        <FilterBar onClear={search.personId === undefined ? undefined : () => go({ whose: "all" })}>
          <SegmentedControl
            aria-label={t`Whose calls`}
            value={isAll ? "all" : "own"}
            onChange={(value) => go(value === "all" ? { whose: "all" } : {})}
            data={[
              { value: "own", label: t({ message: "Mine", context: "calls with colleagues" }) },
              { value: "all", label: t({ message: "Everybody's", context: "calls with colleagues" }) },
            ]}
          />
          {isAll && personChoices.length > 0 && (
            <Select
              aria-label={t`Colleague`}
              placeholder={t`Colleague`}
              data={[...personChoices]}
              value={search.personId ?? null}
              onChange={(personId) => go(personId === null ? { whose: "all" } : { whose: "all", personId })}
              searchable
              clearable
            />
          )}
        </FilterBar>
      )}
      <DataTable
        label={t`Calls between colleagues`}
        columns={shownColumns(columns, narrow, ["at", "caller", "callee", "outcome"])}
        rows={list.rows}
        rowKey={keyOf}
        loading={list.loading}
        failure={list.failure}
        onRetry={list.refetch}
        onMore={list.onMore}
        loadingMore={list.loadingMore}
        empty={
          <EmptyState
            icon={IconUsers}
            title={t`No calls between colleagues yet`}
            example={t`For example: today 10:42, Sarah Collins, James Okafor, answered, 1:20.`}
          >{t`“Call a colleague” stands at the desk. These calls are in no figure of customers' calls, and aren't recorded.`}</EmptyState>
        }
      />
    </Page>
  );
}

/** What one missed is counted at the desk until it has stood here. */
function useSeen(isShown: boolean): void {
  const count = useDesk()?.missedInternalCalls ?? 0;
  const { mutate } = useDeskAct("internalCallsSeen");
  useEffect(() => {
    if (isShown && count > 0) mutate({});
  }, [isShown, count, mutate]);
}

/** Calls the other one of a call that is over. */
function CallAgain({ row, me }: { readonly row: InternalCall; readonly me: string }): ReactNode {
  const { t } = useLingui();
  const desk = useDesk();
  const navigate = useNavigate();
  const place = useDeskAct("internalCallPlace");
  const isFree = desk?.state === "ready" || desk?.state === "notReady";
  if (!isFree || desk?.phone.proven !== true) return null;
  const [personId, name] = row.callerId === me ? [row.calleeId, row.calleeName] : [row.callerId, row.callerName];
  return (
    <Button
      size="compact-sm"
      variant="default"
      aria-label={t`Call ${name}`}
      loading={place.isPending}
      leftSection={<IconPhone size={14} aria-hidden />}
      onClick={() => place.mutate({ body: { personId } }, { onSuccess: () => void navigate({ to: "/desk" }) })}
    >
      {t({ message: "Call", context: "button" })}
    </Button>
  );
}

function useColumns(isAll: boolean): readonly Column<InternalCall>[] {
  const { t, i18n } = useLingui();
  const may = useMay();
  const me = useMe().personId;
  const calls = !isAll && may("internalCalls.place");
  return useMemo(
    () => [
      {
        id: "at",
        header: t`Started`,
        width: "minmax(120px, 0.9fr)",
        cell: (row) => <DateTime at={row.startedAt} show="row" />,
      },
      {
        id: "caller",
        header: t({ message: "Who called", context: "column" }),
        width: "minmax(110px, 1.2fr)",
        cell: (row) => <bdi>{row.callerName}</bdi>,
      },
      {
        id: "callee",
        header: t({ message: "Whom", context: "column" }),
        width: "minmax(110px, 1.2fr)",
        cell: (row) => <bdi>{row.calleeName}</bdi>,
      },
      {
        id: "outcome",
        header: t`Outcome`,
        width: "minmax(120px, 1fr)",
        cell: (row) =>
          row.missed && row.calleeId === me ? (
            <strong>{t({ message: "Missed", context: "call between colleagues" })}</strong>
          ) : (
            i18n._(internalOutcomeWords[row.outcome])
          ),
      },
      {
        id: "talk",
        header: t({ message: "Talk", context: "column" }),
        width: "84px",
        align: "end",
        cell: (row) => <Duration ms={row.answeredAt === null ? null : row.endedAt - row.answeredAt} why={t`Nobody has talked`} />,
      },
      ...(calls
        ? [
            {
              id: "call",
              header: t({ message: "Call", context: "column" }),
              headerHidden: true,
              width: "140px",
              align: "end" as const,
              cell: (row: InternalCall) => <CallAgain row={row} me={me} />,
            },
          ]
        : []),
    ],
    [t, i18n, calls, me],
  );
}
