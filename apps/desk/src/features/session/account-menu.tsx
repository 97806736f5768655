import { useLingui } from "@lingui/react/macro";
import { ActionIcon, Menu, SegmentedControl, Stack, Text, useMantineColorScheme } from "@mantine/core";
import { IconKey, IconLogout, IconUserCircle } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { LanguageChoice } from "./language-choice.tsx";
import { PasswordDialog } from "./password-dialog.tsx";
import { useMe } from "./session.ts";
import { usePrefer } from "./use-prefer.ts";
import { useSignOut } from "./use-sign-out.ts";

/** Language, light or dark, password, signing out. */
export function AccountMenu(): ReactNode {
  const { t } = useLingui();
  const me = useMe();
  const signOut = useSignOut();
  const { colorScheme } = useMantineColorScheme();
  const [changing, setChanging] = useState(false);
  const prefer = usePrefer();
  const themes = [
    { value: "light", label: t({ message: "Light", context: "theme" }) },
    { value: "dark", label: t({ message: "Dark", context: "theme" }) },
    { value: "system", label: t({ message: "As the system", context: "theme" }) },
  ];
  const chooseTheme = (value: string): void => prefer.theme(value === "light" || value === "dark" ? value : "system");
  return (
    <>
      <Menu width={300} position="bottom-end" closeOnItemClick>
        <Menu.Target>
          <ActionIcon variant="subtle" size="lg" aria-label={t`Your settings`} color="gray">
            <IconUserCircle size={24} stroke={1.6} aria-hidden color="var(--text)" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Stack gap={4} p="sm">
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
          </Stack>
          <Menu.Divider />
          <Menu.Item leftSection={<IconKey size={16} aria-hidden />} onClick={() => setChanging(true)}>{t`Change password`}</Menu.Item>
          <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={signOut}>{t`Sign out`}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <PasswordDialog opened={changing} onClose={() => setChanging(false)} />
    </>
  );
}
