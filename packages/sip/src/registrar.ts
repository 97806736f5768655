// RFC 3261 §10.3: bindings of addresses-of-record, with the flow each came by (RFC 5626).
import type { Instant } from "@allo/kernel";
import { headerAll, headerGet } from "./message.ts";
import type { SipHeader, SipRequest } from "./message.ts";
import type { SipFlow } from "./stack-types.ts";
import { addressOfRecord, paramGet, paramSet, parseDecimal, parseNameAddrList, printNameAddr, printUri, unquote } from "./uri.ts";
import type { NameAddr } from "./uri.ts";

export const registrarLimits = {
  expiresSecondsMin: 30,
  expiresSecondsMax: 3_600,
  expiresSecondsDefault: 300,
  bindingsPerAddressMax: 10,
  addressesMax: 20_000,
} as const;

export type RegistrarLimits = { readonly [K in keyof typeof registrarLimits]: number };

export type Binding = {
  readonly addressOfRecord: string;
  /** The Contact URI: the Request-URI of calls to it. */
  readonly contact: string;
  /** The Contact as the UA wrote it, for the 200. */
  readonly contactAddress: NameAddr;
  /** +sip.instance, without quotes; null where the UA has none. */
  readonly instance: string | null;
  readonly flow: SipFlow;
  readonly callId: string;
  readonly cseq: number;
  readonly expiresAt: Instant;
};

export type BindingChange =
  | { readonly kind: "bindingAdded" | "bindingRefreshed"; readonly binding: Binding }
  | {
      readonly kind: "bindingRemoved";
      readonly binding: Binding;
      readonly reason: "unregistered" | "expired" | "flowClosed" | "signedOut" | "replaced";
    };

export type RegisterAnswer = {
  readonly status: number;
  readonly headers: readonly SipHeader[];
  readonly changes: readonly BindingChange[];
};

export type Registrar = {
  /** Decides a REGISTER. `identity` is the one address-of-record ("sip:user@host") that the sender may register. */
  readonly register: (fields: { at: Instant; request: SipRequest; flow: SipFlow; identity: string }) => RegisterAnswer;
  readonly bindings: (at: Instant, addressOfRecord: string) => readonly Binding[];
  readonly flowClosed: (flowId: string) => readonly BindingChange[];
  readonly identityRemoved: (addressOfRecord: string) => readonly BindingChange[];
  readonly expire: (at: Instant) => readonly BindingChange[];
  /** When to call expire next; null while nothing is bound. */
  readonly nextExpiryAt: () => Instant | null;
};

