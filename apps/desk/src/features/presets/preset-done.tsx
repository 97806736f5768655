import { presetKinds, type PresetApplication, type PresetItem } from "@allo/contract";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, List, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useFormat } from "../../ui/use-format.ts";
import { kindNames, kindSections } from "./preset-words.ts";

/** What was made, where it stands, and what is left to the person. */
export function PresetDone({
  made,
  items,
  onClose,
}: {
  readonly made: PresetApplication;
  readonly items: readonly PresetItem[];
  readonly onClose: () => void;
}): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const kinds = presetKinds.filter((kind) => made.made.some((each) => each.kind === kind));
  const needsNumber = items.filter((item) => item.why === "numberNeeded").length;
  return (
    <Stack data-testid="preset-done">
      <Text role="status">
        <Plural value={made.made.length} one="Done: # part is made." other="Done: # parts are made." />
      </Text>
      <List>
        {kinds.map((kind) => (
          <List.Item key={kind}>
            {kind === "role" ? (
              <Link to="/people" search={{ view: "roles" }}>
                {i18n._(kindNames[kind])}
              </Link>
            ) : (
              <Link to="/setup/$section" params={{ section: kindSections[kind] }}>
                {i18n._(kindNames[kind])}
              </Link>
            )}{" "}
            <Text component="span" c="dimmed">
              {format.number(made.made.filter((each) => each.kind === kind).length)}
            </Text>
          </List.Item>
        ))}
      </List>
      <Text fw={600}>{t`What is left to you`}</Text>
      <List>
        {needsNumber > 0 && (
          <List.Item>
            <Trans>
              Numbers: <Plural value={needsNumber} one="# is still to be added" other="# are still to be added" /> under{" "}
              <Link to="/setup/$section" params={{ section: "numbers" }}>
                Numbers
              </Link>
              .
            </Trans>
          </List.Item>
        )}
        {made.made.some((each) => each.kind === "queue") && (
          <List.Item>
            <Trans>
              Members: give each queue its agents under{" "}
              <Link to="/setup/$section" params={{ section: "queues" }}>
                Queues
              </Link>
              ; until then callers hear that nobody can answer.
            </Trans>
          </List.Item>
        )}
        {made.made.some((each) => each.kind === "hours") && (
          <List.Item>
            <Trans>
              Holidays: enter yours under{" "}
              <Link to="/setup/$section" params={{ section: "hours" }}>
                Opening hours
              </Link>
              .
            </Trans>
          </List.Item>
        )}
        <List.Item>{t`If it isn't what you need: undo it here, whenever you like.`}</List.Item>
      </List>
      <Group justify="flex-end">
        <Button onClick={onClose} data-autofocus>{t`Close`}</Button>
      </Group>
    </Stack>
  );
}
