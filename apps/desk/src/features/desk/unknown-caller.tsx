import { useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState, type FormEvent, type ReactNode } from "react";
import { useApi, useApiMutation } from "../../api/queries.ts";
import { normaliseInput } from "../../ui/format.ts";
import { Problem } from "../../ui/problem.tsx";
import { Phone } from "../../ui/values.tsx";
import type { DeskContact } from "./call-view.ts";
import styles from "./desk.module.css";

const SEARCH_AFTER_MS = 200;
const HITS_MAX = 6;

/** A caller without a card: find the customer by name or number, or add one. */
export function UnknownCaller({ contact }: { readonly contact: DeskContact }): ReactNode {
  const { t } = useLingui();
  const [text, setText] = useState("");
  const [wanted] = useDebouncedValue(normaliseInput(text).trim(), SEARCH_AFTER_MS);
  const hits = useApi(
    "customersSearch",
    { query: { q: wanted, projectId: contact.projectId, limit: HITS_MAX } },
    { enabled: wanted !== "", keepPrevious: true },
  );
  const tie = useApiMutation("contactCustomerPut");
  const create = useApiMutation("customerCreate");
  const { contactId } = contact;
  const add = (event: FormEvent): void => {
    event.preventDefault();
    const name = normaliseInput(text).trim();
    if (name === "") return;
    const identities = contact.callerNumber === null ? [] : [{ kind: "phone" as const, value: contact.callerNumber }];
    create.mutate(
      { body: { name, note: "", language: contact.language, identities, fields: {}, projectId: contact.projectId } },
      {
        onSuccess: ({ customerId }) => tie.mutate({ params: { contactId }, body: { customerId } }),
      },
    );
  };
  return (
    <form onSubmit={add}>
      <Stack gap="sm">
        <Text>
          <Phone number={contact.callerNumber} />
        </Text>
        <Text size="sm" c="dimmed">{t`No customer has this number yet. Find the card or add one.`}</Text>
        <TextInput
          label={t`Name of the customer`}
          value={text}
          dir="auto"
          onChange={(event) => setText(event.currentTarget.value)}
          maxLength={200}
        />
        {wanted !== "" &&
          (hits.data?.items ?? []).map((hit) => (
            <div key={hit.customerId} className={styles["row"]}>
              <bdi>{hit.name}</bdi>
              <Button
                size="compact-sm"
                variant="default"
                loading={tie.isPending}
                onClick={() => tie.mutate({ params: { contactId }, body: { customerId: hit.customerId } })}
              >{t`This is the one`}</Button>
            </div>
          ))}
        <Problem failure={create.error ?? tie.error} />
        <Group justify="flex-end">
          <Button type="submit" variant="default" loading={create.isPending} disabled={text.trim() === ""}>{t`Add a customer`}</Button>
        </Group>
      </Stack>
    </form>
  );
}
