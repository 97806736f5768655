import type { AuditEntry } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Code, Stack, Text } from "@mantine/core";
import { IconListSearch } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { usePagedApi } from "../../api/queries.ts";
import type { Column } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LogTable } from "../../ui/log-table.tsx";
import { SidePanel } from "../../ui/side-panel.tsx";
import { DateTime } from "../../ui/values.tsx";
import { auditAction, auditDifferences, auditObjectTypes, objectTypeName } from "./audit-words.ts";

/** Who changed what, newest first; one entry opens with before and after. */
export function AuditSection(): ReactNode {
  const { t, i18n } = useLingui();
  const [actorId, setActorId] = useState<string | null>(null);
  const [objectType, setObjectType] = useState<string | null>(null);
  const [opened, setOpened] = useState<AuditEntry | null>(null);
  const list = usePagedApi("auditList", {
    query: { ...(actorId === null ? {} : { actorId }), ...(objectType === null ? {} : { objectType }) },
  });
  const columns: readonly Column<AuditEntry>[] = [
    {
      id: "what",
      header: t({ message: "What", context: "column" }),
      width: "minmax(200px, 1.6fr)",
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
      <LogTable
        label={t`Who changed what`}
        list={list}
        rowKey={(entry) => entry.auditId}
        who={(entry) => <bdi>{entry.actorName}</bdi>}
        columns={columns}
        kept={["what", "who", "at"]}
        person={{ value: actorId, onChange: setActorId }}
        kind={{
          label: t({ message: "What", context: "column" }),
          placeholder: t`Anything`,
          choices: auditObjectTypes.map((value) => ({ value, label: i18n._(objectTypeName(value)) })),
          value: objectType,
          onChange: setObjectType,
        }}
        onOpen={setOpened}
        selectedKey={opened?.auditId ?? null}
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
