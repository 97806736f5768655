import type { DeskContact, DeskState } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Stack, Text, Title } from "@mantine/core";
import { Suspense, useEffect, type ReactNode } from "react";
import { useApi } from "../../api/queries.ts";
import { useLanguage } from "../../i18n/language.ts";
import { FieldValue } from "../../ui/field-value.tsx";
import { localized } from "../../ui/format.ts";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { DateTime, Phone } from "../../ui/values.tsx";
import { lazyPart } from "../../ui/lazy-part.ts";
import styles from "./desk.module.css";
import { outcomeWords } from "./outcome-words.ts";
import { UnknownCaller } from "./unknown-caller.tsx";

const VerifyAct = lazyPart(() => import("./verify-act.tsx").then((module) => module.VerifyAct));

/** Who is on the line: the card, or the way to find or make one. */
export function CustomerPanel({ contact }: { readonly contact: DeskState["contact"] }): ReactNode {
  const { t } = useLingui();
  return (
    <section className={styles["card"]} data-testid="customer-panel" aria-label={t`Customer`}>
      <Title order={2} size="h3">{t`Customer`}</Title>
      {contact === null && <Text size="sm" c="dimmed">{t`The customer's card stands here during a call.`}</Text>}
      {contact?.isTest === true && (
        <Text size="sm" c="dimmed">{t`This is a test call: nobody's card belongs to it, and no figure counts it.`}</Text>
      )}
      {contact !== null && contact.customer === null && contact.isTest !== true && (
        <UnknownCaller key={contact.contactId} contact={contact} />
      )}
      {contact !== null && contact.customer !== null && <CustomerCard customerId={contact.customer.customerId} contact={contact} />}
    </section>
  );
}

function CustomerCard({ customerId, contact }: { readonly customerId: string; readonly contact: DeskContact }): ReactNode {
  const { t } = useLingui();
  const language = useLanguage((state) => state.language);
  const customer = useApi("customerGet", { params: { customerId } });
  const fields = useApi("customerFieldsList", {}).data?.items ?? [];
  const { refetch } = customer;
  const level = contact.verification?.level ?? 0;
  // What is kept of the card may come from before the caller was verified, here or by another agent; what is being read anyway is enough.
  useEffect(() => void refetch({ cancelRefetch: false }), [level, refetch]);
  if (customer.isPending) return <SkeletonRows rows={4} />;
  if (customer.data === undefined) return <Problem failure={customer.error} onRetry={customer.refetch} />;
  const withheld = new Set(customer.data.withheld);
  const filled = fields.filter(
    ({ fieldId, retired }) => (withheld.has(fieldId) && !retired) || (customer.data.fields[fieldId] ?? "") !== "",
  );
  const isProtected = fields.some(({ verifyLevel, retired }) => verifyLevel > 0 && !retired);
  return (
    <Stack gap="sm">
      <Text fw={600} size="lg">
        <bdi>{customer.data.name}</bdi>
      </Text>
      {customer.data.identities.map((identity) => (
        <Text key={`${identity.kind}${identity.value}`} size="sm">
          {identity.kind === "phone" ? <Phone number={identity.value} /> : <bdi dir="ltr">{identity.value}</bdi>}
        </Text>
      ))}
      {isProtected && contact.verification != null && (
        <Suspense fallback={null}>
          <VerifyAct contact={contact} />
        </Suspense>
      )}
      {filled.map((field) => (
        <div key={field.fieldId} className={styles["row"]}>
          <Text size="sm" c="dimmed" component="span">
            <bdi>{localized(field.names, language)}</bdi>
          </Text>
          <FieldValue type={field.type} text={withheld.has(field.fieldId) ? null : (customer.data.fields[field.fieldId] ?? "")} />
        </div>
      ))}
      {customer.data.note !== "" && (
        <Text size="sm" dir="auto" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
          {customer.data.note}
        </Text>
      )}
      <Title order={3} size="h4">{t`Earlier calls`}</Title>
      <CustomerHistory customerId={customerId} contactId={contact.contactId} />
    </Stack>
  );
}

const HISTORY_ROWS = 8;

/** What was before this contact. */
function CustomerHistory({ customerId, contactId }: { readonly customerId: string; readonly contactId: string }): ReactNode {
  const { t, i18n } = useLingui();
  const history = useApi("contactsList", { query: { customerId, limit: HISTORY_ROWS + 1 } });
  if (history.isPending) return <SkeletonRows rows={3} />;
  const items = (history.data?.items ?? []).filter((earlier) => earlier.contactId !== contactId).slice(0, HISTORY_ROWS);
  if (items.length === 0) return <Text size="sm" c="dimmed">{t`This is the first call.`}</Text>;
  return items.map((earlier) => (
    <div key={earlier.contactId} className={styles["row"]}>
      <DateTime at={earlier.startedAt} />
      <span>{earlier.outcome === null ? t`still open` : i18n._(outcomeWords[earlier.outcome])}</span>
    </div>
  ));
}
