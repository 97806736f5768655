import { trunkLimits } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { ActionIcon, Button, Select, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useApi } from "../../api/queries.ts";
import { normaliseDigits } from "../../ui/format.ts";
import type { TrunkDraft } from "./trunk-draft.ts";
import styles from "./trunks.module.css";

/** Which number the called person sees. */
export function CallerIds({
  draft,
  onChange,
}: {
  readonly draft: TrunkDraft;
  readonly onChange: (change: Partial<TrunkDraft>) => void;
}): ReactNode {
  const { t } = useLingui();
  const projects = useApi("projectsList", {});
  const { choice, numbers } = draft.callerIds;
  const choices = [
    { value: "passThrough", label: t`The number that the call is made with` },
    { value: "fixed", label: t`Always the same number` },
    { value: "rotate", label: t`Each call the next number of the list` },
    { value: "perProject", label: t`The number of the project` },
  ];
  const projectChoices = [
    { value: "", label: t`Every project` },
    ...(projects.data?.items ?? []).filter((each) => !each.retired).map((each) => ({ value: each.projectId, label: each.name })),
  ];
  const put = (index: number, change: Partial<(typeof numbers)[number]>): void =>
    onChange({ callerIds: { choice, numbers: numbers.map((each, at) => (at === index ? { ...each, ...change } : each)) } });
  return (
    <fieldset className={styles["group"]}>
      <legend>{t`Number shown to the called`}</legend>
      <Select
        label={t`What is shown`}
        data={choices}
        allowDeselect={false}
        value={choice}
        onChange={(value) =>
          value !== null && onChange({ callerIds: { choice: value as typeof choice, numbers: value === "passThrough" ? [] : numbers } })
        }
      />
      {choice !== "passThrough" &&
        numbers.map((each, index) => (
          <div key={index} className={styles["rule"]}>
            <TextInput
              label={t`Number`}
              required
              dir="ltr"
              inputMode="tel"
              maxLength={21}
              value={each.number}
              onChange={(event) => put(index, { number: normaliseDigits(event.currentTarget.value).replaceAll(/[\s()-]/gu, "") })}
            />
            {choice === "perProject" ? (
              <Select
                label={t`Project`}
                data={projectChoices}
                allowDeselect={false}
                value={each.projectId ?? ""}
                onChange={(value) => put(index, { projectId: value === "" ? null : value })}
              />
            ) : (
              <span />
            )}
            <span />
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              aria-label={t`Take away ${each.number}`}
              onClick={() => onChange({ callerIds: { choice, numbers: numbers.filter((_, at) => at !== index) } })}
            >
              <IconTrash size={18} aria-hidden />
            </ActionIcon>
          </div>
        ))}
      {choice !== "passThrough" && numbers.length < trunkLimits.callerIdsMax && (
        <div>
          <Button
            variant="default"
            size="compact-sm"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => onChange({ callerIds: { choice, numbers: [...numbers, { number: "", projectId: null }] } })}
          >{t`Add a number to show`}</Button>
        </div>
      )}
    </fieldset>
  );
}
