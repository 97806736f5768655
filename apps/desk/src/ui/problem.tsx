import { useLingui } from "@lingui/react";
import { useLingui as useMacro } from "@lingui/react/macro";
import { Alert, Button } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { ApiProblem } from "../api/problem.ts";
import { fieldSentence, problemSentence, usersOf } from "../api/problem-sentences.ts";

/** A failure as a sentence in the language of the screen, and where it can be asked for again, the button; nothing when there is none. */
export function Problem({
  failure,
  onRetry,
}: {
  readonly failure: unknown;
  /** Given for what was read: what one sent is sent again by its own button. */
  readonly onRetry?: (() => unknown) | undefined;
}): ReactNode {
  const { i18n } = useLingui();
  const { t } = useMacro();
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
      {onRetry !== undefined && <Button mt="sm" size="compact-sm" variant="default" onClick={() => void onRetry()}>{t`Try again`}</Button>}
    </Alert>
  );
}
