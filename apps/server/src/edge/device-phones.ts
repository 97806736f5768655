// Desk phones and softphones as agents' phones: where each is registered and whether it answers there, and the calls of ours to them.
import { randomBytes } from "node:crypto";
import type {
  CoreCommand,
  DeviceContact,
  DeviceState,
  DeviceTrouble,
  EdgeEvent,
  EndCause,
  PhoneRefusal,
  ShownCaller,
} from "@allo/contract";
import {
  beginDeviceCall,
  beginDialledCall,
  refusalOf,
  stepDeviceCall,
  type DeviceCallCommand,
  type DeviceCallEvent,
  type DeviceCallState,
  type DeviceCallTimer,
  type DeviceRefusal,
} from "@allo/call";
import {
  must,
  type CallId,
  type Clock,
  type DeviceId,
  type IdSource,
  type Instant,
  type OfferId,
  type PersonId,
  type PhoneId,
  type Timers,
} from "@allo/kernel";
import type { MediaEngine, PlainRemote, WebrtcRemote } from "@allo/media";
import type { SipEndpoint } from "@allo/node-net";
import { nextVersion } from "@allo/sdp";
import {
  paramGet,
  parseUri,
  readRelayedDigit,
  type Binding,
  type BindingChange,
  type HostPort,
  type SipFlow,
  type SipHeader,
  type SipUserEvent,
} from "@allo/sip";
import type { Logger } from "../platform/log.ts";
import { plainAddress } from "../platform/plain-address.ts";
import type { DeviceEntry } from "./admission.ts";
import { BUSY_WORD, lastWordOf, NOT_BEGUN_WORD, type LastWord } from "./dial-words.ts";
import { autoAnswerHeaders } from "./auto-answer.ts";
import { browserMediaPlace } from "./browser-media-place.ts";
import { destinationOf } from "./destination.ts";
import {
  answerCaller,
  isHolding,
  offerToCaller,
  readBrowserOffer,
  readCallerMedia,
  type LocalMedia,
  type MediaHabits,
} from "./session-description.ts";
import { escapeUser, host, named } from "./trunk-identity.ts";

export const DevicePhoneLimits = {
  /** Each place of registration is asked so often whether it is still there (OPTIONS); it keeps NATs open too. */
  askEveryMs: 30_000,
  /** One that didn't answer is asked again sooner. */
  askAgainMs: 5_000,
  askGiveUpMs: 4_000,
  /** A phone that says nothing to an INVITE for so long is not reached. */
  inviteGiveUpMs: 4_000,
  /** A talking phone that sends nothing for so long, and isn't holding, is away. */
  mediaTimeoutMs: 6_000,
  /** A call that needs the phone waits so long for it to be picked up: less than routing gives a bridge. */
  pickUpMsMax: 9_000,
  /** One that its person called by a press rings on. */
  ownRingMsMax: 30_000,
  /** A place that turned a call away is offered none for so long, and twice as long each time it does so again, whatever else it answers. */
  turnedAwayMs: 30_000,
  turnedAwayMsMax: 480_000,
  /** Core says so soon what becomes of a transfer that was asked for at the phone. */
  wishAnswerMsMax: 10_000,
  /** And so soon, once it is under way, that it is done or not: longer than anybody is rung. */
  wishMsMax: 120_000,
  /** A call that is over for this phone is hung up so much later at most, for the last word on its transfer. */
  lastWordMsMax: 2_000,
  /** A phone that hasn't hung up so long after it heard that its transfer came to nothing stays in the talk. */
  stayedAfterMs: 1_000,
  /** A sentence that says why a dialled call can't be is over by then. */
  sentenceMsMax: 15_000,
  /** RFC 3261 §18.1.1: a longer request would be cut up by the network. */
  udpBytesMax: 1_300,
} as const;

/** Master key and salt of AES_CM_128_HMAC_SHA1_80. */
const SRTP_KEY_BYTES = 30;
/** A phone that is to have its audio sealed has none in clear. */
const SEALED: MediaHabits = { codecs: ["PCMU", "PCMA"], srtp: "required", ptimeMs: 20, keys: "auto", keysPayloadType: 101 };

export type DevicePhones = {
  readonly configure: (devices: readonly DeviceEntry[]) => void;
  readonly isDevice: (phoneId: PhoneId) => boolean;
  /** Calls the device for an offer. */
  readonly ring: (order: { readonly phoneId: PhoneId; readonly offerId: OfferId; readonly shown: ShownCaller }) => void;
  readonly stopRinging: (phoneId: PhoneId) => void;
  /** The leg of the device where it is picked up; else it is called, and `then` hears of it, or null. */
  readonly legFor: (order: LegOrder, then: (legId: string | null) => void) => void;
  /** A call has it, or has let it go. */
  readonly taken: (legId: string) => void;
  readonly released: (phoneId: PhoneId, why?: EndCause | null) => void;
  /** Whoever was dialled at the phone has answered. */
  readonly reached: (legId: string) => void;
  /** Hung up where no call has it. */
  readonly dismiss: (phoneId: PhoneId) => void;
  readonly isLeg: (legId: string) => boolean;
  /** By which its messages stand among those of its call. */
  readonly sipCallIdOf: (legId: string) => string | null;
  readonly ofLeg: (legId: string) => { readonly phoneId: PhoneId; readonly personId: PersonId } | null;
  readonly mediaStopped: (legId: string) => void;
  readonly mediaFlowing: (legId: string) => void;
  readonly legDied: (legId: string) => void;
  /** A sentence to whoever dialled has come to its end. */
  readonly sequenceEnded: (legId: string) => void;
  readonly sipEvent: (event: SipUserEvent) => boolean;
  /** Registrations came, were renewed, or went. */
  readonly heard: (changes: readonly BindingChange[], userAgent: string | null) => void;
  /** What becomes of a transfer, or of a second call, that its person asked for at the phone. */
  readonly tell: (told: Pick<Told, "token" | "status" | "reason" | "audioIds">) => void;
  /** A call from a phone that is in none: core says what becomes of it. False: it has one. */
  readonly dial: (event: Invited, deviceId: DeviceId, wish: { readonly destination: string; readonly onlyForHelp: boolean }) => boolean;
  /** A call from a phone that is in a talk: to be spoken with aside. Null: it is in none, and calls as anybody does. */
  readonly consult: (event: Invited, deviceId: DeviceId, destination: string) => CallId | null;
  readonly noteTrouble: (deviceId: DeviceId, what: DeviceTrouble) => void;
  readonly tick: () => void;
  /** All that are registered, or have something to say. */
  readonly states: () => readonly { readonly deviceId: DeviceId; readonly state: DeviceState }[];
  readonly count: () => number;
  readonly endAll: () => void;
};

type Invited = Extract<SipUserEvent, { kind: "inviteReceived" }>;
type Told = Extract<CoreCommand, { kind: "tellPhone" }>;

type LegOrder = {
  /** The call that its person dialled there, and no other. */
  readonly dialToken?: string | undefined;
  readonly phoneId: PhoneId;
  readonly personId: PersonId;
  readonly offerId: OfferId | null;
  readonly shown: ShownCaller | null;
  /** The call that it is wanted for; a talk between colleagues has none. */
  readonly callId?: CallId;
  /** Waited for so long. */
  readonly waitMsMax?: number;
};

