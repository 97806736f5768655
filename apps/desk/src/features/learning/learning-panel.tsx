import { useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { SidePanel } from "../../ui/side-panel.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { useOpenAfterMount } from "../../ui/use-open-after-mount.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { IconHelp } from "@tabler/icons-react";
import { GlossaryList } from "./glossary/glossary-list.tsx";
import { HelpPage } from "./help/help-page.tsx";
import { closeLearning, useLearning } from "./learning-store.ts";
import { useTexts } from "./use-texts.ts";

/** The panel beside the page: its help, or the glossary. */
export function LearningPanel(): ReactNode {
  const { t } = useLingui();
  const opened = useLearning((state) => state.panel);
  // What is being closed is still seen for a moment.
  const [panel, setPanel] = useState(opened);
  if (opened !== null && opened !== panel) setPanel(opened);
  const shown = useOpenAfterMount(opened !== null);
  const { texts, failed, retry } = useTexts();
  if (panel === null) return null;
  return (
    <SidePanel opened={shown} title={panel.kind === "help" ? t`Help` : t`Glossary`} onClose={closeLearning} size={460}>
      {texts !== null && panel.kind === "help" && <HelpPage texts={texts} />}
      {texts !== null && panel.kind === "glossary" && (
        <GlossaryList texts={texts} marked={panel.term} canGoBack={panel.fromHelp} key={panel.term} />
      )}
      {texts === null && !failed && <SkeletonRows rows={6} />}
      {failed && (
        <EmptyState icon={IconHelp} title={t`The texts could not be fetched`} action={<Button onClick={retry}>{t`Try again`}</Button>}>
          {t`The server can't be reached. Everything else goes on as before.`}
        </EmptyState>
      )}
    </SidePanel>
  );
}
