import type { AuditEntry } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Code, Select, Stack, Text } from "@mantine/core";
import { IconListSearch } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { usePagedApi } from "../../api/queries.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { FilterBar } from "../../ui/filter-bar.tsx";
import { shownColumns, useNarrow } from "../../ui/narrow.ts";
import { SidePanel } from "../../ui/side-panel.tsx";
import { DateTime } from "../../ui/values.tsx";
import { auditAction, auditDifferences, auditObjectTypes, objectTypeName } from "./audit-words.ts";

/** Who changed what, newest first; one entry opens with before and after. */
export function AuditSection(): ReactNode {
  const { t, i18n } = useLingui();
  const narrow = useNarrow();
  const { personChoices } = useDirectory();
  const [actorId, setActorId] = useState<string | null>(null);
  const [objectType, setObjectType] = useState<string | null>(null);
  const [opened, setOpened] = useState<AuditEntry | null>(null);
  const list = usePagedApi("auditList", {
    query: { ...(actorId === null ? {} : { actorId }), ...(objectType === null ? {} : { objectType }) },
  });
  const columns: readonly Column<AuditEntry>[] = [
    {
      id: "at",
      header: t({ message: "When", context: "column" }),
      width: "minmax(150px, 1fr)",
      cell: (entry) => <DateTime at={entry.at} show="row" />,
    },
    {
      id: "who",
      header: t({ message: "Who", context: "column" }),
      width: "minmax(120px, 1fr)",
      cell: (entry) => <bdi>{entry.actorName}</bdi>,
    },
    {
      id: "what",
      header: t({ message: "What", context: "column" }),
      width: "minmax(200px, 2fr)",
      cell: (entry) => i18n._(auditAction(entry.action)),
    },
    {
      id: "from",
      header: t({ message: "From address", context: "column" }),
      width: "minmax(110px, 0.8fr)",
      cell: (entry) => <bdi dir="ltr">{entry.address}</bdi>,
    },
  ];
  return (
    <>
      <FilterBar
        onClear={
          actorId === null && objectType === null
            ? undefined
            : () => {
                setActorId(null);
                setObjectType(null);
              }
        }
      >
        <Select
          aria-label={t({ message: "Who", context: "column" })}
          placeholder={t`Anyone`}
          w={200}
          data={personChoices}
          clearable
          searchable
          nothingFoundMessage={t`Nothing found`}
          value={actorId}
          onChange={setActorId}
        />
        <Select
          aria-label={t({ message: "What", context: "column" })}
          placeholder={t`Anything`}
          w={200}
          data={auditObjectTypes.map((value) => ({ value, label: i18n._(objectTypeName(value)) }))}
          clearable
          value={objectType}
          onChange={setObjectType}
        />
      </FilterBar>
      <DataTable
        label={t`Who changed what`}
        columns={shownColumns(columns, narrow, ["what", "who", "at"])}
        rows={list.rows}
        rowKey={(entry) => entry.auditId}
        onOpen={setOpened}
        selectedKey={opened?.auditId ?? null}
        loading={list.loading}
        failure={list.failure}
        onRetry={list.refetch}
        onMore={list.onMore}
        loadingMore={list.loadingMore}
        empty={
          <EmptyState
            icon={IconListSearch}
            title={t`Nothing found`}
          >{t`Every change of the setup, of people and of customers stands here with what was before and after, and every playing of a recording.`}</EmptyState>
        }
      />
      <SidePanel opened={opened !== null} onClose={() => setOpened(null)} title={opened === null ? "" : i18n._(auditAction(opened.action))}>
        {opened !== null && <AuditDetails entry={opened} />}
      </SidePanel>
    </>
  );
}

function AuditDetails({ entry }: { readonly entry: AuditEntry }): ReactNode {
  const { t } = useLingui();
  const differences = auditDifferences(entry.before, entry.after);
  return (
    <Stack>
      <Text>
        <bdi>{entry.actorName}</bdi> · <DateTime at={entry.at} />
      </Text>
      <Text size="sm" c="dimmed">
        <bdi dir="ltr">{entry.objectId}</bdi>
      </Text>
      {differences.map((each) => (
        <div key={each.key}>
          <Text size="sm" fw={600}>
            <bdi dir="ltr">{each.key}</bdi>
          </Text>
          {each.before !== undefined && (
            <Text size="sm">
              {t({ message: "Before", context: "audit" })}: <Code>{each.before}</Code>
            </Text>
          )}
          {each.after !== undefined && (
            <Text size="sm">
              {t({ message: "After", context: "audit" })}: <Code>{each.after}</Code>
            </Text>
          )}
        </div>
      ))}
    </Stack>
  );
}