/** One place of registration. */
type Place = {
  userAgent: string | null;
  readonly since: Instant;
  answers: boolean;
  roundTripMs: number | null;
  lastAnswerAt: Instant | null;
  /** It turned calls away: it is offered none until then. */
  blockedUntil: Instant | null;
  /** Calls in a row that it didn't take. */
  failures: number;
  /** The question under way. */
  asking: { readonly transactionId: string; readonly at: Instant } | null;
  askAt: Instant;
};

type LegKind = "plain" | "browser";

type Fork = {
  /** Where it is called; of a call that came from there, its flow alone. */
  readonly binding: Pick<Binding, "addressOfRecord" | "contact" | "flow">;
  readonly kind: LegKind;
  local: LocalMedia;
  sdp: Uint8Array;
  version: number;
  dialogId: string | null;
  /** By which its messages are known. */
  sipCallId: string | null;
  isGivenUp: boolean;
};

type DeviceCall = {
  state: DeviceCallState;
  /** The leg in use; while it rings at phones of both kinds, the plain one. */
  legId: string;
  /** One for phones on sockets of their own, one for softphones by WebSocket, where there are any. */
  readonly legs: Readonly<Record<LegKind, string | null>>;
  readonly offerId: OfferId | null;
  readonly isAutomatic: boolean;
  readonly shown: ShownCaller;
  personId: PersonId | null;
  /** Among whose messages those of this one stand, once that is known. */
  callId: CallId | null;
  readonly forks: Map<string, Fork>;
  readonly timers: Map<DeviceCallTimer, () => void>;
  readonly waiting: Set<(legId: string | null) => void>;
  /** The phone itself holds: it sends nothing, and isn't away. */
  isHeld: boolean;
  /** Nothing has come from it for a while. */
  isSilent: boolean;
  /** When it was picked up: while it rings a phone sends nothing, and that says nothing of it. */
  upSince: Instant | null;
  /** Dialled there: with what it is refused, once that is known. */
  lastWord: LastWord | null;
};

/** A transfer that was asked for at the phone (REFER), until its outcome has been told. */
type Wish = {
  readonly phone: Phone;
  readonly call: DeviceCall;
  readonly wantsNotify: boolean;
  giveUp: () => void;
  /** The call is over for the phone: it is hung up after the last word. */
  bye: (() => unknown) | null;
};

/** A second call from a phone that is in a talk, on a leg of its own: its person speaks on it with whoever is aside. */
type SecondCall = {
  readonly callId: CallId;
  readonly dialogId: string;
  readonly phone: Phone;
  readonly call: DeviceCall;
  readonly legId: string;
  readonly flow: SipFlow;
  local: LocalMedia;
  sdp: Uint8Array;
  version: number;
  isAnswered: boolean;
  isHeld: boolean;
};

type Phone = {
  readonly phoneId: PhoneId;
  entry: DeviceEntry;
  readonly places: Map<string, Place>;
  call: DeviceCall | null;
  /** Picked up for this offer, and put down again. */
  putDown: OfferId | null;
  /** Who was shown last: a call that needs the phone again shows the same. */
  shown: ShownCaller;
  lastSeenAt: Instant | null;
  trouble: DeviceState["trouble"];
  told: string;
};

/** It failed here: that says nothing of the phone. */
const OURS: DeviceRefusal = { what: "refused", status: null };
const NOBODY: ShownCaller = { number: null, name: null };
/** A call that nothing has happened to yet. */
const freshCall = (
  given: Pick<DeviceCall, "state" | "legId" | "legs" | "offerId" | "personId" | "shown" | "isAutomatic" | "forks">,
): DeviceCall => ({
  ...given,
  callId: null,
  timers: new Map(),
  waiting: new Set(),
  isHeld: false,
  isSilent: false,
  upSince: null,
  lastWord: null,
});
const CALL_SHOWN = { calling: "ringing", dialled: "dialling", up: "talking", over: "idle" } as const;

