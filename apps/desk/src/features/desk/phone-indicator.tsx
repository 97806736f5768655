import { useLingui } from "@lingui/react";
import { useLingui as useMacro } from "@lingui/react/macro";
import { Popover, Text, UnstyledButton } from "@mantine/core";
import { IconPhoneCheck, IconPhoneOff, IconPhonePause } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { phoneView } from "../../softphone/phone-machine.ts";
import { usePhone } from "../../softphone/phone-store.ts";
import styles from "./desk.module.css";
import { phoneHealth } from "./phone-words.ts";
import { useDesk } from "./use-desk.ts";

const shapes = { good: IconPhoneCheck, waiting: IconPhonePause, bad: IconPhoneOff } as const;

/** How the phone does, in shape and word; a press says what is wrong and what to do. */
export function PhoneIndicator(): ReactNode {
  const { _ } = useLingui();
  const { t } = useMacro();
  const desk = useDesk();
  const view = usePhone((state) => phoneView(state.phone));
  const health = phoneHealth(view, desk?.phone);
  const Shape = shapes[health.tone];
  const proven = desk?.phone.proven === true;
  return (
    <Popover width={300} position="bottom-end" withArrow>
      <Popover.Target>
        <UnstyledButton
          className={styles["phone"]}
          data-tone={health.tone}
          data-testid="phone"
          data-view={view}
          data-proven={proven}
          aria-label={`${t`Phone`}: ${_(health.word)}`}
        >
          <Shape size={18} aria-hidden />
          <span className={styles["phoneWord"]}>{_(health.word)}</span>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <Text fw={600}>{_(health.word)}</Text>
        <Text size="sm">{_(health.remedy)}</Text>
      </Popover.Dropdown>
    </Popover>
  );
}
