import { useLingui } from "@lingui/react/macro";
import { Button, Checkbox, Group, Stack, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { normaliseDigits } from "../../ui/format.ts";
import { loopbackNetworks, looksLikeNetwork } from "./wizard-draft.ts";

export type NetworkChoiceProps = {
  readonly offered: readonly string[];
  readonly chosen: readonly string[];
  readonly onChange: (networks: readonly string[]) => void;
};

/** Which networks calls to a number are taken from: this machine at first, the networks it stands in on offer. */
export function NetworkChoice({ offered, chosen, onChange }: NetworkChoiceProps): ReactNode {
  const { t } = useLingui();
  const [typed, setTyped] = useState("");
  const entry = normaliseDigits(typed).trim();
  const networks = [...new Set([...loopbackNetworks, ...offered, ...chosen])];
  const wrong = entry !== "" && !looksLikeNetwork(entry);
  const add = (): void => {
    if (entry === "" || wrong) return;
    onChange([...new Set([...chosen, entry])]);
    setTyped("");
  };
  return (
    <Stack gap="sm">
      <Checkbox.Group
        label={t`Calls are taken from these networks`}
        description={t`To everyone else the program is silent. Add your carrier's network or the office's.`}
        value={[...chosen]}
        onChange={onChange}
      >
        <Stack gap="xs" mt="sm">
          {networks.map((network) => (
            <Checkbox
              key={network}
              value={network}
              label={<bdi dir="ltr">{network}</bdi>}
              {...(loopbackNetworks.includes(network)
                ? { description: t`This machine` }
                : offered.includes(network)
                  ? { description: t`Local network of this machine` }
                  : {})}
            />
          ))}
        </Stack>
      </Checkbox.Group>
      <Group align="end" wrap="nowrap">
        <TextInput
          label={t`Another network`}
          placeholder="203.0.113.0/24"
          dir="ltr"
          value={typed}
          error={wrong ? t`An address or a network is needed, such as 203.0.113.0/24.` : null}
          flex={1}
          onChange={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") {
              event.preventDefault();
              add();
            }
          }}
        />
        <Button variant="default" onClick={add} disabled={entry === "" || wrong}>{t`Add`}</Button>
      </Group>
    </Stack>
  );
}
