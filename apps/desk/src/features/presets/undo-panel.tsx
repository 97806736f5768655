import type { PresetApplication, PresetUndoStep } from "@allo/contract";
import { Plural, useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useApi, useApiMutation } from "../../api/queries.ts";
import { useLanguage } from "../../i18n/language.ts";
import { localized } from "../../ui/format.ts";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { refetched } from "./preset-panel.tsx";
import { kindNames, whyItStays } from "./preset-words.ts";
import styles from "./presets.module.css";

/** Taking a set-up back: what goes and what stays, and why, before it is done; what was done, after. */
export function UndoPanel({ made }: { readonly made: PresetApplication }): ReactNode {
  const { t } = useLingui();
  const plan = useApi("presetUndoGet", { params: { applicationId: made.applicationId } });
  const undo = useApiMutation("presetUndo", refetched);
  const isUndone = made.undoneAt !== null || undo.data !== undefined;
  const steps = undo.data?.undone ?? made.undone ?? plan.data?.items;
  if (steps === undefined)
    return plan.error === null ? <SkeletonRows rows={6} height={36} /> : <Problem failure={plan.error} onRetry={plan.refetch} />;
  const going = steps.filter((step) => step.step === "retire");
  const staying = steps.filter((step) => step.step === "leave");
  return (
    <Stack data-testid="preset-undo" data-undone={isUndone}>
      <Text role={isUndone ? "status" : undefined}>
        {isUndone
          ? t`It is undone. Nothing is deleted: what went out of use can be taken into use again in its list.`
          : t`What goes is retired: it is offered nowhere any more, calls and customers keep what they have of it, and it can be taken into use again in its list.`}
      </Text>
      <Steps title={isUndone ? t`Went out of use` : t`Goes out of use`} steps={going} />
      <Steps title={isUndone ? t`Stayed` : t`Stays`} steps={staying} />
      {going.length === 0 && !isUndone && <Text c="dimmed">{t`There is nothing left to take back.`}</Text>}
      <Problem failure={undo.error} />
      {!isUndone && (
        <Group justify="flex-end">
          <Button
            color="red"
            disabled={going.length === 0}
            loading={undo.isPending}
            onClick={() => undo.mutate({ params: { applicationId: made.applicationId } })}
          >{t`Undo this set-up`}</Button>
        </Group>
      )}
    </Stack>
  );
}

function Steps({ title, steps }: { readonly title: string; readonly steps: readonly PresetUndoStep[] }): ReactNode {
  const { i18n } = useLingui();
  const format = useFormat();
  const language = useLanguage((state) => state.language);
  if (steps.length === 0) return null;
  return (
    <section aria-label={title}>
      <Title order={3} size="h4" mb="xs">
        {title} <span className={styles["quiet"]}>{format.number(steps.length)}</span>
      </Title>
      <ul className={styles["parts"]}>
        {steps.map((step) => (
          <li key={step.id} className={styles["part"]} data-step={step.step} data-why={step.why ?? undefined}>
            <bdi className={styles["name"]}>{localized(step.names, language)}</bdi>
            <span className={styles["quiet"]}>{i18n._(kindNames[step.kind])}</span>
            {step.why !== null && (
              <span className={styles["details"]}>
                {i18n._(whyItStays[step.why])}
                {step.usedBy.length > 0 && (
                  <>
                    {": "}
                    <bdi>{format.list(step.usedBy)}</bdi>
                  </>
                )}
              </span>
            )}
            {step.why === null && step.uses > 0 && (
              <span className={styles["details"]}>
                {step.kind === "customerField" ? (
                  <Plural value={step.uses} one="# customer has a value; it is kept" other="# customers have a value; they are kept" />
                ) : (
                  <Plural value={step.uses} one="# call keeps it in its history" other="# calls keep it in their history" />
                )}
              </span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
