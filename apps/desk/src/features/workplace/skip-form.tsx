import { skipReasons, type SkipReason } from "@allo/contract";
import { useLingui } from "@lingui/react";
import { useLingui as useMacro } from "@lingui/react/macro";
import { Button, Group, NativeSelect, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { skipWords } from "./workplace-words.ts";

const WORDS_MAX = 200;

/** Why the check isn't made; a lead reads it. */
export function SkipForm({
  onSkip,
  onCancel,
}: {
  readonly onSkip: (reason: SkipReason, words: string) => void;
  readonly onCancel: () => void;
}): ReactNode {
  const { _ } = useLingui();
  const { t } = useMacro();
  const [reason, setReason] = useState<SkipReason>("callsWait");
  const [words, setWords] = useState("");
  return (
    <form
      style={{ flexBasis: "100%" }}
      onSubmit={(event) => {
        event.preventDefault();
        onSkip(reason, words.trim());
      }}
    >
      <Group align="flex-end" gap="sm">
        <NativeSelect
          label={t`Why it is skipped`}
          data={skipReasons.map((value) => ({ value, label: _(skipWords[value]) }))}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value as SkipReason)}
        />
        <TextInput
          label={t`In your own words`}
          value={words}
          maxLength={WORDS_MAX}
          required={reason === "other"}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
        <Button type="submit">{t({ message: "Skip", context: "button, workplace" })}</Button>
        <Button variant="default" onClick={onCancel}>{t`Back`}</Button>
      </Group>
    </form>
  );
}
