import type { Drain } from "@allo/contract";
import { Plural, useLingui } from "@lingui/react/macro";
import { Alert, Button, Group, Stack, Text, Title } from "@mantine/core";
import { IconPhoneOff, IconPhoneCheck } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useApi, useApiMutation } from "../../api/queries.ts";
import { useTopic } from "../../live/live-provider.tsx";
import { ConfirmWithNumbers } from "../../ui/confirm-with-numbers.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { toastDone } from "../../ui/toasts.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { DateTime } from "../../ui/values.tsx";
import styles from "./setup.module.css";

/** The exchange runs empty before it is stopped: ordered here, seen live, taken back. */
export function MaintenanceSection(): ReactNode {
  const live = useTopic("drain");
  const first = useApi("drainGet", {}, { enabled: live === undefined });
  const drain = live ?? first.data;
  if (drain === undefined)
    return first.error === null ? <SkeletonRows rows={3} /> : <Problem failure={first.error} onRetry={() => void first.refetch()} />;
  return <RunningEmpty drain={drain} />;
}

function RunningEmpty({ drain }: { readonly drain: Drain }): ReactNode {
  const { t, i18n } = useLingui();
  const [asks, setAsks] = useState(false);
  const begin = useApiMutation("drainBegin", ["drainGet"]);
  const cancel = useApiMutation("drainCancel", ["drainGet"]);
  const { known, draining, left } = drain;
  const beginNow = (): void =>
    begin.mutate(
      {},
      {
        onSuccess: () => {
          setAsks(false);
          toastDone(i18n, t`No new calls are taken.`);
        },
      },
    );
  return (
    <Stack maw={680} data-testid="maintenance">
      <Text size="sm" className={styles["sentence"]}>
        {t`Before an update or a restart let the exchange run empty: new calls go to your carrier's other ways, talks go on to their end, and callers who wait are still served. Whatever stops the program does the same by itself, for a limited time.`}
      </Text>
      {!known && <Text size="sm">{t`The exchange is starting or away for the moment: nothing is known.`}</Text>}
      {known && (
        <Alert
          variant="light"
          color={draining === null ? "green" : "yellow"}
          icon={draining === null ? <IconPhoneCheck aria-hidden /> : <IconPhoneOff aria-hidden />}
          styles={{ message: { color: "var(--text)" } }}
          role="status"
        >
          <Title order={2} size="h4">
            {draining === null ? t`New calls are taken` : t`No new calls are taken`}
          </Title>
          {draining !== null && <Since draining={draining} />}
          <Left left={left} isDraining={draining !== null} />
        </Alert>
      )}
      <Problem failure={cancel.error} />
      {known && draining === null && (
        <Group>
          <Button variant="default" onClick={() => setAsks(true)}>{t`Take no new calls…`}</Button>
        </Group>
      )}
      {known && draining?.by === "operator" && (
        <Group>
          <Button
            loading={cancel.isPending}
            onClick={() => cancel.mutate({}, { onSuccess: () => toastDone(i18n, t`New calls are taken again.`) })}
          >{t`Take new calls again`}</Button>
        </Group>
      )}
      <ConfirmWithNumbers
        opened={asks}
        onClose={() => setAsks(false)}
        title={t`Take no new calls?`}
        effects={[
          t`Callers are sent elsewhere by their carrier, or hear that nobody can be reached.`,
          t`Nobody can call out, but for emergencies.`,
          <Plural
            key="left"
            value={left.talking + left.waiting + left.beginning}
            _0="No call is going on now."
            one="# call goes on to its end."
            other="# calls go on to their end."
          />,
        ]}
        kept={t`It holds for the whole exchange until it is taken back here, or the program is started again.`}
        confirmLabel={t`Take no new calls`}
        pending={begin.isPending}
        failure={begin.error}
        onConfirm={beginNow}
      />
    </Stack>
  );
}

function Since({ draining }: { readonly draining: NonNullable<Drain["draining"]> }): ReactNode {
  const { t } = useLingui();
  return (
    <Text size="sm">
      {t`Since`} <DateTime at={draining.since} show="row" />
      {draining.byName !== null && (
        <>
          {" "}
          · <bdi>{draining.byName}</bdi>
        </>
      )}
      {draining.by === "stop" && (
        <>
          {" "}
          · {t`The program is being stopped.`}
          {draining.endsAt !== null && (
            <>
              {" "}
              {t`What is left is ended at`} <DateTime at={draining.endsAt} show="timeWithSeconds" />.
            </>
          )}
        </>
      )}
    </Text>
  );
}

function Left({ left, isDraining }: { readonly left: Drain["left"]; readonly isDraining: boolean }): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const { talking, waiting, beginning } = left;
  if (talking + waiting + beginning === 0)
    return <Text size="sm">{isDraining ? t`No call is left: the program can be stopped.` : t`No call is going on.`}</Text>;
  return (
    <Text size="sm">{t`Talking: ${format.number(talking)}. Waiting: ${format.number(waiting)}. Beginning: ${format.number(beginning)}.`}</Text>
  );
}
