import type { Recorder } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button, Group, Title } from "@mantine/core";
import { IconDatabaseExport, IconPlus } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { callApi } from "../../api/client.ts";
import { useApi } from "../../api/queries.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SidePanel } from "../../ui/side-panel.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { useFormat } from "../../ui/use-format.ts";
import styles from "../setup/setup.module.css";
import { useRetire } from "../setup/use-retire.ts";
import { SaidLine } from "../trunks/said-line.tsx";
import own from "../trunks/trunks.module.css";
import { RecorderCreate, RecorderEdit } from "./recorder-form.tsx";
import { RecorderLog } from "./recorder-log.tsx";
import { recorderSentences } from "./recorder-words.ts";

/** States change with every call; they are looked at so often while the page is open. */
const LOOK_EVERY_MS = 3_000;

type Panel = { readonly kind: "new" } | { readonly kind: "change" | "log"; readonly recorderId: string };

/** Recorders elsewhere that get the calls of some queues too, and how they fare now. */
export function RecordersSection(): ReactNode {
  const { t } = useLingui();
  const list = useApi("recordersList", {}, { everyMs: LOOK_EVERY_MS });
  const [panel, setPanel] = useState<Panel | null>(null);
  if (list.data === undefined)
    return list.error === null ? <SkeletonRows rows={3} height={80} /> : <Problem failure={list.error} onRetry={list.refetch} />;
  const recorders = [...list.data.items].sort((a, b) => Number(a.retired) - Number(b.retired));
  const opened = panel === null || panel.kind === "new" ? undefined : recorders.find((each) => each.recorderId === panel.recorderId);
  const close = (): void => setPanel(null);
  const add = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setPanel({ kind: "new" })}>{t`Add a recorder`}</Button>
  );
  const name = opened?.name ?? "";
  return (
    <>
      {recorders.length > 0 && <div>{add}</div>}
      {recorders.length === 0 && (
        <EmptyState
          icon={IconDatabaseExport}
          title={t`No recorder elsewhere`}
          action={add}
          example={t`For example: the law or the bank's archive wants a second copy of each talk on a system of its own.`}
        >{t`Calls are recorded here. A recorder elsewhere that speaks SIPREC can get the same talks, live, with who took part in them; each queue says which.`}</EmptyState>
      )}
      {recorders.map((recorder) => (
        <RecorderCard
          key={recorder.recorderId}
          recorder={recorder}
          onOpen={(kind) => setPanel({ kind, recorderId: recorder.recorderId })}
        />
      ))}
      <SidePanel
        opened={panel !== null && (panel.kind === "new" || opened !== undefined)}
        onClose={close}
        title={panel?.kind === "log" ? t`What happened with ${name}` : opened === undefined ? t`Add a recorder` : name}
        size={560}
      >
        {panel?.kind === "new" && <RecorderCreate onDone={close} />}
        {panel?.kind === "change" && opened !== undefined && <RecorderEdit key={opened.recorderId} recorder={opened} />}
        {panel?.kind === "log" && opened !== undefined && <RecorderLog recorderId={opened.recorderId} />}
      </SidePanel>
    </>
  );
}

function RecorderCard({ recorder, onOpen }: { readonly recorder: Recorder; readonly onOpen: (kind: "change" | "log") => void }): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const retire = useRetire("recordersList");
  const put = (retired: boolean, version: number): Promise<Recorder> =>
    callApi("recorderUpdate", { params: { recorderId: recorder.recorderId }, body: { retired, version } });
  const { host, port, transport } = recorder;
  return (
    <article className={styles["card"]} data-retired={recorder.retired} data-testid="recorder">
      <Group justify="space-between">
        <Title order={2} size="h3">
          <bdi>{recorder.name}</bdi>
          <span className={styles["quiet"]}>
            {" "}
            · <bdi dir="ltr">{`${host}${port === null ? "" : `:${String(port)}`} ${transport.toUpperCase()}`}</bdi>
            {recorder.retired && <> · {t({ message: "retired", context: "a thing" })}</>}
          </span>
        </Title>
        <Group gap="xs">
          {!recorder.retired && (
            <>
              <Button variant="subtle" size="compact-md" onClick={() => onOpen("log")}>{t`What happened`}</Button>
              <Button variant="default" size="compact-md" onClick={() => onOpen("change")}>
                {t({ message: "Change", context: "button" })}
              </Button>
            </>
          )}
          <Button
            variant="subtle"
            size="compact-md"
            onClick={() => retire({ name: recorder.name, version: recorder.version, retired: recorder.retired }, put)}
          >
            {recorder.retired ? t({ message: "Use again", context: "button" }) : t({ message: "Retire", context: "button, a thing" })}
          </Button>
        </Group>
      </Group>
      <ul className={own["says"]} aria-label={t`How it fares`}>
        {recorderSentences(recorder, i18n, format).map((said) => (
          <SaidLine key={said.text} said={said} />
        ))}
      </ul>
    </article>
  );
}
