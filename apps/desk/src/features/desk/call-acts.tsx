import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { IconPencil, IconPhone, IconPhoneOff } from "@tabler/icons-react";
import { Suspense, useEffect, type ReactNode } from "react";
import { lazyPart } from "../../ui/lazy-part.ts";
import { chordText } from "../../keyboard/keys.ts";
import { useKeyBindings } from "../../keyboard/use-keys.ts";
import { colleagueOf, companionsOf, hangUpEnds, type CallView } from "./call-view.ts";
import styles from "./call-bar.module.css";
import { RecordingAct } from "./recording-act.tsx";
import { HangUpButton, HoldButton, MuteButton } from "./talk-buttons.tsx";
import { useCallActs } from "./use-call-acts.ts";
import { useDesk } from "./use-desk.ts";

// Only in a call, and most of it only with a colleague in it: nothing that the desk's first load should carry.
const partyActs = () => import("./party-acts.tsx");
const ColleagueActs = lazyPart(() => partyActs().then((module) => module.ColleagueActs));
const GuestActs = lazyPart(() => partyActs().then((module) => module.GuestActs));
const MentorAct = lazyPart(() => partyActs().then((module) => module.MentorAct));
const ParkAct = lazyPart(() => partyActs().then((module) => module.ParkAct));
const TransferAct = lazyPart(() => partyActs().then((module) => module.TransferAct));
const ColleagueTalkActs = lazyPart(() => import("./colleague-call.tsx").then((module) => module.ColleagueTalkActs));
const KeypadAct = lazyPart(() => import("./keypad-act.tsx").then((module) => module.KeypadAct));
const MaskKeysAct = lazyPart(() => import("./mask-keys-act.tsx").then((module) => module.MaskKeysAct));
const HelpAct = lazyPart(() => import("./help-act.tsx").then((module) => module.HelpAct));
const NoSound = lazyPart(() => import("../workplace/no-sound.tsx").then((module) => module.NoSound));

/** While it rings: a button that comes late would move the others under the hand. */
function useTalkActsAhead(): void {
  useEffect(() => {
    for (const part of [TransferAct, ParkAct, HelpAct, KeypadAct, MaskKeysAct, NoSound]) void part.ahead();
  }, []);
}

/** The buttons of the moment; the same acts stand on keys. */
export function CallActs({ view }: { readonly view: CallView }): ReactNode {
  switch (view.kind) {
    case "none":
      return null;
    case "ringing":
      return <RingingActs view={view} />;
    case "talking":
      return <TalkingActs view={view} />;
    case "wrapUp":
      return <WrapUpAct />;
    case "colleague":
      return <ColleagueCallActs view={view} />;
    default:
      return view satisfies never;
  }
}

function ColleagueCallActs({ view }: { readonly view: Extract<CallView, { kind: "colleague" }> }): ReactNode {
  if (view.offerId !== null) return <RingingActs view={view} />;
  return (
    <Suspense fallback={null}>
      <ColleagueTalkActs view={view} />
    </Suspense>
  );
}

function RingingActs({ view }: { readonly view: CallView }): ReactNode {
  const { t } = useLingui();
  const acts = useCallActs(view);
  const keys = useKeyBindings();
  const device = useDesk()?.device ?? null;
  useTalkActsAhead();
  return (
    <div className={styles["acts"]}>
      {device?.autoAnswer === false ? (
        <PickUp name={device.name} />
      ) : (
        <Button
          onClick={acts.answer}
          loading={acts.pending === "answer"}
          disabled={acts.pending === "decline"}
          leftSection={<IconPhone size={18} aria-hidden />}
          title={chordText(keys.answer)}
          aria-keyshortcuts={keys.answer}
        >
          {t({ message: "Answer", context: "button" })}
        </Button>
      )}
      <Button
        variant="default"
        onClick={acts.decline}
        loading={acts.pending === "decline"}
        disabled={acts.pending === "answer"}
        leftSection={<IconPhoneOff size={18} aria-hidden />}
        title={chordText(keys.decline)}
        aria-keyshortcuts={keys.decline}
      >
        {t({ message: "Decline", context: "button" })}
      </Button>
    </div>
  );
}

