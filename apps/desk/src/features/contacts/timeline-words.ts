import type { TimelineEntry, TypedTimelineEntry } from "@allo/contract";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { isolate } from "../../ui/isolate.ts";
import { findingWords } from "../workplace/sound-words.ts";
import { causeWords } from "./cause-words.ts";

/** What the sentences need besides the entry: names for ids, and how the screen writes values. */
export type Names = {
  readonly queue: (queueId: string) => string;
  readonly number: (numberId: string) => string;
  readonly code: (wrapUpCodeId: string) => string;
  readonly say: (words: MessageDescriptor) => string;
  readonly duration: (ms: number) => string;
  readonly count: (value: number) => string;
  readonly time: (at: number) => string;
};

/** An entry of a contact's log as a sentence. The server's entries are exactly the contract's kinds; one it may add later is named as it is. */
export function timelineSentence(entry: TimelineEntry, names: Names): MessageDescriptor {
  return sentence(entry as TypedTimelineEntry, names);
}

function sentence(entry: TypedTimelineEntry, names: Names): MessageDescriptor {
  const agent = isolate(entry.actorName ?? names.say(msg({ message: "an agent", context: "in a sentence, name unknown" })));
  switch (entry.kind) {
    case "contactArrived": {
      const number = isolate(names.number(entry.details.numberId));
      if (entry.details.outbound === true) return msg`A call out, from ${number}`;
      if (entry.details.test === true) return msg`Test call to ${number}`;
      return entry.details.callerHidden ? msg`Call to ${number}, the caller's number hidden` : msg`Call to ${number}`;
    }
    case "dialled":
      return msg`${agent} dials`;
    case "calleeRinging":
      return msg`It rings at the customer's`;
    case "callAnswered":
      return msg`The greeting begins`;
    case "greetingEnded":
      return entry.details.completed ? msg`The greeting was heard to its end` : msg`The greeting was cut short`;
    case "contactQueued": {
      const [queue, position] = [isolate(names.queue(entry.details.queueId)), names.count(entry.details.position)];
      return msg`In the queue ${queue}, place ${position}`;
    }
    case "contactRefused": {
      const cause = names.say(causeWords(entry.details.cause));
      return msg`Not taken into the queue: ${cause}`;
    }
    case "waitExpired": {
      const cause = names.say(causeWords(entry.details.cause));
      return msg`The wait ended without an answer: ${cause}`;
    }
    case "offered":
      return entry.details.reason.again ? msg`Rings at ${agent} once more: nobody else could take it` : msg`Rings at ${agent}`;
    case "offerWithdrawn": {
      const cause = names.say(withdrawnWords(entry.details.cause));
      return msg`No longer rings at ${agent}: ${cause}`;
    }
    case "offerAccepted":
      return msg`${agent} answers`;
    case "bridged":
      return entry.actorName === null ? msg`Caller and agent hear each other` : msg`The caller and ${agent} hear each other`;
    case "bridgeFailed":
      return msg`The call couldn't be put through to ${agent}`;
    case "requeued": {
      const [queue, cause] = [isolate(names.queue(entry.details.queueId)), names.say(withdrawnWords(entry.details.cause))];
      return msg`Back at the head of the queue ${queue}: ${cause}`;
    }
    case "held":
      return msg`On hold: the customer hears music`;
    case "resumed":
      return msg`Back from hold`;
    case "muted":
      return entry.details.muted ? msg`Microphone of ${agent} off` : msg`Microphone of ${agent} on`;
    case "agentTurned":
      return entry.details.to === "aside" ? msg`${agent} speaks with a colleague` : msg`${agent} speaks with the customer`;
    case "partyInvited":
      if (entry.details.outside === true)
        return entry.details.how === "consult" ? msg`${agent} calls a number outside` : msg`${agent} passes the call to a number outside`;
      switch (entry.details.how) {
        case "consult":
          return msg`${agent} asks a colleague for advice`;
        case "transfer":
          return msg`${agent} passes the call to a colleague`;
        case "monitor": {
          if (entry.details.isMentor === true) {
            const why = isolate(entry.details.reason ?? "");
            return why === "" || entry.details.reason === null
              ? msg`${agent} comes into the call as a mentor, asked by the agent`
              : msg`${agent} comes into the call as a mentor: ${why}`;
          }
          if (entry.details.reason === null) return msg`${agent} comes into the call as a lead, asked by the agent`;
          const reason = isolate(entry.details.reason);
          return msg`${agent} comes into the call as a lead: ${reason}`;
        }
      }
      return unknownKind(entry as never);
    case "mentorAsked":
      return entry.details.asks ? msg`${agent} asks for a mentor` : msg`${agent} no longer asks for a mentor`;
    case "helpAsked":
      return entry.details.about === "abuse" ? msg`${agent} asks for a lead because of insults or threats` : msg`${agent} asks for a lead`;
    case "helpWithdrawn":
      return msg`${agent} no longer asks for a lead`;
    case "callerVerified":
      if (!entry.details.passed) return msg`The caller did not prove who they are`;
      switch (entry.details.how) {
        case "questions":
          return msg`The caller is verified by questions`;
        case "code":
          return msg`The caller is verified by a code`;
        case "voice":
          return msg`The caller is verified by the voice`;
      }
      return unknownKind(entry as never);
    case "abuseStepped":
      return abuseWords(entry.details.step, agent);
    case "passedOn":
      return msg`${agent} leaves the customer with the number outside`;
    case "endOrdered": {
      const reason = isolate(entry.details.reason);
      return msg`${agent} ends the call that went on without an agent: ${reason}`;
    }
    case "parked": {
      const slot = names.count(entry.details.slot);
      return msg`${agent} parks the call in slot ${slot}`;
    }
    case "pickedUp":
      return msg`${agent} picks the call up`;
    case "parkRecalled":
      return msg`Nobody picked it up: it rings at ${agent} again`;
    case "parkExpired":
      return msg`Nobody picked it up: back to the head of its queue`;
    case "partyJoined":
      return entry.actorId === null ? msg`The number outside is in the call` : msg`${agent} is in the call`;
    case "partySeated":
      return entry.actorId === null ? outsidePlaceWords(entry.details.place) : placeWords(entry.details.place, agent);
    case "partyLeft": {
      const cause = entry.details.why === "left" || entry.details.why === "talkEnded" ? null : names.say(withdrawnWords(entry.details.why));
      if (entry.actorId === null)
        return cause === null ? msg`The number outside is out of the call` : msg`The number outside was not reached: ${cause}`;
      return cause === null ? msg`${agent} is out of the call` : msg`${agent} didn't come into the call: ${cause}`;
    }
    case "handedOver":
      return entry.details.how === "takeOver" ? msg`A lead takes the call over from ${agent}` : msg`${agent} hands the call over`;
    case "transferred": {
      const queue = isolate(names.queue(entry.details.queueId));
      return msg`${agent} sends the call to the queue ${queue}`;
    }
    case "digitPressed":
      return msg`The caller pressed a key`;
    case "customerMoved":
      return entry.details.how === "refer"
        ? msg`The other side passed the talk on: another line is in it now`
        : msg`${agent} goes on with the talk at another phone`;
    case "soundReported": {
      const found = entry.details.findings.map((finding) => names.say(findingWords[finding])).join("; ");
      return msg`${agent} found no sound: ${found}`;
    }
    case "agentMediaLost":
      return msg`The sound of ${agent} is away: the customer hears music`;
    case "agentMediaRestored":
      return msg`${agent} is in the call again`;
    case "agentDetached":
      return msg`${agent} was parted from the call`;
    case "recordingStarted":
      return msg`Recording begins`;
    case "recordingPaused":
      return pauseWords(entry.details, agent);
    case "keysMasked":
      return entry.details.masked
        ? msg`${agent} hides the keys that the customer presses`
        : msg`${agent} no longer hides the keys that the customer presses`;
    case "recordingSaved": {
      const length = names.duration(entry.details.durationMs);
      return msg`Recording saved: ${length}`;
    }
    case "recordingFailed":
      return msg`The recording failed`;
    case "copyStarted":
      return entry.details.again ? msg`The recorder elsewhere has the talk again` : msg`The recorder elsewhere has the talk too`;
    case "copyFailed":
      return entry.details.why === "dropped"
        ? msg`The recorder elsewhere ended its recording; the call goes on`
        : msg`The recorder elsewhere doesn't get the talk; it is tried again while the call lasts`;
    case "copyEnded":
      return entry.details.whole ? msg`The recorder elsewhere has all of the talk` : msg`The recorder elsewhere has a part of the talk`;
    case "callEnded":
      return causeWords(entry.details.cause);
    case "wrapUpStarted": {
      const until = names.time(entry.details.until);
      return msg`Wrap-up begins, until ${until} at most`;
    }
    case "wrapUpExtended": {
      const until = names.time(entry.details.until);
      return msg`Wrap-up extended until ${until}`;
    }
    case "wrapUpEnded":
      return wrapUpEnds[entry.details.how];
    case "contactCoded": {
      const code = isolate(names.code(entry.details.wrapUpCodeId));
      return msg`Result: ${code}`;
    }
    case "noteAdded":
      return msg`${agent} added a note`;
    case "customerTied":
      return entry.actorName === null ? msg`The customer was recognised by the number` : msg`${agent} tied the call to a customer`;
    case "contactRecovered":
      return msg`Found again after a stop of the program`;
    case "contactClosed":
      return msg`Closed`;
    default:
      return unknownKind(entry);
  }
}

