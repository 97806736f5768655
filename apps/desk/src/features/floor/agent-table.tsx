import type { FloorAgent, NotReadyReason, WorkplaceRow } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { ActionIcon, Menu } from "@mantine/core";
import { IconAccessPointOff, IconUsers, IconZzz } from "@tabler/icons-react";
import { memo, useEffect, useMemo, useState, type ComponentProps, type ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { useApiMutation } from "../../api/queries.ts";
import { useLanguage } from "../../i18n/language.ts";
import { useNow } from "../../ui/clock.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { localized } from "../../ui/format.ts";
import { useCalmOrder } from "../../ui/held-order.ts";
import { shownColumns, useNarrow } from "../../ui/narrow.ts";
import { StateBadge } from "../../ui/state-badge.tsx";
import { toastDone, toastProblem } from "../../ui/toasts.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { Elapsed } from "../../ui/values.tsx";
import { isolate } from "../../ui/isolate.ts";
import { useReasons } from "../desk/use-lists.ts";
import { useMay } from "../session/session.ts";
import { useWorkplacesByPerson } from "../workplace/use-workplaces.ts";
import { LineMark } from "../workplace/line-mark.tsx";
import { WorkplaceMark } from "../workplace/workplace-mark.tsx";
import { ContactLink } from "./contact-link.tsx";
import styles from "./floor.module.css";
import { agentsByNeed, isUnreachable, shownState } from "./floor-order.ts";
import { MonitorButton } from "./monitor-button.tsx";
import { useReasonsById } from "./use-floor.ts";

type ReasonsById = ReadonlyMap<string, NotReadyReason>;

/** Who is in which state, since when, on what; who needs someone stands first. */
export const AgentTable = memo(function AgentTable({ agents }: { readonly agents: readonly FloorAgent[] }): ReactNode {
  const { t } = useLingui();
  const now = useNow();
  const reasons = useReasonsById();
  const columns = useAgentColumns(reasons);
  const [calm, setCalm] = useState(false);
  const byNeed = useMemo(() => agentsByNeed(agents, reasons, now), [agents, reasons, now]);
  const rows = useCalmOrder(byNeed, keyOf, calm);
  return (
    <div
      className={styles["table"]}
      onMouseEnter={() => setCalm(true)}
      onMouseLeave={() => setCalm(false)}
      onFocus={() => setCalm(true)}
      onBlur={() => setCalm(false)}
    >
      <DataTable
        label={t`Agents`}
        columns={columns}
        rows={rows}
        rowKey={keyOf}
        empty={
          <EmptyState
            icon={IconUsers}
            title={t`No agent is a member of a queue yet`}
            example={t`For example: Sarah Collins — Talking, 2:14, Support.`}
          >{t`Agents stand here with their state as soon as they are members of a queue.`}</EmptyState>
        }
      />
    </div>
  );
});

/**
 * Made anew only when a word, a right or a list changes: a row whose agent didn't change isn't drawn again. What the cells look up is
 * read once here: an observer of a list in every cell would make each row that scrolls in dear.
 */
function useAgentColumns(reasons: ReasonsById): readonly Column<FloorAgent>[] {
  const { t } = useLingui();
  const format = useFormat();
  const narrow = useNarrow();
  const { queueName } = useDirectory();
  const workplaceOf = useWorkplacesByPerson();
  const may = useMay();
  const steers = may("agents.steer");
  const listens = may("calls.monitor") && may("desk.work");
  return useMemo(() => {
    const columns: readonly Column<FloorAgent>[] = [
      {
        id: "name",
        header: t`Agent`,
        width: narrow ? "minmax(100px, 1fr)" : "minmax(130px, 1.4fr)",
        cell: (agent) => <bdi>{agent.name}</bdi>,
        compare: (a, b) => format.compare(a.name, b.name),
      },
      {
        id: "state",
        header: t`State`,
        width: narrow ? "minmax(120px, 1.3fr)" : "minmax(170px, 1.6fr)",
        cell: (agent) => <AgentState agent={agent} reasons={reasons} workplace={workplaceOf.get(agent.personId)} />,
      },
      {
        id: "since",
        header: t`For`,
        width: narrow ? "68px" : "88px",
        align: "end",
        cell: (agent) => (agent.state === "offline" ? "" : <Elapsed since={agent.helpAskedAt ?? agent.since} />),
        compare: (a, b) => a.since - b.since,
      },
      { id: "on", header: t`On`, width: "minmax(110px, 1fr)", cell: (agent) => <OnWhat agent={agent} name={queueName(agent.queueId)} /> },
      ...(steers
        ? [
            {
              id: "act",
              header: t`Set not ready`,
              headerHidden: true,
              width: listens ? "92px" : narrow ? "48px" : "60px",
              cell: (agent: FloorAgent) => (
                <span className={styles["rowActs"]}>
                  {listens && <MonitorButton agent={agent} />}
                  <ForceNotReady agent={agent} />
                </span>
              ),
            },
          ]
        : []),
    ];
    return shownColumns(columns, narrow, ["name", "state", "since", "act"]);
  }, [t, format, narrow, queueName, steers, listens, reasons, workplaceOf]);
}

const keyOf = (agent: FloorAgent): string => agent.personId;

type AgentStateProps = { readonly agent: FloorAgent; readonly reasons: ReasonsById; readonly workplace: WorkplaceRow | undefined };

/** Only a break that may grow too long looks at the clock. */
function AgentState(props: AgentStateProps): ReactNode {
  const { agent, reasons } = props;
  const isTimed = agent.state === "notReady" && agent.reasonId !== null && (reasons.get(agent.reasonId)?.maxMinutes ?? null) !== null;
  return isTimed ? <TimedState {...props} /> : <StateAt {...props} now={agent.since} />;
}

function TimedState(props: AgentStateProps): ReactNode {
  return <StateAt {...props} now={useNow()} />;
}

function StateAt({ agent, reasons, workplace, now }: AgentStateProps & { readonly now: number }): ReactNode {
  const { t } = useLingui();
  const language = useLanguage((state) => state.language);
  const reason = agent.reasonId === null ? undefined : reasons.get(agent.reasonId);
  const pending = agent.pendingReasonId === null ? undefined : reasons.get(agent.pendingReasonId);
  const state = shownState(agent, reasons, now);
  const why = reason === undefined || agent.state !== "notReady" ? undefined : localized(reason.names, language);
  return (
    <span className={styles["state"]}>
      <StateBadge state={state} {...(why === undefined || state === "breakOverdue" ? {} : { word: why })} />
      {why !== undefined && state === "breakOverdue" && (
        <span className={styles["quiet"]}>
          <bdi>{why}</bdi>
        </span>
      )}
      {pending !== undefined && <span className={styles["quiet"]}>{t`then: ${isolate(localized(pending.names, language))}`}</span>}
      {agent.line != null && agent.line.band !== "good" && <LineMark verdict={agent.line} />}
      {isUnreachable(agent) && (
        <span className={styles["unreachable"]} title={t`No call can reach this agent: the phone in the browser isn't proven.`}>
          <IconAccessPointOff size={14} aria-hidden /> {t`No phone`}
        </span>
      )}
      <WorkplaceMark row={workplace} className={styles["quiet"]} />
    </span>
  );
}

function OnWhat({ agent, name }: { readonly agent: FloorAgent; readonly name: string }): ReactNode {
  const { t } = useLingui();
  if (agent.inInternalCall === true) return t({ message: "a colleague", context: "whom an agent speaks with" });
  if (agent.contactId === null) return null;
  return <ContactLink contactId={agent.contactId}>{name === "" ? t`Call` : <bdi>{name}</bdi>}</ContactLink>;
}

/** A lead's act: with a reason, and said to the agent. */
/** The button alone, until it is pressed: a menu in every row would make each row that scrolls in cost as much as five cells. */
function ForceNotReady({ agent }: { readonly agent: FloorAgent }): ReactNode {
  const [wanted, setWanted] = useState(false);
  if (agent.state === "offline") return null;
  if (wanted) return <ForceMenu agent={agent} />;
  return <ForceButton agent={agent} aria-haspopup="menu" aria-expanded={false} onClick={() => setWanted(true)} />;
}

function ForceButton({ agent, ...rest }: { readonly agent: FloorAgent } & ComponentProps<typeof ActionIcon<"button">>): ReactNode {
  const { t } = useLingui();
  return (
    <ActionIcon variant="subtle" color="gray" aria-label={t`Set not ready: ${agent.name}`} title={t`Set not ready`} {...rest}>
      <IconZzz size={18} aria-hidden />
    </ActionIcon>
  );
}

function ForceMenu({ agent }: { readonly agent: FloorAgent }): ReactNode {
  const { t, i18n } = useLingui();
  const language = useLanguage((state) => state.language);
  const { choosable } = useReasons();
  const force = useApiMutation("agentForceNotReady", ["floorGet"]);
  const [opened, setOpened] = useState(false);
  // Opened once the button stands and has the focus, which comes back to it.
  useEffect(() => setOpened(true), []);
  const run = (reasonId: string): void =>
    force.mutate(
      { params: { personId: agent.personId }, body: { reasonId } },
      {
        onSuccess: () =>
          toastDone(
            i18n,
            agent.contactId === null
              ? t`${isolate(agent.name)} is not ready now.`
              : t`${isolate(agent.name)} will be not ready after this call.`,
          ),
        onError: (failure) => toastProblem(i18n, failure),
      },
    );
  return (
    <Menu position="bottom-end" opened={opened} onChange={setOpened}>
      <Menu.Target>
        <ForceButton agent={agent} loading={force.isPending} autoFocus />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t`Not ready, because`}</Menu.Label>
        {choosable.map((reason) => (
          <Menu.Item key={reason.reasonId} onClick={() => run(reason.reasonId)}>
            <bdi>{localized(reason.names, language)}</bdi>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