export function createDevicePhones(options: {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: IdSource;
  readonly engine: MediaEngine;
  readonly sip: () => SipEndpoint;
  readonly log: Logger;
  readonly bindAddress: string;
  /** The address that this peer sees of us. */
  readonly advertisedFor: (remote: string) => string;
  /** IPv4 addresses of this machine now, loopback left out. */
  readonly ownAddresses: () => readonly string[];
  /** Of a softphone's flow: the address of ours that it came by, and where its audio goes; null for every other flow. */
  readonly mediaPlaceOf: (flowId: string) => { readonly reachedAddress: string; readonly mediaAddress: string } | null;
  /** Where a device is registered now. */
  readonly bindingsOf: (username: string) => readonly Binding[];
  /** A TCP connection to a phone, for what is too long for UDP. */
  readonly openFlow: (remote: HostPort) => Promise<SipFlow>;
  readonly report: (event: EdgeEvent) => void;
  /** Messages of this name belong to this call. */
  readonly onSipCallId: (sipCallId: string, callId: CallId) => void;
  readonly onState: (deviceId: DeviceId, state: DeviceState) => void;
  /** Put down in mid-call. */
  readonly onHungUp: (legId: string) => void;
  readonly onMediaStopped: (legId: string) => void;
  /** The phone itself put the other side on hold, or took it back. */
  readonly onHold: (legId: string, held: boolean) => void;
  /** Whether a talk is there that can go on to somebody else, or be left for somebody beside it; then core is asked. */
  readonly onPassOn: (legId: string, wish: { readonly token: string; readonly destination: string | null }) => CallId | null;
  readonly onConsult: (legId: string, wish: { readonly token: string; readonly destination: string }) => CallId | null;
  /** Its person speaks on this leg of theirs from now on, and there with whoever is aside. */
  readonly onSpeaksOn: (who: { readonly personId: PersonId; readonly phoneId: PhoneId; readonly legId: string }) => void;
  readonly onTurnsAside: (legId: string) => void;
  /** A key that the phone sent by INFO. */
  readonly onDigit: (legId: string, digit: string) => void;
}): DevicePhones {
  const { clock, timers, engine } = options;
  const phones = new Map<PhoneId, Phone>();
  const byUsername = new Map<string, Phone>();
  const byLeg = new Map<string, Phone>();
  const byDialog = new Map<string, { readonly phone: Phone; readonly call: DeviceCall; readonly forkId: string }>();
  const asked = new Map<string, { readonly phone: Phone; readonly place: Place }>();
  const wishes = new Map<string, Wish>();
  const seconds = new Map<string, SecondCall>();

  // ---- Where it is, and how it does

  const stateOf = (phone: Phone): DeviceState => {
    const contacts = options.bindingsOf(phone.entry.username).map((binding): DeviceContact => {
      const place = phone.places.get(keyOf(binding));
      return {
        address: plainAddress(binding.flow.remote.address),
        port: binding.flow.remote.port,
        transport: binding.flow.transport,
        userAgent: place?.userAgent ?? null,
        since: place?.since ?? clock.now(),
        expiresAt: binding.expiresAt,
        answers: place === undefined || isOffered(place),
        roundTripMs: place?.roundTripMs ?? null,
        lastAnswerAt: place?.lastAnswerAt ?? null,
        blockedUntil: place?.blockedUntil ?? null,
      };
    });
    return {
      at: clock.now(),
      contacts,
      call: phone.call === null ? "idle" : CALL_SHOWN[phone.call.state.kind],
      canRing: contacts.some(({ answers }) => answers),
      lastSeenAt: contacts.length > 0 ? clock.now() : phone.lastSeenAt,
      trouble: phone.trouble,
    };
  };

  const isOffered = (place: Place): boolean => place.answers && place.blockedUntil === null;

  const tell = (phone: Phone): void => {
    if (phones.get(phone.phoneId) !== phone) return;
    const state = stateOf(phone);
    const text = JSON.stringify({ ...state, at: 0, lastSeenAt: state.contacts.length > 0 ? 0 : state.lastSeenAt });
    if (text === phone.told) return;
    phone.told = text;
    options.onState(phone.entry.deviceId, state);
  };

  const noteTrouble = (phone: Phone, what: DeviceTrouble, status: number | null = null): void => {
    phone.trouble = { at: clock.now(), what, status };
    tell(phone);
  };

  const heard: DevicePhones["heard"] = (changes, userAgent) => {
    for (const change of changes) {
      const { binding } = change;
      const phone = byUsername.get(usernameOf(binding.addressOfRecord));
      if (phone === undefined) continue;
      const at = clock.now();
      phone.lastSeenAt = at;
      if (change.kind === "bindingRemoved") {
        phone.places.delete(keyOf(binding));
        const what = troubleOfLoss(change.reason);
        if (what !== null && options.bindingsOf(phone.entry.username).length === 0) phone.trouble = { at, what, status: null };
      } else {
        const known = phone.places.get(keyOf(binding));
        if (known === undefined) {
          phone.places.set(keyOf(binding), {
            userAgent,
            since: at,
            answers: true,
            roundTripMs: null,
            lastAnswerAt: null,
            blockedUntil: null,
            failures: 0,
            asking: null,
            askAt: at,
          });
          // What was wrong with its registration is over.
          if (isOfRegistration(phone.trouble?.what)) phone.trouble = null;
        } else {
          known.userAgent = userAgent ?? known.userAgent;
          known.answers = true;
        }
      }
      tell(phone);
    }
  };

  /** Asks a place whether it is there. Whatever it answers, it answered. */
  const ask = (phone: Phone, place: Place, binding: Binding): void => {
    const sip = options.sip();
    const at = clock.now();
    const uri = `sip:${escapeUser(phone.entry.username)}@${host(options.advertisedFor(binding.flow.remote.address))}`;
    place.askAt = at + DevicePhoneLimits.askEveryMs;
    const transactionId = sip.send(
      sip.stack.requestSend({
        method: "OPTIONS",
        flow: binding.flow,
        target: binding.contact,
        from: `<sip:allo@${host(options.advertisedFor(binding.flow.remote.address))}>`,
        to: `<${uri}>`,
        headers: [{ name: "Accept", value: "application/sdp" }],
        timing: { giveUpMs: DevicePhoneLimits.askGiveUpMs },
      }),
    );
    if (transactionId === null) return;
    place.asking = { transactionId, at };
    asked.set(transactionId, { phone, place });
  };

  const answeredQuestion = (event: Extract<SipUserEvent, { kind: "requestAnswered" | "requestFailed" }>): boolean => {
    const question = asked.get(event.transactionId);
    if (question === undefined) return false;
    asked.delete(event.transactionId);
    const { phone, place } = question;
    const at = clock.now();
    if (event.kind === "requestAnswered") {
      place.roundTripMs = place.asking === null ? null : Math.max(0, at - place.asking.at);
      place.lastAnswerAt = at;
      place.answers = true;
      if (phone.trouble?.what === "noAnswer") phone.trouble = null;
    } else if (place.lastAnswerAt !== null || event.cause === "transport") {
      // Who never answered such a question may not know it: that says nothing.
      place.answers = false;
      place.askAt = at + DevicePhoneLimits.askAgainMs;
      phone.trouble = { at, what: "noAnswer", status: null };
    }
    place.asking = null;
    tell(phone);
    return true;
  };

  // ---- Calling it

  const begin = (
    phone: Phone,
    order: {
      readonly offerId: OfferId | null;
      readonly personId: PersonId | null;
      readonly shown: ShownCaller;
      readonly isAutomatic: boolean;
    },
  ): DeviceCall | null => {
    const all = options.bindingsOf(phone.entry.username);
    const answering = all.filter((binding) => {
      const place = phone.places.get(keyOf(binding));
      return place === undefined || isOffered(place);
    });
    const bindings = answering.length > 0 ? answering : all;
    if (bindings.length === 0) return null;
    const forks = new Map(bindings.map((binding, index) => [String(index), forkAt(phone, binding)]));
    const begun = beginDeviceCall([...forks.keys()]);
    const legOf = (kind: LegKind): string | null =>
      [...forks.values()].some((fork) => fork.kind === kind) ? options.ids.next("leg") : null;
    const legs = { plain: legOf("plain"), browser: legOf("browser") };
    const legId = must(legs.plain ?? legs.browser);
    const call = freshCall({ state: begun.state, legId, legs, ...order, forks });
    phone.call = call;
    phone.shown = order.shown;
    for (const each of legsOf(call)) byLeg.set(each, phone);
    for (const command of begun.commands) execute(phone, call, command);
    void open(phone, call);
    tell(phone);
    return call;
  };

  const forkAt = (phone: Phone, binding: Fork["binding"]): Fork => {
    const { flow } = binding;
    const seals = phone.entry.offersSrtp && flow.transport === "tls";
    const place = options.mediaPlaceOf(flow.id);
    const local: LocalMedia = {
      address: place?.mediaAddress ?? options.advertisedFor(flow.remote.address),
      port: 0,
      sessionId: String(Math.trunc(clock.now())),
      srtpKey: new Uint8Array(randomBytes(SRTP_KEY_BYTES)),
      ...(seals ? { habits: SEALED } : {}),
    };
    const kind = place === null ? "plain" : "browser";
    return { binding, kind, local, sdp: new Uint8Array(), version: 1, dialogId: null, sipCallId: null, isGivenUp: false };
  };

  const open = async (phone: Phone, call: DeviceCall): Promise<void> => {
    await Promise.all(
      (["plain", "browser"] as const).map(async (kind) => {
        const legId = call.legs[kind];
        const forks = [...call.forks].filter(([, fork]) => fork.kind === kind);
        if (legId === null) return;
        try {
          const media = kind === "plain" ? await openPlain(legId) : await openBrowser(legId, must(forks[0])[1]);
          if (call.state.kind === "over") {
            engine.closeLeg(legId);
            return;
          }
          engine.setPath(legId, { kind: "silence" });
          for (const [forkId, fork] of forks) {
            fork.local = { ...fork.local, ...media };
            fork.sdp = offerToCaller(fork.local, fork.version);
            void invite(phone, call, forkId, fork);
          }
        } catch (error) {
          options.log.error({ err: error }, "no media socket for a desk phone");
          for (const [forkId] of forks) feed(phone, call, { kind: "failed", fork: forkId, refusal: OURS });
        }
      }),
    );
  };

  const { mediaTimeoutMs } = DevicePhoneLimits;
  const openPlain = (legId: string): Promise<Pick<LocalMedia, "port">> =>
    engine.openPlainLeg({ legId, bindAddress: options.bindAddress, remote: null, mediaTimeoutMs });

  /** ICE and DTLS; whoever answers first says with whom. */
  const openBrowser = async (legId: string, { binding, local }: Fork): Promise<Pick<LocalMedia, "port" | "browser">> => {
    const { listen, alsoAt } = browserMediaPlace({
      bindAddress: options.bindAddress,
      reachedAddress: options.mediaPlaceOf(binding.flow.id)?.reachedAddress ?? "",
      mediaAddress: local.address,
      ownAddresses: options.ownAddresses(),
    });
    const opened = await engine.openWebrtcLeg({ legId, ...listen, remote: null, mediaTimeoutMs });
    return { port: opened.port, browser: { ...opened, alsoAt } };
  };

  /** What a phone's description asks for, in the manner of its leg. */
  const readMedia = (fork: Fork, sdp: Uint8Array, how: { readonly isAnswer: boolean }): PlainRemote | WebrtcRemote | "held" | null =>
    fork.kind === "browser"
      ? readBrowserOffer(sdp)
      : readCallerMedia(sdp, plainAddress(fork.binding.flow.remote.address), { ...fork.local, ...how });
  const turnTo = (call: DeviceCall, fork: Fork, remote: PlainRemote | WebrtcRemote): void => {
    const legId = must(call.legs[fork.kind]);
    if ("iceUfrag" in remote) engine.updateWebrtcLeg(legId, remote);
    else engine.updatePlainLeg(legId, remote);
  };

  const invite = async (phone: Phone, call: DeviceCall, forkId: string, fork: Fork, longFlow?: SipFlow): Promise<void> => {
    if (fork.isGivenUp || call.state.kind !== "calling") return;
    const sip = options.sip();
    const { binding } = fork;
    const flow = longFlow ?? binding.flow;
    const ours = host(fork.local.address);
    const { number, name } = call.shown;
    const bytesMax = flow.transport === "udp" && longFlow === undefined ? { bytesMax: DevicePhoneLimits.udpBytesMax } : {};
    const sipCallId = options.ids.next("cid");
    const result = sip.stack.inviteSend({
      flow,
      callId: sipCallId,
      target: binding.contact,
      from:
        number === null && name === null
          ? '"Anonymous" <sip:anonymous@anonymous.invalid>'
          : named(name, number === null ? "sip:anonymous@anonymous.invalid" : `sip:${escapeUser(number)}@${ours}`),
      to: `<sip:${escapeUser(phone.entry.username)}@${ours}>`,
      sdp: fork.sdp,
      headers: call.isAutomatic ? autoAnswerHeaders(phone.places.get(keyOf(binding))?.userAgent ?? null, ours) : [],
      // A phone behind a NAT names a Contact that leads nowhere.
      inDialogTarget: "source",
      reliableProgress: "never",
      timing: { giveUpMs: DevicePhoneLimits.inviteGiveUpMs },
      ...bytesMax,
    });
    if (result.failure === "tooLarge") {
      // Over UDP only where the phone takes no TCP.
      await invite(phone, call, forkId, fork, await tcpTo(binding));
      return;
    }
    if (result.handle === null) {
      options.log.warn({ failure: result.failure }, "a call to a desk phone could not be written");
      feed(phone, call, { kind: "failed", fork: forkId, refusal: OURS });
      return;
    }
    fork.dialogId = result.handle;
    fork.sipCallId = sipCallId;
    if (call.callId !== null) options.onSipCallId(sipCallId, call.callId);
    byDialog.set(result.handle, { phone, call, forkId });
    sip.run(result);
  };

  /** TCP to where the Contact leads, where it doesn't ask for UDP; else its own flow. */
  const tcpTo = async (binding: Fork["binding"]): Promise<SipFlow> => {
    const uri = parseUri(binding.contact);
    if (uri === null || uri.kind !== "sip" || paramGet(uri.params, "transport") === "udp") return binding.flow;
    const { remote } = binding.flow;
    return await options.openFlow({ address: remote.address, port: remote.port }).catch(() => binding.flow);
  };

  const feed = (phone: Phone, call: DeviceCall, event: DeviceCallEvent): void => {
    const step = stepDeviceCall(call.state, event);
    call.state = step.state;
    for (const command of step.commands) execute(phone, call, command);
    tell(phone);
  };

  const execute = (phone: Phone, call: DeviceCall, command: DeviceCallCommand): void => {
    const sip = options.sip();
    switch (command.kind) {
      case "cancel": {
        const fork = call.forks.get(command.fork);
        if (fork === undefined) return;
        fork.isGivenUp = true;
        const elsewhere: readonly SipHeader[] = [{ name: "Reason", value: 'SIP;cause=200;text="Call completed elsewhere"' }];
        if (fork.dialogId !== null)
          sip.run(sip.stack.inviteCancel(fork.dialogId, command.isAnsweredElsewhere ? { headers: elsewhere } : {}));
        return;
      }
      case "hangUp": {
        const dialogId = call.forks.get(command.fork)?.dialogId ?? null;
        if (dialogId === null) return;
        const waiting = [...wishes].find(([, each]) => each.call === call);
        const bye = (): unknown =>
          sip.run(sip.stack.dialogEnd(dialogId, { headers: [{ name: "Reason", value: 'Q.850;cause=16;text="Normal call clearing"' }] }));
        // Its transfer is done, most likely: the phone hears so before its call ends.
        if (waiting === undefined) {
          bye();
          return;
        }
        const [token, wish] = waiting;
        wish.bye = bye;
        wish.giveUp();
        wish.giveUp = wishTimer(token, DevicePhoneLimits.lastWordMsMax);
        return;
      }
      case "answerEarly":
      case "accept":
      case "reject":
        executeDialled(phone, call, command);
        return;
      case "armTimer":
        call.timers.get(command.timer)?.();
        call.timers.set(
          command.timer,
          timers.arm(command.afterMs, () => feed(phone, call, { kind: "timerFired", timer: command.timer })),
        );
        return;
      case "cancelTimer":
        call.timers.get(command.timer)?.();
        call.timers.delete(command.timer);
        return;
      case "tellAnswered":
        takesCallsAt(phone, call.forks.get(command.fork));
        call.upSince = clock.now();
        timers.arm(mediaTimeoutMs, () => fellSilent(call));
        phone.trouble = isOfCall(phone.trouble?.what) ? null : phone.trouble;
        keepLegOf(call, command.fork);
        settle(call, call.legId);
        if (call.offerId !== null)
          options.report({ kind: "phoneAnswered", at: clock.now(), phoneId: phone.phoneId, offerId: call.offerId });
        return;
      case "tellRefused":
        settle(call, null);
        refused(phone, call, command.refusal);
        return;
      case "tellHungUp":
        phone.putDown = call.offerId;
        options.onHungUp(call.legId);
        return;
      case "closeLeg":
        for (const second of seconds.values()) {
          if (second.call !== call) continue;
          secondIsOver(second, 487);
          options.onMediaStopped(second.legId);
        }
        for (const legId of legsOf(call)) closeLeg(legId);
        if (phone.call === call) phone.call = null;
    }
  };

  // ---- Its person has dialled

  const executeDialled = (
    phone: Phone,
    call: DeviceCall,
    { kind, fork: forkId }: Extract<DeviceCallCommand, { readonly kind: "answerEarly" | "accept" | "reject" }>,
  ): void => {
    const sip = options.sip();
    const { dialogId, sdp } = must(call.forks.get(forkId));
    if (dialogId === null) return;
    if (kind === "answerEarly") sip.run(sip.stack.inviteProgress(dialogId, { status: 183, sdp }));
    else if (kind === "accept") {
      call.upSince = clock.now();
      timers.arm(mediaTimeoutMs, () => fellSilent(call));
      if (isOfCall(phone.trouble?.what)) phone.trouble = null;
      sip.run(sip.stack.inviteAccept(dialogId, { sdp }));
    } else {
      const { status, reason } = call.lastWord ?? NOT_BEGUN_WORD;
      byDialog.delete(dialogId);
      sip.run(sip.stack.inviteReject(dialogId, { status, ...(reason === null ? {} : { reason }) }));
      // Busy, and nobody there, are no fault of the phone's or of whoever dialled.
      if (status === 403 || status >= 500) noteTrouble(phone, "dialRefused", status);
    }
  };

  const dial: DevicePhones["dial"] = ({ dialogId, request, flow, sdp }, deviceId, wish) => {
    const phone = phones.get(deviceId as string as PhoneId);
    if (phone === undefined || phone.call !== null) return false;
    const forkId = "dialled";
    const fork = forkAt(phone, { addressOfRecord: "", contact: "", flow });
    fork.dialogId = dialogId;
    fork.sipCallId = request.callId;
    const begun = beginDialledCall(forkId);
    const legId = options.ids.next("leg");
    const call = freshCall({
      state: begun.state,
      legId,
      legs: { plain: fork.kind === "plain" ? legId : null, browser: fork.kind === "browser" ? legId : null },
      offerId: null,
      personId: null,
      shown: NOBODY,
      isAutomatic: false,
      forks: new Map([[forkId, fork]]),
    });
    phone.call = call;
    byLeg.set(legId, phone);
    byDialog.set(dialogId, { phone, call, forkId });
    for (const command of begun.commands) execute(phone, call, command);
    void openDialled(phone, call, fork, sdp).then((refusal) => {
      if (call.state.kind === "over") engine.closeLeg(legId);
      else if (refusal === null)
        options.report({ kind: "phoneDialAsked", at: clock.now(), token: dialogId, phoneId: phone.phoneId, ...wish });
      else {
        call.lastWord = refusal;
        feed(phone, call, { kind: "released" });
      }
    });
    tell(phone);
    return true;
  };

  /** Its leg, and our answer to what it offers; or why that can't be. */
  const openDialled = async (phone: Phone, call: DeviceCall, fork: Fork, offer: Uint8Array | null): Promise<LastWord | null> => {
    const remote = offer === null ? null : readMedia(fork, offer, { isAnswer: false });
    if (offer === null || remote === null) return { status: 488, reason: null };
    try {
      const media = fork.kind === "plain" ? await openPlain(call.legId) : await openBrowser(call.legId, fork);
      fork.local = { ...fork.local, ...media };
    } catch (error) {
      options.log.error({ err: error, phoneId: phone.phoneId }, "no media socket for a call from a desk phone");
      return { status: 503, reason: null };
    }
    const answer = answerCaller(offer, fork.local, fork.version);
    if (answer === null) return { status: 488, reason: null };
    fork.sdp = answer;
    if (remote !== "held") turnTo(call, fork, remote);
    engine.setPath(call.legId, { kind: "silence" });
    engine.setWanted(call.legId, !isHolding(offer));
    return null;
  };

  /** What core says of it: why it can't be, or of what it came to nothing. A call that has begun says itself when it is over. */
  const dialIsTold = (phone: Phone, call: DeviceCall, { status, reason, audioIds = [] }: Parameters<DevicePhones["tell"]>[0]): void => {
    if (status < 300 || call.state.kind !== "dialled") return;
    call.lastWord = { status, reason: reason ?? null };
    if (call.state.isClaimed) return;
    if (audioIds.length === 0) {
      feed(phone, call, { kind: "released" });
      return;
    }
    feed(phone, call, { kind: "claimed" });
    engine.setPath(call.legId, { kind: "sequence", token: "dial", items: audioIds.map((audioId) => ({ kind: "audio", audioId })) });
    timers.arm(DevicePhoneLimits.sentenceMsMax, () => feed(phone, call, { kind: "released" }));
  };

  const takesCallsAt = (phone: Phone, fork: Fork | undefined): void => {
    const place = fork === undefined ? undefined : phone.places.get(keyOf(fork.binding));
    if (place === undefined) return;
    place.failures = 0;
    place.blockedUntil = null;
  };

  const closeLeg = (legId: string): void => {
    engine.closeLeg(legId);
    byLeg.delete(legId);
  };

  /** The leg of the phone that was picked up; the one for the other kind is not needed any more. */
  const keepLegOf = (call: DeviceCall, forkId: string): void => {
    const kind = call.forks.get(forkId)?.kind ?? "plain";
    call.legId = call.legs[kind] ?? call.legId;
    for (const legId of legsOf(call)) if (legId !== call.legId) closeLeg(legId);
  };

  const settle = (call: DeviceCall, legId: string | null): void => {
    const waiting = [...call.waiting];
    call.waiting.clear();
    for (const then of waiting) then(legId);
  };

  const refused = (phone: Phone, call: DeviceCall, { what, status }: DeviceRefusal): void => {
    if (what === "withdrawn") return;
    const unreached = status === null ? "noAnswer" : "turnsAway";
    phone.trouble = { at: clock.now(), what: what === "notReached" ? unreached : what, status };
    if (call.offerId === null) return;
    options.report({ kind: "phoneRefused", at: clock.now(), phoneId: phone.phoneId, offerId: call.offerId, why: refusalSaid(what) });
  };

  // ---- What it says in a call

  const changeMedia = (phone: Phone, call: DeviceCall, fork: Fork, transactionId: string, offer: Uint8Array | null): void => {
    const sip = options.sip();
    const remote = offer === null ? "held" : readMedia(fork, offer, { isAnswer: false });
    const isReadable = offer === null || (remote !== null && answerCaller(offer, fork.local, fork.version) !== null);
    if (!isReadable) {
      sip.run(sip.stack.respond(transactionId, { status: 488 }));
      return;
    }
    const next = nextVersion({ version: fork.version, sdp: fork.sdp }, (version) =>
      offer === null ? offerToCaller(fork.local, version, fork.sdp) : (answerCaller(offer, fork.local, version) ?? fork.sdp),
    );
    fork.version = next.version;
    fork.sdp = next.sdp;
    if (remote !== null && remote !== "held") turnTo(call, fork, remote);
    sip.run(sip.stack.respond(transactionId, { status: 200, body: { contentType: "application/sdp", bytes: next.sdp } }));
    if (offer === null) return;
    const isHeld = isHolding(offer);
    engine.setWanted(must(call.legs[fork.kind]), !isHeld);
    if (isHeld === call.isHeld) return;
    call.isHeld = isHeld;
    // Back from a second call of theirs: they speak here again.
    if (!isHeld) speaksOn(phone, call, call.legId);
    options.onHold(call.legId, isHeld);
  };

  const speaksOn = (phone: Phone, call: DeviceCall, legId: string): void => {
    if (call.personId !== null && call.state.kind === "up") options.onSpeaksOn({ personId: call.personId, phoneId: phone.phoneId, legId });
  };

  // ---- The customer goes on to somebody else, asked for at the phone

  const referred = (phone: Phone, call: DeviceCall, event: Extract<SipUserEvent, { kind: "referReceived" }>): void => {
    const sip = options.sip();
    const { transactionId: token, target, wantsNotify } = event;
    const second = secondOf(call);
    const isWaiting = [...wishes.values()].some((wish) => wish.call === call);
    const callId = target.method === "INVITE" && call.state.kind === "up" && !isWaiting ? passOn() : null;
    if (callId === null) {
      sip.run(sip.stack.respond(token, { status: 603 }));
      return;
    }
    wishes.set(token, { phone, call, wantsNotify, bye: null, giveUp: wishTimer(token, DevicePhoneLimits.wishAnswerMsMax) });
    sip.run(sip.stack.respond(token, { status: 202 }));

    function passOn(): CallId | null {
      const destination = destinationOf(target.uri);
      if (target.replaces === null) return destination === null ? null : options.onPassOn(call.legId, { token, destination });
      // The other dialog is this phone's own second call, or the first one where it was asked for in the second.
      const names = [second?.dialogId, dialogOf(call)].map((dialogId) => (dialogId == null ? null : sip.stack.dialogName(dialogId)));
      const { callId: named, toTag, fromTag } = target.replaces;
      const isOwn = names.some((name) => name?.callId === named && name.localTag === toTag && name.remoteTag === fromTag);
      if (second?.isAnswered !== true || !isOwn) return null;
      return options.onPassOn(second.legId, { token, destination: null }) ?? options.onPassOn(call.legId, { token, destination: null });
    }
  };

  const wishTimer = (token: string, ms: number): (() => void) => timers.arm(ms, () => told({ token, status: 503 }));

  const told: DevicePhones["tell"] = (more) => {
    const sip = options.sip();
    const { token, status } = more;
    const second = seconds.get(token);
    if (second !== undefined) {
      secondIsTold(second, status);
      return;
    }
    const dialled = byDialog.get(token);
    if (dialled !== undefined) {
      dialIsTold(dialled.phone, dialled.call, more);
      return;
    }
    const wish = wishes.get(token);
    if (wish === undefined) return;
    wish.giveUp();
    if (wish.wantsNotify) sip.run(sip.stack.referNotify(token, { status }));
    if (status < 200) {
      wish.giveUp = wishTimer(token, DevicePhoneLimits.wishMsMax);
      return;
    }
    wishes.delete(token);
    if (status >= 300) timers.arm(DevicePhoneLimits.stayedAfterMs, () => backToCustomer(wish.call));
    wish.bye?.();
  };

  /**
   * A transfer came to nothing. Who hadn't put the customer on hold has no key that takes them back; but some phones hang up when they hear
   * of it, and on hold that ends nothing.
   */
  const backToCustomer = (call: DeviceCall): void => {
    const isAskedAnew = [...wishes.values()].some((wish) => wish.call === call);
    if (call.state.kind === "up" && !call.isHeld && !isAskedAnew) options.onHold(call.legId, false);
  };

  // ---- A second call from a phone that is in a talk

  const secondOf = (call: DeviceCall): SecondCall | undefined => [...seconds.values()].find((second) => second.call === call);
  const dialogOf = (call: DeviceCall): string | null =>
    call.state.kind === "up" ? (call.forks.get(call.state.fork)?.dialogId ?? null) : null;

  const consult: DevicePhones["consult"] = ({ dialogId, flow, sdp }, deviceId, destination) => {
    const sip = options.sip();
    const phone = phones.get(deviceId as string as PhoneId);
    const call = phone?.call;
    if (phone === undefined || call == null || call.state.kind !== "up" || !call.state.isClaimed) return null;
    const callId = secondOf(call) === undefined ? options.onConsult(call.legId, { token: dialogId, destination }) : null;
    if (callId === null) return null;
    const second: SecondCall = {
      callId,
      dialogId,
      phone,
      call,
      legId: options.ids.next("leg"),
      flow,
      local: {
        address: options.advertisedFor(flow.remote.address),
        port: 0,
        sessionId: String(Math.trunc(clock.now())),
        srtpKey: new Uint8Array(randomBytes(SRTP_KEY_BYTES)),
      },
      sdp: new Uint8Array(),
      version: 1,
      isAnswered: false,
      isHeld: false,
    };
    seconds.set(dialogId, second);
    byLeg.set(second.legId, phone);
    void openSecond(second, sdp);
    sip.run(sip.stack.inviteProgress(dialogId, { status: 183 }));
    return callId;
  };

  const openSecond = async (second: SecondCall, offer: Uint8Array | null): Promise<void> => {
    const { dialogId, legId, flow } = second;
    const remote = offer === null ? null : readCallerMedia(offer, plainAddress(flow.remote.address), second.local);
    if (offer === null || remote === null) {
      secondIsOver(second, 488);
      return;
    }
    try {
      const { bindAddress } = options;
      const opening = { legId, nearLegId: second.call.legId, bindAddress, remote: remote === "held" ? null : remote, mediaTimeoutMs };
      second.local = { ...second.local, port: (await engine.openPlainLeg(opening)).port };
    } catch (error) {
      options.log.error({ err: error }, "no media socket for a second call of a phone");
      secondIsOver(second, 503);
      return;
    }
    if (seconds.get(dialogId) !== second) {
      engine.closeLeg(legId);
      return;
    }
    engine.setPath(legId, { kind: "silence" });
    second.sdp = answerCaller(offer, second.local, 1) ?? second.sdp;
    if (second.isAnswered) answerSecond(second);
  };

  const answerSecond = (second: SecondCall): void => {
    const sip = options.sip();
    sip.run(sip.stack.inviteAccept(second.dialogId, { sdp: second.sdp }));
    speaksOn(second.phone, second.call, second.legId);
  };

  const secondIsTold = (second: SecondCall, status: number): void => {
    const sip = options.sip();
    if (status >= 300) secondEnds(second, status);
    else if (status < 200) sip.run(sip.stack.inviteProgress(second.dialogId, { status }));
    else if (!second.isAnswered) {
      second.isAnswered = true;
      if (second.sdp.length > 0) answerSecond(second);
    }
  };

  /** Ended by us: its person speaks on the first call again. */
  const secondEnds = (second: SecondCall, status: number): void => {
    if (!seconds.delete(second.dialogId)) return;
    const sip = options.sip();
    if (second.isAnswered) sip.run(sip.stack.dialogEnd(second.dialogId));
    else sip.run(sip.stack.inviteReject(second.dialogId, { status }));
    speaksOn(second.phone, second.call, second.call.legId);
    closeLeg(second.legId);
  };
  const tellOver = ({ callId, dialogId }: SecondCall): void =>
    options.report({ kind: "phoneConsultOver", at: clock.now(), callId, token: dialogId });
  /** Given up at the phone, or it can't be: core lets go of whoever was called. */
  const secondIsOver = (second: SecondCall, status: number): void => {
    tellOver(second);
    secondEnds(second, status);
  };

  const secondSays = (second: SecondCall, event: SipUserEvent): void => {
    const sip = options.sip();
    switch (event.kind) {
      case "inviteCancelled":
      case "dialogEnded":
        tellOver(second);
        seconds.delete(second.dialogId);
        speaksOn(second.phone, second.call, second.call.legId);
        closeLeg(second.legId);
        return;
      case "reInviteReceived":
        changeSecond(second, event.transactionId, event.sdp);
        return;
      case "referReceived":
        referred(second.phone, second.call, event);
        return;
      case "requestReceived":
        if (event.request.method === "UPDATE") changeSecond(second, event.transactionId, event.request.body);
        else sip.run(sip.stack.respond(event.transactionId, { status: 501 }));
        return;
      default:
    }
  };

  const changeSecond = (second: SecondCall, transactionId: string, offer: Uint8Array | null): void => {
    const sip = options.sip();
    const remote = offer === null ? "held" : readCallerMedia(offer, plainAddress(second.flow.remote.address), second.local);
    const answer =
      offer === null ? offerToCaller(second.local, second.version + 1, second.sdp) : answerCaller(offer, second.local, second.version + 1);
    if (remote === null || answer === null) {
      sip.run(sip.stack.respond(transactionId, { status: 488 }));
      return;
    }
    second.version += 1;
    second.sdp = answer;
    if (remote !== "held") engine.updatePlainLeg(second.legId, remote);
    sip.run(sip.stack.respond(transactionId, { status: 200, body: { contentType: "application/sdp", bytes: answer } }));
    if (offer === null) return;
    engine.setWanted(second.legId, !isHolding(offer));
    const wasHeld = second.isHeld;
    second.isHeld = isHolding(offer);
    if (!wasHeld || second.isHeld) return;
    // Back from the customer, whom the phone has put on hold.
    speaksOn(second.phone, second.call, second.legId);
    options.onTurnsAside(second.legId);
  };

  const sipEvent = (event: SipUserEvent): boolean => {
    if ((event.kind === "requestAnswered" || event.kind === "requestFailed") && event.dialogId === null) return answeredQuestion(event);
    const dialogId = "dialogId" in event ? event.dialogId : null;
    const second = dialogId === null ? undefined : seconds.get(dialogId);
    if (second !== undefined) {
      secondSays(second, event);
      return true;
    }
    const found = dialogId === null ? undefined : byDialog.get(dialogId);
    if (dialogId === null || found === undefined) return false;
    const { phone, call, forkId } = found;
    const fork = call.forks.get(forkId);
    if (fork === undefined) return true;
    switch (event.kind) {
      case "inviteProgressed":
        feed(phone, call, { kind: "progressed", fork: forkId });
        return true;
      case "inviteAnswered": {
        if (event.isReInvite) return true;
        if (call.state.kind === "calling") {
          const remote = event.sdp === null ? null : readMedia(fork, event.sdp, { isAnswer: true });
          if (remote === null) {
            const sip = options.sip();
            sip.run(sip.stack.dialogEnd(dialogId, { headers: [{ name: "Reason", value: 'SIP;cause=488;text="Not Acceptable Here"' }] }));
            feed(phone, call, { kind: "failed", fork: forkId, refusal: { what: "notAcceptable", status: 488 } });
            return true;
          }
          if (remote !== "held") turnTo(call, fork, remote);
          if (event.sdp !== null) engine.setWanted(must(call.legs[fork.kind]), !isHolding(event.sdp));
        }
        feed(phone, call, { kind: "answered", fork: forkId });
        return true;
      }
      case "inviteRejected": {
        if (event.isReInvite) return true;
        byDialog.delete(dialogId);
        const refusal = refusalOf(event.cause === "response" ? event.status : null);
        const place = phone.places.get(keyOf(fork.binding));
        if (place !== undefined && refusal.what === "notReached" && !fork.isGivenUp) notReachedAt(place, refusal);
        feed(phone, call, { kind: "failed", fork: forkId, refusal });
        return true;
      }
      case "inviteCancelled":
      case "dialogEnded":
        byDialog.delete(dialogId);
        feed(phone, call, { kind: "hungUp", fork: forkId });
        return true;
      case "reInviteReceived":
        changeMedia(phone, call, fork, event.transactionId, event.sdp);
        return true;
      case "referReceived":
        referred(phone, call, event);
        return true;
      case "requestReceived": {
        const { request, transactionId } = event;
        const sip = options.sip();
        if (request.method === "UPDATE" || request.method === "PRACK") changeMedia(phone, call, fork, transactionId, request.body);
        else if (request.method === "INFO") {
          const pressed = readRelayedDigit(request);
          if (pressed !== null) options.onDigit(call.legId, pressed.digit);
          sip.run(sip.stack.respond(transactionId, { status: pressed !== null || request.body.length === 0 ? 200 : 415 }));
        } else sip.run(sip.stack.respond(transactionId, { status: 501 }));
        return true;
      }
      default:
        return true;
    }
  };

  /** It answers questions, perhaps, and takes no calls: questions alone must not bring it calls again. */
  const notReachedAt = (place: Place, { status }: DeviceRefusal): void => {
    const at = clock.now();
    const { turnedAwayMs, turnedAwayMsMax, askAgainMs } = DevicePhoneLimits;
    if (status === null) {
      place.answers = false;
      place.askAt = at + askAgainMs;
    }
    // A first call into nothing may be a packet that was lost.
    const pauses = place.failures - (status === null ? 1 : 0);
    if (pauses >= 0) place.blockedUntil = at + Math.min(turnedAwayMsMax, turnedAwayMs * 2 ** pauses);
    place.failures += 1;
  };

  const withCall = (phoneId: PhoneId, run: (phone: Phone, call: DeviceCall) => void): void => {
    const phone = phones.get(phoneId);
    if (phone !== undefined && phone.call !== null) run(phone, phone.call);
  };

  /** It has been in a talk for a while and sends nothing, without holding. */
  const isAway = ({ state, isSilent, isHeld, upSince }: DeviceCall): boolean =>
    state.kind === "up" && isSilent && !isHeld && upSince !== null && clock.now() - upSince >= mediaTimeoutMs;
  const fellSilent = (call: DeviceCall): void => {
    if (isAway(call)) options.onMediaStopped(call.legId);
  };

  /** What its person dialled is given up for a call that needs the phone. */
  const giveWay = (phone: Phone, call: DeviceCall): void => {
    call.lastWord ??= BUSY_WORD;
    feed(phone, call, { kind: "withdrawn" });
  };

  const legFor: DevicePhones["legFor"] = (order, then) => {
    const phone = phones.get(order.phoneId);
    if (phone === undefined || (order.offerId !== null && phone.putDown === order.offerId)) {
      then(null);
      return;
    }
    if (order.dialToken !== undefined) {
      const call = byDialog.get(order.dialToken)?.call;
      const isThere = call !== undefined && call === phone.call && call.state.kind === "dialled";
      if (isThere) call.personId = order.personId;
      then(isThere ? call.legId : null);
      return;
    }
    // One that fell silent may never say that it is gone: whoever wants the phone now wants it anew.
    if (phone.call !== null && isAway(phone.call)) feed(phone, phone.call, { kind: "released" });
    if (phone.call?.state.kind === "dialled") giveWay(phone, phone.call);
    const standing = phone.call;
    if (standing?.state.kind === "up") {
      standing.personId = order.personId;
      then(standing.legId);
      return;
    }
    const { autoAnswer } = phone.entry;
    // Answered on the screen: a phone that rings is asked anew, to answer by itself.
    if (standing !== null && autoAnswer && !standing.isAutomatic) feed(phone, standing, { kind: "withdrawn" });
    const call =
      phone.call ?? begin(phone, { offerId: null, personId: order.personId, shown: order.shown ?? phone.shown, isAutomatic: autoAnswer });
    if (call === null) {
      noteTrouble(phone, "noAnswer");
      then(null);
      return;
    }
    call.personId = order.personId;
    call.callId = order.callId ?? null;
    for (const { sipCallId } of call.forks.values())
      if (sipCallId !== null && call.callId !== null) options.onSipCallId(sipCallId, call.callId);
    const settled = (legId: string | null): void => {
      cancel();
      then(legId);
    };
    const cancel = timers.arm(order.waitMsMax ?? DevicePhoneLimits.pickUpMsMax, () => {
      if (!call.waiting.delete(settled)) return;
      then(null);
      feed(phone, call, { kind: "withdrawn" });
    });
    call.waiting.add(settled);
  };

  return {
    configure: (devices) => {
      const wanted = new Map(devices.map((entry) => [entry.deviceId as string, entry]));
      for (const [phoneId, phone] of phones) {
        const entry = wanted.get(phoneId);
        wanted.delete(phoneId);
        if (entry !== undefined) {
          phone.entry = entry;
          continue;
        }
        if (phone.call !== null) feed(phone, phone.call, { kind: "released" });
        phones.delete(phoneId);
        byUsername.delete(phone.entry.username);
      }
      for (const entry of wanted.values()) {
        const phone: Phone = {
          phoneId: entry.deviceId as string as PhoneId,
          entry,
          places: new Map(),
          call: null,
          putDown: null,
          shown: NOBODY,
          lastSeenAt: null,
          trouble: null,
          told: "",
        };
        phones.set(phone.phoneId, phone);
        byUsername.set(entry.username, phone);
      }
    },
    isDevice: (phoneId) => phones.has(phoneId),
    ring: ({ phoneId, offerId, shown }) => {
      const phone = phones.get(phoneId);
      // Said again after a reconnect: it rings already.
      if (phone === undefined || phone.call?.offerId === offerId) return;
      if (phone.call !== null) giveWay(phone, phone.call);
      phone.putDown = null;
      const call = phone.call === null ? begin(phone, { offerId, personId: null, shown, isAutomatic: false }) : null;
      if (call !== null) return;
      options.report({ kind: "phoneRefused", at: clock.now(), phoneId, offerId, why: phone.call === null ? "notReached" : "busy" });
    },
    stopRinging: (phoneId) => withCall(phoneId, (phone, call) => feed(phone, call, { kind: "withdrawn" })),
    legFor,
    taken: (legId) => {
      const phone = byLeg.get(legId);
      if (phone !== undefined && phone.call?.legId === legId) feed(phone, phone.call, { kind: "claimed" });
    },
    released: (phoneId, why = null) =>
      withCall(phoneId, (phone, call) => {
        if (why !== null) call.lastWord ??= lastWordOf(why);
        feed(phone, call, { kind: "released" });
      }),
    reached: (legId) => {
      const phone = byLeg.get(legId);
      if (phone !== undefined && phone.call?.legId === legId) feed(phone, phone.call, { kind: "reached" });
    },
    sequenceEnded: (legId) => {
      const phone = byLeg.get(legId);
      // A claimed one belongs to a call, which says itself what it plays.
      if (phone?.call?.state.kind === "dialled" && phone.call.personId === null) feed(phone, phone.call, { kind: "released" });
    },
    dismiss: (phoneId) =>
      withCall(phoneId, (phone, call) => {
        if (call.state.kind === "up" && !call.state.isClaimed) feed(phone, call, { kind: "released" });
      }),
    isLeg: (legId) => byLeg.has(legId),
    sipCallIdOf: (legId) => {
      const call = byLeg.get(legId)?.call;
      const fork = call?.state.kind === "up" || call?.state.kind === "dialled" ? call.forks.get(call.state.fork) : undefined;
      return fork?.sipCallId ?? null;
    },
    ofLeg: (legId) => {
      const phone = byLeg.get(legId);
      const personId = phone?.call?.personId ?? null;
      // Its person speaks on the second call: what a phone plays to whom it holds moves nobody back.
      if (phone?.call?.isHeld === true && legId === phone.call.legId && secondOf(phone.call)?.isAnswered === true) return null;
      return phone === undefined || personId === null || phone.call?.state.kind !== "up" ? null : { phoneId: phone.phoneId, personId };
    },
    mediaStopped: (legId) => {
      const call = byLeg.get(legId)?.call;
      const second = [...seconds.values()].find((each) => each.legId === legId);
      if (second !== undefined) {
        if (!second.isHeld) options.onMediaStopped(legId);
        return;
      }
      if (call == null || call.isHeld) return;
      call.isSilent = true;
      fellSilent(call);
    },
    mediaFlowing: (legId) => {
      const call = byLeg.get(legId)?.call;
      if (call != null) call.isSilent = false;
    },
    legDied: (legId) => {
      const phone = byLeg.get(legId);
      if (phone === undefined || phone.call === null) return;
      options.onMediaStopped(legId);
      const second = [...seconds.values()].find((each) => each.legId === legId);
      if (second !== undefined) {
        secondIsOver(second, 503);
        return;
      }
      if (phone.call !== null) feed(phone, phone.call, { kind: "released" });
    },
    sipEvent,
    heard,
    tell: told,
    consult,
    dial,
    noteTrouble: (deviceId, what) => {
      const phone = phones.get(deviceId as string as PhoneId);
      if (phone !== undefined) noteTrouble(phone, what);
    },
    tick: () => {
      const at = clock.now();
      for (const phone of phones.values()) {
        if (phone.places.size === 0) continue;
        for (const binding of options.bindingsOf(phone.entry.username)) {
          const place = phone.places.get(keyOf(binding));
          if (place === undefined) continue;
          if (place.asking === null && place.askAt <= at) ask(phone, place, binding);
          if (place.blockedUntil !== null && place.blockedUntil <= at) {
            place.blockedUntil = null;
            tell(phone);
          }
        }
      }
    },
    states: () =>
      [...phones.values()].flatMap((phone) =>
        phone.places.size === 0 && phone.trouble === null ? [] : [{ deviceId: phone.entry.deviceId, state: stateOf(phone) }],
      ),
    count: () => [...phones.values()].filter(({ call }) => call !== null).length,
    endAll: () => {
      for (const phone of phones.values()) if (phone.call !== null) feed(phone, phone.call, { kind: "released" });
    },
  };
}

