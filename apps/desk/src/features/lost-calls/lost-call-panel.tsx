import type { LostCall } from "@allo/contract";
import { Plural, useLingui } from "@lingui/react/macro";
import { Button, CopyButton, Group, Radio, Stack, Text, Textarea, Title } from "@mantine/core";
import { IconCopy, IconPhonePlus } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type FormEvent, type ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { callApi } from "../../api/client.ts";
import { useApiMutation } from "../../api/queries.ts";
import { Problem } from "../../ui/problem.tsx";
import { toastDone, toastProblem } from "../../ui/toasts.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { DateTime, Duration, Phone } from "../../ui/values.tsx";
import { causeWords } from "../contacts/cause-words.ts";
import styles from "../contacts/contacts.module.css";
import { CallNumber } from "../desk/call-number.tsx";
import { settledWords } from "./lost-call-words.ts";

type Ending = "calledBack" | "unreachable" | "dismissed";
const endings: readonly Ending[] = ["calledBack", "unreachable", "dismissed"];

/** One lost number: what happened, the attempts to call back, and how it ends. */
export function LostCallPanel({ lost, onDone }: { readonly lost: LostCall; readonly onDone: () => void }): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const { queueName } = useDirectory();
  const attempt = useApiMutation("lostCallAttempt", ["lostCallsList"]);
  return (
    <Stack gap="lg" data-testid="lost-call">
      <Group gap="sm">
        <Title order={2}>{lost.customerName === null ? <Phone number={lost.callerNumber} /> : <bdi>{lost.customerName}</bdi>}</Title>
        {lost.callerNumber !== null && lost.state === "open" && (
          <CallNumber
            number={lost.callerNumber}
            queueId={lost.queueId}
            lostCallId={lost.lostCallId}
            onPlaced={() => attempt.mutate({ params: { lostCallId: lost.lostCallId } })}
          />
        )}
        {lost.callerNumber !== null && (
          <CopyButton value={lost.callerNumber}>
            {({ copied, copy }) => (
              <Button variant="default" size="compact-sm" leftSection={<IconCopy size={14} aria-hidden />} onClick={copy}>
                {copied ? t`Copied` : t`Copy the number`}
              </Button>
            )}
          </CopyButton>
        )}
      </Group>
      {lost.customerName !== null && lost.callerNumber !== null && (
        <Text>
          <Phone number={lost.callerNumber} />
        </Text>
      )}
      <dl className={styles["facts"]}>
        <div>
          <dt>{t`Why it was lost`}</dt>
          <dd>{i18n._(causeWords(lost.cause))}</dd>
        </div>
        {lost.owedSince !== null && (
          <div>
            <dt>{t`A call back is owed since`}</dt>
            <dd>
              <DateTime at={lost.owedSince} />
            </dd>
          </div>
        )}
        <div>
          <dt>{t`Queue`}</dt>
          <dd>
            <bdi>{queueName(lost.queueId)}</bdi>
          </dd>
        </div>
        <div>
          <dt>{t`Last called`}</dt>
          <dd>
            <DateTime at={lost.lastAt} />
          </dd>
        </div>
        <div>
          <dt>{t({ message: "Wait", context: "column" })}</dt>
          <dd>
            <Duration ms={lost.waitMs} />
          </dd>
        </div>
        <div>
          <dt>{t`Calls`}</dt>
          <dd>{format.number(lost.callCount)}</dd>
        </div>
      </dl>
      <Group gap="md">
        {lost.contactIds.map((contactId, index) => (
          <Link key={contactId} to="/contacts/$contactId" params={{ contactId }}>{t`Open call ${format.number(index + 1)}`}</Link>
        ))}
      </Group>
      {lost.state === "open" ? (
        <>
          <Group>
            <Text>
              <Plural
                value={lost.attempts}
                _0="Nobody has tried to call back yet."
                one="# attempt to call back."
                other="# attempts to call back."
              />
            </Text>
            <Button
              variant="default"
              leftSection={<IconPhonePlus size={16} aria-hidden />}
              loading={attempt.isPending}
              onClick={() => attempt.mutate({ params: { lostCallId: lost.lostCallId } })}
            >{t`Note an attempt`}</Button>
          </Group>
          <Problem failure={attempt.error} />
          <SettleForm lost={lost} onDone={onDone} />
        </>
      ) : (
        <Settled lost={lost} onDone={onDone} />
      )}
    </Stack>
  );
}

function SettleForm({ lost, onDone }: { readonly lost: LostCall; readonly onDone: () => void }): ReactNode {
  const { t, i18n } = useLingui();
  const queries = useQueryClient();
  const settle = useApiMutation("lostCallSettle", ["lostCallsList"]);
  const [ending, setEnding] = useState<Ending>("calledBack");
  const [reason, setReason] = useState("");
  const params = { lostCallId: lost.lostCallId };
  const reopen = (): void => {
    callApi("lostCallReopen", { params })
      .catch((failure: unknown) => toastProblem(i18n, failure))
      .finally(() => void queries.invalidateQueries({ queryKey: ["lostCallsList"] }));
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    settle.mutate(
      { params, body: { state: ending, reason: reason.trim(), version: lost.version } },
      {
        onSuccess: () => {
          toastDone(i18n, i18n._(settledWords[ending]), reopen);
          onDone();
        },
      },
    );
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Radio.Group
          label={t`How does it end?`}
          value={ending}
          onChange={(value) => setEnding(endings.find((each) => each === value) ?? "calledBack")}
        >
          <Stack gap="xs" mt="xs">
            {endings.map((each) => (
              <Radio key={each} value={each} label={i18n._(settledWords[each])} />
            ))}
          </Stack>
        </Radio.Group>
        <Textarea
          label={ending === "dismissed" ? t`Why it needs no call` : t({ message: "Note", context: "optional" })}
          required={ending === "dismissed"}
          autosize
          minRows={2}
          maxLength={500}
          dir="auto"
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Problem failure={settle.error} />
        <Group justify="flex-end">
          <Button type="submit" loading={settle.isPending}>
            {t({ message: "Settle", context: "button" })}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Settled({ lost, onDone }: { readonly lost: LostCall; readonly onDone: () => void }): ReactNode {
  const { t, i18n } = useLingui();
  const reopen = useApiMutation("lostCallReopen", ["lostCallsList"]);
  return (
    <Stack>
      <Text fw={600}>{i18n._(settledWords[lost.state])}</Text>
      <Text size="sm" c="dimmed">
        {lost.settledAt !== null && <DateTime at={lost.settledAt} />}
        {lost.settledByName !== null && (
          <>
            {" "}
            · <bdi>{lost.settledByName}</bdi>
          </>
        )}
      </Text>
      {lost.reason !== null && lost.reason !== "" && <Text dir="auto">{lost.reason}</Text>}
      <Problem failure={reopen.error} />
      <Group>
        <Button
          variant="default"
          loading={reopen.isPending}
          onClick={() => reopen.mutate({ params: { lostCallId: lost.lostCallId } }, { onSuccess: onDone })}
        >{t`Open it again`}</Button>
      </Group>
    </Stack>
  );
}
