import type { Recorder, RecorderSettings } from "@allo/contract";

/** A recorder as it is edited; the password is never read, only written. */
export type RecorderDraft = RecorderSettings;

export function newRecorder(): RecorderDraft {
  return {
    name: "",
    enabled: true,
    host: "",
    port: null,
    transport: "tls",
    user: null,
    accountUser: null,
    srtp: true,
    pausedAs: "inactive",
    optionsSeconds: 30,
    tls: { caPem: null, fingerprint: null },
  };
}

export function draftOfRecorder({
  recorderId: _id,
  hasPassword: _has,
  retired: _retired,
  version: _version,
  state: _state,
  ...settings
}: Recorder): RecorderDraft {
  return settings;
}

/** Spaces around what was typed don't count, and what is empty is not set; audio is sealed under TLS alone. */
export function tidyRecorder(draft: RecorderDraft): RecorderDraft {
  const text = (value: string | null): string | null => (value === null || value.trim() === "" ? null : value.trim());
  return {
    ...draft,
    name: draft.name.trim(),
    host: draft.host.trim(),
    user: text(draft.user),
    accountUser: text(draft.accountUser),
    srtp: draft.srtp && draft.transport === "tls",
    tls: { caPem: text(draft.tls.caPem), fingerprint: text(draft.tls.fingerprint) },
  };
}
