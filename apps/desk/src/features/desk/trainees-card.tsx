import type { DeskState } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { IconSchool } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { isolate } from "../../ui/isolate.ts";
import { StateBadge } from "../../ui/state-badge.tsx";
import { Elapsed } from "../../ui/values.tsx";
import styles from "./desk.module.css";
import { IntoCallDialog } from "./into-call-dialog.tsx";
import { useDeskAct } from "./use-desk.ts";

type Trainee = NonNullable<DeskState["trainees"]>[number];

/** Whom one is the mentor of: what they do now, who asks, and the way into their talk. */
export function TraineesCard({
  trainees,
  contactId,
}: {
  readonly trainees: readonly Trainee[];
  readonly contactId: string | null;
}): ReactNode {
  const { t } = useLingui();
  const sorted = [...trainees].sort((a, b) => Number(b.askedAt !== null) - Number(a.askedAt !== null) || a.name.localeCompare(b.name));
  return (
    <section className={styles["card"]} data-testid="trainees">
      <Title order={2} size="h3">{t`Your trainees`}</Title>
      <Stack gap="xs">
        {sorted.map((trainee) => (
          <TraineeLine key={trainee.personId} trainee={trainee} isBusy={contactId !== null} isHere={trainee.contactId === contactId} />
        ))}
      </Stack>
    </section>
  );
}

function TraineeLine({
  trainee,
  isBusy,
  isHere,
}: {
  readonly trainee: Trainee;
  /** One is in a call already. */
  readonly isBusy: boolean;
  readonly isHere: boolean;
}): ReactNode {
  const { t } = useLingui();
  const [opened, setOpened] = useState(false);
  const come = useDeskAct("callMentor");
  const { contactId, askedAt } = trainee;
  const canCome = contactId !== null && !isHere;
  return (
    <Group justify="space-between" gap="xs">
      <span>
        <bdi>{trainee.name}</bdi> <StateBadge state={trainee.state}>{null}</StateBadge>
        {askedAt !== null && (
          <Text size="sm" role="status" fw={600}>
            <Trans>
              Asks for you since <Elapsed since={askedAt} />
            </Trans>
          </Text>
        )}
      </span>
      {canCome && (
        <Button
          size="compact-md"
          variant={askedAt === null ? "default" : "filled"}
          loading={come.isPending}
          disabled={isBusy}
          leftSection={<IconSchool size={16} aria-hidden />}
          aria-label={t`Into the call of ${isolate(trainee.name)}`}
          {...(askedAt === null ? { "aria-haspopup": "dialog" as const } : {})}
          onClick={() => (askedAt === null ? setOpened(true) : come.mutate({ params: { contactId }, body: {} }))}
        >
          {t({ message: "Into the call", context: "button" })}
        </Button>
      )}
      {opened && contactId !== null && <MentorDialog contactId={contactId} name={trainee.name} onClose={() => setOpened(false)} />}
    </Group>
  );
}

function MentorDialog({
  contactId,
  name,
  onClose,
}: {
  readonly contactId: string;
  readonly name: string;
  readonly onClose: () => void;
}): ReactNode {
  const { t } = useLingui();
  const come = useDeskAct("callMentor");
  return (
    <IntoCallDialog
      name={name}
      isPending={come.isPending}
      onClose={onClose}
      onCome={(reason) => come.mutate({ params: { contactId }, body: { reason } }, { onSuccess: onClose })}
      before={<Text size="sm">{t`You hear both. Only the trainee hears you; the customer doesn't.`}</Text>}
    />
  );
}
