import type { Customer, CustomerField } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { useApi, usePagedApi } from "../../api/queries.ts";
import { languageNames, useLanguage } from "../../i18n/language.ts";
import { useChangeOf } from "../../live/use-work-changes.ts";
import { FieldValue } from "../../ui/field-value.tsx";
import { localized } from "../../ui/format.ts";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { DateTime, Duration } from "../../ui/values.tsx";
import { OutcomeWord } from "../contacts/outcome-word.tsx";
import { CallNumber } from "../desk/call-number.tsx";
import { useMay } from "../session/session.ts";
import { CustomerEditForm } from "./customer-form.tsx";
import styles from "./customers.module.css";
import { Identities } from "./identities.tsx";

/** Everything about one customer: identities, own fields, note, calls. */
export function CustomerCard({ customerId }: { readonly customerId: string }): ReactNode {
  const { t } = useLingui();
  const may = useMay();
  const customer = useApi("customerGet", { params: { customerId } });
  const fields = useApi("customerFieldsList", {});
  const [editing, setEditing] = useState(false);
  const { refetch } = customer;
  useChangeOf("customer", customerId, () => void refetch());
  if (customer.data === undefined || fields.data === undefined) {
    const failure = customer.error ?? fields.error;
    return failure === null ? (
      <SkeletonRows rows={6} />
    ) : (
      <Problem failure={failure} onRetry={() => [customer, fields].forEach((each) => each.error !== null && void each.refetch())} />
    );
  }
  if (editing) return <CustomerEditForm customer={customer.data} fields={fields.data.items} onDone={() => setEditing(false)} />;
  return (
    <Stack gap="lg" data-testid="customer-card">
      <Group justify="space-between" wrap="nowrap" align="start">
        <Title order={2}>
          <bdi>{customer.data.name}</bdi>
        </Title>
        {may("customers.write") && (
          <Button variant="default" size="compact-md" leftSection={<IconPencil size={16} aria-hidden />} onClick={() => setEditing(true)}>
            {t({ message: "Change", context: "button" })}
          </Button>
        )}
      </Group>
      <CardFacts customer={customer.data} fields={fields.data.items} />
      {customer.data.note !== "" && (
        <Text dir="auto" className={styles["note"]}>
          {customer.data.note}
        </Text>
      )}
      <section>
        <Title order={3}>{t`Calls`}</Title>
        <CustomerHistory customerId={customerId} />
      </section>
    </Stack>
  );
}

function CardFacts({ customer, fields }: { readonly customer: Customer; readonly fields: readonly CustomerField[] }): ReactNode {
  const { t } = useLingui();
  const language = useLanguage((state) => state.language);
  const { projectChoices, projectName } = useDirectory();
  const withheld = new Set(customer.withheld);
  const filled = fields.filter(({ fieldId, retired }) => (withheld.has(fieldId) && !retired) || (customer.fields[fieldId] ?? "") !== "");
  return (
    <dl className={styles["facts"]}>
      {projectChoices.length > 0 && (
        <div>
          <dt>{t`Project`}</dt>
          <dd>
            <bdi>{projectName(customer.projectId)}</bdi>
          </dd>
        </div>
      )}
      {customer.identities.length > 0 && (
        <div>
          <dt>{t`Numbers and addresses`}</dt>
          <dd>
            <Identities identities={customer.identities} />
            <Group gap="xs" mt={4}>
              {customer.identities.map(
                (each) => each.kind === "phone" && <CallNumber key={each.value} number={each.value} projectId={customer.projectId} />,
              )}
            </Group>
          </dd>
        </div>
      )}
      {customer.language !== null && (
        <div>
          <dt>{t`Language`}</dt>
          <dd>{languageNames[customer.language]}</dd>
        </div>
      )}
      {filled.map((field) => (
        <div key={field.fieldId}>
          <dt>
            <bdi>{localized(field.names, language)}</bdi>
          </dt>
          <dd>
            <FieldValue type={field.type} text={withheld.has(field.fieldId) ? null : (customer.fields[field.fieldId] ?? "")} />
          </dd>
        </div>
      ))}
      <div>
        <dt>{t`Added`}</dt>
        <dd>
          <DateTime at={customer.createdAt} show="date" />
        </dd>
      </div>
    </dl>
  );
}

function CustomerHistory({ customerId }: { readonly customerId: string }): ReactNode {
  const { t } = useLingui();
  const { queueName } = useDirectory();
  const history = usePagedApi("contactsList", { query: { customerId, limit: 20 } });
  if (history.loading) return <SkeletonRows rows={3} />;
  if (history.failure !== null) return <Problem failure={history.failure} onRetry={history.refetch} />;
  if (history.rows.length === 0) return <Text size="sm" c="dimmed">{t`No calls with this customer yet.`}</Text>;
  return (
    <>
      {history.rows.map((row) => (
        <Link key={row.contactId} to="/contacts/$contactId" params={{ contactId: row.contactId }} className={styles["row"]}>
          <DateTime at={row.startedAt} />
          <span>
            <bdi>{queueName(row.queueId)}</bdi>
          </span>
          <span>
            <OutcomeWord row={row} />
          </span>
          <Duration ms={row.talkMs} why={t`Nobody has talked`} />
        </Link>
      ))}
      {history.onMore !== undefined && (
        <Button mt="sm" variant="subtle" size="compact-sm" loading={history.loadingMore} onClick={history.onMore}>{t`Earlier ones`}</Button>
      )}
    </>
  );
}
