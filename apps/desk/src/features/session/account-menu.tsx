import { useLingui } from "@lingui/react/macro";
import { ActionIcon, Popover } from "@mantine/core";
import { IconUserCircle } from "@tabler/icons-react";
import { Suspense, useState, type ComponentType, type ReactNode } from "react";
import { lazyPart, partOf } from "../../ui/lazy-part.ts";
import { useOpenAfterMount } from "../../ui/use-open-after-mount.ts";
import type { AccountPanelProps } from "./account-panel.tsx";

const PasswordDialog = lazyPart(() => import("./password-dialog.tsx").then((module) => module.PasswordDialog));

/** One's own settings; what is in them is fetched when they are opened, and they open when it is there, so that the focus goes into it. */
export function AccountMenu(): ReactNode {
  const { t } = useLingui();
  const [Panel, setPanel] = useState<ComponentType<AccountPanelProps> | null>(null);
  const [opened, setOpened] = useState(false);
  const [changing, setChanging] = useState<boolean | null>(null);
  const toggle = (): void => {
    if (Panel !== null) return setOpened(!opened);
    void partOf(() => import("./account-panel.tsx").then((module) => module.AccountPanel)).then((Loaded) => {
      setPanel(() => Loaded);
      setOpened(true);
    });
  };
  return (
    <>
      <Popover width={300} position="bottom-end" opened={opened} onChange={setOpened} trapFocus returnFocus withinPortal={false}>
        <Popover.Target>
          <ActionIcon variant="subtle" size="lg" aria-label={t`Your settings`} color="gray" onClick={toggle}>
            <IconUserCircle size={24} stroke={1.6} aria-hidden color="var(--text)" />
          </ActionIcon>
        </Popover.Target>
        <Popover.Dropdown aria-label={t`Your settings`} p="md">
          {Panel !== null && <Panel onDone={() => setOpened(false)} onPassword={() => setChanging(true)} />}
        </Popover.Dropdown>
      </Popover>
      {changing !== null && (
        <Suspense fallback={null}>
          <ChangePassword changing={changing} onClose={() => setChanging(false)} />
        </Suspense>
      )}
    </>
  );
}

function ChangePassword({ changing, onClose }: { readonly changing: boolean; readonly onClose: () => void }): ReactNode {
  return <PasswordDialog opened={useOpenAfterMount(changing)} onClose={onClose} />;
}
