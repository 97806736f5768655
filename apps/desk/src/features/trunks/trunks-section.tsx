import type { Trunk } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button, Group, Title } from "@mantine/core";
import { IconPlus, IconRouteAltLeft } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { callApi } from "../../api/client.ts";
import { useApi } from "../../api/queries.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { isolate } from "../../ui/isolate.ts";
import { Problem } from "../../ui/problem.tsx";
import { SidePanel } from "../../ui/side-panel.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { useFormat } from "../../ui/use-format.ts";
import styles from "../setup/setup.module.css";
import { useRetire } from "../setup/use-retire.ts";
import { TrunkCheck } from "./trunk-check.tsx";
import { TrunkCreate, TrunkEdit } from "./trunk-form.tsx";
import { TrunkLog } from "./trunk-log.tsx";
import { SaidLine } from "./said-line.tsx";
import { kindNames, trunkSentences } from "./trunk-words.ts";
import own from "./trunks.module.css";

/** States change with every call; they are looked at so often while the page is open. */
const LOOK_EVERY_MS = 3_000;

type Panel = { readonly kind: "new" } | { readonly kind: "change" | "log" | "check"; readonly trunkId: string };

/** The ways to carriers, and how they fare now. */
export function TrunksSection(): ReactNode {
  const { t } = useLingui();
  const list = useApi("trunksList", {}, { everyMs: LOOK_EVERY_MS });
  const [panel, setPanel] = useState<Panel | null>(null);
  if (list.data === undefined)
    return list.error === null ? <SkeletonRows rows={4} height={80} /> : <Problem failure={list.error} onRetry={list.refetch} />;
  const trunks = [...list.data.items].sort((a, b) => Number(a.retired) - Number(b.retired));
  const opened = panel === null || panel.kind === "new" ? undefined : trunks.find((trunk) => trunk.trunkId === panel.trunkId);
  const close = (): void => setPanel(null);
  const add = <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setPanel({ kind: "new" })}>{t`Add a trunk`}</Button>;
  const name = isolate(opened?.name ?? "");
  return (
    <>
      {trunks.length > 0 && <div>{add}</div>}
      {trunks.length === 0 && (
        <EmptyState
          icon={IconRouteAltLeft}
          title={t`No trunk yet`}
          action={add}
          example={t`For example: the carrier gave you a server, a user and a password.`}
        >{t`A trunk is the line to a carrier: calls come and go by it. Without one, only your own network and your phones reach your numbers.`}</EmptyState>
      )}
      {trunks.map((trunk) => (
        <TrunkCard key={trunk.trunkId} trunk={trunk} onOpen={(kind) => setPanel({ kind, trunkId: trunk.trunkId })} />
      ))}
      <SidePanel
        opened={panel !== null && (panel.kind === "new" || opened !== undefined)}
        onClose={close}
        title={
          panel?.kind === "log"
            ? t`What happened on ${name}`
            : panel?.kind === "check"
              ? t`Check of ${name}`
              : opened === undefined
                ? t`Add a trunk`
                : name
        }
        size={640}
      >
        {panel?.kind === "new" && <TrunkCreate onDone={close} />}
        {panel?.kind === "change" && opened !== undefined && <TrunkEdit key={opened.trunkId} trunk={opened} />}
        {panel?.kind === "log" && opened !== undefined && <TrunkLog trunkId={opened.trunkId} />}
        {panel?.kind === "check" && opened !== undefined && <TrunkCheck key={opened.trunkId} trunkId={opened.trunkId} />}
      </SidePanel>
    </>
  );
}

function TrunkCard({ trunk, onOpen }: { readonly trunk: Trunk; readonly onOpen: (kind: "change" | "log" | "check") => void }): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const retire = useRetire("trunksList");
  const put = (retired: boolean, version: number): Promise<Trunk> =>
    callApi("trunkUpdate", { params: { trunkId: trunk.trunkId }, body: { retired, version } });
  return (
    <article className={styles["card"]} data-retired={trunk.retired} data-testid="trunk">
      <Group justify="space-between">
        <Title order={2} size="h3">
          <bdi>{trunk.name}</bdi>
          <span className={styles["quiet"]}>
            {" "}
            · {i18n._(kindNames[trunk.kind])}
            {trunk.retired && <> · {t({ message: "retired", context: "a thing" })}</>}
          </span>
        </Title>
        <Group gap="xs">
          {!trunk.retired && (
            <>
              <Button variant="subtle" size="compact-md" onClick={() => onOpen("check")}>{t`Check`}</Button>
              <Button variant="subtle" size="compact-md" onClick={() => onOpen("log")}>{t`What happened`}</Button>
              <Button variant="default" size="compact-md" onClick={() => onOpen("change")}>
                {t({ message: "Change", context: "button" })}
              </Button>
            </>
          )}
          <Button
            variant="subtle"
            size="compact-md"
            onClick={() => retire({ name: trunk.name, version: trunk.version, retired: trunk.retired }, put)}
          >
            {trunk.retired ? t({ message: "Use again", context: "button" }) : t({ message: "Retire", context: "button, a thing" })}
          </Button>
        </Group>
      </Group>
      <ul className={own["says"]} aria-label={t`How it fares`}>
        {trunkSentences(trunk, i18n, format).map((said) => (
          <SaidLine key={said.text} said={said} />
        ))}
      </ul>
    </article>
  );
}
