import type { Language } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { IconPhoneOff, IconShieldExclamation } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useNow } from "../../ui/clock.tsx";
import { DateTime, Remaining } from "../../ui/values.tsx";
import type { DeskContact } from "./call-view.ts";
import styles from "./desk.module.css";
import { useDeskAct } from "./use-desk.ts";

/** Said to the customer, so in the customer's language, whatever the screen's is. */
const WARNINGS: Readonly<Record<Language, string>> = {
  en: "I want to help you. Please speak to me without insults, or I will have to end this call.",
  ru: "Я хочу вам помочь. Пожалуйста, говорите без оскорблений, иначе мне придётся завершить звонок.",
  fa: "من می‌خواهم به شما کمک کنم. لطفاً بدون توهین صحبت کنید، وگرنه ناچارم تماس را تمام کنم.",
};
const FAREWELLS: Readonly<Record<Language, string>> = {
  en: "I am ending this call now. You can call us again at any time.",
  ru: "Я завершаю звонок. Вы можете позвонить нам снова в любое время.",
  fa: "من این تماس را تمام می‌کنم. هر زمان خواستید می‌توانید دوباره تماس بگیرید.",
};

/** What to do about insults or threats: warn, wait for a lead, then go on or end the call. Each step stands in the contact. */
export function AbuseCard({ contact }: { readonly contact: DeskContact }): ReactNode {
  const { t } = useLingui();
  const step = useDeskAct("callAbuse");
  const now = useNow();
  const { abuse } = contact;
  if (abuse == null) return null;
  const take = (next: "warned" | "calmed" | "ended"): void => {
    step.mutate({ params: { contactId: contact.contactId }, body: { step: next } });
  };
  const isWarned = abuse.warnedAt !== null;
  const mayEnd = abuse.endsFrom !== null && now >= abuse.endsFrom;
  const hasLead = contact.parties.some(({ how, place, state }) => how === "monitor" && place !== "mentor" && state === "joined");
  return (
    <section className={styles["abuse"]} data-testid="abuse" aria-label={t`Insults or threats`}>
      <Stack gap={8}>
        <Group gap={8} wrap="nowrap">
          <IconShieldExclamation size={18} aria-hidden />
          <Title order={3} size="h4">{t`Insults or threats`}</Title>
        </Group>
        <Text size="sm" role="status">
          {hasLead ? t`A lead is in the call with you.` : t`The leads are told and can come into the call.`}
        </Text>
        <Text size="sm">{isWarned ? t`If it goes on, say before you end the call:` : t`Say calmly:`}</Text>
        <p className={styles["greeting"]} lang={contact.language} dir={contact.language === "fa" ? "rtl" : "ltr"} style={{ margin: 0 }}>
          {(isWarned ? FAREWELLS : WARNINGS)[contact.language]}
        </p>
        {abuse.warnedAt !== null && (
          <Text size="sm" c="dimmed">
            <Trans>
              Warned at <DateTime at={abuse.warnedAt} show="timeWithSeconds" />
            </Trans>
          </Text>
        )}
        <Group gap={8}>
          {!isWarned && <Button size="compact-md" loading={step.isPending} onClick={() => take("warned")}>{t`I have said it`}</Button>}
          <Button size="compact-md" variant="default" loading={step.isPending} onClick={() => take("calmed")}>
            {t`The customer is calm again`}
          </Button>
          {isWarned && (
            <Button
              size="compact-md"
              color="red"
              disabled={!mayEnd}
              loading={step.isPending}
              leftSection={<IconPhoneOff size={16} aria-hidden />}
              onClick={() => take("ended")}
            >
              {t`End the call for this reason`}
            </Button>
          )}
        </Group>
        {isWarned && !mayEnd && abuse.endsFrom !== null && (
          <Text size="sm" c="dimmed">
            <Trans>
              A lead has <Remaining until={abuse.endsFrom} /> to come; after that you may end the call alone.
            </Trans>
          </Text>
        )}
      </Stack>
    </section>
  );
}