export function createRegistrar(overrides: Partial<RegistrarLimits> = {}): Registrar {
  const limits: RegistrarLimits = { ...registrarLimits, ...overrides };
  const byAddress = new Map<string, Binding[]>();

  function refuse(status: number, headers: readonly SipHeader[] = []): RegisterAnswer {
    return { status, headers, changes: [] };
  }

  function live(at: Instant, address: string): Binding[] {
    return (byAddress.get(address) ?? []).filter((binding) => binding.expiresAt > at);
  }

  function store(address: string, bindings: Binding[]): void {
    if (bindings.length === 0) byAddress.delete(address);
    else byAddress.set(address, bindings);
  }

  function register({
    at,
    request,
    flow,
    identity,
  }: {
    at: Instant;
    request: SipRequest;
    flow: SipFlow;
    identity: string;
  }): RegisterAnswer {
    const address = addressOfRecord(request.to.uri);
    if (address === null) return refuse(400);
    if (address !== identity) return refuse(403);
    const values = headerAll(request, "Contact");
    const current = live(at, address);
    // RFC 3261 §20.19: a malformed Expires counts as the default.
    const headerExpires = headerGet(request, "Expires");
    const expiresDefault =
      headerExpires === null ? limits.expiresSecondsDefault : (parseDecimal(headerExpires, 0xffff_ffff) ?? limits.expiresSecondsDefault);
    if (values.includes("*")) {
      // RFC 3261 §10.3 step 6: "*" stands alone and only with Expires 0.
      if (values.length > 1 || headerExpires === null || expiresDefault !== 0) return refuse(400);
      if (current.some((binding) => isOlder(request, binding))) return refuse(500);
      store(address, []);
      return { status: 200, headers: [], changes: current.map((binding) => ({ kind: "bindingRemoved", binding, reason: "unregistered" })) };
    }
    const contacts: NameAddr[] = [];
    for (const value of values) {
      const list = value === "" ? null : parseNameAddrList(value);
      if (list === null) return refuse(400);
      contacts.push(...list);
    }
    let next = current;
    const changes: BindingChange[] = [];
    for (const contact of contacts) {
      if (contact.uri.kind !== "sip") return refuse(400);
      // RFC 4475 §3.3.13: a Contact URI with escaped headers could put a Route into our requests.
      if (contact.uri.headers !== null) return refuse(400);
      const asked = paramGet(contact.params, "expires");
      const seconds = typeof asked === "string" ? (parseDecimal(asked, 0xffff_ffff) ?? limits.expiresSecondsDefault) : expiresDefault;
      const uri = printUri(contact.uri);
      const instanceParam = paramGet(contact.params, "+sip.instance");
      const instance = typeof instanceParam === "string" ? unquote(instanceParam) : null;
      const old = next.find((binding) => binding.contact === uri || (instance !== null && binding.instance === instance)) ?? null;
      if (old !== null && isOlder(request, old)) return refuse(500);
      if (seconds === 0) {
        if (old !== null) {
          next = next.filter((binding) => binding !== old);
          changes.push({ kind: "bindingRemoved", binding: old, reason: "unregistered" });
        }
        continue;
      }
      if (seconds < limits.expiresSecondsMin) return refuse(423, [{ name: "Min-Expires", value: String(limits.expiresSecondsMin) }]);
      const granted = Math.min(seconds, limits.expiresSecondsMax);
      const binding: Binding = {
        addressOfRecord: address,
        contact: uri,
        contactAddress: contact,
        instance,
        flow,
        callId: request.callId,
        cseq: request.cseq.number,
        expiresAt: at + granted * 1_000,
      };
      next = [...next.filter((each) => each !== old), binding];
      if (old !== null && old.contact !== uri) changes.push({ kind: "bindingRemoved", binding: old, reason: "replaced" });
      changes.push({ kind: old !== null && old.contact === uri ? "bindingRefreshed" : "bindingAdded", binding });
    }
    if (next.length > limits.bindingsPerAddressMax) return refuse(403);
    if (!byAddress.has(address) && next.length > 0 && byAddress.size >= limits.addressesMax) return refuse(503);
    store(address, next);
    const headers = next.map((binding) => ({
      name: "Contact",
      // JsSIP looks for its own Contact in the 200; it is given back as it was written, with what was granted.
      value: printNameAddr({
        ...binding.contactAddress,
        params: paramSet(binding.contactAddress.params, "expires", String(Math.ceil((binding.expiresAt - at) / 1_000))),
      }),
    }));
    return { status: 200, headers, changes };
  }

  function removeWhere(test: (binding: Binding) => boolean, reason: "expired" | "flowClosed" | "signedOut"): readonly BindingChange[] {
    const changes: BindingChange[] = [];
    for (const [address, bindings] of byAddress) {
      const gone = bindings.filter(test);
      if (gone.length === 0) continue;
      store(
        address,
        bindings.filter((binding) => !test(binding)),
      );
      for (const binding of gone) changes.push({ kind: "bindingRemoved", binding, reason });
    }
    return changes;
  }

  return {
    register,
    bindings: live,
    flowClosed: (flowId) => removeWhere((binding) => binding.flow.id === flowId && binding.flow.transport !== "udp", "flowClosed"),
    identityRemoved: (address) => removeWhere((binding) => binding.addressOfRecord === address, "signedOut"),
    expire: (at) => removeWhere((binding) => binding.expiresAt <= at, "expired"),
    nextExpiryAt: () => {
      let soonest: Instant | null = null;
      for (const bindings of byAddress.values()) {
        for (const { expiresAt } of bindings) if (soonest === null || expiresAt < soonest) soonest = expiresAt;
      }
      return soonest;
    },
  };
}

/** RFC 3261 §10.3 step 7: within one Call-ID the CSeq must rise; otherwise the whole request fails. */
function isOlder(request: SipRequest, binding: Binding): boolean {
  return request.callId === binding.callId && request.cseq.number <= binding.cseq;
}
