import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import type { MicrophoneProblem, PhoneView } from "../../softphone/phone-machine.ts";

/** What is wrong with the microphone, and the remedy. */
export const microphoneRemedies: Readonly<Record<MicrophoneProblem, MessageDescriptor>> = {
  denied: msg`The browser refuses the microphone to this site. Open the site's settings by the sign beside the address, allow the microphone, then try again.`,
  absent: msg`No microphone was found. Plug in a headset, then try again.`,
  busy: msg`Another program holds the microphone, or the system refuses it. Close that program, then try again.`,
  insecure: msg`Browsers give the microphone only to pages opened over HTTPS or on this machine. Open the desk by its https:// address.`,
  unsupported: msg`This browser can't make calls. Use a current Chrome, Edge, Firefox or Safari.`,
};

export type PhoneHealth = {
  readonly tone: "good" | "waiting" | "bad";
  readonly word: MessageDescriptor;
  readonly remedy: MessageDescriptor;
};

/** The phone in a word and what to do, from this tab's view and from what the server has proof of. */
export function phoneHealth(view: PhoneView, server: { readonly registered: boolean; readonly proven: boolean } | undefined): PhoneHealth {
  if (server?.proven === true && (view === "up" || view === "elsewhere" || view === "off"))
    return view === "elsewhere" ? states.elsewhere : states.good;
  switch (view) {
    case "off":
      return states.off;
    case "elsewhere":
      return states.elsewhereUnproven;
    case "asking":
      return states.asking;
    case "microphoneProblem":
      return states.microphone;
    case "connecting":
      return states.connecting;
    case "refused":
      return states.refused;
    case "dialling":
      return states.dialling;
    case "up":
      return states.unproven;
    default:
      return view satisfies never;
  }
}

/** The same of a device that rings in the browser's place. */
export function deviceHealth(server: { readonly proven: boolean }): PhoneHealth {
  return server.proven ? states.device : states.deviceAway;
}

const states = {
  device: { tone: "good", word: msg`Desk phone`, remedy: msg`Calls ring there: pick it up to answer. The buttons here go on working.` },
  deviceAway: {
    tone: "bad",
    word: msg`Desk phone is away`,
    remedy: msg`It isn't connected, so no call is offered to you. Look whether it is switched on and has its network; or let this browser ring.`,
  },
  good: { tone: "good", word: msg`Phone works`, remedy: msg`The sound path is proven in both directions. Calls can reach you here.` },
  elsewhere: {
    tone: "good",
    word: msg`Phone in another tab`,
    remedy: msg`Another tab of this browser holds the phone and its sound. You can steer calls from here; closing that tab moves the phone to this one.`,
  },
  elsewhereUnproven: {
    tone: "waiting",
    word: msg`Phone in another tab`,
    remedy: msg`Another tab holds the phone, but its sound path isn't proven yet. Look there: it may be asking for the microphone.`,
  },
  off: { tone: "waiting", word: msg`Phone is off`, remedy: msg`It starts when you go ready.` },
  asking: { tone: "waiting", word: msg`Microphone asked`, remedy: msg`The browser asks for the microphone: choose “Allow”.` },
  microphone: {
    tone: "bad",
    word: msg`No microphone`,
    remedy: msg`Without a microphone customers can't hear you. Press “Go ready” to see what to do.`,
  },
  connecting: {
    tone: "waiting",
    word: msg`Phone connects`,
    remedy: msg`If it lasts, the server can't be reached over WebSocket: a proxy or a firewall may block it. It is tried again and again.`,
  },
  dialling: { tone: "waiting", word: msg`Phone connects`, remedy: msg`The phone is registered and opens its sound path.` },
  refused: {
    tone: "bad",
    word: msg`Phone can't connect`,
    remedy: msg`The sound path doesn't open. A firewall may block UDP between you and the server: ask for its media ports to be opened. It is tried again and again.`,
  },
  unproven: {
    tone: "waiting",
    word: msg`Sound not proven`,
    remedy: msg`The server has no proof yet that sound gets through; no call is offered until it has. If it lasts, check the network.`,
  },
} as const satisfies Record<string, PhoneHealth>;
