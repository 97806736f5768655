import type { PhoneNumber } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Title } from "@mantine/core";
import { IconPhoneCall, IconPhoneIncoming, IconPlus } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { callApi } from "../../api/client.ts";
import { useDirectory } from "../../api/lists.ts";
import { useApi } from "../../api/queries.ts";
import { languageNames } from "../../i18n/language.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { isolate } from "../../ui/isolate.ts";
import { Problem } from "../../ui/problem.tsx";
import { SidePanel } from "../../ui/side-panel.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { Phone } from "../../ui/values.tsx";
import { useMay } from "../session/session.ts";
import { NumberCreate, NumberEdit } from "./number-form.tsx";
import styles from "./setup.module.css";
import { useAudio } from "./use-audio.ts";
import { useRetire } from "./use-retire.ts";

/** What customers dial, where it leads, in which language, and who may call it. */
export function NumbersSection(): ReactNode {
  const { t } = useLingui();
  const list = useApi("numbersList", {});
  const [openId, setOpenId] = useState<string | null>(null);
  if (list.data === undefined)
    return list.error === null ? <SkeletonRows rows={5} height={80} /> : <Problem failure={list.error} onRetry={list.refetch} />;
  const numbers = [...list.data.items].sort((a, b) => Number(a.retired) - Number(b.retired));
  const opened = numbers.find((number) => number.numberId === openId);
  const add = <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setOpenId("new")}>{t`Add a number`}</Button>;
  return (
    <>
      {numbers.length > 0 && <div>{add}</div>}
      {numbers.length === 0 && (
        <EmptyState
          icon={IconPhoneIncoming}
          title={t`No number yet`}
          action={add}
          example={t`For example: calls to 020 7946 0123 wait in Support, in English.`}
        >{t`A number is what customers dial. Each leads to a queue and speaks one language.`}</EmptyState>
      )}
      {numbers.map((number) => (
        <NumberCard key={number.numberId} number={number} onOpen={() => setOpenId(number.numberId)} />
      ))}
      <SidePanel
        opened={openId !== null && (openId === "new" || opened !== undefined)}
        onClose={() => setOpenId(null)}
        title={opened === undefined ? t`Add a number` : <Phone number={opened.e164 ?? opened.number} />}
        size={560}
      >
        {openId === "new" && <NumberCreate onMade={() => setOpenId(null)} />}
        {opened !== undefined && <NumberEdit key={opened.numberId} number={opened} />}
      </SidePanel>
    </>
  );
}

function NumberCard({ number, onOpen }: { readonly number: PhoneNumber; readonly onOpen: () => void }): ReactNode {
  const { t } = useLingui();
  const { queueName, hoursName } = useDirectory();
  const audio = useAudio();
  const works = useMay()("desk.work");
  const navigate = useNavigate();
  const retire = useRetire("numbersList");
  const put = (retired: boolean, version: number): Promise<PhoneNumber> =>
    callApi("numberUpdate", { params: { numberId: number.numberId }, body: { retired, version } });
  const format = useFormat();
  const trunks = (useApi("trunksList", {}).data?.items ?? [])
    .filter((trunk) => !trunk.retired && trunk.enabled && (trunk.allNumbers || trunk.numberIds.includes(number.numberId)))
    .map((trunk) => trunk.name);
  const greeting = isolate(audio.name(number.greetingAudioId));
  return (
    <article className={styles["card"]} data-retired={number.retired} data-testid="number">
      <Group justify="space-between">
        <Title order={2} size="h3">
          <Phone number={number.e164 ?? number.number} />
          {number.label !== "" && (
            <>
              {" "}
              · <bdi>{number.label}</bdi>
            </>
          )}
          {number.retired && <span className={styles["quiet"]}> · {t({ message: "retired", context: "a thing" })}</span>}
        </Title>
        <Group gap="xs">
          {!number.retired && works && (
            <Button
              variant="subtle"
              size="compact-md"
              onClick={() => void navigate({ to: "/test-call", search: { number: number.numberId } })}
              leftSection={<IconPhoneCall size={16} aria-hidden />}
            >{t`Test call`}</Button>
          )}
          {!number.retired && (
            <Button variant="default" size="compact-md" onClick={onOpen}>
              {t({ message: "Change", context: "button" })}
            </Button>
          )}
          <Button
            variant="subtle"
            size="compact-md"
            onClick={() => retire({ name: number.number, version: number.version, retired: number.retired }, put)}
          >
            {number.retired ? t({ message: "Use again", context: "button" }) : t({ message: "Retire", context: "button, a thing" })}
          </Button>
        </Group>
      </Group>
      {!number.retired && (
        <p className={styles["sentence"]}>
          <Trans>
            Calls wait in the queue <bdi>{queueName(number.queueId)}</bdi>; callers are spoken to in this language:{" "}
            {languageNames[number.language]}, and hear first: {greeting}.
          </Trans>{" "}
          {number.hoursId === null ? (
            t`It is always open.`
          ) : (
            <Trans>
              It is open by these hours: <bdi>{hoursName(number.hoursId)}</bdi>.
            </Trans>
          )}{" "}
          {number.allowedNetworks.length === 0 ? (
            t`No network may call it: it takes no calls from outside.`
          ) : (
            <Trans>
              Calls are taken from <bdi dir="ltr">{number.allowedNetworks.join(", ")}</bdi> and from your own phones.
            </Trans>
          )}{" "}
          {trunks.length > 0 && (
            <Trans>
              It comes by these trunks: <bdi>{format.list(trunks)}</bdi>.
            </Trans>
          )}
        </p>
      )}
    </article>
  );
}
