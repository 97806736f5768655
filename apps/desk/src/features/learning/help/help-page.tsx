import { useLingui } from "@lingui/react/macro";
import { Button, Group, Kbd, Stack, Text, Title } from "@mantine/core";
import { IconVocabulary } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useLanguage } from "../../../i18n/language.ts";
import { keyWords } from "../../../keyboard/key-words.ts";
import { chordText } from "../../../keyboard/keys.ts";
import { useKeyBindings } from "../../../keyboard/use-keys.ts";
import { useSession } from "../../session/session.ts";
import { termLabel } from "../glossary/terms.ts";
import styles from "../learning.module.css";
import { openGlossary } from "../learning-store.ts";
import { TourChoice } from "../tour/tour-choice.tsx";
import type { LearningTexts } from "../use-texts.ts";
import { HelpWords, TermWord } from "./help-words.tsx";
import { helpBeside, helpTopics } from "./topics.ts";
import { useHelpTopic } from "./use-help-topic.ts";

/** What this page is for, what one does here, its keys and its words. */
export function HelpPage({ texts }: { readonly texts: LearningTexts }): ReactNode {
  const { t, i18n } = useLingui();
  const topic = useHelpTopic();
  const keys = useKeyBindings();
  const language = useLanguage((state) => state.language);
  const signedIn = useSession().kind === "signedIn";
  const shown = topic === null ? null : helpTopics[topic];
  const text = topic === null ? null : texts.help[topic];
  const beside = topic === null ? null : (helpBeside[topic] ?? null);
  return (
    <Stack gap="lg" data-testid="help-page" data-topic={topic ?? "none"}>
      {text === null && <Text>{t`There is no page behind this address.`}</Text>}
      {text !== null && (
        <>
          <Text>
            <HelpWords text={text.purpose} texts={texts} />
          </Text>
          <section>
            <Title order={3} size="h4" mb="xs">{t`What one does here`}</Title>
            <ul className={styles["steps"]}>
              {text.steps.map((step) => (
                <li key={step}>
                  <HelpWords text={step} texts={texts} />
                </li>
              ))}
            </ul>
          </section>
        </>
      )}
      {beside !== null && (
        <section>
          <Title order={3} size="h4" mb="xs">{t`Also here`}</Title>
          <Text>
            <HelpWords text={texts.help[beside].purpose} texts={texts} />
          </Text>
        </section>
      )}
      {shown !== null && shown.keys.length > 0 && (
        <section>
          <Title order={3} size="h4" mb="xs">{t`Keys of this page`}</Title>
          <dl className={styles["keys"]}>
            {shown.keys.map((action) => (
              <KeyLine key={action} chord={chordText(keys[action])}>
                {i18n._(keyWords[action])}
              </KeyLine>
            ))}
          </dl>
        </section>
      )}
      {shown !== null && (
        <section>
          <Title order={3} size="h4" mb="xs">{t`Words used here`}</Title>
          <div className={styles["words"]}>
            {shown.terms.map((term) => (
              <TermWord key={term} term={term} texts={texts}>
                {termLabel(term, language)}
              </TermWord>
            ))}
          </div>
        </section>
      )}
      {signedIn && <TourChoice />}
      <Group>
        <Button variant="default" leftSection={<IconVocabulary size={16} aria-hidden />} onClick={() => openGlossary()}>
          {t`All words: the glossary`}
        </Button>
      </Group>
    </Stack>
  );
}

function KeyLine({ chord, children }: { readonly chord: string; readonly children: string }): ReactNode {
  return (
    <>
      <dt>
        <Kbd dir="ltr">{chord}</Kbd>
      </dt>
      <dd>{children}</dd>
    </>
  );
}
