import { useLingui } from "@lingui/react/macro";
import { useEffect } from "react";
import { useNow } from "../../ui/clock.tsx";
import { ringsApart, useAudioChoice } from "../../softphone/audio-devices.ts";
import { announceCall, useNaming } from "../../softphone/call-notification.ts";
import { phoneView } from "../../softphone/phone-machine.ts";
import { usePhone } from "../../softphone/phone-store.ts";
import { useCallerText } from "./caller-name.tsx";
import type { CallView } from "./call-view.ts";
import { ring } from "./ringer.ts";
import { useQueueName } from "./use-lists.ts";

const FLASH_MS = 1_000;

/** A ringing contact is heard, stands in the tab's title, and in a notification where those are allowed. */
export function useRinging(view: CallView, byDevice: boolean): void {
  const { t } = useLingui();
  const callerText = useCallerText();
  const isColleague = view.kind === "colleague";
  const offerId = view.kind === "ringing" || isColleague ? view.offerId : null;
  const caller = view.kind === "ringing" ? callerText(view.contact) : isColleague ? view.call.name : "";
  const queue = useQueueName(view.kind === "ringing" ? view.contact.queueId : null);
  const queueName = isColleague ? t`A colleague` : queue;
  const title = t`Incoming call: ${caller}`;

  // A desk phone rings by itself. Only the tab that holds the phone rings aloud. The server's ring is heard on the standing call: this one is for when there is none.
  const elsewhere = usePhone((state) => phoneView(state.phone) === "elsewhere");
  const heard = usePhone((state) => state.phone.standing.kind === "up" && !state.soundBlocked);
  // A ringer of its own rings in any case: the headset lies on the desk.
  const apart = useAudioChoice(ringsApart);
  const ringer = useAudioChoice((choice) => choice.ringer);
  const loud = offerId !== null && !byDevice && !elsewhere && (apart || !heard);
  useEffect(() => (loud ? ring(ringer) : undefined), [loud, offerId, ringer]);

  const now = useNow();
  useEffect(() => {
    document.title = offerId !== null && Math.floor(now / FLASH_MS) % 2 === 0 ? title : "Allo";
  }, [offerId, title, now]);

  // Others may see this screen: who calls is said there only where its person lets it.
  const named = useNaming((state) => state.named);
  const anonymous = t`Incoming call`;
  useEffect(() => {
    if (offerId === null || elsewhere || !document.hidden) return undefined;
    return announceCall({ offerId, title: named ? title : anonymous, body: queueName });
    // The name of the queue may come a moment later: not worth a second notification.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [offerId, elsewhere]);
}
