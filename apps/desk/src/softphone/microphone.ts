import { useAudioChoice } from "./audio-devices.ts";
import type { MicrophoneProblem } from "./phone-machine.ts";

export type MicrophoneAnswer =
  | { readonly kind: "on"; readonly stream: MediaStream }
  | { readonly kind: "failed"; readonly problem: MicrophoneProblem };

/** Opens the chosen microphone with what makes speech clear (or raw, to measure it); says by name what stands in the way. */
export async function openMicrophone(cleaning = true): Promise<MicrophoneAnswer> {
  if (!globalThis.isSecureContext) return { kind: "failed", problem: "insecure" };
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices === undefined || typeof RTCPeerConnection === "undefined") return { kind: "failed", problem: "unsupported" };
  try {
    const { microphone } = useAudioChoice.getState();
    const stream = await devices.getUserMedia({
      audio: {
        echoCancellation: cleaning,
        noiseSuppression: cleaning,
        autoGainControl: cleaning,
        // Not "exact": a headset that was left at home mustn't leave its owner without a voice.
        ...(microphone === "" ? {} : { deviceId: { ideal: microphone } }),
      },
      video: false,
    });
    return { kind: "on", stream };
  } catch (failure) {
    return { kind: "failed", problem: problemOf(failure) };
  }
}

/** DOMException names of getUserMedia (W3C Media Capture §10.2). */
export function problemOf(failure: unknown): MicrophoneProblem {
  const name = failure instanceof Error || failure instanceof DOMException ? failure.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "absent";
  if (name === "NotReadableError" || name === "AbortError") return "busy";
  return "unsupported";
}

/** Whether the browser would ask the person; where it can't tell, it is taken that it would. */
export async function microphonePermission(): Promise<"granted" | "denied" | "prompt"> {
  try {
    const status = await navigator.permissions.query({ name: "microphone" as PermissionName });
    return status.state;
  } catch {
    return "prompt";
  }
}
