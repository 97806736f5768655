import { useLingui } from "@lingui/react/macro";
import { Button, Group, Menu, Text } from "@mantine/core";
import { IconId, IconShieldCheck, IconShieldQuestion } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { DeskContact } from "./call-view.ts";
import { useDeskAct } from "./use-desk.ts";

type How = "questions" | "code" | "voice";

/** Whether the caller has proved who they are, and saying so. */
export function VerifyAct({ contact }: { readonly contact: DeskContact }): ReactNode {
  const { t } = useLingui();
  const verify = useDeskAct("callVerify");
  const { verification } = contact;
  if (verification == null) return null;
  const isVerified = verification.level > 0;
  const say = (how: How, passed: boolean): void => verify.mutate({ params: { contactId: contact.contactId }, body: { how, passed } });
  const canSay = contact.role === "owner" && contact.connectedAt !== null && contact.endedAt === null && !verification.locked;
  const ways: Readonly<Record<How, string>> = {
    questions: t`Answered the questions`,
    code: t`Gave the right code`,
    voice: t`Known by the voice`,
  };
  const words = verification.locked
    ? t`Too many wrong answers: nobody can be verified in this call any more.`
    : verification.how === "questions"
      ? t`Verified by questions`
      : verification.how === "code"
        ? t`Verified by a code`
        : verification.how === "voice"
          ? t`Verified by the voice`
          : verification.failed > 0
            ? t`Not verified: the last answer was wrong`
            : t`Not verified`;
  return (
    <Group justify="space-between" gap="xs" data-testid="verification" data-level={verification.level}>
      <Text size="sm" component="span" role="status" fw={isVerified ? 600 : 400} c={verification.locked ? "var(--danger)" : "inherit"}>
        {isVerified ? (
          <IconShieldCheck size={16} style={{ verticalAlign: "-3px" }} aria-hidden />
        ) : (
          <IconShieldQuestion size={16} style={{ verticalAlign: "-3px" }} aria-hidden />
        )}{" "}
        {words}
      </Text>
      {canSay && (
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <Button variant="default" size="compact-sm" loading={verify.isPending} leftSection={<IconId size={14} aria-hidden />}>
              {t({ message: "Verify", context: "button, the caller" })}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {(["questions", "code", "voice"] as const).map((how) => (
              <Menu.Item key={how} onClick={() => say(how, true)}>
                {ways[how]}
              </Menu.Item>
            ))}
            <Menu.Divider />
            <Menu.Item color="red" onClick={() => say("questions", false)}>{t`The answer was wrong`}</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
    </Group>
  );
}
