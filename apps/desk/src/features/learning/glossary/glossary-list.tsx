import { Plural, useLingui } from "@lingui/react/macro";
import { Button, Stack, Text, TextInput, Title, VisuallyHidden } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { languageNames, languages, useLanguage } from "../../../i18n/language.ts";
import { openHelp } from "../learning-store.ts";
import styles from "../learning.module.css";
import type { LearningTexts } from "../use-texts.ts";
import { foldTerm } from "./fold-term.ts";
import { termLabel, termsFound, type TermGroup, type TermId } from "./terms.ts";

const groupNames: Readonly<Record<TermGroup, MessageDescriptor>> = {
  people: msg`Who is who`,
  state: msg`The agent's state`,
  call: msg`The call`,
  queue: msg`Queue and figures`,
  afterCall: msg`After the call`,
  telephony: msg`Telephone`,
  organisation: msg`The organisation`,
};

export type GlossaryListProps = {
  readonly texts: LearningTexts;
  /** The word to show first. */
  readonly marked: TermId | null;
  readonly canGoBack: boolean;
};

/** Every word with its meaning, and the same word in the other languages; found by any of them, and by what people also say. */
export function GlossaryList({ texts, marked, canGoBack }: GlossaryListProps): ReactNode {
  const { t, i18n } = useLingui();
  const language = useLanguage((state) => state.language);
  const [typed, setTyped] = useState("");
  const found = termsFound(typed, language, foldTerm);
  const count = found.reduce((sum, { ids }) => sum + ids.length, 0);
  return (
    <Stack gap="md" data-testid="glossary">
      {canGoBack && (
        <Button variant="default" size="compact-md" onClick={openHelp} style={{ alignSelf: "start" }}>
          {t`Back to the help`}
        </Button>
      )}
      <TextInput
        {...(marked === null ? { "data-autofocus": true } : {})}
        label={t`Find a word`}
        description={t`In any of the three languages, as people say it.`}
        leftSection={<IconSearch size={16} aria-hidden />}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      <VisuallyHidden role="status">{typed !== "" && <Plural value={count} one="# word found" other="# words found" />}</VisuallyHidden>
      {count === 0 && <Text c="dimmed">{t`No such word here. Try another, or look at the help of the page.`}</Text>}
      {found.map(({ group, ids }) => (
        <section key={group}>
          <Title order={3} size="h4">
            {i18n._(groupNames[group])}
          </Title>
          <dl style={{ margin: 0 }}>
            {ids.map((id) => (
              <Entry key={id} id={id} meaning={texts.meanings[id]} isMarked={id === marked} language={language} />
            ))}
          </dl>
        </section>
      ))}
    </Stack>
  );
}

function Entry({
  id,
  meaning,
  isMarked,
  language,
}: {
  readonly id: TermId;
  readonly meaning: string;
  readonly isMarked: boolean;
  readonly language: (typeof languages)[number];
}): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isMarked) return;
    place.current?.scrollIntoView({ block: "center" });
    place.current?.focus({ preventScroll: true });
  }, [isMarked]);
  return (
    <div ref={place} className={styles["entry"]} data-marked={isMarked} data-term={id} {...(isMarked ? { tabIndex: -1 } : {})}>
      <dt>{termLabel(id, language)}</dt>
      <dd>
        {meaning}
        <div className={styles["others"]}>
          {languages
            .filter((other) => other !== language)
            .map((other) => (
              <span key={other} title={languageNames[other]}>
                <bdi lang={other}>{termLabel(id, other)}</bdi>
              </span>
            ))}
        </div>
      </dd>
    </div>
  );
}
