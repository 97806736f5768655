import { Anchor, Kbd, Tooltip } from "@mantine/core";
import { useRouter } from "@tanstack/react-router";
import type { MouseEvent, ReactNode } from "react";
import { chordText } from "../../../keyboard/keys.ts";
import { useKeyBindings } from "../../../keyboard/use-keys.ts";
import type { TermId } from "../glossary/terms.ts";
import { closeLearning, openGlossary } from "../learning-store.ts";
import type { LearningTexts } from "../use-texts.ts";
import { readHelpText } from "./help-text.ts";
import styles from "../learning.module.css";

/** A help text with its terms, keys and links alive. */
export function HelpWords({ text, texts }: { readonly text: string; readonly texts: LearningTexts }): ReactNode {
  const keys = useKeyBindings();
  return readHelpText(text).map((piece, index) => {
    const id = `${String(index)}${piece.kind}`;
    switch (piece.kind) {
      case "words":
        return <span key={id}>{piece.text}</span>;
      case "term":
        return (
          <TermWord key={id} term={piece.term} texts={texts}>
            {piece.text}
          </TermWord>
        );
      case "key":
        return (
          <Kbd key={id} dir="ltr" size="xs" style={{ whiteSpace: "nowrap" }}>
            {chordText(keys[piece.action])}
          </Kbd>
        );
      case "link":
        return (
          <PageLink key={id} href={piece.href}>
            {piece.text}
          </PageLink>
        );
      default:
        return piece satisfies never;
    }
  });
}

/** A word of the glossary: its meaning on hover and focus, its place in the glossary on a press. */
export function TermWord({
  term,
  texts,
  children,
}: {
  readonly term: TermId;
  readonly texts: LearningTexts;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <Tooltip label={texts.meanings[term]} multiline maw={300} events={{ hover: true, focus: true, touch: false }}>
      <button type="button" className={styles["term"]} onClick={() => openGlossary(term)}>
        {children}
      </button>
    </Tooltip>
  );
}

/** A link to a page of the desk; the panel closes, so that the page is seen. */
function PageLink({ href, children }: { readonly href: string; readonly children: ReactNode }): ReactNode {
  const router = useRouter();
  const follow = (event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    closeLearning();
    router.history.push(href);
  };
  return (
    <Anchor href={href} onClick={follow} inherit underline="always">
      {children}
    </Anchor>
  );
}
