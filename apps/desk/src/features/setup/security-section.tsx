import type { BlockedSource, BlockReason } from "@allo/contract";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { Alert, Button, Group, Text, Title } from "@mantine/core";
import { IconAlertTriangle, IconRefresh, IconShieldCheck } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useApi, useApiMutation } from "../../api/queries.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { toastDone } from "../../ui/toasts.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { DateTime } from "../../ui/values.tsx";
import styles from "./setup.module.css";

const whys: Readonly<Record<BlockReason, MessageDescriptor>> = {
  flood: msg`It sent far more messages than a phone does.`,
  wrongPassword: msg`Wrong passwords, again and again.`,
  neverProves: msg`It was asked who it is many times and never said so.`,
  malformed: msg`It sent what no phone sends.`,
  scanner: msg`It calls itself by the name of a program that searches for open exchanges.`,
};

/** Whom the exchange doesn't answer, and why; a block is lifted by hand. */
export function SecuritySection(): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const state = useApi("securityStateGet", {});
  const lift = useApiMutation("sourceLift", ["securityStateGet"]);
  if (state.data === undefined)
    return state.error === null ? <SkeletonRows rows={4} /> : <Problem failure={state.error} onRetry={state.refetch} />;
  const { known, blocked, unlisted, shedding } = state.data;
  const liftNow = (source: BlockedSource): void =>
    lift.mutate({ body: { source: source.source } }, { onSuccess: () => toastDone(i18n, t`It is answered again.`) });
  return (
    <>
      <Group justify="space-between">
        <Text size="sm" className={styles["sentence"]}>
          {t`Strangers try every exchange on the internet. Whoever floods or guesses passwords gets no answer for a while, longer each time. Phones with the right password are never held up by it.`}
        </Text>
        <Button
          variant="default"
          leftSection={<IconRefresh size={16} aria-hidden />}
          loading={state.isFetching}
          onClick={() => void state.refetch()}
        >{t`Look again`}</Button>
      </Group>
      {shedding && (
        <Alert color="red" variant="light" icon={<IconAlertTriangle aria-hidden />} styles={{ message: { color: "var(--text)" } }}>
          {t`The exchange is full: new calls are refused for the moment, so that those that talk go on well.`}
        </Alert>
      )}
      <Problem failure={lift.error} />
      {!known && <Text size="sm">{t`The exchange is starting or away for the moment: nothing is known.`}</Text>}
      {known && blocked.length === 0 && (
        <EmptyState
          icon={IconShieldCheck}
          title={t`Nobody is blocked`}
        >{t`Addresses that flood or guess stand here, with why and for how long, and can be let in again.`}</EmptyState>
      )}
      {blocked.map((source) => (
        <div key={`${source.kind} ${source.source}`} className={styles["line"]} data-testid="blocked-source">
          <span className={styles["grow"]}>
            <bdi dir="ltr">{source.source}</bdi>{" "}
            <span className={styles["quiet"]}>
              {source.kind === "network" && t`(a network of neighbours)`}
              {source.kind === "user" && t`(a phone's user name, locked but for its own phone)`}
            </span>
            <br />
            <span className={styles["quiet"]}>
              {i18n._(whys[source.why])} {t`Since`} <DateTime at={source.since} show="row" />, {t`until`}{" "}
              <DateTime at={source.until} show="row" />. {t`Messages not looked at: ${format.number(source.dropped)}.`}
            </span>
          </span>
          <Button variant="subtle" size="compact-sm" loading={lift.isPending} onClick={() => liftNow(source)}>{t`Let it in again`}</Button>
        </div>
      ))}
      {unlisted.length > 0 && (
        <>
          <Title order={3}>{t`Unknown callers on the carriers' port`}</Title>
          <Text size="sm" className={styles["sentence"]}>
            {t`No number or trunk lists these addresses, so they hear nothing. Is one of them your carrier? Then add it to the number or the trunk.`}
          </Text>
          {unlisted.map((source) => (
            <div key={source.address} className={styles["line"]}>
              <span className={styles["grow"]}>
                <bdi dir="ltr">{source.address}</bdi>
              </span>
              <span className={styles["quiet"]}>
                {t`Attempts: ${format.number(source.count)}, the last`} <DateTime at={source.last} show="row" />
              </span>
            </div>
          ))}
        </>
      )}
    </>
  );
}
