// The SIP messages of each call, kept for a moment after its end and then given away: what a ladder diagram is drawn from.
import type { CallTraceEntry } from "@allo/contract";
import type { CallId, ContactId, Instant, NumberId } from "@allo/kernel";
import { scrubMessage, type SipFlow } from "@allo/sip";

export const sipTraceLimits = {
  /** Messages of one SIP dialogue's Call-ID; the first ones are kept, later ones counted. */
  messagesPerCallIdMax: 160,
  charactersPerMessageMax: 8_192,
  /** Call-IDs held at once: talking calls, just ended ones, and strangers' for a moment. */
  callIdsMax: 12_000,
  /** A Call-ID that no call claims is forgotten. */
  strangerMsMax: 10_000,
  /** One that we called is waited for longer: a phone that rings belongs to a call once it is picked up. */
  ownMsMax: 120_000,
  /** Ended calls that wait for core to come back; beyond it the oldest are given up. */
  heldMax: 2_000,
  /** After the call's end the last answers and repetitions are still waited for. */
  lingerMs: 3_000,
  /** Beyond so many calls ended a second only those with trouble are given away; the rest is counted as lost. */
  givenPerSecondMax: 25,
} as const;

export type TracedFlow = Pick<SipFlow, "transport" | "local"> & { readonly remote: SipFlow["remote"] | null };
export type CallTraceTaken = {
  readonly callId: CallId;
  readonly contactId: ContactId | null;
  readonly numberId: NumberId | null;
  readonly entries: readonly CallTraceEntry[];
  readonly leftOut: number;
};

export type SipTrace = {
  readonly note: (direction: "in" | "out", flow: TracedFlow, bytes: Uint8Array, at: Instant) => void;
  /** A call of ours begins: whose it is, is known before its first message. */
  readonly begun: (callId: CallId, known: { readonly contactId: ContactId; readonly numberId: NumberId }) => void;
  /** The messages of this Call-ID, those before too, belong to this call. A call may have several. */
  readonly claim: (sipCallId: string, callId: CallId) => void;
  /** Whose call it is, as that becomes known. */
  readonly about: (callId: CallId, known: { readonly contactId?: ContactId | null; readonly numberId?: NumberId }) => void;
  /** The call is over; its messages are given by `take` when they have settled. */
  readonly ended: (callId: CallId, outcome: { readonly hadTrouble: boolean }, at: Instant) => void;
  /** What has settled by now. */
  readonly take: (at: Instant) => readonly CallTraceTaken[];
  /** Instead of `take` while nobody is there to be given anything: what has settled is held, up to a limit. */
  readonly hold: (at: Instant) => void;
  /** Since it was last asked: calls whose messages were given up, and messages that found no place. */
  readonly lost: () => { readonly calls: number; readonly messages: number };
  readonly size: () => number;
};

type Kept = { readonly since: Instant; readonly isOurs: boolean; readonly entries: Raw[]; leftOut: number };
type Raw = { readonly at: Instant; readonly direction: "in" | "out"; readonly flow: TracedFlow; readonly text: string };
type Call = { readonly sipCallIds: Set<string>; contactId: ContactId | null; numberId: NumberId | null };

