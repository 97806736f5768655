import type { Customer, CustomerField } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button, Group, Select, Stack } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { apiKey, useApiMutation } from "../../api/queries.ts";
import { languageNames, useLanguage } from "../../i18n/language.ts";
import { ClashNotice } from "../../ui/clash-notice.tsx";
import { localized } from "../../ui/format.ts";
import { Problem } from "../../ui/problem.tsx";
import { toastDone } from "../../ui/toasts.tsx";
import { useVersionedDraft } from "../../ui/versioned-draft.ts";
import { draftOf, emptyCustomer, updateOf, writeOf, type CustomerDraft } from "./customer-draft.ts";
import { CustomerFields } from "./customer-fields.tsx";

/** Changes a card; what someone else changed meanwhile is shown and not lost. */
export function CustomerEditForm({
  customer,
  fields,
  onDone,
}: {
  readonly customer: Customer;
  readonly fields: readonly CustomerField[];
  readonly onDone: () => void;
}): ReactNode {
  const { t, i18n } = useLingui();
  const language = useLanguage((state) => state.language);
  const queries = useQueryClient();
  const save = useApiMutation("customerUpdate", ["customerGet", "customersSearch"]);
  const form = useVersionedDraft<CustomerDraft>(
    draftOf(
      customer,
      fields.map((field) => field.fieldId),
    ),
    customer.version,
  );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate(
      { params: { customerId: customer.customerId }, body: { ...updateOf(form.draft, form.changes), version: form.version } },
      {
        onSuccess: (saved) => {
          queries.setQueryData(apiKey("customerGet", { params: { customerId: saved.customerId } }), saved);
          toastDone(i18n, t`The card is saved.`);
          onDone();
        },
      },
    );
  };
  const label = (key: keyof CustomerDraft): string => {
    if (key === "name") return t`Name`;
    if (key === "note") return t`Note`;
    if (key === "language") return t`Language`;
    if (key === "identities") return t`Numbers and addresses`;
    const field = fields.find((each) => `field:${each.fieldId}` === key);
    return field === undefined ? String(key) : localized(field.names, language);
  };
  const show = (key: keyof CustomerDraft, value: CustomerDraft[keyof CustomerDraft]): ReactNode => {
    if (Array.isArray(value)) return value.map((each) => (typeof each === "string" ? each : each.value)).join(", ");
    return key === "language" ? (customerLanguage(value) ?? t`Not known`) : String(value);
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <ClashNotice form={form} label={label} show={show} />
        <CustomerFields
          draft={form.draft}
          fields={fields}
          {...(customer.withheld === undefined ? {} : { withheld: customer.withheld })}
          onChange={form.set}
        />
        <Problem failure={form.clashes.length > 0 ? null : save.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>{t`Cancel`}</Button>
          <Button type="submit" loading={save.isPending} disabled={!form.isChanged || form.clashes.length > 0}>{t`Save`}</Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Adds a card. */
export function CustomerCreateForm({
  fields,
  name,
  projectId,
  onMade,
}: {
  readonly fields: readonly CustomerField[];
  readonly name: string;
  /** Whose customer it is going to be, where that is known. */
  readonly projectId?: string;
  readonly onMade: (customer: Customer) => void;
}): ReactNode {
  const { t } = useLingui();
  const create = useApiMutation("customerCreate", ["customersSearch"]);
  const { projectChoices } = useDirectory();
  const [chosen, setChosen] = useState(projectId ?? "");
  const [draft, setDraft] = useState<CustomerDraft>(() =>
    draftOf(
      { ...emptyCustomer, name },
      fields.map((field) => field.fieldId),
    ),
  );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate({ body: { ...writeOf(draft), ...(chosen === "" ? {} : { projectId: chosen }) } }, { onSuccess: onMade });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {projectChoices.length > 0 && (
          <Select
            label={t`Project`}
            description={t`Whose customer it is. Only calls to this project's numbers find the card.`}
            data={[...projectChoices]}
            required
            allowDeselect={false}
            searchable
            nothingFoundMessage={t`Nothing found`}
            value={chosen === "" ? null : chosen}
            onChange={(value) => value !== null && setChosen(value)}
          />
        )}
        <CustomerFields draft={draft} fields={fields} onChange={(change) => setDraft({ ...draft, ...change } as CustomerDraft)} />
        <Problem failure={create.error} />
        <Group justify="flex-end">
          <Button
            type="submit"
            loading={create.isPending}
            disabled={projectChoices.length > 0 && chosen === ""}
          >{t`Add the customer`}</Button>
        </Group>
      </Stack>
    </form>
  );
}

function customerLanguage(value: unknown): string | undefined {
  return value === "en" || value === "ru" || value === "fa" ? languageNames[value] : undefined;
}
