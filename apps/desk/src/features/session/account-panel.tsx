import { useLingui } from "@lingui/react/macro";
import { Button, Divider, SegmentedControl, Stack, Text, useMantineColorScheme } from "@mantine/core";
import { IconHeadset, IconHelp, IconKey, IconLogout, IconRoute, IconVocabulary } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { beginTour, openGlossary, openHelp } from "../learning/learning-store.ts";
import { openWorkplace } from "../workplace/check-store.ts";
import { LanguageChoice } from "./language-choice.tsx";
import { useMay, useMe } from "./session.ts";
import { usePrefer } from "./use-prefer.ts";
import { useSignOut } from "./use-sign-out.ts";

const item = { variant: "subtle", color: "gray", c: "var(--text)", justify: "start", fullWidth: true, size: "compact-md" } as const;

export type AccountPanelProps = { readonly onDone: () => void; readonly onPassword: () => void };

/** What one sets for oneself: language, light or dark, help, tours, workplace, password, signing out. */
export function AccountPanel({ onDone, onPassword }: AccountPanelProps): ReactNode {
  const { t } = useLingui();
  const me = useMe();
  const may = useMay();
  const signOut = useSignOut();
  const { colorScheme } = useMantineColorScheme();
  const prefer = usePrefer();
  const themes = [
    { value: "light", label: t({ message: "Light", context: "theme" }) },
    { value: "dark", label: t({ message: "Dark", context: "theme" }) },
    { value: "system", label: t({ message: "As the system", context: "theme" }) },
  ];
  const chooseTheme = (value: string): void => prefer.theme(value === "light" || value === "dark" ? value : "system");
  const then = (act: () => void) => (): void => {
    onDone();
    act();
  };
  return (
    <Stack gap="xs">
      <Text fw={600}>
        <bdi>{me.name}</bdi>
      </Text>
      <Text size="sm" c="dimmed">
        <bdi>{me.organisation.name}</bdi>
      </Text>
      <LanguageChoice onChosen={(language) => prefer.language(language)} />
      <SegmentedControl
        aria-label={t`Light or dark`}
        size="xs"
        data={themes}
        value={colorScheme === "auto" ? "system" : colorScheme}
        onChange={chooseTheme}
      />
      <Divider my="xs" />
      <Button {...item} leftSection={<IconHelp size={16} aria-hidden />} onClick={then(openHelp)}>{t`Help for this page`}</Button>
      <Button {...item} leftSection={<IconVocabulary size={16} aria-hidden />} onClick={then(openGlossary)}>{t`Glossary`}</Button>
      {may("desk.work") && (
        <Button {...item} leftSection={<IconRoute size={16} aria-hidden />} onClick={then(() => beginTour("agent"))}>
          {t`Tour of the desk`}
        </Button>
      )}
      {may("floor.read") && (
        <Button {...item} leftSection={<IconRoute size={16} aria-hidden />} onClick={then(() => beginTour("lead"))}>
          {t`Tour for team leads`}
        </Button>
      )}
      {may("desk.work") && (
        <Button {...item} leftSection={<IconHeadset size={16} aria-hidden />} onClick={then(openWorkplace)}>{t`Workplace`}</Button>
      )}
      <Button {...item} leftSection={<IconKey size={16} aria-hidden />} onClick={then(onPassword)}>{t`Change password`}</Button>
      <Button {...item} leftSection={<IconLogout size={16} aria-hidden />} onClick={signOut}>{t`Sign out`}</Button>
    </Stack>
  );
}
