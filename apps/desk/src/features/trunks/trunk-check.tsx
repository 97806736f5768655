import type { TrunkFinding } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, Text } from "@mantine/core";
import { IconStethoscope } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useApiMutation } from "../../api/queries.ts";
import { Problem } from "../../ui/problem.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { SaidLine } from "./said-line.tsx";
import { findingSentence, sideNames, type Tone } from "./trunk-words.ts";
import styles from "./trunks.module.css";

/** Places real probes on a trunk and says which side is wrong. */
export function TrunkCheck({ trunkId }: { readonly trunkId: string }): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const check = useApiMutation("trunkCheck");
  const start = (): void => check.mutate({ params: { trunkId } });
  return (
    <Stack>
      <Text size="sm">{t`Asks DNS, the carrier's ports, the registration, the certificate and the clock, and compares what the carrier sees of us with what we say. It disturbs no call and takes some seconds.`}</Text>
      <Group>
        <Button leftSection={<IconStethoscope size={16} aria-hidden />} loading={check.isPending} onClick={start}>
          {check.data === undefined ? t`Check now` : t`Check again`}
        </Button>
      </Group>
      <Problem failure={check.error} />
      <div role="status">
        {check.data !== undefined && (
          <ul className={styles["says"]} data-testid="findings">
            {check.data.items.map((finding, index) => (
              <SaidLine
                key={`${finding.code} ${String(index)}`}
                said={{ tone: toneOf(finding), text: findingSentence(finding, i18n, format) }}
              >
                {finding.side !== "none" && <strong>{i18n._(sideNames[finding.side])}: </strong>}
              </SaidLine>
            ))}
          </ul>
        )}
      </div>
    </Stack>
  );
}

const LOOK_AT: readonly TrunkFinding["code"][] = [
  "answersRefusing",
  "otherAddressSeen",
  "certificateEndsSoon",
  "clockDiffers",
  "noNumbers",
];

function toneOf(finding: TrunkFinding): Tone {
  if (finding.side === "none") return "good";
  return LOOK_AT.includes(finding.code) ? "warning" : "bad";
}
