import { useLingui } from "@lingui/react";
import { Alert } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { ApiProblem } from "../api/problem.ts";
import { fieldSentence, problemSentence, usersOf } from "../api/problem-sentences.ts";

/** A failure as a sentence in the language of the screen; nothing when there is none. */
export function Problem({ failure, action }: { readonly failure: unknown; readonly action?: ReactNode }): ReactNode {
  const { i18n } = useLingui();
  if (failure === null || failure === undefined) return null;
  // What uses it stands in the sentence.
  const fields = failure instanceof ApiProblem && usersOf(failure).length === 0 ? failure.fields : [];
  return (
    <Alert color="red" variant="light" icon={<IconAlertCircle aria-hidden />} role="alert" styles={{ message: { color: "var(--text)" } }}>
      {problemSentence(i18n, failure)}
      {fields.length > 0 && (
        <ul>
          {fields.map((field) => (
            <li key={field.path}>
              <bdi dir="ltr">{field.path}</bdi>: {fieldSentence(i18n, field.code)}
            </li>
          ))}
        </ul>
      )}
      {action}
    </Alert>
  );
}