function abuseWords(step: "reported" | "warned" | "calmed" | "ended", agent: string): MessageDescriptor {
  switch (step) {
    case "reported":
      return msg`${agent} reports insults or threats`;
    case "warned":
      return msg`${agent} has warned the customer`;
    case "calmed":
      return msg`The customer is calm again`;
    case "ended":
      return msg`${agent} ends the call because of insults or threats`;
  }
}

function pauseWords(
  { paused, reason }: Extract<TypedTimelineEntry, { kind: "recordingPaused" }>["details"],
  agent: string,
): MessageDescriptor {
  if (paused)
    return reason === "field" ? msg`${agent} fills in a protected field: the recording is paused` : msg`${agent} paused the recording`;
  if (reason === "field") return msg`${agent} left the protected field: the recording goes on`;
  if (reason === "limit") return msg`The pause for a protected field is over: the recording goes on`;
  return msg`${agent} went on with the recording`;
}

function outsidePlaceWords(place: string): MessageDescriptor {
  return place === "talk" ? msg`The number outside speaks with all` : msg`The number outside speaks with the agent alone`;
}

function placeWords(place: "talk" | "aside" | "listen" | "whisper" | "barge" | "mentor", agent: string): MessageDescriptor {
  switch (place) {
    case "talk":
      return msg`${agent} speaks with all`;
    case "aside":
      return msg`${agent} speaks with the agent alone`;
    case "listen":
      return msg`${agent} listens`;
    case "whisper":
    case "mentor":
      return msg`${agent} is heard by the agent alone`;
    case "barge":
      return msg`${agent} is heard by all`;
  }
}

