import { useLingui } from "@lingui/react";
import { useLingui as useMacro } from "@lingui/react/macro";
import { Popover, Text, UnstyledButton } from "@mantine/core";
import { IconPhoneCheck, IconPhoneOff, IconPhonePause } from "@tabler/icons-react";
import { Suspense, type ReactNode } from "react";
import { phoneView } from "../../softphone/phone-machine.ts";
import { usePhone } from "../../softphone/phone-store.ts";
import { lazyPart } from "../../ui/lazy-part.ts";
import styles from "./desk.module.css";
import { deviceHealth, phoneHealth } from "./phone-words.ts";
import { useDesk } from "./use-desk.ts";

const PhoneChoice = lazyPart(() => import("./phone-choice.tsx").then((module) => module.PhoneChoice));
const shapes = { good: IconPhoneCheck, waiting: IconPhonePause, bad: IconPhoneOff } as const;

/** How the phone does, in shape and word; a press says what is wrong and what to do, and lets another one ring. */
export function PhoneIndicator(): ReactNode {
  const { _ } = useLingui();
  const { t } = useMacro();
  const desk = useDesk();
  const view = usePhone((state) => phoneView(state.phone));
  const device = desk?.device ?? null;
  const health = desk !== undefined && device !== null ? deviceHealth(desk.phone) : phoneHealth(view, desk?.phone);
  const Shape = shapes[health.tone];
  const proven = desk?.phone.proven === true;
  return (
    <Popover width={320} position="bottom-end" withArrow withinPortal={false}>
      <Popover.Target>
        <UnstyledButton
          className={styles["phone"]}
          data-tone={health.tone}
          data-testid="phone"
          data-view={device === null ? view : "device"}
          data-proven={proven}
          aria-label={`${t`Phone`}: ${_(health.word)}`}
        >
          <Shape size={18} aria-hidden />
          <span className={styles["phoneWord"]}>{_(health.word)}</span>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <Text fw={600}>{device === null ? _(health.word) : <bdi>{device.name}</bdi>}</Text>
        <Text size="sm">{_(health.remedy)}</Text>
        {desk !== undefined && desk.devices.length > 0 && (
          <Suspense fallback={null}>
            <PhoneChoice desk={desk} />
          </Suspense>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
