// Our registration with a carrier (RFC 3261 §10.2): kept fresh, asked again with growing pauses, never hammering.
import { SECOND_MS } from "@allo/kernel";
import type { Duration, Instant, Step } from "@allo/kernel";
import { headerAll, headerGet } from "./message.ts";
import type { SipResponse } from "./message.ts";
import { paramGet, parseDecimal, parseNameAddrList, printUri } from "./uri.ts";

export const registrationLimits = {
  expiresSecondsMin: 30,
  /** A registrar that wants longer is taken at a day: a registration that nobody refreshes is no proof of anything. */
  expiresSecondsMax: 86_400,
  retryMsMin: 5_000,
  retryMsMax: 300_000,
  /** Wrong credentials asked again and again get an address banned: slower from the start. */
  refusedRetryMsMin: 60_000,
  refusedRetryMsMax: 900_000,
} as const;

export type RegistrationTrouble =
  /** 401, 403, 407: the carrier doesn't accept user and password. */
  | "credentialsRefused"
  /** 404: the carrier knows no such account. */
  | "accountUnknown"
  | "noAnswer"
  | "connectionFailed"
  /** The name has no address. */
  | "nameUnresolved"
  | "carrierBusy"
  | "carrierRefused";

export type RegistrationState =
  | { readonly kind: "stopped" }
  | { readonly kind: "asking"; readonly expiresSeconds: number; readonly failures: number; readonly until: Instant | null }
  | { readonly kind: "registered"; readonly expiresSeconds: number; readonly until: Instant }
  | {
      readonly kind: "waiting";
      readonly expiresSeconds: number;
      readonly failures: number;
      readonly retryAt: Instant;
      readonly trouble: RegistrationTrouble;
      readonly status: number | null;
      /** Still registered until then, though the last refresh failed. */
      readonly until: Instant | null;
    }
  | { readonly kind: "leaving" };

export type RegistrationEvent =
  | { readonly kind: "started"; readonly at: Instant; readonly expiresSeconds: number }
  /** The final answer to our REGISTER, challenges answered already. `chance` in [0, 1) spreads retries. */
  | { readonly kind: "answered"; readonly at: Instant; readonly response: RegisterOutcome; readonly chance: number }
  | {
      readonly kind: "failed";
      readonly at: Instant;
      readonly cause: "noAnswer" | "connectionFailed" | "nameUnresolved";
      readonly chance: number;
    }
  | { readonly kind: "timerFired"; readonly at: Instant }
  | { readonly kind: "stopped"; readonly at: Instant };

export type RegistrationCommand =
  /** `expiresSeconds` 0 takes the registration back. */
  | { readonly kind: "sendRegister"; readonly expiresSeconds: number }
  | { readonly kind: "armTimer"; readonly afterMs: Duration }
  | { readonly kind: "cancelTimer" };

/** What of a final answer decides. */
export type RegisterOutcome = {
  readonly status: number;
  /** Granted for our Contact, in seconds; null where the answer doesn't say. */
  readonly expiresSeconds: number | null;
  readonly minExpiresSeconds: number | null;
  readonly retryAfterSeconds: number | null;
};

type Out = Step<RegistrationState, RegistrationCommand>;

