// A trunk: the way to a carrier and back. What the edge is told of it, and what the edge tells.
import type { Instant, NumberId, ProjectId } from "@allo/kernel";
import type { NumberRule } from "./number-rules.ts";

export const trunkLimits = {
  targetsMax: 8,
  networksMax: 64,
  callerIdsMax: 500,
  failoverCodesMax: 20,
  callsMax: 2_000,
  callsPerSecondMax: 100,
  /** Lines of one trunk's log that are kept. */
  logLinesMax: 200,
} as const;

export const trunkTransports = ["udp", "tcp", "tls"] as const;
export type TrunkTransportName = (typeof trunkTransports)[number];

export const trunkKinds = ["registration", "address", "digest"] as const;
/**
 * registration: we register with the carrier. address: each knows the other by its address. digest: the carrier registers or calls
 * with a user and a password that we gave it.
 */
export type TrunkKind = (typeof trunkKinds)[number];

export type TrunkTarget = {
  readonly host: string;
  /** Null: SRV says, else the usual port of the transport. */
  readonly port: number | null;
  /** Null: DNS says, else UDP. */
  readonly transport: TrunkTransportName | null;
  /** Lower is tried first; among equals by chance in proportion to weight. */
  readonly priority: number;
  readonly weight: number;
};

export const callerIdPlaces = ["from", "pAssertedIdentity", "remotePartyId", "diversion", "pPreferredIdentity"] as const;
export type CallerIdPlace = (typeof callerIdPlaces)[number];

export const callerIdChoices = ["passThrough", "fixed", "rotate", "perProject"] as const;
export type CallerIdChoice = (typeof callerIdChoices)[number];

export const trunkPacketLengths = [10, 20, 30, 40, 60] as const;
export type TrunkPacketMs = (typeof trunkPacketLengths)[number];

export const trunkKeyModes = ["auto", "events", "info", "tones"] as const;
/**
 * How keys go between us and a carrier. auto: events of RFC 4733 where its description names them, else tones. events: always events, also
 * where its description forgets to name them. info: by SIP INFO. tones: in the sound alone.
 */
export type TrunkKeyMode = (typeof trunkKeyModes)[number];

export const trunkSealings = ["off", "optional", "required"] as const;
/**
 * Audio sealed by keys in the descriptions (SRTP, SDES). off: our offers are in clear. optional: our offers have keys that the carrier
 * may pass over (RFC 8643), over TLS. required: no call without. What a carrier offers sealed is taken so in any case.
 */
export type TrunkSealing = (typeof trunkSealings)[number];

export const trunkRingings = ["carrier", "own"] as const;

/** The carrier's habits: each a setting with one sentence on the screen. */
export type TrunkHabits = {
  /** In-dialog requests go to where the carrier's messages come from, whatever its Contact names. */
  readonly ignoreContactHost: boolean;
  /** The user part of From is the account's; the number called from stands elsewhere. */
  readonly fromUserIsAccount: boolean;
  /** Where our number is put. */
  readonly callerIdIn: readonly CallerIdPlace[];
  readonly prack: "auto" | "required" | "forbidden";
  readonly sessionTimer: "auto" | "off";
  readonly t1Ms: number;
  /** Timer B: a target without any answer for so long is given up for the next. */
  readonly giveUpMs: number;
  /** Final answers that also send a call to the next target, beside 408 and 5xx. */
  readonly failoverCodes: readonly number[];
  readonly codecs: readonly ("PCMU" | "PCMA")[];
  readonly contactTransport: boolean;
  readonly contactSips: boolean;
  /** `;user=phone` behind numbers. */
  readonly userPhone: boolean;
  /** A message longer than this goes by TCP even where the trunk is UDP; 0: never. */
  readonly udpBytesMax: number;
  /** 0: never asked; calls alone tell whether it lives. */
  readonly optionsSeconds: number;
  readonly srtp: TrunkSealing;
  /** The length of the packets that we ask for, and send where the carrier asks for none. */
  readonly ptimeMs: TrunkPacketMs;
  readonly keys: TrunkKeyMode;
  /** The number by which our offers name keys as events (RFC 4733). */
  readonly keysPayloadType: number;
  /** What is heard while the called person's phone rings: what the carrier sends before the answer, or our own ringing. */
  readonly ringing: (typeof trunkRingings)[number];
  /** The trunk group by which the carrier knows us (RFC 4904): "group", or "group@context"; null: none. */
  readonly trunkGroup: string | null;
  /** Its side of a talk may pass the talk on by REFER: we call whom it names, past the gate of outgoing calls. */
  readonly takesRefer: boolean;
  /** An agent who leaves a customer of this trunk with somebody outside on the same one: the carrier is asked to join the two itself. */
  readonly sendsRefer: boolean;
};

export const trunkHabitDefaults: TrunkHabits = {
  ignoreContactHost: false,
  fromUserIsAccount: false,
  callerIdIn: ["from"],
  prack: "auto",
  sessionTimer: "auto",
  t1Ms: 500,
  giveUpMs: 6_000,
  failoverCodes: [],
  codecs: ["PCMA", "PCMU"],
  contactTransport: true,
  contactSips: false,
  userPhone: false,
  udpBytesMax: 1_300,
  optionsSeconds: 30,
  srtp: "off",
  ptimeMs: 20,
  keys: "auto",
  keysPayloadType: 101,
  ringing: "carrier",
  trunkGroup: null,
  takesRefer: false,
  sendsRefer: false,
};

/** The habits that a trunk begins with, its own to change. */
export function newTrunkHabits() {
  const { callerIdIn, failoverCodes, codecs, ...rest } = trunkHabitDefaults;
  return { ...rest, callerIdIn: [...callerIdIn], failoverCodes: [...failoverCodes], codecs: [...codecs] };
}

