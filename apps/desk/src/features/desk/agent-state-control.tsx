import type { DeskState, NotReadyReason } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button, Group, Menu, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconCircleCheck, IconPhone, IconZzz } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useLanguage } from "../../i18n/language.ts";
import { useNow } from "../../ui/clock.tsx";
import { localized } from "../../ui/format.ts";
import { StateBadge } from "../../ui/state-badge.tsx";
import { Elapsed } from "../../ui/values.tsx";
import { phoneView } from "../../softphone/phone-machine.ts";
import { usePhone } from "../../softphone/phone-store.ts";
import { stateOf } from "./call-view.ts";
import styles from "./desk.module.css";
import { useDesk, useDeskAct } from "./use-desk.ts";
import { useGoReady } from "./use-go-ready.tsx";
import { useReasons } from "./use-lists.ts";

/** One's own state with its timer; ready, or not ready with a reason; a reason chosen in a call begins after wrap-up. */
export function AgentStateControl(): ReactNode {
  const { t } = useLingui();
  const desk = useDesk();
  const goReady = useGoReady();
  const view = usePhone((state) => phoneView(state.phone));
  if (desk === undefined) return null;
  const resting = desk.state === "notReady" || desk.state === "offline";
  // At work elsewhere a moment ago, and now here: the state stayed, the phone didn't come along.
  const withoutPhone = !resting && view === "off" && desk.device === null && !desk.phone.registered;
  return (
    <Group gap="sm" wrap="nowrap" className={styles["acts"] ?? ""} data-testid="agent-state" data-state={desk.state}>
      <StateMenu desk={desk} onReady={goReady.go} />
      {resting && (
        <Button
          size="compact-md"
          onClick={goReady.go}
          loading={goReady.pending}
          leftSection={<IconCircleCheck size={16} aria-hidden />}
        >{t`Go ready`}</Button>
      )}
      {withoutPhone && (
        <Button
          size="compact-md"
          onClick={goReady.go}
          loading={goReady.pending}
          leftSection={<IconPhone size={16} aria-hidden />}
        >{t`Turn the phone on`}</Button>
      )}
      {goReady.dialog}
    </Group>
  );
}

function StateMenu({ desk, onReady }: { readonly desk: DeskState; readonly onReady: () => void }): ReactNode {
  const { t } = useLingui();
  const language = useLanguage((state) => state.language);
  const now = useNow();
  const reasons = useReasons();
  const notReady = useDeskAct("deskNotReady");
  const nameOf = (reasonId: string | null): string | undefined => {
    const found = reasons.all.find((reason) => reason.reasonId === reasonId);
    return found === undefined ? undefined : localized(found.names, language);
  };
  const reason = reasons.all.find((candidate) => candidate.reasonId === desk.reasonId);
  const word = desk.state === "notReady" ? nameOf(desk.reasonId) : undefined;
  const pending = nameOf(desk.pendingReasonId);
  const choose = (chosen: NotReadyReason): void => notReady.mutate({ body: { reasonId: chosen.reasonId } });
  const busy = desk.contact !== null || desk.internalCall !== null;
  return (
    <Menu position="bottom-start" width={260} withinPortal={false}>
      <Menu.Target>
        <UnstyledButton className={styles["stateButton"]} title={t`Change your state`}>
          <StateBadge state={stateOf(desk, now, reason?.maxMinutes ?? null)} {...(word === undefined ? {} : { word })}>
            <Elapsed since={desk.contact?.heldSince ?? desk.since} />
          </StateBadge>
          {pending !== undefined && <span className={styles["pending"]}>{t`then: ${pending}`}</span>}
          <IconChevronDown size={14} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {(desk.state === "notReady" || desk.state === "offline") && (
          <Menu.Item leftSection={<IconCircleCheck size={16} aria-hidden />} onClick={onReady}>{t`Go ready`}</Menu.Item>
        )}
        {pending !== undefined && (
          <Menu.Item
            leftSection={<IconCircleCheck size={16} aria-hidden />}
            onClick={onReady}
          >{t`Take the break back: stay ready`}</Menu.Item>
        )}
        <Menu.Label>{busy ? t`Not ready after this call` : t`Not ready, because`}</Menu.Label>
        {reasons.choosable.map((candidate) => (
          <Menu.Item
            key={candidate.reasonId}
            leftSection={<IconZzz size={16} aria-hidden />}
            onClick={() => choose(candidate)}
            disabled={candidate.reasonId === desk.reasonId && desk.state === "notReady"}
          >
            <bdi>{localized(candidate.names, language)}</bdi>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
