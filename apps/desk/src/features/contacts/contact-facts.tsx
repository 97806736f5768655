import type { ContactRow, TimelineEntry } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { isLanguage, languageNames } from "../../i18n/language.ts";
import { useFormat } from "../../ui/use-format.ts";
import { DateTime, Duration, Phone } from "../../ui/values.tsx";
import { useMay } from "../session/session.ts";
import { markWords } from "./contact-marks.tsx";
import { causeWords } from "./cause-words.ts";
import styles from "./contacts.module.css";
import { OutcomeWord } from "./outcome-word.tsx";
import { stretchesOf } from "./timeline-words.ts";

/** The head of a call: who, when, where, how it ended, and its times. */
export function ContactFacts({
  contact,
  timeline,
}: {
  readonly contact: ContactRow;
  readonly timeline: readonly TimelineEntry[];
}): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const { queueName, numberName, codeName } = useDirectory();
  const holds = stretchesOf(timeline).filter((stretch) => stretch.kind === "hold").length;
  return (
    <section>
      <Title order={2}>
        <Who contact={contact} />
      </Title>
      <dl className={styles["facts"]}>
        <Fact label={t`Started`}>
          <DateTime at={contact.startedAt} />
        </Fact>
        <Fact label={t`Outcome`}>
          <OutcomeWord row={contact} />
        </Fact>
        {contact.marks !== undefined && contact.marks.length > 0 && (
          <Fact label={t({ message: "Noticed", context: "filter, marks of calls" })}>
            {contact.marks.map((mark) => i18n._(markWords[mark])).join("; ")}
          </Fact>
        )}
        {contact.cause !== null && <Fact label={t`How it ended`}>{i18n._(causeWords(contact.cause))}</Fact>}
        {contact.queueId !== null && (
          <Fact label={t`Queue`}>
            <bdi>{queueName(contact.queueId)}</bdi>
          </Fact>
        )}
        <Fact label={t`Number called`}>
          <bdi>{numberName(contact.numberId)}</bdi>
        </Fact>
        <Fact label={t`Language`}>{isLanguage(contact.language) ? languageNames[contact.language] : contact.language}</Fact>
        {contact.agentName !== null && (
          <Fact label={t`Agent`}>
            <bdi>{contact.agentName}</bdi>
          </Fact>
        )}
        {contact.wrapUpCodeId !== null && (
          <Fact label={t`Result`}>
            <bdi>{codeName(contact.wrapUpCodeId)}</bdi>
          </Fact>
        )}
        <Fact label={t({ message: "Wait", context: "column" })}>
          <Duration ms={contact.waitMs} why={t`It didn't wait in a queue`} />
        </Fact>
        <Fact label={t({ message: "Talk", context: "column" })}>
          <Duration ms={contact.talkMs} why={t`Nobody has talked`} />
        </Fact>
        <Fact label={t({ message: "Hold", context: "column" })}>
          <Duration ms={contact.holdMs} why={t`It wasn't on hold`} />
          {holds > 1 && ` (${format.number(holds)}×)`}
        </Fact>
        <Fact label={t({ message: "Wrap-up", context: "column" })}>
          <Duration ms={contact.wrapUpMs} why={t`There was no wrap-up`} />
        </Fact>
      </dl>
    </section>
  );
}

function Who({ contact }: { readonly contact: ContactRow }): ReactNode {
  const may = useMay();
  const { t } = useLingui();
  if (contact.isTest === true) return t`Test call`;
  if (contact.customerName === null || contact.customerId === null) return <Phone number={contact.callerNumber} />;
  const name = <bdi>{contact.customerName}</bdi>;
  return (
    <>
      {may("customers.read") ? (
        <Link to="/customers" search={{ customer: contact.customerId }}>
          {name}
        </Link>
      ) : (
        name
      )}
      {contact.callerNumber !== null && (
        <span className={styles["number"]}>
          <Phone number={contact.callerNumber} />
        </span>
      )}
    </>
  );
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }): ReactNode {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
