import type { OpenHelp } from "@allo/contract";
import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { Popover, UnstyledButton } from "@mantine/core";
import { IconHandStop } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Elapsed } from "../../ui/values.tsx";
import styles from "./help.module.css";
import { HelpRows } from "./help-rows.tsx";

/** How many ask for a lead, and the way to each. */
export function HelpMenu({ open }: { readonly open: readonly OpenHelp[] }): ReactNode {
  const { t } = useLingui();
  const count = open.length;
  const [first] = open;
  return (
    <Popover width={360} position="bottom-end" withArrow trapFocus returnFocus>
      <Popover.Target>
        <UnstyledButton
          className={styles["bell"]}
          data-testid="help-bell"
          aria-label={t`${plural(count, { one: "# agent asks for a lead", other: "# agents ask for a lead" })}`}
        >
          <IconHandStop size={16} aria-hidden />
          <span className={styles["bellWords"]}>{t`Help asked`}</span>
          {first !== undefined && <Elapsed since={first.askedAt} />}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown aria-label={t`Agents who ask for a lead`}>
        <HelpRows open={open} />
      </Popover.Dropdown>
    </Popover>
  );
}
