import { newTrunkHabits, type BodyOf } from "@allo/contract";

export type CarrierFields = Pick<BodyOf<"trunkCreate">, "targets"> & Partial<BodyOf<"trunkCreate">>;

/** A carrier on 127.0.0.1 that is known by its address and carries all numbers; it isn't asked whether it is there. */
export function carrierTrunk({ habits, ...fields }: CarrierFields): BodyOf<"trunkCreate"> {
  return {
    name: "Carrier",
    kind: "address",
    enabled: true,
    account: null,
    domain: "carrier.example",
    fromDomain: null,
    registrationSeconds: 600,
    externalAddress: null,
    networks: ["127.0.0.1/32"],
    allNumbers: true,
    numberIds: [],
    rules: { dialled: [], callerOut: [], reached: [], callerIn: [] },
    callerIds: { choice: "passThrough", numbers: [] },
    limits: { callsMax: 10, callsPerSecond: 10 },
    tls: { caPem: null, fingerprint: null },
    password: null,
    ...fields,
    habits: { ...newTrunkHabits(), optionsSeconds: 0, ...habits },
  };
}

export function carrierTarget(port: number, transport: "udp" | "tcp" | "tls" = "udp"): CarrierFields["targets"][number] {
  return { host: "127.0.0.1", port, transport, priority: 0, weight: 0 };
}
