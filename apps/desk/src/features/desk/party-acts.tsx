import { useLingui } from "@lingui/react/macro";
import { Button, SegmentedControl, VisuallyHidden } from "@mantine/core";
import { IconArrowsExchange, IconHandStop, IconParking, IconSchool, IconTransfer, IconUsersPlus } from "@tabler/icons-react";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { isolate } from "../../ui/isolate.ts";
import type { CallView, DeskContact } from "./call-view.ts";
import styles from "./call-bar.module.css";
import { HangUpButton, MuteButton } from "./talk-buttons.tsx";
import { useCallActs } from "./use-call-acts.ts";
import { useDeskAct } from "./use-desk.ts";

const TransferDialog = lazy(() => import("./transfer-dialog.tsx").then((module) => ({ default: module.TransferDialog })));
type Talking = Extract<CallView, { kind: "talking" }>;
type Mode = "listen" | "whisper" | "barge";

/** Opens the dialog that passes the call on. */
export function TransferAct({ contact }: { readonly contact: DeskContact }): ReactNode {
  const { t } = useLingui();
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button variant="default" aria-haspopup="dialog" onClick={() => setOpened(true)} leftSection={<IconTransfer size={18} aria-hidden />}>
        {t({ message: "Transfer", context: "button" })}
      </Button>
      {opened && (
        <Suspense fallback={null}>
          <TransferDialog contactId={contact.contactId} draft={contact.noteDraft} onClose={() => setOpened(false)} />
        </Suspense>
      )}
    </>
  );
}

/** Leaves the customer in a slot, from which anybody of the project can pick the call up. */
export function ParkAct({ contact }: { readonly contact: DeskContact }): ReactNode {
  const { t } = useLingui();
  const park = useDeskAct("callPark");
  return (
    <Button
      variant="default"
      title={t`The customer hears music in a numbered slot; you or a colleague can pick the call up again.`}
      loading={park.isPending}
      leftSection={<IconParking size={18} aria-hidden />}
      onClick={() => park.mutate({ params: { contactId: contact.contactId } })}
    >
      {t({ message: "Park", context: "button" })}
    </Button>
  );
}

/** With a colleague, or somebody outside, in the call: to and fro, all together, hand over. */
export function ColleagueActs({
  view,
  colleague,
  isOnly,
}: {
  readonly view: Talking;
  readonly colleague: DeskContact["parties"][number];
  /** Of several it is said by the list of them who gets the call. */
  readonly isOnly: boolean;
}): ReactNode {
  const { t } = useLingui();
  const turn = useDeskAct("callTurn");
  const join = useDeskAct("callConference");
  const complete = useDeskAct("callComplete");
  const { contact } = view;
  const params = { contactId: contact.contactId };
  const isTogether = colleague.place === "talk";
  const isOutside = colleague.personId === null;
  const toThem = isOutside
    ? t({ message: "To the number outside", context: "button" })
    : t({ message: "To the colleague", context: "button" });
  return (
    <>
      {!isTogether && (
        <>
          <Button
            variant="default"
            loading={turn.isPending}
            leftSection={<IconArrowsExchange size={18} aria-hidden />}
            onClick={() => turn.mutate({ params, body: { to: contact.aside ? "customer" : "colleague" } })}
          >
            {contact.aside ? t({ message: "To the customer", context: "button" }) : toThem}
          </Button>
          <Button
            variant="default"
            loading={join.isPending}
            leftSection={<IconUsersPlus size={18} aria-hidden />}
            onClick={() => join.mutate({ params })}
          >
            {t({ message: "All together", context: "button" })}
          </Button>
        </>
      )}
      {(isOnly || !isTogether) && (
        <Button
          loading={complete.isPending}
          leftSection={<IconTransfer size={18} aria-hidden />}
          onClick={() => complete.mutate({ params, body: { partyId: colleague.partyId, note: "" } })}
        >
          {isOutside ? t({ message: "Connect them and leave", context: "button" }) : t({ message: "Hand over", context: "button" })}
        </Button>
      )}
    </>
  );
}

/** A trainee asks their mentors into the talk, or no longer does. */
export function MentorAct({ contact }: { readonly contact: DeskContact }): ReactNode {
  const { t } = useLingui();
  const ask = useDeskAct("callMentorAsk");
  const { mentor } = contact;
  if (mentor == null || contact.parties.some(({ place }) => place === "mentor")) return null;
  const isAsked = mentor.askedAt !== null;
  const names = mentor.names
    .filter((name) => name !== "")
    .map(isolate)
    .join(", ");
  return (
    <>
      <Button
        variant={isAsked ? "light" : "default"}
        loading={ask.isPending}
        title={mentor.available ? names : t`${names}: not free now, but sees that you ask`}
        leftSection={<IconSchool size={18} aria-hidden />}
        aria-pressed={isAsked}
        onClick={() => ask.mutate({ params: { contactId: contact.contactId }, body: { asks: !isAsked } })}
      >
        {isAsked ? t({ message: "Asking for the mentor", context: "button" }) : t({ message: "Ask the mentor", context: "button" })}
      </Button>
      <VisuallyHidden role="status">{isAsked ? t`Your mentor sees that you ask.` : ""}</VisuallyHidden>
    </>
  );
}

/** In a call that is another agent's: one's own microphone, and leaving. */
export function GuestActs({ view }: { readonly view: Talking }): ReactNode {
  const { t } = useLingui();
  const acts = useCallActs(view);
  const { contact } = view;
  const mine = contact.parties.find(({ partyId }) => partyId === contact.partyId);
  return (
    <div className={styles["acts"]}>
      {contact.role === "monitor" && mine !== undefined && mine.place !== "mentor" && (
        <MonitorActs contact={contact} mode={mine.place as Mode} />
      )}
      {mine?.place === "mentor" && <span role="status">{t`Only the agent hears you.`}</span>}
      {mine?.place !== "listen" && <MuteButton acts={acts} muted={contact.muted} />}
      <HangUpButton acts={acts}>{t({ message: "Leave the call", context: "button" })}</HangUpButton>
    </div>
  );
}

function MonitorActs({ contact, mode }: { readonly contact: DeskContact; readonly mode: Mode }): ReactNode {
  const { t } = useLingui();
  const monitor = useDeskAct("callMonitor");
  const takeOver = useDeskAct("callTakeOver");
  const params = { contactId: contact.contactId };
  return (
    <>
      <SegmentedControl
        size="xs"
        aria-label={t`Who hears you`}
        value={mode}
        disabled={monitor.isPending}
        onChange={(next) => monitor.mutate({ params, body: { mode: next as Mode } })}
        data={[
          { value: "listen", label: t({ message: "Listen", context: "button" }) },
          { value: "whisper", label: t({ message: "Whisper", context: "button" }) },
          { value: "barge", label: t({ message: "Join", context: "button" }) },
        ]}
      />
      <VisuallyHidden role="status">
        {mode === "listen" ? t`Nobody hears you.` : mode === "whisper" ? t`Only the agent hears you.` : t`Agent and customer hear you.`}
      </VisuallyHidden>
      <Button
        variant="default"
        loading={takeOver.isPending}
        leftSection={<IconHandStop size={18} aria-hidden />}
        onClick={() => takeOver.mutate({ params, body: {} })}
      >
        {t({ message: "Take over", context: "button" })}
      </Button>
    </>
  );
}
