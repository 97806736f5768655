import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import type { I18n } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { problemSentence } from "../api/problem-sentences.ts";

const SHOWN_MS = 6_000;
const UNDO_SHOWN_MS = 10_000;
let toastCount = 0;

/** Says that something was done; with `undo`, offers the way back while it is shown. */
export function toastDone(i18n: I18n, message: string, undo?: () => void): void {
  const id = `toast-${String(++toastCount)}`;
  notifications.show({
    id,
    autoClose: undo === undefined ? SHOWN_MS : UNDO_SHOWN_MS,
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="md">{message}</Text>
        {undo !== undefined && (
          <Button
            size="compact-sm"
            flex="none"
            variant="subtle"
            onClick={() => {
              notifications.hide(id);
              undo();
            }}
          >
            {i18n._(msg`Undo`)}
          </Button>
        )}
      </Group>
    ),
    closeButtonProps: { "aria-label": i18n._(msg`Close`) },
  });
}

/** Says what failed; stays until closed. */
export function toastProblem(i18n: I18n, failure: unknown): void {
  notifications.show({
    color: "red",
    autoClose: false,
    message: problemSentence(i18n, failure),
    role: "alert",
    closeButtonProps: { "aria-label": i18n._(msg`Close`) },
  });
}