function legsOf({ legs }: DeviceCall): readonly string[] {
  return [legs.plain, legs.browser].filter((legId) => legId !== null);
}

function keyOf(binding: Pick<Binding, "addressOfRecord" | "contact">): string {
  return `${binding.addressOfRecord} ${binding.contact}`;
}

function usernameOf(addressOfRecord: string): string {
  return /^sips?:([^@]*)@/.exec(addressOfRecord)?.[1] ?? "";
}

function troubleOfLoss(reason: Extract<BindingChange, { kind: "bindingRemoved" }>["reason"]): DeviceTrouble | null {
  switch (reason) {
    case "expired":
    case "unregistered":
      return reason;
    case "flowClosed":
      return "connectionClosed";
    case "replaced":
    case "signedOut":
      return null;
  }
}

function isOfRegistration(what: DeviceTrouble | undefined): boolean {
  return what === "unregistered" || what === "expired" || what === "connectionClosed" || what === "wrongPassword" || what === "noAnswer";
}

function isOfCall(what: DeviceTrouble | undefined): boolean {
  return what !== undefined && !isOfRegistration(what);
}

function refusalSaid(what: Exclude<DeviceRefusal["what"], "withdrawn">): PhoneRefusal {
  // A phone that answers and can't take this call isn't out of reach: the next call may be another matter.
  return what === "notAcceptable" || what === "refused" ? "unavailable" : what;
}
