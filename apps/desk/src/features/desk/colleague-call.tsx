import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { StateBadge } from "../../ui/state-badge.tsx";
import { Elapsed } from "../../ui/values.tsx";
import bar from "./call-bar.module.css";
import { colleagueState, type CallView } from "./call-view.ts";
import styles from "./desk.module.css";
import { HangUpButton, HoldButton, MuteButton } from "./talk-buttons.tsx";
import { useCallActs } from "./use-call-acts.ts";
import { useDesk } from "./use-desk.ts";

type Colleague = Extract<CallView, { kind: "colleague" }>;

/** Who, and for how long: the bar's words of a call with a colleague. */
export function ColleagueInBar({ view }: { readonly view: Colleague }): ReactNode {
  const { t } = useLingui();
  return (
    <>
      <span className={bar["state"]}>
        <StateBadge state={colleagueState(view)}>
          <Timer view={view} />
        </StateBadge>
      </span>
      <Link to="/desk" className={bar["who"]}>
        <strong>
          <bdi>{view.call.name}</bdi>
        </strong>
        <span className={bar["about"]}>{t`A colleague`}</span>
      </Link>
      {view.call.phase === "talking" && view.call.otherAwaySince !== null && (
        <span className={bar["warn"]} role="alert">{t`Nothing comes from the colleague's phone: it is waited for.`}</span>
      )}
      <CustomersWait view={view} className={bar["warn"]} />
    </>
  );
}

/** The buttons while one calls, or speaks. */
export function ColleagueTalkActs({ view }: { readonly view: Colleague }): ReactNode {
  const { t } = useLingui();
  const acts = useCallActs(view);
  return (
    <div className={bar["acts"]}>
      {view.call.phase === "talking" && (
        <>
          <MuteButton acts={acts} muted={view.call.muted} />
          <HoldButton acts={acts} held={view.held} />
        </>
      )}
      <HangUpButton acts={acts}>{t({ message: "Hang up", context: "button" })}</HangUpButton>
    </div>
  );
}

/** In the middle of the desk, where a customer would stand. */
export function ColleagueCard({ view }: { readonly view: Colleague }): ReactNode {
  const isRinging = view.offerId !== null;
  return (
    <section className={styles["card"]} data-ringing={isRinging} data-testid="contact-card" data-kind="colleague">
      <StateBadge state={colleagueState(view)} size="md">
        <Timer view={view} />
      </StateBadge>
      <h2 className={styles["caller"]}>
        <bdi>{view.call.name}</bdi>
      </h2>
      <Text size="sm" role="status">
        <WhatGoesOn view={view} />
      </Text>
      <CustomersWait view={view} className={undefined} />
      <Text size="sm" c="dimmed">
        <Trans>Between colleagues: nothing is recorded, and no customer rings here meanwhile.</Trans>
      </Text>
    </section>
  );
}

function WhatGoesOn({ view: { call, offerId } }: { readonly view: Colleague }): ReactNode {
  const device = useDesk()?.device ?? null;
  if (offerId !== null) return <Trans>A colleague calls you.</Trans>;
  if (call.phase === "calling")
    return device === null ? (
      <Trans>The call is being placed.</Trans>
    ) : (
      <Trans>
        Pick up <bdi>{device.name}</bdi>: then it rings at the colleague's.
      </Trans>
    );
  if (call.phase === "ringing") return <Trans>It rings at the colleague's.</Trans>;
  if (call.otherAwaySince !== null) return <Trans>Nothing comes from the colleague's phone: it is waited for.</Trans>;
  if (call.heldSince !== null) return <Trans>The colleague hears music.</Trans>;
  if (call.otherHeldSince !== null) return <Trans>The colleague has put you on hold.</Trans>;
  return <Trans>You are speaking with each other.</Trans>;
}

/** Nobody rings at whoever speaks with a colleague: that customers wait is said instead. */
function CustomersWait({ view, className }: { readonly view: Colleague; readonly className: string | undefined }): ReactNode {
  const waiting = view.call.customersWaiting;
  if (waiting === 0 || view.offerId !== null) return null;
  return (
    <span className={className} role="status" data-testid="customers-wait">
      <Plural value={waiting} one="# customer waits in your queues" other="# customers wait in your queues" />
    </span>
  );
}

function Timer({ view }: { readonly view: Colleague }): ReactNode {
  return <Elapsed since={view.call.heldSince ?? view.since} />;
}