/** A phone that can't be answered from here. */
function PickUp({ name }: { readonly name: string }): ReactNode {
  return (
    <span className={styles["pickUp"]} data-testid="pick-up">
      <IconPhone size={18} aria-hidden />
      <span>
        <Trans>
          Pick up <bdi>{name}</bdi>
        </Trans>
      </span>
    </span>
  );
}

function TalkingActs({ view }: { readonly view: Extract<CallView, { kind: "talking" }> }): ReactNode {
  const { t } = useLingui();
  const acts = useCallActs(view);
  const { muted, parties, role } = view.contact;
  if (role !== "owner")
    return (
      <Suspense fallback={null}>
        <GuestActs view={view} />
      </Suspense>
    );
  if (view.contact.dialling) return <DiallingActs view={view} />;
  const colleague = colleagueOf(view.contact);
  const isIn = colleague?.state === "joined";
  const isTogether = isIn && colleague.place === "talk";
  const ends = hangUpEnds(view.contact);
  const isApart = isIn && colleague.place === "aside";
  const isOutside = isIn && colleague.personId === null;
  return (
    <div className={styles["acts"]}>
      <MuteButton acts={acts} muted={muted} />
      {!isApart && <HoldButton acts={acts} held={view.held} />}
      <Suspense fallback={null}>
        {isIn && <ColleagueActs view={view} colleague={colleague} isOnly={companionsOf(view.contact).length === 1} />}
        {(colleague === undefined || isTogether) && view.contact.isTest !== true && <TransferAct contact={view.contact} />}
        {colleague === undefined && view.contact.isTest !== true && <ParkAct contact={view.contact} />}
        {view.contact.isTest !== true && <HelpAct contact={view.contact} />}
        {view.contact.mentor != null && view.contact.isTest !== true && <MentorAct contact={view.contact} />}
      </Suspense>
      {(!isApart || isOutside) && (
        <Suspense fallback={null}>
          <KeypadAct contact={view.contact} isHeld={view.held && !(isApart && view.contact.aside)} />
          <MaskKeysAct contact={view.contact} />
        </Suspense>
      )}
      <RecordingAct contact={view.contact} />
      {parties.length === 0 && (
        <Suspense fallback={null}>
          <NoSound contactId={view.contact.contactId} reported={!view.contact.codeOwed} />
        </Suspense>
      )}
      <HangUpButton acts={acts}>
        {ends === "all"
          ? t({ message: "Hang up for all", context: "button" })
          : ends === "ring"
            ? t({ message: "Stop ringing", context: "button" })
            : ends === "aside"
              ? t({ message: "End the consultation", context: "button" })
              : t({ message: "Hang up", context: "button" })}
      </HangUpButton>
    </div>
  );
}

/** Nobody has answered yet: it can be given up. */
function DiallingActs({ view }: { readonly view: Extract<CallView, { kind: "talking" }> }): ReactNode {
  const { t } = useLingui();
  const acts = useCallActs(view);
  useTalkActsAhead();
  return (
    <div className={styles["acts"]}>
      <HangUpButton acts={acts}>{t({ message: "Hang up", context: "button" })}</HangUpButton>
    </div>
  );
}

function WrapUpAct(): ReactNode {
  const { t } = useLingui();
  const navigate = useNavigate();
  const atDesk = useLocation({ select: (location) => location.pathname === "/desk" });
  // At the desk the form itself is in sight.
  if (atDesk) return null;
  return (
    <div className={styles["acts"]}>
      <Button
        variant="default"
        leftSection={<IconPencil size={18} aria-hidden />}
        onClick={() => void navigate({ to: "/desk" })}
      >{t`Note and result`}</Button>
    </div>
  );
}
