import { useLingui } from "@lingui/react/macro";
import { Button, Group } from "@mantine/core";
import { IconVolume } from "@tabler/icons-react";
import { useEffect, type ReactNode } from "react";
import { useKeys } from "../../keyboard/use-keys.ts";
import { useNow } from "../../ui/clock.tsx";
import { microphonePermission } from "../../softphone/microphone.ts";
import { phoneView } from "../../softphone/phone-machine.ts";
import { endPhone, reportUnproven, setVoice, startPhone, unblockSound, usePhone, wasWorking } from "../../softphone/phone-store.ts";
import { useMe } from "../session/session.ts";
import { useHeadsetButtons } from "../workplace/use-headset.ts";
import { WorkplaceKeeper } from "../workplace/workplace-keeper.tsx";
import { callView, voiceOpen } from "./call-view.ts";
import { leaveNote } from "./note-store.ts";
import { readyRingerOnPress } from "./ringer.ts";
import styles from "./desk.module.css";
import { useCallActs } from "./use-call-acts.ts";
import { useDesk } from "./use-desk.ts";
import { useGoReady } from "./use-go-ready.tsx";
import { useRinging } from "./use-ringing.ts";

/** What goes on in every room while one works: the phone, its keys, the ringing. */
export function DeskKeeper(): ReactNode {
  const { t } = useLingui();
  const { personId } = useMe();
  const desk = useDesk();
  const view = callView(desk);
  const acts = useCallActs(view);
  const ready = useGoReady();
  const soundBlocked = usePhone((state) => state.soundBlocked);
  useEffect(readyRingerOnPress, []);
  const byDevice = (desk?.device ?? null) !== null;
  useRinging(view, byDevice);
  useHeadsetButtons(view);

  // Passed on, parked, lost or run out of time: its note goes on with it, and doesn't wait here for it to come again.
  const contactId = desk?.contact?.contactId;
  useEffect(() => (contactId === undefined ? undefined : () => void leaveNote(contactId)), [contactId]);

  // A refresh in mid-work: the phone comes back at once, so that a call that goes on is the same call.
  const state = desk?.state;
  const atWork = state !== undefined && state !== "offline";
  useEffect(() => {
    if (byDevice) {
      endPhone(); // the microphone is nobody's business any more
      return;
    }
    if (!atWork || !wasWorking(personId)) return;
    if (state === "talking" || state === "ringing") startPhone(personId);
    else void microphonePermission().then((permission) => permission === "granted" && startPhone(personId));
  }, [atWork, byDevice, personId, state]);

  const open = voiceOpen(desk);
  const standing = usePhone((given) => given.phone.standing.kind);
  useEffect(() => setVoice(open), [open, standing]);

  const unproven = desk !== undefined && !desk.phone.proven && standing === "up";
  const now = useNow();
  useEffect(() => {
    if (unproven) reportUnproven(Date.now());
  }, [unproven, now]);

  const rings = view.kind === "ringing" || (view.kind === "colleague" && view.offerId !== null);
  const resting = state === "notReady" || state === "offline";
  const phone = usePhone((given) => phoneView(given.phone));
  useKeys({
    ...(rings ? { decline: acts.decline } : {}),
    ...(rings && desk?.device?.autoAnswer !== false ? { answer: acts.answer } : {}),
    ...(view.kind === "talking" ? { mute: acts.mute, hold: acts.hold, hangUp: acts.hangUp, askLead: acts.askLead } : {}),
    ...(view.kind === "colleague" && !rings ? { mute: acts.mute, hold: acts.hold, hangUp: acts.hangUp } : {}),
    ...(resting ? { ready: ready.go } : {}),
  });
  return (
    <>
      {ready.dialog}
      <WorkplaceKeeper />
      {soundBlocked && phone !== "elsewhere" && (
        <Group className={styles["blocked"]} role="alert">
          {t`The browser blocks sound until you press here.`}
          <Button
            size="compact-sm"
            leftSection={<IconVolume size={16} aria-hidden />}
            onClick={unblockSound}
          >{t`Turn the sound on`}</Button>
        </Group>
      )}
    </>
  );
}
