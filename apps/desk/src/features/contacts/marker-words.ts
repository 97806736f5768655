import type { RecordingMarker } from "@allo/contract";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

/** What happened at a place of a recording. */
export const markerWords: Readonly<Record<RecordingMarker["kind"], MessageDescriptor>> = {
  queued: msg({ message: "In the queue", context: "marker" }),
  answered: msg({ message: "Answered by an agent", context: "marker" }),
  keysMasked: msg({ message: "Keys hidden", context: "marker" }),
  keysHeard: msg({ message: "Keys no longer hidden", context: "marker" }),
  hold: msg({ message: "On hold", context: "marker" }),
  holdEnd: msg({ message: "Back from hold", context: "marker" }),
  pause: msg({ message: "Recording paused", context: "marker" }),
  pauseEnd: msg({ message: "Recording goes on", context: "marker" }),
  transfer: msg({ message: "Passed on", context: "marker" }),
  joined: msg({ message: "A colleague joined", context: "marker" }),
  left: msg({ message: "A colleague left", context: "marker" }),
  note: msg({ message: "Note", context: "marker" }),
  agentAway: msg({ message: "The agent's sound was gone", context: "marker" }),
  agentBack: msg({ message: "The agent's sound came back", context: "marker" }),
};
