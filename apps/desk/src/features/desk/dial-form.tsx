import type { DeskState } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconPhoneOutgoing, IconRefresh } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { Phone } from "../../ui/values.tsx";
import { causeWords } from "../contacts/cause-words.ts";
import { useDeskAct } from "./use-desk.ts";

const NUMBER_CHARS_MAX = 60;

/** Calls a number between other calls: as it was written down, for one of one's queues. */
export function DialForm({ desk }: { readonly desk: DeskState }): ReactNode {
  const { t } = useLingui();
  const { queueName } = useDirectory();
  const place = useDeskAct("callPlace");
  const [number, setNumber] = useState("");
  const [queueId, setQueueId] = useState<string | null>(null);
  if (desk.state === "offline") return null;
  const isReady = number.trim() !== "" && desk.phone.proven;
  return (
    <Stack gap="sm" data-testid="dial">
      <LastDial desk={desk} />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!isReady || place.isPending) return;
          place.mutate({ body: { number: number.trim(), ...(queueId === null ? {} : { queueId }) } }, { onSuccess: () => setNumber("") });
        }}
      >
        <Group align="end" gap="sm">
          <TextInput
            label={t`Call a number`}
            type="tel"
            dir="ltr"
            value={number}
            onChange={(event) => setNumber(event.currentTarget.value)}
            maxLength={NUMBER_CHARS_MAX}
            autoComplete="off"
            flex="1 1 180px"
          />
          {desk.queueIds.length > 1 && (
            <Select
              label={t`For the queue`}
              data={desk.queueIds.map((each) => ({ value: each, label: queueName(each) }))}
              value={queueId ?? desk.queueIds[0] ?? null}
              onChange={setQueueId}
              allowDeselect={false}
              flex="1 1 160px"
            />
          )}
          <Button
            type="submit"
            variant="default"
            disabled={!isReady}
            loading={place.isPending}
            leftSection={<IconPhoneOutgoing size={18} aria-hidden />}
          >
            {t({ message: "Call", context: "button" })}
          </Button>
        </Group>
      </form>
      {!desk.phone.proven && <Text size="sm" c="dimmed">{t`Your phone isn't connected yet: go ready once, and it stays.`}</Text>}
    </Stack>
  );
}

/** What became of the last call that reached nobody, and once more. */
function LastDial({ desk }: { readonly desk: DeskState }): ReactNode {
  const { t, i18n } = useLingui();
  const again = useDeskAct("callPlace");
  const last = desk.lastDial;
  if (last === null) return null;
  const { number, queueId, lostCallId } = last;
  return (
    <Group gap="sm" role="status">
      <Text size="sm">
        <Trans>
          <Phone number={number} /> was not reached: {last.cause === null ? "" : i18n._(causeWords(last.cause))}.
        </Trans>
      </Text>
      {number !== null && (
        <Button
          size="compact-sm"
          variant="default"
          loading={again.isPending}
          leftSection={<IconRefresh size={14} aria-hidden />}
          onClick={() => again.mutate({ body: { number, queueId, ...(lostCallId === null ? {} : { lostCallId }) } })}
        >
          {t({ message: "Call again", context: "button" })}
        </Button>
      )}
    </Group>
  );
}