/** Changes its own maps: it stands in the path of every message. Time comes in with each call. */
export function createSipTrace(limits: { readonly [K in keyof typeof sipTraceLimits]: number } = sipTraceLimits): SipTrace {
  const kept = new Map<string, Kept>();
  const owners = new Map<string, CallId>();
  const calls = new Map<CallId, Call>();
  const over: { readonly callId: CallId; readonly at: Instant }[] = [];
  let budget = limits.givenPerSecondMax;
  let budgetAt = -Infinity;
  let lostCalls = 0;
  let lostMessages = 0;

  const callOf = (callId: CallId): Call => {
    let call = calls.get(callId);
    if (call === undefined) {
      call = { sipCallIds: new Set(), contactId: null, numberId: null };
      calls.set(callId, call);
    }
    return call;
  };

  const forget = (callId: CallId): void => {
    for (const sipCallId of calls.get(callId)?.sipCallIds ?? []) {
      kept.delete(sipCallId);
      owners.delete(sipCallId);
    }
    calls.delete(callId);
  };

  /** Oldest first: a map keeps the order of insertion. True where room was made. */
  const forgetStrangers = (at: Instant): boolean => {
    let hasRoom = false;
    for (const [sipCallId, { since, isOurs }] of kept) {
      if (since > at - limits.strangerMsMax) break;
      if (owners.has(sipCallId) || (isOurs && since > at - limits.ownMsMax)) continue;
      kept.delete(sipCallId);
      hasRoom = true;
    }
    return hasRoom;
  };

  return {
    note(direction, flow, bytes, at) {
      const text = textOf(bytes);
      const sipCallId = callIdOf(text);
      if (sipCallId === null) return;
      let known = kept.get(sipCallId);
      if (known === undefined) {
        if (kept.size >= limits.callIdsMax && !forgetStrangers(at)) {
          lostMessages += 1;
          return;
        }
        known = { since: at, isOurs: direction === "out" && text.startsWith("INVITE "), entries: [], leftOut: 0 };
        kept.set(sipCallId, known);
      }
      if (known.entries.length >= limits.messagesPerCallIdMax) known.leftOut += 1;
      else known.entries.push({ at, direction, flow: addressesOf(flow), text: text.slice(0, limits.charactersPerMessageMax) });
    },

    begun(callId, { contactId, numberId }) {
      const call = callOf(callId);
      call.contactId = contactId;
      call.numberId = numberId;
    },

    claim(sipCallId, callId) {
      owners.set(sipCallId, callId);
      callOf(callId).sipCallIds.add(sipCallId);
    },

    about(callId, { contactId, numberId }) {
      const call = calls.get(callId);
      if (call === undefined) return; // over, or never claimed
      call.contactId = contactId ?? call.contactId;
      call.numberId = numberId ?? call.numberId;
    },

    ended(callId, { hadTrouble }, at) {
      if (at - budgetAt >= 1_000) {
        budget = limits.givenPerSecondMax;
        budgetAt = at;
      }
      if (!hadTrouble && budget <= 0) {
        lostCalls += 1;
        forget(callId);
        return;
      }
      if (!hadTrouble) budget -= 1;
      over.push({ callId, at });
    },

    take(at) {
      forgetStrangers(at);
      const settled = over.findIndex((each) => at - each.at < limits.lingerMs);
      return over.splice(0, settled < 0 ? over.length : settled).flatMap(({ callId }) => {
        const call = callOf(callId);
        const messages = [...call.sipCallIds].flatMap((sipCallId) => kept.get(sipCallId) ?? []);
        const { contactId, numberId } = call;
        forget(callId);
        const entries = messages.flatMap((each) => each.entries).toSorted((one, other) => one.at - other.at);
        if (entries.length === 0) return [];
        const leftOut = messages.reduce((sum, each) => sum + each.leftOut, 0);
        return [{ callId, contactId, numberId, leftOut, entries: entries.map(entryOf) }];
      });
    },

    hold(at) {
      forgetStrangers(at);
      for (const { callId } of over.splice(0, Math.max(0, over.length - limits.heldMax))) {
        lostCalls += 1;
        forget(callId);
      }
    },

    lost() {
      const lost = { calls: lostCalls, messages: lostMessages };
      lostCalls = 0;
      lostMessages = 0;
      return lost;
    },

    size: () => kept.size,
  };
}

function entryOf({ at, direction, flow, text }: Raw): CallTraceEntry {
  return {
    at,
    direction,
    transport: flow.transport,
    local: flow.local,
    remote: flow.remote ?? { address: "", port: 0 },
    text: scrubMessage(text),
  };
}

function addressesOf({ transport, local, remote }: TracedFlow): TracedFlow {
  return { transport, local: { ...local }, remote: remote === null ? null : { ...remote } };
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

/** The Call-ID header's value, long or compact, without parsing the rest (RFC 3261 §20.8). */
export function callIdOf(text: string): string | null {
  let from = text.indexOf("\r\nCall-ID:");
  if (from >= 0) from += 10;
  else {
    const match = /\r?\n(?:call-id|i)[ \t]*:/i.exec(text);
    if (match === null) return null;
    from = match.index + match[0].length;
  }
  const end = text.indexOf("\n", from);
  const value = text.slice(from, end < 0 ? undefined : end).trim();
  return value === "" || value.length > 512 ? null : value;
}
