import { useIsMutating } from "@tanstack/react-query";
import type { CallView } from "./call-view.ts";
import { useDeskAct } from "./use-desk.ts";
import { useHangUp } from "./use-hang-up.ts";

export type CallActs = {
  readonly answer: () => void;
  readonly decline: () => void;
  readonly mute: () => void;
  readonly hold: () => void;
  readonly hangUp: () => void;
  readonly askLead: () => void;
  readonly pending: "answer" | "decline" | "hold" | "hangUp" | null;
};

/** What is done with a colleague on the line; null where there is none. */
function useColleagueActs(view: CallView): Omit<CallActs, "answer" | "decline"> | null {
  const mute = useDeskAct("internalCallMute");
  const hold = useDeskAct("internalCallHold");
  const hangUp = useDeskAct("internalCallHangUp");
  if (view.kind !== "colleague") return null;
  const { internalCallId, muted, phase } = view.call;
  const params = { internalCallId };
  const speaks = phase === "talking";
  return {
    pending: hold.isPending ? "hold" : hangUp.isPending ? "hangUp" : null,
    mute: () => speaks && mute.mutate({ params, body: { muted: !muted } }),
    hold: () => speaks && !hold.isPending && hold.mutate({ params, body: { held: !view.held } }),
    hangUp: () => !hangUp.isPending && hangUp.mutate({ params }),
    askLead: () => undefined,
  };
}

/** The call's acts; each does nothing where it has no sense, so that keys and buttons share them. */
export function useCallActs(view: CallView): CallActs {
  const accept = useDeskAct("offerAccept");
  const decline = useDeskAct("offerDecline");
  const mute = useDeskAct("contactMute");
  const hold = useDeskAct("contactHold");
  const resume = useDeskAct("contactResume");
  const { hangUp, isPending: isHangingUp } = useHangUp();
  const help = useDeskAct("callHelp");
  // Pressed by key or by another button: the same act is under way all over the page.
  const accepting = useIsMutating({ mutationKey: ["offerAccept"] }) > 0;
  const colleague = useColleagueActs(view);
  const offerId = view.kind === "ringing" || view.kind === "colleague" ? view.offerId : null;
  const offer = offerId === null ? null : { params: { offerId } };
  const talk = view.kind === "talking" ? { params: { contactId: view.contact.contactId } } : null;
  const pending = accepting
    ? "answer"
    : decline.isPending
      ? "decline"
      : hold.isPending || resume.isPending
        ? "hold"
        : isHangingUp
          ? "hangUp"
          : null;
  if (colleague !== null)
    return {
      ...colleague,
      pending: pending ?? colleague.pending,
      answer: () => offer !== null && !accepting && accept.mutate(offer),
      decline: () => offer !== null && decline.mutate(offer),
    };
  return {
    pending,
    answer: () => offer !== null && !accepting && accept.mutate(offer),
    decline: () => offer !== null && decline.mutate(offer),
    mute: () => talk !== null && view.kind === "talking" && mute.mutate({ ...talk, body: { muted: !view.contact.muted } }),
    hold: () => {
      if (talk === null || view.kind !== "talking" || hold.isPending || resume.isPending) return;
      if (view.held) resume.mutate(talk);
      else hold.mutate(talk);
    },
    hangUp: () => {
      // A refusal is said where it comes from.
      if (view.kind === "talking" && !isHangingUp) hangUp(view.contact).catch(() => undefined);
    },
    askLead: () => {
      if (talk === null || view.kind !== "talking" || view.contact.help == null || help.isPending) return;
      help.mutate({ ...talk, body: { asks: view.contact.help.askedAt === null } });
    },
  };
}
