import type { WrapUpCode } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Stack, Text, TextInput } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useId, useState, type KeyboardEvent, type ReactNode } from "react";
import { useLanguage } from "../../i18n/language.ts";
import { localized, normaliseInput } from "../../ui/format.ts";
import styles from "./desk.module.css";

export type CodePickerProps = {
  readonly codes: readonly WrapUpCode[];
  readonly chosen: string | null;
  readonly onChoose: (wrapUpCodeId: string) => void;
};

/** The result of the contact: typed to find, arrows to move, Enter to choose. */
export function CodePicker({ codes, chosen, onChoose }: CodePickerProps): ReactNode {
  const { t } = useLingui();
  const language = useLanguage((state) => state.language);
  const id = useId();
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const found = codesFound(codes, text);
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setActive((active + (event.key === "ArrowDown" ? 1 : -1) + found.length) % Math.max(1, found.length));
    }
    const code = found[active];
    if (event.key === "Enter" && !event.ctrlKey && code !== undefined) {
      event.preventDefault();
      onChoose(code.wrapUpCodeId);
    }
  };
  return (
    <Stack gap="xs">
      <TextInput
        label={t`Result of the call`}
        placeholder={t`Find a result`}
        value={text}
        onKeyDown={onKey}
        role="combobox"
        aria-expanded
        aria-controls={`${id}-list`}
        aria-activedescendant={found[active] === undefined ? undefined : `${id}-${String(active)}`}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setActive(0);
        }}
      />
      <div id={`${id}-list`} role="listbox" aria-label={t`Result of the call`} className={styles["codes"]} data-testid="codes">
        {found.map((code, index) => (
          <div
            key={code.wrapUpCodeId}
            id={`${id}-${String(index)}`}
            role="option"
            aria-selected={code.wrapUpCodeId === chosen}
            data-active={index === active}
            className={styles["code"]}
            onClick={() => onChoose(code.wrapUpCodeId)}
          >
            {code.wrapUpCodeId === chosen ? <IconCheck size={16} aria-hidden /> : <span style={{ inlineSize: 16 }} />}
            <bdi>{localized(code.names, language)}</bdi>
          </div>
        ))}
        {found.length === 0 && <Text p="sm" size="sm" c="dimmed">{t`Nothing found`}</Text>}
      </div>
    </Stack>
  );
}

/** Codes whose name in any of the languages has what was typed. */
export function codesFound(codes: readonly WrapUpCode[], text: string): readonly WrapUpCode[] {
  const wanted = normaliseInput(text).trim().toLocaleLowerCase();
  return codes.filter((code) => Object.values(code.names).some((name) => normaliseInput(name).toLocaleLowerCase().includes(wanted)));
}