const wrapUpEnds = {
  done: msg`Wrap-up finished`,
  limit: msg`The time for wrap-up ran out`,
  signedOut: msg`Wrap-up ended: the agent signed out`,
  recovered: msg`Wrap-up ended by a stop of the program`,
} as const;

/** Why an offer ended without a talk. */
export function withdrawnWords(cause: string): MessageDescriptor {
  return withdrawn[cause] ?? msg({ message: "for another reason", context: "why an offer ended" });
}

const withdrawn: Readonly<Record<string, MessageDescriptor>> = {
  notAnswered: msg({ message: "not answered", context: "why an offer ended" }),
  declined: msg({ message: "declined", context: "why an offer ended" }),
  callerLeft: msg({ message: "the caller left", context: "why an offer ended" }),
  signedOut: msg({ message: "the agent signed out", context: "why an offer ended" }),
  mediaLost: msg({ message: "the agent's sound was lost", context: "why an offer ended" }),
  agentLegLost: msg({ message: "the agent's connection was lost", context: "why an offer ended" }),
  bridgeFailed: msg({ message: "the two couldn't be joined", context: "why an offer ended" }),
  bridgeTimedOut: msg({ message: "joining the two took too long", context: "why an offer ended" }),
  queueRetired: msg({ message: "the queue was retired", context: "why an offer ended" }),
  longestWaitPassed: msg({ message: "the longest wait had passed", context: "why an offer ended" }),
  recovered: msg({ message: "the program had stopped", context: "why an offer ended" }),
  withdrawn: msg({ message: "the agent changed their mind", context: "why an offer ended" }),
  notAvailable: msg({ message: "no longer free", context: "why an offer ended" }),
  phoneGone: msg({ message: "the phone was gone", context: "why an offer ended" }),
  busy: msg({ message: "the line was busy", context: "why an offer ended" }),
  noAnswer: msg({ message: "not answered", context: "why an offer ended" }),
  unknownNumber: msg({ message: "the carrier doesn't know this number", context: "why an offer ended" }),
  notReached: msg({ message: "the carrier couldn't put the call through", context: "why an offer ended" }),
  noTrunk: msg({ message: "no trunk was free to call out by", context: "why an offer ended" }),
  lineDropped: msg({ message: "the line dropped", context: "why an offer ended" }),
  technical: msg({ message: "a technical fault", context: "why an offer ended" }),
};

