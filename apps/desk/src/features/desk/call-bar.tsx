import { useLingui } from "@lingui/react/macro";
import { VisuallyHidden } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Suspense, type ReactNode } from "react";
import { useNow } from "../../ui/clock.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { Elapsed, Remaining } from "../../ui/values.tsx";
import { CallActs } from "./call-acts.tsx";
import { callView, talkState, type ContactView } from "./call-view.ts";
import { CallerName, useCallerText } from "./caller-name.tsx";
import styles from "./call-bar.module.css";
import { useDesk } from "./use-desk.ts";
import { useQueue, useQueueName } from "./use-lists.ts";
import { lazyPart } from "../../ui/lazy-part.ts";

const Watched = lazyPart(() => import("./call-parties.tsx").then((module) => module.Watched));
const PhoneLost = lazyPart(() => import("./phone-lost.tsx").then((module) => module.PhoneLost));
const ColleagueInBar = lazyPart(() => import("./colleague-call.tsx").then((module) => module.ColleagueInBar));
const LineNow = lazyPart(() => import("./line-now.tsx").then((module) => module.LineNow));

/** Who, how long, on what, and what one can do: in every room, at every width. It takes no focus. */
export function CallBar(): ReactNode {
  const { t } = useLingui();
  const callerText = useCallerText();
  const view = callView(useDesk());
  const caller =
    view.kind === "ringing" ? callerText(view.contact) : view.kind === "colleague" && view.offerId !== null ? view.call.name : null;
  const announced = caller === null ? "" : t`Incoming call: ${caller}`;
  return (
    <section className={styles["bar"]} data-kind={view.kind} data-testid="call-bar" aria-label={t`Call`}>
      <VisuallyHidden role="status" aria-live="assertive">
        {announced}
      </VisuallyHidden>
      {view.kind === "colleague" ? (
        <>
          <Suspense fallback={null}>
            <ColleagueInBar view={view} />
          </Suspense>
          <CallActs view={view} />
        </>
      ) : (
        view.kind !== "none" && <BarContent view={view} />
      )}
    </section>
  );
}

function BarContent({ view }: { readonly view: ContactView }): ReactNode {
  const { t } = useLingui();
  const queueName = useQueueName(view.contact.queueId);
  const byDevice = (useDesk()?.device ?? null) !== null;
  const state = view.kind === "talking" ? talkState(view) : view.kind;
  return (
    <>
      <span className={styles["state"]}>
        <StateBadge state={state}>
          <BarTimer view={view} />
        </StateBadge>
      </span>
      <Link to="/desk" className={styles["who"]}>
        <strong>
          <CallerName contact={view.contact} />
        </strong>
        <span className={styles["about"]}>
          <bdi>{queueName}</bdi>
          {view.contact.projectName !== "" && (
            <>
              {" "}
              · <bdi>{view.contact.projectName}</bdi>
            </>
          )}
        </span>
        {view.kind === "talking" && view.contact.role === "owner" && view.contact.parties.length > 0 && (
          <Suspense fallback={null}>
            <Watched contact={view.contact} />
          </Suspense>
        )}
      </Link>
      {view.kind === "talking" &&
        view.soundLost &&
        (byDevice ? (
          <Suspense fallback={null}>
            <PhoneLost />
          </Suspense>
        ) : (
          <span className={styles["warn"]} role="alert">{t`Your sound is away: the customer hears music. It is being brought back.`}</span>
        ))}
      {view.kind === "talking" && view.contact.line != null && (
        <Suspense fallback={null}>
          <LineNow verdict={view.contact.line} />
        </Suspense>
      )}
      {view.kind === "talking" && view.contact.role === "owner" && view.contact.heldSince !== null && (
        <HoldReminder since={view.contact.heldSince} queueId={view.contact.queueId} />
      )}
      <CallActs view={view} />
    </>
  );
}

/** A customer who hears music for so long wants a word: how long is the queue's setting, and 0 is never. */
function HoldReminder({ since, queueId }: { readonly since: number; readonly queueId: string }): ReactNode {
  const { t } = useLingui();
  const limitSeconds = useQueue(queueId)?.holdReminderSeconds ?? 0;
  if (useNow() - since < limitSeconds * 1_000 || limitSeconds === 0) return null;
  return (
    <span className={styles["warn"]} role="alert">{t`The customer has been on hold for long: say a word, or offer to call back.`}</span>
  );
}

function BarTimer({ view }: { readonly view: ContactView }): ReactNode {
  if (view.kind === "talking" && view.contact.heldSince !== null) return <Elapsed since={view.contact.heldSince} />;
  if (view.kind === "wrapUp" && view.contact.wrapUpEndsAt !== null) return <Remaining until={view.contact.wrapUpEndsAt} />;
  return <Elapsed since={view.since} />;
}
