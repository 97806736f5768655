import { newTrunkHabits, type Trunk, type TrunkSettings } from "@allo/contract";

export type TrunkKindName = TrunkSettings["kind"];
/** A trunk as it is edited; the password is never read, only written. */
export type TrunkDraft = TrunkSettings;

/** How a trunk of each kind begins. */
export function newTrunk(kind: TrunkKindName): TrunkDraft {
  return {
    name: "",
    kind,
    enabled: true,
    targets: kind === "digest" ? [] : [newTarget()],
    account: kind === "registration" ? { user: "", authUser: null, realm: null } : null,
    domain: null,
    fromDomain: null,
    registrationSeconds: 600,
    externalAddress: null,
    networks: [],
    allNumbers: true,
    numberIds: [],
    rules: { dialled: [], callerOut: [], reached: [], callerIn: [] },
    callerIds: { choice: "passThrough", numbers: [] },
    limits: { callsMax: 30, callsPerSecond: 5 },
    tls: { caPem: null, fingerprint: null },
    habits: newTrunkHabits(),
  };
}

export function newTarget(): TrunkSettings["targets"][number] {
  return { host: "", port: null, transport: null, priority: 10, weight: 0 };
}

export function draftOfTrunk({
  trunkId: _id,
  hasPassword: _has,
  inboundUsername: _user,
  retired: _retired,
  version: _v,
  state: _state,
  ...settings
}: Trunk): TrunkDraft {
  return settings;
}

/** Spaces around what was typed don't count, and what is empty is not set. */
export function tidyTrunk(draft: TrunkDraft): TrunkDraft {
  const text = (value: string | null): string | null => (value === null || value.trim() === "" ? null : value.trim());
  const { account } = draft;
  return {
    ...draft,
    name: draft.name.trim(),
    targets: draft.targets.map((target) => ({ ...target, host: target.host.trim() })),
    account:
      account === null || account.user.trim() === ""
        ? null
        : { user: account.user.trim(), authUser: text(account.authUser), realm: text(account.realm) },
    domain: text(draft.domain),
    fromDomain: text(draft.fromDomain),
    externalAddress: text(draft.externalAddress),
    habits: { ...draft.habits, trunkGroup: text(draft.habits.trunkGroup) },
    tls: { caPem: text(draft.tls.caPem), fingerprint: text(draft.tls.fingerprint) },
  };
}
