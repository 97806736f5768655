import type { Language } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useId, useState, type KeyboardEvent, type ReactNode } from "react";
import { useApi, useApiMutation } from "../../api/queries.ts";
import { normaliseInput } from "../../ui/format.ts";
import { Problem } from "../../ui/problem.tsx";
import styles from "./customers.module.css";
import { Identities } from "./identities.tsx";

export type CustomerFinderProps = {
  readonly number: string | null;
  readonly projectId: string;
  readonly language: Language;
  readonly pending: boolean;
  readonly onChoose: (customerId: string) => void;
};
const SEARCH_AFTER_MS = 200;
const HITS_MAX = 6;

/** A customer found as one types, by arrows and Enter; or added with the number of the call. */
export function CustomerFinder({ number, projectId, language, pending, onChoose }: CustomerFinderProps): ReactNode {
  const { t } = useLingui();
  const id = useId();
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const [wanted] = useDebouncedValue(normaliseInput(text).trim(), SEARCH_AFTER_MS);
  const found = useApi(
    "customersSearch",
    { query: { q: wanted, projectId, limit: HITS_MAX } },
    { enabled: wanted !== "", keepPrevious: true },
  );
  const create = useApiMutation("customerCreate", ["customersSearch"]);
  const hits = wanted === "" ? [] : (found.data?.items ?? []);
  const add = (): void =>
    create.mutate(
      {
        body: {
          name: normaliseInput(text).trim(),
          note: "",
          language,
          identities: number === null ? [] : [{ kind: "phone", value: number }],
          fields: {},
          projectId,
        },
      },
      { onSuccess: (made) => onChoose(made.customerId) },
    );
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setActive((active + (event.key === "ArrowDown" ? 1 : -1) + hits.length) % Math.max(1, hits.length));
    }
    const hit = hits[active];
    if (event.key === "Enter" && hit !== undefined) {
      event.preventDefault();
      onChoose(hit.customerId);
    }
  };
  return (
    <Stack gap="sm">
      <TextInput
        label={t`Customer`}
        placeholder={t`Name, number or e-mail`}
        dir={text === "" ? undefined : "auto"}
        value={text}
        maxLength={100}
        role="combobox"
        aria-expanded={hits.length > 0}
        aria-controls={`${id}-hits`}
        aria-activedescendant={hits[active] === undefined ? undefined : `${id}-${String(active)}`}
        onKeyDown={onKey}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setActive(0);
        }}
      />
      <div id={`${id}-hits`} role="listbox" aria-label={t`Customers found`}>
        {hits.map((hit, index) => (
          <div
            key={hit.customerId}
            id={`${id}-${String(index)}`}
            role="option"
            aria-selected={index === active}
            className={styles["hit"]}
            onClick={() => onChoose(hit.customerId)}
          >
            <bdi>{hit.name}</bdi>{" "}
            <span className={styles["quiet"]}>
              <Identities identities={hit.identities} />
            </span>
          </div>
        ))}
      </div>
      {wanted !== "" && found.isSuccess && hits.length === 0 && (
        <Text size="sm" c="dimmed">{t`Nobody found. Add the customer under this name?`}</Text>
      )}
      <Problem failure={found.error} onRetry={found.refetch} />
      <Problem failure={create.error} />
      {wanted !== "" && (
        <Group justify="flex-end">
          <Button variant="default" onClick={add} loading={create.isPending || pending}>{t`Add a customer`}</Button>
        </Group>
      )}
    </Stack>
  );
}
