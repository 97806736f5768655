import { useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { IconMicrophone, IconMicrophoneOff, IconPhoneOff, IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { chordText } from "../../keyboard/keys.ts";
import { useKeyBindings } from "../../keyboard/use-keys.ts";
import type { CallActs } from "./use-call-acts.ts";

/** One's own microphone, whoever has the call. */
export function MuteButton({ acts, muted }: { readonly acts: CallActs; readonly muted: boolean }): ReactNode {
  const { t } = useLingui();
  const keys = useKeyBindings();
  return (
    <Button
      variant={muted ? "light" : "default"}
      onClick={acts.mute}
      aria-pressed={muted}
      leftSection={muted ? <IconMicrophoneOff size={18} aria-hidden /> : <IconMicrophone size={18} aria-hidden />}
      title={chordText(keys.mute)}
      aria-keyshortcuts={keys.mute}
    >
      {muted ? t`Turn the microphone on` : t({ message: "Mute", context: "button" })}
    </Button>
  );
}

/** The other side to music, and back. */
export function HoldButton({ acts, held }: { readonly acts: CallActs; readonly held: boolean }): ReactNode {
  const { t } = useLingui();
  const keys = useKeyBindings();
  return (
    <Button
      variant={held ? "light" : "default"}
      onClick={acts.hold}
      loading={acts.pending === "hold"}
      leftSection={held ? <IconPlayerPlay size={18} aria-hidden /> : <IconPlayerPause size={18} aria-hidden />}
      title={chordText(keys.hold)}
      aria-keyshortcuts={keys.hold}
    >
      {held ? t({ message: "Back to the call", context: "button" }) : t({ message: "Hold", context: "button" })}
    </Button>
  );
}

/** Ends the call or leaves it; the words say which. */
export function HangUpButton({ acts, children }: { readonly acts: CallActs; readonly children: ReactNode }): ReactNode {
  const keys = useKeyBindings();
  return (
    <Button
      color="red"
      variant="outline"
      c="var(--danger)"
      onClick={acts.hangUp}
      loading={acts.pending === "hangUp"}
      leftSection={<IconPhoneOff size={18} aria-hidden />}
      title={chordText(keys.hangUp)}
      aria-keyshortcuts={keys.hangUp}
    >
      {children}
    </Button>
  );
}
