import { useEffect, useRef, useState } from "react";
import type { HeadsetCall } from "../../softphone/headset-machine.ts";
import type { HeadsetShell } from "../../softphone/headset-shell.ts";
import { usePhone } from "../../softphone/phone-store.ts";
import type { CallView } from "../desk/call-view.ts";
import { useDeskAct } from "../desk/use-desk.ts";
import { useHangUp } from "../desk/use-hang-up.ts";

/** The headset's buttons in the tab that holds the phone; its code is fetched where the browser knows such devices. */
export function useHeadsetButtons(view: CallView): void {
  const holds = usePhone((state) => state.phone.lock === "held");
  const answer = useDeskAct("offerAccept").mutateAsync;
  const { hangUp } = useHangUp();
  const mute = useDeskAct("contactMute").mutateAsync;
  const hangUpColleague = useDeskAct("internalCallHangUp").mutateAsync;
  const muteColleague = useDeskAct("internalCallMute").mutateAsync;
  const contact = view.kind === "talking" ? view.contact : null;
  const now = { answer, hangUp, contact, mute, hangUpColleague, muteColleague };
  const acts = useRef(now);
  acts.current = now;
  const [shell, setShell] = useState<HeadsetShell | null>(null);
  useEffect(() => {
    if (!holds || !("hid" in navigator)) return undefined;
    let started: HeadsetShell | null = null;
    let left = false;
    void import("../../softphone/headset-shell.ts").then(({ startHeadset }) => {
      if (left) return;
      started = startHeadset(() => ({
        answer: (offerId) => acts.current.answer({ params: { offerId } }),
        hangUp: (id) => {
          if (isColleagues(id)) return acts.current.hangUpColleague({ params: { internalCallId: id } });
          const { contact: now } = acts.current;
          return now?.contactId === id ? acts.current.hangUp(now) : Promise.resolve();
        },
        mute: (id, muted) =>
          isColleagues(id)
            ? acts.current.muteColleague({ params: { internalCallId: id }, body: { muted } })
            : acts.current.mute({ params: { contactId: id }, body: { muted } }),
      }));
      setShell(started);
    });
    return () => {
      left = true;
      started?.stop();
      setShell(null);
    };
  }, [holds]);
  const call = callOf(view);
  const told = JSON.stringify(call);
  useEffect(() => {
    shell?.callChanged(JSON.parse(told) as HeadsetCall);
  }, [shell, told]);
}

/** To the headset a call with a colleague is one as any other. */
function isColleagues(id: string): boolean {
  return id.startsWith("int_");
}

function callOf(view: CallView): HeadsetCall {
  if (view.kind === "colleague") {
    const { internalCallId, muted } = view.call;
    if (view.offerId !== null) return { kind: "ringing", offerId: view.offerId };
    return { kind: "talking", contactId: internalCallId, muted, held: view.held };
  }
  if (view.kind === "ringing") return { kind: "ringing", offerId: view.offerId };
  if (view.kind === "talking") return { kind: "talking", contactId: view.contact.contactId, muted: view.contact.muted, held: view.held };
  return { kind: "none" };
}
