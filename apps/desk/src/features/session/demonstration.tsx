import { useLingui } from "@lingui/react/macro";
import { Popover, Text, UnstyledButton } from "@mantine/core";
import { IconFlask2 } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useApi } from "../../api/queries.ts";
import styles from "./demonstration.module.css";

/** Whether this installation shows invented data. */
function useIsDemonstration(): boolean {
  return useApi("setupGet", {}).data?.demo === true;
}

/** A quiet mark in the top bar of every room: nobody must take invented figures for real ones. A press says what it means. */
export function DemonstrationMark(): ReactNode {
  const { t } = useLingui();
  if (!useIsDemonstration()) return null;
  return (
    <Popover width={300} position="bottom-end" withArrow>
      <Popover.Target>
        <UnstyledButton className={styles["mark"]} data-testid="demonstration">
          <IconFlask2 size={16} aria-hidden />
          <span>{t`Demonstration`}</span>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <Text size="sm">{t`The organisation, its people and its callers are invented. The calls are real: take one.`}</Text>
      </Popover.Dropdown>
    </Popover>
  );
}

/** On the sign-in page: what this is, and where the logins stand. */
export function DemonstrationNotice(): ReactNode {
  const { t } = useLingui();
  if (!useIsDemonstration()) return null;
  return (
    <div className={styles["notice"]} role="note" data-testid="demonstration">
      <IconFlask2 size={18} aria-hidden />
      <span>
        {t`This is a demonstration. The logins of an agent, a lead and an administrator stand in the terminal where it was started.`}
      </span>
    </div>
  );
}
