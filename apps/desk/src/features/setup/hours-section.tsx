import type { Hours, HoursSettings } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Title } from "@mantine/core";
import { IconClockHour9, IconPlus } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { callApi } from "../../api/client.ts";
import { useDirectory } from "../../api/lists.ts";
import { useApi } from "../../api/queries.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SidePanel } from "../../ui/side-panel.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { HoursCreate, HoursEdit } from "./hours-form.tsx";
import { HoursSentence } from "./hours-sentence.tsx";
import styles from "./setup.module.css";
import { useRetire } from "./use-retire.ts";

/** When numbers take calls. Outside of it callers hear so, and stand in the lost calls. */
export function HoursSection(): ReactNode {
  const { t } = useLingui();
  const list = useApi("hoursList", {});
  const { hoursName } = useDirectory();
  const [openId, setOpenId] = useState<string | null>(null);
  if (list.data === undefined)
    return list.error === null ? <SkeletonRows rows={3} height={80} /> : <Problem failure={list.error} onRetry={list.refetch} />;
  const all = [...list.data.items].sort((a, b) => Number(a.retired) - Number(b.retired));
  const opened = all.find((hours) => hours.hoursId === openId);
  const add = <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setOpenId("new")}>{t`Add opening hours`}</Button>;
  return (
    <>
      <p className={`${styles["sentence"] ?? ""} ${styles["quiet"] ?? ""}`}>
        {t`A number with opening hours takes calls only within them. Outside, callers hear that you are closed, pay nothing, and stand in the lost calls. Who waits already when they end goes on waiting, as long as agents are there.`}
      </p>
      {all.length === 0 ? (
        <EmptyState
          icon={IconClockHour9}
          title={t`Every number is always open`}
          action={add}
          example={t`For example: Office, Mon–Fri 9:00–18:00, closed on New Year's Day.`}
        >{t`Give the times once; numbers then follow them.`}</EmptyState>
      ) : (
        <div>{add}</div>
      )}
      {all.map((hours) => (
        <HoursCard key={hours.hoursId} hours={hours} onOpen={() => setOpenId(hours.hoursId)} />
      ))}
      <SidePanel
        opened={openId !== null && (openId === "new" || opened !== undefined)}
        onClose={() => setOpenId(null)}
        title={opened === undefined ? t`Add opening hours` : <bdi>{hoursName(opened.hoursId)}</bdi>}
        size={680}
      >
        {openId === "new" && <HoursCreate onMade={() => setOpenId(null)} />}
        {opened !== undefined && <HoursEdit key={opened.hoursId} hours={opened} />}
      </SidePanel>
    </>
  );
}

function HoursCard({ hours, onOpen }: { readonly hours: Hours; readonly onOpen: () => void }): ReactNode {
  const { t } = useLingui();
  const { hoursName, numbers } = useDirectory();
  const retire = useRetire("hoursList");
  const name = hoursName(hours.hoursId);
  const settings: HoursSettings = hours;
  const using = numbers.filter((number) => !number.retired && number.hoursId === hours.hoursId);
  const put = (retired: boolean, version: number): Promise<Hours> =>
    callApi("hoursUpdate", { params: { hoursId: hours.hoursId }, body: { retired, version } });
  return (
    <article className={styles["card"]} data-retired={hours.retired} data-testid="hours">
      <Group justify="space-between">
        <Title order={2} size="h3">
          <bdi>{name}</bdi>
          {hours.retired && <span className={styles["quiet"]}> · {t({ message: "retired", context: "a thing" })}</span>}
        </Title>
        <Group gap="xs">
          {!hours.retired && (
            <Button variant="default" size="compact-md" onClick={onOpen}>
              {t({ message: "Change", context: "button" })}
            </Button>
          )}
          <Button variant="subtle" size="compact-md" onClick={() => retire({ name, version: hours.version, retired: hours.retired }, put)}>
            {hours.retired ? t({ message: "Use again", context: "button" }) : t({ message: "Retire", context: "button, a thing" })}
          </Button>
        </Group>
      </Group>
      {!hours.retired && (
        <>
          <HoursSentence hours={settings} />
          <p className={styles["sentence"]}>
            {using.length === 0 ? (
              t`No number follows them yet: choose them in a number's settings.`
            ) : (
              <Trans>
                Numbers that follow them: <bdi dir="ltr">{using.map((number) => number.number).join(", ")}</bdi>.
              </Trans>
            )}
          </p>
        </>
      )}
    </article>
  );
}
