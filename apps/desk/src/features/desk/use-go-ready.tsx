import { useState, type ReactNode } from "react";
import { microphonePermission } from "../../softphone/microphone.ts";
import { phoneView } from "../../softphone/phone-machine.ts";
import { phoneSettled, startPhone, usePhone } from "../../softphone/phone-store.ts";
import { useMe } from "../session/session.ts";
import { MicrophoneDialog } from "./microphone-dialog.tsx";
import { useDesk, useDeskAct } from "./use-desk.ts";

export type GoReady = {
  readonly go: () => void;
  readonly pending: boolean;
  /** To be drawn by whoever offers the button. */ readonly dialog: ReactNode;
};

/** Going to work: the microphone is asked for once, with the reason; then ready. */
export function useGoReady(): GoReady {
  const { personId } = useMe();
  const ready = useDeskAct("deskReady");
  const desk = useDesk();
  const inCall = (desk?.contact ?? null) !== null;
  const byDevice = (desk?.device ?? null) !== null;
  const [asking, setAsking] = useState(false);
  const [starting, setStarting] = useState(false);

  const start = async (): Promise<void> => {
    setStarting(true);
    startPhone(personId);
    const view = await phoneSettled();
    setStarting(false);
    setAsking(view === "microphoneProblem");
    // In a call only the phone was missing: the state is not this button's.
    if (view !== "microphoneProblem" && !inCall) ready.mutate({});
  };
  const go = async (): Promise<void> => {
    if (byDevice) return ready.mutate({}); // no microphone of this browser is needed
    const view = phoneView(usePhone.getState().phone);
    if (view !== "off" && view !== "microphoneProblem") return ready.mutate({});
    if ((await microphonePermission()) === "granted") return start();
    setAsking(true);
  };
  const dialog = <MicrophoneDialog opened={asking} starting={starting} onAllow={() => void start()} onClose={() => setAsking(false)} />;
  return { go: () => void go(), pending: ready.isPending || starting, dialog };
}
