import type { SkipReason, WorkplaceFault, WorkplaceItem, WorkplaceStanding, WorkplaceVerdict } from "@allo/contract";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

export const itemWords: Readonly<Record<WorkplaceItem, MessageDescriptor>> = {
  microphone: msg({ message: "Microphone", context: "workplace" }),
  headset: msg({ message: "Headset", context: "workplace" }),
  ringer: msg({ message: "Ringer", context: "workplace" }),
  echo: msg({ message: "Echo", context: "workplace" }),
  network: msg({ message: "Network", context: "workplace" }),
  browser: msg({ message: "Browser", context: "workplace" }),
};

export const verdictWords: Readonly<Record<WorkplaceVerdict, MessageDescriptor>> = {
  good: msg({ message: "Good", context: "workplace verdict" }),
  poor: msg({ message: "Poor", context: "workplace verdict" }),
  failed: msg({ message: "Doesn't work", context: "workplace verdict" }),
  notMeasured: msg({ message: "Not measured", context: "workplace verdict" }),
};

/** What is wrong and what to do. */
export const faultWords: Readonly<Record<WorkplaceFault, MessageDescriptor>> = {
  insecure: msg`Browsers give the microphone only to pages opened over HTTPS or on this machine. Open the desk by its https:// address.`,
  unsupported: msg`This browser can't make calls. Use a current Chrome, Edge, Firefox or Safari.`,
  outdated: msg`This browser is old. Update it.`,
  throttled: msg`The browser holds this page back. Keep the tab in sight, and turn battery saving off.`,
  notificationsOff: msg`Notifications are refused: a call isn't announced while the tab is hidden. Allow them in the site's settings.`,
  denied: msg`The browser refuses the microphone to this site. Open the site's settings by the sign beside the address, allow the microphone, then try again.`,
  absent: msg`No microphone was found. Plug in a headset, then try again.`,
  busy: msg`Another program holds the microphone, or the system refuses it. Close that program, then try again.`,
  silent: msg`The microphone gives pure silence: it is muted by a switch on the headset or by the system.`,
  quiet: msg`You are hardly heard: bring the microphone closer, or turn its level up in the system.`,
  noisy: msg`It is loud around you: customers will hear it.`,
  noOutput: msg`No headset and no loudspeaker was found.`,
  sameAsHeadset: msg`Calls ring in the headset only. Choose a loudspeaker as the ringer, and you hear them with the headset off.`,
  speakersHeard: msg`The microphone hears your speakers: use a headset, or customers hear themselves.`,
  slow: msg`The way to the server takes long: answers come late.`,
  unsteady: msg`The network is unsteady: speech may stutter. Use a cable rather than Wi-Fi.`,
  lossy: msg`The network loses packets: words will be missing. Use a cable rather than Wi-Fi.`,
  noPath: msg`No sound path to the server: a firewall may block UDP. Ask for its media ports to be opened.`,
  linkAway: msg`The live connection to the server is away.`,
};

export const standingWords: Readonly<Record<WorkplaceStanding, MessageDescriptor>> = {
  equipped: msg({ message: "Equipped", context: "workplace" }),
  remarks: msg({ message: "Equipped, with remarks", context: "workplace" }),
  notEquipped: msg({ message: "Not equipped", context: "workplace" }),
  skipped: msg({ message: "Check skipped", context: "workplace" }),
  never: msg({ message: "Never checked", context: "workplace" }),
};

export const skipWords: Readonly<Record<SkipReason, MessageDescriptor>> = {
  callsWait: msg({ message: "Customers are waiting", context: "reason to skip the check" }),
  knownGood: msg({ message: "Everything worked a moment ago", context: "reason to skip the check" }),
  cantNow: msg({ message: "I can't make a sound here now", context: "reason to skip the check" }),
  other: msg({ message: "Another reason", context: "reason to skip the check" }),
};
