import type { LocalizedText, RouteName } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { NumberInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { IconList, IconStars, IconZzz } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { callApi } from "../../api/client.ts";
import { useApi } from "../../api/queries.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { toastProblem } from "../../ui/toasts.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { NamedSection, type NamedThing } from "./named-section.tsx";
import { useRetire } from "./use-retire.ts";

type Save = {
  readonly save: (run: () => Promise<unknown>, done: () => void) => void;
  readonly saving: { readonly pending: boolean; readonly failure: unknown };
};

/** Runs a write and reads the list anew. */
function useSave(list: RouteName): Save {
  const queries = useQueryClient();
  const write = useMutation({
    mutationFn: (run: () => Promise<unknown>) => run(),
    onSettled: () => queries.invalidateQueries({ queryKey: [list] }),
  });
  return { save: (run, done) => write.mutate(run, { onSuccess: done }), saving: { pending: write.isPending, failure: write.error } };
}

/** Exchanges the places of two neighbours: each gets the other's position. */
function useMove(
  list: RouteName,
  put: (thing: NamedThing, position: number) => Promise<unknown>,
  positionOf: (id: string) => number,
): (thing: NamedThing, neighbour: NamedThing) => void {
  const { i18n } = useLingui();
  const queries = useQueryClient();
  return (thing, neighbour) => {
    const [from, to] = [positionOf(thing.id), positionOf(neighbour.id)];
    // Two of one place would stay where they are.
    const target = from === to ? to + 1 : to;
    Promise.all([put(thing, target), put(neighbour, from)])
      .catch((failure: unknown) => toastProblem(i18n, failure))
      .finally(() => void queries.invalidateQueries({ queryKey: [list] }));
  };
}

export function WrapUpCodesSection(): ReactNode {
  const { t } = useLingui();
  const list = useApi("wrapUpCodesList", {});
  const { save, saving } = useSave("wrapUpCodesList");
  const retire = useRetire("wrapUpCodesList");
  const items = [...(list.data?.items ?? [])].sort((a, b) => a.position - b.position);
  const put = (thing: NamedThing, position: number): Promise<unknown> =>
    callApi("wrapUpCodeUpdate", { params: { wrapUpCodeId: thing.id }, body: { position, version: thing.version } });
  const move = useMove("wrapUpCodesList", put, (id) => items.find((each) => each.wrapUpCodeId === id)?.position ?? 0);
  const onSave = (thing: NamedThing | null, names: LocalizedText, done: () => void): void =>
    save(
      () =>
        thing === null
          ? callApi("wrapUpCodeCreate", { body: { names } })
          : callApi("wrapUpCodeUpdate", { params: { wrapUpCodeId: thing.id }, body: { names, version: thing.version } }),
      done,
    );
  return (
    <NamedSection
      addLabel={t`Add a result`}
      nameLabel={t`Result`}
      about={t`How a call ended: the agent chooses one in wrap-up. They stand in this order.`}
      failure={list.error}
      onRetry={list.refetch}
      saving={saving}
      onSave={onSave}
      onMove={move}
      things={list.data === undefined ? undefined : items.map((each) => ({ ...each, id: each.wrapUpCodeId }))}
      onRetire={(thing, name) =>
        retire({ ...thing, name }, (retired, version) =>
          callApi("wrapUpCodeUpdate", { params: { wrapUpCodeId: thing.id }, body: { retired, version } }),
        )
      }
      empty={
        <EmptyState
          icon={IconList}
          title={t`No results yet`}
          example={t`For example: Resolved, Complaint taken, Wrong number.`}
        >{t`Without a result no call can be finished.`}</EmptyState>
      }
    />
  );
}

export function ReasonsSection(): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const list = useApi("reasonsList", {});
  const { save, saving } = useSave("reasonsList");
  const retire = useRetire("reasonsList");
  const [minutes, setMinutes] = useState<number | null>(null);
  const items = [...(list.data?.items ?? [])].sort((a, b) => a.position - b.position);
  const put = (thing: NamedThing, position: number): Promise<unknown> =>
    callApi("reasonUpdate", { params: { reasonId: thing.id }, body: { position, version: thing.version } });
  const move = useMove("reasonsList", put, (id) => items.find((each) => each.reasonId === id)?.position ?? 0);
  const run = async (thing: NamedThing | null, names: LocalizedText): Promise<void> => {
    const reason = thing === null ? await callApi("reasonCreate", { body: { names } }) : null;
    const [reasonId, version] = reason === null ? [thing?.id ?? "", thing?.version ?? 0] : [reason.reasonId, reason.version];
    if (reason === null || minutes !== null)
      await callApi("reasonUpdate", { params: { reasonId }, body: { names, maxMinutes: minutes, version } });
  };
  const beside = (system: boolean, maxMinutes: number | null): string | undefined => {
    if (system) return t`set by the program`;
    return maxMinutes === null ? undefined : t`up to ${format.number(maxMinutes)} min`;
  };
  return (
    <NamedSection
      addLabel={t`Add a reason`}
      nameLabel={t`Reason`}
      about={t`Why an agent gets no calls. A reason may have a length: past it the break is shown as overdue on the floor; nobody is made ready by force.`}
      failure={list.error}
      onRetry={list.refetch}
      saving={saving}
      onSave={(thing, names, done) => save(() => run(thing, names), done)}
      onMove={move}
      onOpen={(thing) => setMinutes(items.find((each) => each.reasonId === thing?.id)?.maxMinutes ?? null)}
      things={
        list.data === undefined
          ? undefined
          : items.map((each) => {
              const said = beside(each.system, each.maxMinutes);
              return { ...each, id: each.reasonId, fixed: each.system, ...(said === undefined ? {} : { beside: said }) };
            })
      }
      onRetire={(thing, name) =>
        retire({ ...thing, name }, (retired, version) =>
          callApi("reasonUpdate", { params: { reasonId: thing.id }, body: { retired, version } }),
        )
      }
      extra={(thing) =>
        thing?.fixed === true ? null : (
          <NumberInput
            label={t`Longest, in minutes`}
            description={t`Empty: as long as it takes.`}
            min={1}
            max={480}
            allowDecimal={false}
            value={minutes ?? ""}
            onChange={(value) => setMinutes(typeof value === "number" ? value : null)}
          />
        )
      }
      empty={
        <EmptyState
          icon={IconZzz}
          title={t`No reasons yet`}
          example={t`For example: Break, up to 15 minutes.`}
        >{t`Agents choose one of these when they stop taking calls.`}</EmptyState>
      }
    />
  );
}

