import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Divider, Group, Modal, Stack, Text } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useApi } from "../../api/queries.ts";
import { DateTime } from "../../ui/values.tsx";
import { useDesk } from "../desk/use-desk.ts";
import { CheckResults } from "./check-results.tsx";
import { useCheck } from "./check-store.ts";
import { DeviceChoice } from "./device-choice.tsx";
import { HeadsetPairing } from "./headset-pairing.tsx";
import { LevelMeter } from "./level-meter.tsx";
import { NotificationChoice } from "./notification-choice.tsx";
import { SkipForm } from "./skip-form.tsx";
import { useCheckActs } from "./use-check.ts";

/** One's workplace: devices, the check with its figures, the headset's buttons, notifications. */
export function WorkplaceDialog({ onDone }: { readonly onDone: () => void }): ReactNode {
  const { t } = useLingui();
  const run = useCheck((state) => state.run);
  const acts = useCheckActs();
  const inCall = (useDesk()?.contact ?? null) !== null;
  const [skipping, setSkipping] = useState(false);
  const earlier = useApi("workplaceChecksOwn", {}).data?.items.find(({ figures }) => figures !== null);
  const shown = run.kind === "done" ? run.check : run.kind === "idle" ? earlier : undefined;
  const close = (): void => useCheck.setState({ opened: false });
  const check = async (): Promise<void> => {
    if ((await acts.run({ withPhone: true })) !== null) onDone();
  };
  return (
    <Modal opened onClose={close} title={t`Workplace`} size="lg" closeButtonProps={{ "aria-label": t`Close` }}>
      <Stack data-testid="workplace">
        <DeviceChoice />
        <Divider />
        <Group>
          <Button
            onClick={() => void check()}
            loading={run.kind === "running"}
            disabled={inCall}
            leftSection={<IconPlayerPlay size={16} aria-hidden />}
          >
            {shown === undefined ? t`Check the workplace` : t`Check once more`}
          </Button>
          {run.kind !== "running" && !skipping && (
            <Button variant="default" onClick={() => setSkipping(true)}>
              {t({ message: "Skip", context: "button, workplace" })}
            </Button>
          )}
          {run.kind === "running" && <LevelMeter />}
        </Group>
        {skipping && (
          <SkipForm
            onCancel={() => setSkipping(false)}
            onSkip={(reason, words) =>
              void acts.skip({ reason, words }).then((done) => {
                if (!done) return;
                onDone();
                close();
              })
            }
          />
        )}
        <Text size="sm" role="status">
          {inCall && <Trans>You are in a call: the check can be made after it.</Trans>}
          {run.kind === "running" &&
            (run.stage === "speech" ? (
              <Trans>Say something, for example count to three…</Trans>
            ) : (
              <Trans>Your workplace is being checked…</Trans>
            ))}
          {shown !== undefined && (
            <Trans>
              Checked <DateTime at={shown.at} />
            </Trans>
          )}
        </Text>
        {shown !== undefined && <CheckResults check={shown} />}
        <Divider />
        <HeadsetPairing />
        <NotificationChoice />
      </Stack>
    </Modal>
  );
}
