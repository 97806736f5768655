import type { Instant } from "@allo/kernel";
import type { HmacSha1, StunAddress, StunAttribute, StunMessage } from "./message.ts";
import {
  buildStun,
  errorCodeAttribute,
  findAttribute,
  hasValidIntegrity,
  parseStun,
  STUN_ATTRIBUTE,
  STUN_BINDING,
  usernameOf,
  xorMappedAddressAttribute,
} from "./message.ts";

// The lite side of ICE (RFC 8445 §2.5): it answers checks, sends none, and is always controlled. An address from which a valid
// check came is believed; the newest that the browser nominated is where media goes, so that a change of network needs nothing
// more than a new check.

/** Without a valid check for so long an address is no longer believed (RFC 7675 §5.1). */
export const CONSENT_LIFETIME_MS = 30_000;
/** Consent is reported at most once in so long. */
export const CONSENT_REPORT_INTERVAL_MS = 1_000;
/** Addresses believed at once: host, reflexive and relayed candidates of two networks are fewer. */
export const VALID_ADDRESSES_MAX = 32;

export type IceLiteCommand =
  | { readonly kind: "send"; readonly to: StunAddress; readonly bytes: Uint8Array }
  /** Media now goes to this address. */
  | { readonly kind: "selected"; readonly address: StunAddress }
  | { readonly kind: "consentFresh" };

type ValidAddress = { readonly address: string; readonly port: number; checkedAt: Instant };

/** One leg's agent. `hmac` is keyed with our own password: requests are verified and answers signed with it. */
export class IceLiteAgent {
  readonly #localUfrag: string;
  readonly #hmac: HmacSha1;
  #remoteUfrag: string;
  #valid: ValidAddress[] = [];
  #selected: StunAddress | null = null;
  #consentReportedAt: Instant = Number.NEGATIVE_INFINITY;

  constructor(options: { readonly localUfrag: string; readonly remoteUfrag: string; readonly hmac: HmacSha1 }) {
    this.#localUfrag = options.localUfrag;
    this.#remoteUfrag = options.remoteUfrag;
    this.#hmac = options.hmac;
  }

  /** Where media goes, or null before the first nomination. */
  get selected(): StunAddress | null {
    return this.#selected;
  }

  /** The browser restarted ICE: checks with its old name no longer count, what was believed stays until it lapses. */
  setRemoteUfrag(ufrag: string): void {
    this.#remoteUfrag = ufrag;
  }

  /** Whether a valid check came from this address not long ago. Nothing else is accepted from anywhere else. */
  isValid(source: StunAddress, at: Instant): boolean {
    const known = this.#valid.find((valid) => valid.port === source.port && valid.address === source.address);
    return known !== undefined && at - known.checkedAt < CONSENT_LIFETIME_MS;
  }

  /** Takes a datagram that classified as STUN. Whatever is malformed or unsigned gets no answer: no amplifier, no oracle. */
  received(bytes: Uint8Array, from: StunAddress, at: Instant): readonly IceLiteCommand[] {
    const parsed = parseStun(bytes);
    if (!parsed.ok) return [];
    const message = parsed.value;
    if (message.method !== STUN_BINDING || message.messageClass !== "request") return [];
    // RFC 8445 §7.1: checks bear both; RFC 8489 §9.1.3 would answer 400 and 401, which only a stranger would get.
    if (!message.hasFingerprint || message.integrityOffset === null) return [];
    if (usernameOf(message) !== `${this.#localUfrag}:${this.#remoteUfrag}` || !hasValidIntegrity(bytes, message, this.#hmac)) return [];
    const unknown = message.attributes.filter((attribute) => attribute.type < 0x8000 && !UNDERSTOOD.has(attribute.type));
    if (unknown.length > 0) return [this.#refuse(message, from, 420, unknown)];
    // RFC 8445 §7.3.1.1: the lite side never takes control, so a controlled peer is told to switch.
    if (findAttribute(message, STUN_ATTRIBUTE.iceControlled) !== null) return [this.#refuse(message, from, 487, [])];
    return this.#accept(message, from, at);
  }

  #accept(message: StunMessage, from: StunAddress, at: Instant): readonly IceLiteCommand[] {
    const mapped = xorMappedAddressAttribute(from, message.transactionId);
    if (mapped === null) return [];
    this.#believe(from, at);
    const commands: IceLiteCommand[] = [{ kind: "send", to: from, bytes: this.#answer(message, "success", [mapped]) }];
    if (findAttribute(message, STUN_ATTRIBUTE.useCandidate) !== null && !isSame(this.#selected, from)) {
      this.#selected = from;
      commands.push({ kind: "selected", address: from });
    }
    if (isSame(this.#selected, from) && at - this.#consentReportedAt >= CONSENT_REPORT_INTERVAL_MS) {
      this.#consentReportedAt = at;
      commands.push({ kind: "consentFresh" });
    }
    return commands;
  }

  #believe(source: StunAddress, at: Instant): void {
    const known = this.#valid.find((valid) => valid.port === source.port && valid.address === source.address);
    if (known !== undefined) {
      known.checkedAt = at;
      return;
    }
    this.#valid = this.#valid.filter((valid) => at - valid.checkedAt < CONSENT_LIFETIME_MS);
    if (this.#valid.length >= VALID_ADDRESSES_MAX) {
      const oldest = this.#valid.reduce((a, b) => (b.checkedAt < a.checkedAt ? b : a));
      this.#valid = this.#valid.filter((valid) => valid !== oldest);
    }
    this.#valid.push({ address: source.address, port: source.port, checkedAt: at });
  }

  #refuse(message: StunMessage, from: StunAddress, code: 420 | 487, unknown: readonly StunAttribute[]): IceLiteCommand {
    const attributes = [errorCodeAttribute(code, code === 487 ? "Role Conflict" : "Unknown Attribute")];
    if (unknown.length > 0) {
      const types = unknown.flatMap((attribute) => [attribute.type >> 8, attribute.type & 0xff]);
      attributes.push({ type: STUN_ATTRIBUTE.unknownAttributes, value: Uint8Array.from(types) });
    }
    return { kind: "send", to: from, bytes: this.#answer(message, "error", attributes) };
  }

  #answer(message: StunMessage, messageClass: "success" | "error", attributes: readonly StunAttribute[]): Uint8Array {
    const { transactionId } = message;
    return buildStun({ messageClass, method: STUN_BINDING, transactionId, attributes, hmac: this.#hmac, fingerprint: true });
  }
}

const UNDERSTOOD: ReadonlySet<number> = new Set([
  STUN_ATTRIBUTE.username,
  STUN_ATTRIBUTE.messageIntegrity,
  STUN_ATTRIBUTE.priority,
  STUN_ATTRIBUTE.useCandidate,
]);

function isSame(a: StunAddress | null, b: StunAddress): boolean {
  return a !== null && a.port === b.port && a.address === b.address;
}