function unknownKind(entry: never): MessageDescriptor {
  const kind = isolate((entry as TimelineEntry).kind);
  return msg`Event: ${kind}`;
}

/** How an entry is drawn beside its words. */
export type TimelineTone = "plain" | "talk" | "wait" | "bad" | "end";
export function timelineTone(kind: string): TimelineTone {
  switch (kind as TypedTimelineEntry["kind"]) {
    case "bridged":
    case "offerAccepted":
    case "resumed":
    case "agentMediaRestored":
    case "handedOver":
    case "pickedUp":
    case "passedOn":
    case "partyJoined":
      return "talk";
    case "contactQueued":
    case "requeued":
    case "held":
    case "offered":
    case "transferred":
    case "parked":
    case "parkExpired":
      return "wait";
    case "contactRefused":
    case "waitExpired":
    case "bridgeFailed":
    case "soundReported":
    case "helpAsked":
    case "abuseStepped":
    case "agentMediaLost":
    case "recordingFailed":
    case "copyFailed":
    case "contactRecovered":
    case "offerWithdrawn":
      return "bad";
    case "callEnded":
    case "contactClosed":
      return "end";
    default:
      return "plain";
  }
}

export type Stretch = { readonly kind: "wait" | "hold"; readonly from: number; readonly to: number | null };

const HOLD_ENDS: ReadonlySet<string> = new Set([
  "resumed",
  "requeued",
  "handedOver",
  "transferred",
  "passedOn",
  "pickedUp",
  "parkExpired",
  "callEnded",
  "contactClosed",
]);

/** The waits and holds of a contact, from its log: a wait lasts until the two hear each other, the call is refused or ends. */
export function stretchesOf(timeline: readonly Pick<TimelineEntry, "kind" | "at">[]): readonly Stretch[] {
  const found: Stretch[] = [];
  let wait: number | null = null;
  let hold: number | null = null;
  const close = (kind: Stretch["kind"], from: number | null, to: number): null => {
    if (from !== null) found.push({ kind, from, to });
    return null;
  };
  for (const { kind, at } of timeline) {
    if (kind === "contactQueued" || kind === "requeued" || kind === "transferred" || kind === "parkExpired") wait ??= at;
    if (kind === "held" || kind === "parked") hold ??= at;
    if (kind === "bridged" || kind === "waitExpired" || kind === "callEnded" || kind === "contactClosed") wait = close("wait", wait, at);
    if (HOLD_ENDS.has(kind)) hold = close("hold", hold, at);
  }
  if (wait !== null) found.push({ kind: "wait", from: wait, to: null });
  if (hold !== null) found.push({ kind: "hold", from: hold, to: null });
  return found.sort((a, b) => a.from - b.from);
}
