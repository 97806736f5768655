import { useLingui } from "@lingui/react/macro";
import { Button, Group, List, Modal, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Problem } from "./problem.tsx";

export type ConfirmWithNumbersProps = {
  readonly opened: boolean;
  readonly title: string;
  /** What will happen, in sentences with their numbers: "2 sessions end", "5 people lose the queue". */
  readonly effects: readonly ReactNode[];
  /** What stays. */
  readonly kept?: ReactNode;
  readonly confirmLabel: string;
  readonly pending?: boolean;
  readonly failure?: unknown;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
};

/** Asked before what can't be undone: says in numbers what will happen. The way out has the focus. */
export function ConfirmWithNumbers(props: ConfirmWithNumbersProps): ReactNode {
  const { t } = useLingui();
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={props.title} closeButtonProps={{ "aria-label": t`Close` }}>
      <Stack>
        <List>
          {props.effects.map((effect, index) => (
            <List.Item key={index}>{effect}</List.Item>
          ))}
        </List>
        {props.kept !== undefined && (
          <Text size="sm" c="dimmed">
            {props.kept}
          </Text>
        )}
        <Problem failure={props.failure} />
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={props.onClose}>{t`Cancel`}</Button>
          <Button color="red" loading={props.pending ?? false} onClick={props.onConfirm}>
            {props.confirmLabel}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
