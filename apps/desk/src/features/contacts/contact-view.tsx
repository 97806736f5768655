import type { ContactPage } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button, Stack, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useApi } from "../../api/queries.ts";
import { useChangeOf } from "../../live/use-work-changes.ts";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { CheckRecording } from "../recording-gaps/check-recording.tsx";
import { CallSignalling } from "../traces/call-signalling.tsx";
import { WrapUpForm } from "../desk/wrap-up-form.tsx";
import { useMay, useMe } from "../session/session.ts";
import { ContactFacts } from "./contact-facts.tsx";
import { ContactLines } from "./contact-lines.tsx";
import { ContactNotes } from "./contact-notes.tsx";
import { ContactTimeline } from "./contact-timeline.tsx";
import styles from "./contacts.module.css";
import { RecordingPlayer } from "./recording-player.tsx";
import { TieCustomer } from "./tie-customer.tsx";

/** Everything about one call: facts, recording, notes, its log in words. */
export function ContactView({ contactId, withLink = false }: { readonly contactId: string; readonly withLink?: boolean }): ReactNode {
  const { t } = useLingui();
  const may = useMay();
  const page = useApi("contactGet", { params: { contactId } });
  const { refetch } = page;
  useChangeOf("contact", contactId, () => void refetch());
  if (page.data === undefined) return page.error === null ? <SkeletonRows rows={8} /> : <Problem failure={page.error} onRetry={refetch} />;
  return (
    <Stack gap="lg" data-testid="contact-view">
      <ContactFacts contact={page.data.contact} timeline={page.data.timeline} />
      {withLink && <Link to="/contacts/$contactId" params={{ contactId }}>{t`Open as a page`}</Link>}
      <Recordings page={page.data} />
      <ToDo page={page.data} onDone={() => void refetch()} />
      <ContactLines timeline={page.data.timeline} />
      <ContactNotes contactId={contactId} notes={page.data.notes} />
      <section>
        <Title order={3}>{t`What happened`}</Title>
        <ContactTimeline timeline={page.data.timeline} />
      </section>
      {may("traces.read") && page.data.contact.channel === "voice" && <CallSignalling contactId={contactId} />}
    </Stack>
  );
}

function Recordings({ page }: { readonly page: ContactPage }): ReactNode {
  const { t } = useLingui();
  const may = useMay();
  const me = useMe();
  const mayHear = may("recordings.play") || (may("contacts.readOwn") && page.contact.agentId === me.personId);
  if (page.recordings.length === 0 || !mayHear) return null;
  return (
    <section>
      <Title order={3}>{t`Recording`}</Title>
      {page.recordings.map((recording) => (
        <div key={recording.recordingId}>
          <RecordingPlayer recordingId={recording.recordingId} state={recording.state} />
          {may("recordings.play") && <CheckRecording recordingId={recording.recordingId} />}
        </div>
      ))}
    </section>
  );
}

/** What this call still wants: a result, a customer. */
function ToDo({ page, onDone }: { readonly page: ContactPage; readonly onDone: () => void }): ReactNode {
  const { t } = useLingui();
  const me = useMe();
  const may = useMay();
  const [tying, setTying] = useState(false);
  const { contact } = page;
  const mayCode = contact.notCoded && contact.agentId === me.personId && may("desk.work");
  return (
    <>
      {mayCode && (
        <section className={styles["box"]}>
          <Title order={3} mb="sm">{t`This call waits for its result`}</Title>
          <WrapUpForm contactId={contact.contactId} kept="" onDone={onDone} />
        </section>
      )}
      {may("customers.write") && (contact.customerId === null || tying) && (
        <TieCustomer
          contact={contact}
          onDone={() => {
            setTying(false);
            onDone();
          }}
        />
      )}
      {may("customers.write") && contact.customerId !== null && !tying && (
        <div>
          <Button variant="subtle" size="compact-sm" onClick={() => setTying(true)}>{t`Another customer`}</Button>
        </div>
      )}
    </>
  );
}