export function SkillsSection(): ReactNode {
  const { t } = useLingui();
  const list = useApi("skillsList", {});
  const { save, saving } = useSave("skillsList");
  const retire = useRetire("skillsList");
  const onSave = (thing: NamedThing | null, names: LocalizedText, done: () => void): void =>
    save(
      () =>
        thing === null
          ? callApi("skillCreate", { body: { names } })
          : callApi("skillUpdate", { params: { skillId: thing.id }, body: { names, version: thing.version } }),
      done,
    );
  return (
    <NamedSection
      addLabel={t`Add a skill`}
      nameLabel={t`Skill`}
      about={t`What an agent can do, with a level from 1 to 5. People get their levels in People; a queue asks for skills in its settings.`}
      failure={list.error}
      onRetry={list.refetch}
      saving={saving}
      onSave={onSave}
      things={list.data?.items.map((each) => ({ ...each, id: each.skillId }))}
      onRetire={(thing, name) =>
        retire({ ...thing, name }, (retired, version) =>
          callApi("skillUpdate", { params: { skillId: thing.id }, body: { retired, version } }),
        )
      }
      empty={
        <EmptyState
          icon={IconStars}
          title={t`No skills yet`}
          example={t`For example: Persian, level 4; Billing, level 2.`}
        >{t`With skills a queue reaches only those who can help.`}</EmptyState>
      }
    />
  );
}
