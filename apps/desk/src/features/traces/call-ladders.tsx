import type { CallTrace } from "@allo/contract";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { apiAddress } from "../../api/client.ts";
import { useApi } from "../../api/queries.ts";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { DateTime } from "../../ui/values.tsx";
import { Ladder } from "./ladder.tsx";

/** A ladder of each of the contact's calls, and the files of all of them. */
export function CallLadders({ contactId }: { readonly contactId: string }): ReactNode {
  const { t } = useLingui();
  const traces = useApi("contactTraceGet", { params: { contactId } });
  if (traces.data === undefined)
    return traces.error === null ? <SkeletonRows rows={4} /> : <Problem failure={traces.error} onRetry={traces.refetch} />;
  const { items } = traces.data;
  if (items.length === 0)
    return (
      <Stack gap="xs" mt="xs">
        <Text
          size="sm"
          c="dimmed"
        >{t`No SIP messages of this call are kept: they come some seconds after its end, and go when their days are over.`}</Text>
        <div>
          <Button variant="default" size="compact-sm" onClick={() => void traces.refetch()}>{t`Look again`}</Button>
        </div>
      </Stack>
    );
  return (
    <Stack gap="md" mt="xs" data-testid="call-ladders">
      <Text size="sm" c="dimmed">{t`Passwords, keys and pressed digits are hidden. Choose a message to read it.`}</Text>
      {items.map((trace) => (
        <OneCall key={trace.callId} trace={trace} />
      ))}
      <Group gap="xs">
        <FileLink href={apiAddress("contactTracePcap", { params: { contactId } })} words={t`Capture file (pcap)`} />
        <FileLink href={apiAddress("contactTraceText", { params: { contactId } })} words={t`Text file`} />
      </Group>
    </Stack>
  );
}

function OneCall({ trace }: { readonly trace: CallTrace }): ReactNode {
  return (
    <div>
      <Ladder trace={trace} />
      <Text size="xs" c="dimmed" mt={4}>
        {trace.leftOut > 0 && (
          <>
            <Plural value={trace.leftOut} one="# more message was not kept." other="# more messages were not kept." />{" "}
          </>
        )}
        <Trans>
          Kept until <DateTime at={trace.keptUntil} show="date" />.
        </Trans>
      </Text>
    </div>
  );
}

function FileLink({ href, words }: { readonly href: string; readonly words: string }): ReactNode {
  return (
    <Button component="a" href={href} download variant="default" size="compact-sm" leftSection={<IconDownload size={14} aria-hidden />}>
      {words}
    </Button>
  );
}
