import { useLingui } from "@lingui/react/macro";
import { Button, Group, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useApiMutation } from "../../api/queries.ts";
import { Problem } from "../../ui/problem.tsx";
import { checkVerdicts } from "./gap-words.ts";

/** Reads the whole file and says whether it is what was saved. */
export function CheckRecording({ recordingId }: { readonly recordingId: string }): ReactNode {
  const { t, i18n } = useLingui();
  const check = useApiMutation("recordingCheck");
  return (
    <Group gap="sm" mt={4}>
      <Button
        variant="subtle"
        size="compact-sm"
        loading={check.isPending}
        onClick={() => check.mutate({ params: { recordingId } })}
      >{t`Check that it is unaltered`}</Button>
      <Text size="sm" role="status">
        {check.data !== undefined && i18n._(checkVerdicts[check.data.verdict])}
      </Text>
      <Problem failure={check.error} />
    </Group>
  );
}
