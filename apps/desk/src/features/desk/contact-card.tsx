import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Text } from "@mantine/core";
import { IconHeadset } from "@tabler/icons-react";
import type { DeskState } from "@allo/contract";
import { Link } from "@tanstack/react-router";
import { Suspense, type ReactNode } from "react";
import { EmptyState } from "../../ui/empty-state.tsx";
import { lazyPart } from "../../ui/lazy-part.ts";
import { localized } from "../../ui/format.ts";
import { StateBadge } from "../../ui/state-badge.tsx";
import { Elapsed, Phone, Remaining } from "../../ui/values.tsx";
import { callView, talkState, type ContactView, type DeskContact } from "./call-view.ts";
import { ColleaguesAct } from "./colleagues-act.tsx";
import { DialForm } from "./dial-form.tsx";
import { CallerName } from "./caller-name.tsx";
import styles from "./desk.module.css";
import { EarlierToday } from "./earlier-today.tsx";
import { NoteField } from "./note-field.tsx";
import { useDeskAct } from "./use-desk.ts";
import { useQueue, useQueueName } from "./use-lists.ts";
import { WrapUpForm } from "./wrap-up-form.tsx";
import { useMay } from "../session/session.ts";

const AbuseCard = lazyPart(() => import("./abuse-card.tsx").then((module) => module.AbuseCard));
const ColleagueCard = lazyPart(() => import("./colleague-call.tsx").then((module) => module.ColleagueCard));
const CallParties = lazyPart(() => import("./call-parties.tsx").then((module) => module.CallParties));

/** The contact of the moment: ringing, talking, wrap-up, or what to do when there is none. */
export function ContactCard({ desk }: { readonly desk: DeskState }): ReactNode {
  const view = callView(desk);
  if (view.kind === "none") return <NoContact desk={desk} />;
  if (view.kind === "colleague")
    return (
      <Suspense fallback={null}>
        <ColleagueCard view={view} />
      </Suspense>
    );
  const state = view.kind === "talking" ? talkState(view) : view.kind;
  const isOwner = view.contact.role === "owner";
  return (
    <section className={styles["card"]} data-ringing={view.kind === "ringing"} data-testid="contact-card" data-kind={view.kind}>
      <StateBadge state={state} size="md">
        <CardTimer view={view} />
      </StateBadge>
      <h2 className={styles["caller"]}>
        <CallerName contact={view.contact} />
      </h2>
      <ContactFacts contact={view.contact} />
      {view.kind === "talking" && isOwner && view.contact.abuse != null && (
        <Suspense fallback={null}>
          <AbuseCard contact={view.contact} />
        </Suspense>
      )}
      <Suspense fallback={null}>
        <CallParties contact={view.contact} />
      </Suspense>
      {view.kind !== "wrapUp" && isOwner && view.contact.direction === "in" && view.contact.handover === null && (
        <Greeting contact={view.contact} />
      )}
      {view.kind === "ringing" && view.contact.answersItself === true && (
        <Text size="sm" role="status">
          <Trans>Connects by itself after the tone in your ear: nothing to press.</Trans>
        </Text>
      )}
      {view.kind === "talking" && view.contact.dialling && (
        <Text size="sm" role="status">
          {view.contact.ringingSince === null ? <Trans>The call is being placed.</Trans> : <Trans>It rings at the customer's</Trans>}
        </Text>
      )}
      {view.kind === "talking" && isOwner && <NoteField contactId={view.contact.contactId} kept={view.contact.noteDraft} />}
      {view.kind === "wrapUp" && <WrapUp contact={view.contact} />}
      <EarlierToday contact={view.contact} />
    </section>
  );
}

function CardTimer({ view }: { readonly view: ContactView }): ReactNode {
  if (view.kind === "ringing") return <Elapsed since={view.contact.offeredAt ?? view.since} />;
  return <Elapsed since={view.kind === "talking" ? (view.contact.heldSince ?? view.since) : view.since} />;
}

function ContactFacts({ contact }: { readonly contact: DeskContact }): ReactNode {
  const queueName = useQueueName(contact.queueId);
  return (
    <div className={styles["facts"]}>
      {contact.customer !== null && <Phone number={contact.callerNumber} />}
      <span>
        <Trans>Queue</Trans>: <bdi>{queueName}</bdi>
      </span>
      {contact.projectName !== "" && (
        <span>
          <Trans>Project</Trans>: <bdi>{contact.projectName}</bdi>
        </span>
      )}
      {contact.dialling ? null : contact.connectedAt === null ? (
        <span data-testid="waited">
          <Trans>Waited</Trans>: <Elapsed since={contact.queuedAt} />
        </span>
      ) : (
        contact.endedAt === null && (
          <span>
            <Trans>Talking for</Trans> <Elapsed since={contact.connectedAt} />
          </span>
        )
      )}
    </div>
  );
}

function Greeting({ contact }: { readonly contact: DeskContact }): ReactNode {
  const { t } = useLingui();
  const queue = useQueue(contact.queueId);
  // Callers are greeted in the language of the number they dialled, whatever the screen's is.
  const words = queue === undefined ? "" : localized(queue.greetingWords, contact.language);
  if (words === "" || words === "—") return null;
  return (
    <p
      className={styles["greeting"]}
      lang={contact.language}
      dir={contact.language === "fa" ? "rtl" : "ltr"}
      aria-label={t`Words to greet with`}
      style={{ margin: 0 }}
    >
      {words}
    </p>
  );
}

function WrapUp({ contact }: { readonly contact: DeskContact }): ReactNode {
  const extend = useDeskAct("wrapUpExtend");
  return (
    <>
      {contact.wrapUpEndsAt !== null && (
        <Text size="sm" data-testid="wrap-up-left">
          <Trans>
            Left: <Remaining until={contact.wrapUpEndsAt} />. Then the call waits in your list as not coded.
          </Trans>
        </Text>
      )}
      <WrapUpForm
        key={contact.contactId}
        contactId={contact.contactId}
        kept={contact.noteDraft}
        codeOwed={contact.codeOwed}
        {...(contact.wrapUpExtended
          ? {}
          : { onExtend: { run: () => extend.mutate({ params: { contactId: contact.contactId } }), pending: extend.isPending } })}
      />
    </>
  );
}

function NoContact({ desk }: { readonly desk: DeskState }): ReactNode {
  const { t } = useLingui();
  const ready = desk.state === "ready";
  const may = useMay();
  return (
    <section className={styles["card"]} data-testid="contact-card" data-kind="none">
      <EmptyState
        icon={IconHeadset}
        title={ready ? t`You are on the line` : t`No call now`}
        example={t`The customer, the queue and the words to greet with will stand here while it rings.`}
        action={
          <Anchor component={Link} to="/test-call" size="sm">
            {t`Place a test call`}
          </Anchor>
        }
      >
        {ready ? t`The next call of your queues comes to you.` : t`Go ready to get calls of your queues.`}
      </EmptyState>
      <DialForm desk={desk} />
      {may("internalCalls.place") && <ColleaguesAct desk={desk} />}
    </section>
  );
}