/** What the edge must know of a trunk. Passwords are in it: it goes over the bus and nowhere else. */
export type TrunkConfig = {
  readonly trunkId: string;
  readonly kind: TrunkKind;
  readonly enabled: boolean;
  readonly targets: readonly TrunkTarget[];
  /** Our account with the carrier (registration, or calls that it challenges). */
  readonly account: {
    readonly user: string;
    /** Where the carrier calls the user of digest otherwise. */
    readonly authUser: string | null;
    readonly password: string;
    /** Null: the realm of its first challenge is taken. */
    readonly realm: string | null;
  } | null;
  /** The domain of From and of Request-URI; null: the first target's host. */
  readonly domain: string | null;
  readonly fromDomain: string | null;
  readonly registrationSeconds: number;
  /** The address that this carrier sees of us, where it isn't the program's own. */
  readonly externalAddress: string | null;
  /** What the carrier's calls come from: networks, beside the addresses of its targets. */
  readonly networks: readonly string[];
  /** User and H(user:realm:password) by which the carrier shows itself (kind digest). */
  readonly inbound: { readonly username: string; readonly ha1Md5: string; readonly ha1Sha256: string } | null;
  /** Numbers of the trunk's organisation that its calls may reach; no other. */
  readonly numberIds: readonly NumberId[];
  readonly rules: {
    /** Numbers that we dial, from +E.164. */
    readonly dialled: readonly NumberRule[];
    /** Our number as the caller. */
    readonly callerOut: readonly NumberRule[];
    /** Numbers dialled by the carrier's callers, to the form that our numbers have. */
    readonly reached: readonly NumberRule[];
    /** Callers' numbers, to +E.164. */
    readonly callerIn: readonly NumberRule[];
  };
  readonly callerIds: {
    readonly choice: CallerIdChoice;
    readonly numbers: readonly { readonly number: string; readonly projectId: ProjectId | null }[];
  };
  readonly limits: { readonly callsMax: number; readonly callsPerSecond: number };
  readonly tls: {
    /** PEM of the authority that the carrier's certificate must come from; null: those of the system. */
    readonly caPem: string | null;
    /** SHA-256 of the carrier's certificate, "AB:CD:…"; it alone decides where it is given. */
    readonly fingerprint: string | null;
  };
  readonly habits: TrunkHabits;
};

export type TrunkTrouble =
  | "credentialsRefused"
  | "accountUnknown"
  | "noAnswer"
  | "connectionFailed"
  | "nameUnresolved"
  | "carrierBusy"
  | "carrierRefused"
  | "certificate"
  /** The trunk wants sealed audio, and the way there is no TLS. */
  | "notSealed";

/** A trunk at this moment, as the edge sees it. */
export type TrunkState = {
  readonly trunkId: string;
  readonly at: Instant;
  readonly registration: {
    readonly kind: "asking" | "registered" | "waiting";
    readonly until: Instant | null;
    readonly retryAt: Instant | null;
    readonly trouble: TrunkTrouble | null;
    readonly status: number | null;
  } | null;
  /** Kind digest: until when the carrier is registered with us. */
  readonly peerUntil: Instant | null;
  readonly targets: readonly {
    readonly host: string;
    readonly address: string | null;
    readonly port: number | null;
    readonly transport: TrunkTransportName | null;
    readonly health: "unknown" | "up" | "degraded" | "down";
    readonly since: Instant;
    readonly reason: TrunkTrouble | null;
    readonly lastAnswerAt: Instant | null;
    readonly lastStatus: number | null;
    readonly roundTripMs: number | null;
  }[];
  readonly calls: number;
};

/** What an edge measured of a trunk when it was asked to look closely. */
export type TrunkProbe = {
  readonly trunkId: string;
  readonly at: Instant;
  readonly names: readonly { readonly host: string; readonly addresses: number }[];
  readonly targets: readonly {
    readonly host: string;
    readonly address: string;
    readonly port: number;
    readonly transport: TrunkTransportName;
    readonly outcome: "answered" | "noAnswer" | "portClosed" | "certificate";
    readonly status: number | null;
    readonly roundTripMs: number | null;
    /** What our Via and Contact named. */
    readonly advertised: string;
    /** Where the carrier saw our message come from (Via received); null where it doesn't say. */
    readonly seenAs: string | null;
    /** Whether our Via came back as it was sent; null where nothing came. */
    readonly viaIntact: boolean | null;
    /** Its Date minus our clock. */
    readonly clockSkewMs: number | null;
    readonly certificate: {
      readonly validTo: Instant | null;
      readonly trouble: "ended" | "wrongName" | "untrusted" | "other" | null;
    } | null;
  }[];
  readonly registration: {
    readonly outcome: "answered" | "noAnswer" | "connectionFailed";
    readonly status: number | null;
    readonly contactIntact: boolean | null;
  } | null;
  /** Calls up now: packets that came from the carrier, and for how long. */
  readonly calls: readonly { readonly packetsReceived: number; readonly packetsSent: number }[];
};

/** A line of a trunk's log: what happened, without numbers or names of people. */
export type TrunkLogLine = {
  readonly at: Instant;
  readonly what:
    | "registered"
    | "registrationFailed"
    | "unregistered"
    | "peerRegistered"
    | "peerGone"
    | "targetUp"
    | "targetDegraded"
    | "targetDown"
    | "callIn"
    | "callInRefused"
    | "callOut"
    | "callOutFailed"
    | "wentOn"
    | "limitReached";
  readonly target: string | null;
  readonly status: number | null;
  readonly trouble: TrunkTrouble | "calls" | "callsPerSecond" | "unknownNumber" | "wrongPassword" | null;
};