/** Reads the answer to a REGISTER of `contact`; Service-Route is left alone: our calls go to the targets of the trunk. */
export function readRegisterOutcome(response: SipResponse, contact: string): RegisterOutcome {
  const ours = headerAll(response, "Contact")
    .flatMap((value) => parseNameAddrList(value) ?? [])
    .find((each) => printUri(each.uri) === contact);
  const own = ours === undefined ? null : paramGet(ours.params, "expires");
  const seconds = (text: string | null | undefined): number | null =>
    typeof text === "string" ? parseDecimal(text.trim().split(/[ (;]/)[0] ?? "", 2 ** 31) : null;
  return {
    status: response.status,
    expiresSeconds: seconds(own) ?? seconds(headerGet(response, "Expires")),
    minExpiresSeconds: seconds(headerGet(response, "Min-Expires")),
    retryAfterSeconds: seconds(headerGet(response, "Retry-After")),
  };
}

export function stepRegistration(state: RegistrationState, event: RegistrationEvent): Out {
  switch (event.kind) {
    case "started":
      return ask(clampExpires(event.expiresSeconds), 0, untilOf(state));
    case "stopped":
      if (state.kind === "stopped" || state.kind === "leaving") return { state, commands: [] };
      return untilOf(state) === null && state.kind !== "asking"
        ? { state: { kind: "stopped" }, commands: [{ kind: "cancelTimer" }] }
        : { state: { kind: "leaving" }, commands: [{ kind: "cancelTimer" }, { kind: "sendRegister", expiresSeconds: 0 }] };
    case "timerFired":
      if (state.kind === "registered") return ask(state.expiresSeconds, 0, state.until);
      if (state.kind === "waiting") return ask(state.expiresSeconds, state.failures, state.until);
      return { state, commands: [] };
    case "answered":
      if (state.kind === "leaving") return { state: { kind: "stopped" }, commands: [] };
      return state.kind === "asking" ? answered(state, event) : { state, commands: [] };
    case "failed":
      if (state.kind === "leaving") return { state: { kind: "stopped" }, commands: [] };
      return state.kind === "asking"
        ? wait(state, event, { trouble: event.cause, status: null, retryAfterSeconds: null })
        : { state, commands: [] };
  }
}

/** When to ask again: well before the end, so that a lost REGISTER or two don't lose calls. */
export function refreshAfterMs(grantedSeconds: number): Duration {
  return Math.max(5, grantedSeconds < 120 ? grantedSeconds / 2 : grantedSeconds - Math.max(60, grantedSeconds / 8)) * SECOND_MS;
}

type Asking = Extract<RegistrationState, { readonly kind: "asking" }>;

function answered(state: Asking, event: Extract<RegistrationEvent, { readonly kind: "answered" }>): Out {
  const { at, response } = event;
  if (response.status >= 200 && response.status < 300) {
    const granted = Math.min(registrationLimits.expiresSecondsMax, response.expiresSeconds ?? state.expiresSeconds);
    // Zero seconds granted is no registration: some registrars say so instead of refusing.
    if (granted === 0) return wait(state, event, { trouble: "carrierRefused", status: response.status, retryAfterSeconds: null });
    return {
      state: { kind: "registered", expiresSeconds: state.expiresSeconds, until: at + granted * SECOND_MS },
      commands: [{ kind: "armTimer", afterMs: refreshAfterMs(granted) }],
    };
  }
  const min = response.minExpiresSeconds;
  // RFC 3261 §10.3: 423 names the shortest time that it takes; asked once more with that, at once.
  if (response.status === 423 && min !== null && min > state.expiresSeconds && min <= registrationLimits.expiresSecondsMax) {
    return ask(min, state.failures, state.until);
  }
  return wait(state, event, {
    trouble: troubleOf(response.status),
    status: response.status,
    retryAfterSeconds: response.retryAfterSeconds,
  });
}

function wait(
  state: Asking,
  event: { readonly at: Instant; readonly chance: number },
  why: { readonly trouble: RegistrationTrouble; readonly status: number | null; readonly retryAfterSeconds: number | null },
): Out {
  const failures = state.failures + 1;
  const isRefused = why.trouble === "credentialsRefused" || why.trouble === "accountUnknown";
  const least = isRefused ? registrationLimits.refusedRetryMsMin : registrationLimits.retryMsMin;
  const most = isRefused ? registrationLimits.refusedRetryMsMax : registrationLimits.retryMsMax;
  const backoff = Math.min(most, least * 2 ** Math.min(10, failures - 1));
  const asked = Math.min(most, (why.retryAfterSeconds ?? 0) * SECOND_MS);
  // RFC 5626 §4.5: between half and the whole of the pause, so that a thousand phones don't come back in one second.
  const afterMs = Math.max(asked, Math.round(backoff * (0.5 + event.chance / 2)));
  const until = state.until !== null && state.until > event.at ? state.until : null;
  return {
    state: {
      kind: "waiting",
      expiresSeconds: state.expiresSeconds,
      failures,
      retryAt: event.at + afterMs,
      trouble: why.trouble,
      status: why.status,
      until,
    },
    commands: [{ kind: "armTimer", afterMs }],
  };
}

function ask(expiresSeconds: number, failures: number, until: Instant | null): Out {
  return {
    state: { kind: "asking", expiresSeconds, failures, until },
    commands: [{ kind: "cancelTimer" }, { kind: "sendRegister", expiresSeconds }],
  };
}

function untilOf(state: RegistrationState): Instant | null {
  return state.kind === "registered" || state.kind === "asking" || state.kind === "waiting" ? state.until : null;
}

function troubleOf(status: number): RegistrationTrouble {
  if (status === 401 || status === 403 || status === 407) return "credentialsRefused";
  if (status === 404) return "accountUnknown";
  return status >= 500 || status === 408 || status === 480 ? "carrierBusy" : "carrierRefused";
}

function clampExpires(seconds: number): number {
  return Math.min(registrationLimits.expiresSecondsMax, Math.max(registrationLimits.expiresSecondsMin, Math.round(seconds)));
}
