import { useEffect, useRef, useState } from "react";
import type { HeadsetCall } from "../../softphone/headset-machine.ts";
import type { HeadsetShell } from "../../softphone/headset-shell.ts";
import { usePhone } from "../../softphone/phone-store.ts";
import type { CallView } from "../desk/call-view.ts";
import { useDeskAct } from "../desk/use-desk.ts";

/** The headset's buttons in the tab that holds the phone; its code is fetched where the browser knows such devices. */
export function useHeadsetButtons(view: CallView): void {
  const holds = usePhone((state) => state.phone.lock === "held");
  const answer = useDeskAct("offerAccept").mutateAsync;
  const hangUp = useDeskAct("contactHangUp").mutateAsync;
  const mute = useDeskAct("contactMute").mutateAsync;
  const acts = useRef({ answer, hangUp, mute });
  acts.current = { answer, hangUp, mute };
  const [shell, setShell] = useState<HeadsetShell | null>(null);
  useEffect(() => {
    if (!holds || !("hid" in navigator)) return undefined;
    let started: HeadsetShell | null = null;
    let left = false;
    void import("../../softphone/headset-shell.ts").then(({ startHeadset }) => {
      if (left) return;
      started = startHeadset(() => ({
        answer: (offerId) => acts.current.answer({ params: { offerId } }),
        hangUp: (contactId) => acts.current.hangUp({ params: { contactId } }),
        mute: (contactId, muted) => acts.current.mute({ params: { contactId }, body: { muted } }),
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

function callOf(view: CallView): HeadsetCall {
  if (view.kind === "ringing") return { kind: "ringing", offerId: view.offerId };
  if (view.kind === "talking") return { kind: "talking", contactId: view.contact.contactId, muted: view.contact.muted, held: view.held };
  return { kind: "none" };
}
