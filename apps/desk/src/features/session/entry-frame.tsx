import { Paper, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { HelpButton } from "../learning/help-button.tsx";
import { Learning } from "../learning/learning.tsx";
import { LanguageChoice } from "./language-choice.tsx";
import styles from "./entry-frame.module.css";

/** The page of those who aren't signed in: the mark, one sheet, the language. */
export function EntryFrame({
  title,
  wide = false,
  children,
}: {
  readonly title: string;
  readonly wide?: boolean;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <div className={styles["page"]}>
      <Learning />
      <header className={styles["head"]}>
        <span className={styles["mark"]}>
          <img src="/logo.svg" alt="" width={28} height={28} />
          <span lang="en" dir="ltr">
            Allo
          </span>
        </span>
        <span className={styles["ends"]}>
          <LanguageChoice />
          <HelpButton />
        </span>
      </header>
      <main className={styles["main"]} data-wide={wide}>
        <Paper withBorder p="xl" className={styles["sheet"]}>
          <Title order={1} size="h2" mb="lg">
            {title}
          </Title>
          {children}
        </Paper>
      </main>
    </div>
  );
}
