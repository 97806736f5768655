// What the supervisor and its children say to each other over Node's IPC channel.

import type { FromDrill, ToDrill } from "../drill/drill-protocol.ts";

export type ReadyPorts = { readonly http?: number; readonly sip?: number; readonly phone?: number };

export type ChildMessage =
  /** It serves. With port 0 in the settings, `ports` says which ones were taken. */
  | { readonly kind: "ready"; readonly ports?: ReadyPorts }
  /** No organisation exists yet: the one-time address of the wizard. */
  | { readonly kind: "setupLink"; readonly url: string }
  /** It stops, and waits until these calls have ended, at the latest until then. */
  | { readonly kind: "stopping"; readonly callsLeft: number; readonly endsAt: number }
  /** For the drill's process. */
  | { readonly kind: "drill"; readonly message: ToDrill }
  /** It can't start, and the sentence says why and what to do. */
  | { readonly kind: "failed"; readonly sentence: string };

export type ParentMessage =
  | { readonly kind: "stop" }
  /** From the drill's process. */
  | { readonly kind: "drill"; readonly message: FromDrill };

/** The message if it is one of ours, else undefined. */
export function readChildMessage(value: unknown): ChildMessage | undefined {
  if (typeof value !== "object" || value === null || !("kind" in value)) return undefined;
  switch (value.kind) {
    case "ready":
      return { kind: "ready", ports: "ports" in value ? readPorts(value.ports) : {} };
    case "setupLink":
      return "url" in value && typeof value.url === "string" ? { kind: "setupLink", url: value.url } : undefined;
    case "stopping":
      return "callsLeft" in value && typeof value.callsLeft === "number" && "endsAt" in value && typeof value.endsAt === "number"
        ? { kind: "stopping", callsLeft: value.callsLeft, endsAt: value.endsAt }
        : undefined;
    case "drill":
      return "message" in value ? { kind: "drill", message: value.message as ToDrill } : undefined;
    case "failed":
      return "sentence" in value && typeof value.sentence === "string" ? { kind: "failed", sentence: value.sentence } : undefined;
    default:
      return undefined;
  }
}

function readPorts(value: unknown): ReadyPorts {
  if (typeof value !== "object" || value === null) return {};
  const pick = (name: "http" | "sip" | "phone"): ReadyPorts => {
    const port: unknown = name in value ? (value as Record<string, unknown>)[name] : undefined;
    return typeof port === "number" ? { [name]: port } : {};
  };
  return { ...pick("http"), ...pick("sip"), ...pick("phone") };
}
