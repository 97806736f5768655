/** Why there is no microphone, each with a remedy of its own. */
export type MicrophoneProblem = "denied" | "absent" | "busy" | "insecure" | "unsupported";

export type PhoneState = {
  /** Someone went to work in this browser. */
  readonly wanted: boolean;
  readonly lock: "none" | "asked" | "elsewhere" | "held";
  readonly microphone:
    | { readonly kind: "none" }
    | { readonly kind: "asking" }
    | { readonly kind: "on" }
    | { readonly kind: "problem"; readonly problem: MicrophoneProblem };
  /** The WebSocket that carries SIP. */
  readonly link: "down" | "connecting" | "up";
  readonly registered: boolean;
  /** The last refusal of the registration or of the standing call, while it lasts. */
  readonly refusal: string | null;
  readonly standing:
    | { readonly kind: "none" }
    | { readonly kind: "dialling" }
    | { readonly kind: "up"; readonly since: number }
    | { readonly kind: "retrying" };
  /** The next standing call, made beside one whose path fell silent: the server takes it once it can carry sound. */
  readonly spare:
    | { readonly kind: "none" }
    | { readonly kind: "wanted" }
    | { readonly kind: "dialling"; readonly epoch: number; readonly since: number };
  /** Standing calls that failed in a row. */
  readonly attempt: number;
  /** Numbers the standing calls: what an older one still reports is dropped. */
  readonly epoch: number;
  /** The highest number that was given. */
  readonly epochLast: number;
};

export type PhoneEvent =
  | { readonly kind: "wanted" }
  | { readonly kind: "unwanted" }
  | { readonly kind: "lockElsewhere" }
  | { readonly kind: "lockGot" }
  | { readonly kind: "microphoneOn" }
  | { readonly kind: "microphoneFailed"; readonly problem: MicrophoneProblem }
  | { readonly kind: "linkUp"; readonly at: number }
  | { readonly kind: "linkDown" }
  | { readonly kind: "registered" }
  | { readonly kind: "unregistered"; readonly cause: string | null }
  | { readonly kind: "standingUp"; readonly epoch: number; readonly at: number }
  /** The session ended, failed, or its media path broke. */
  | { readonly kind: "standingLost"; readonly epoch: number; readonly cause: string }
  /** The server has had no proof of the media path for longer than it should take. */
  | { readonly kind: "unproven"; readonly at: number }
  | { readonly kind: "retryDue"; readonly epoch: number }
  /** Nothing is received on the standing call's path; comes again while it is so. */
  | { readonly kind: "pathLost"; readonly at: number }
  | { readonly kind: "pathBack" }
  /** A new WebSocket carries SIP from now on, in place of one that may be dead. */
  | { readonly kind: "linkRenewed"; readonly at: number }
  /** This standing call's own path and keys stand. */
  | { readonly kind: "mediaUp"; readonly epoch: number; readonly at: number }
  /** The network or the computer is back: don't wait for the timer. */
  | { readonly kind: "wokeUp" };

export type PhoneCommand =
  | { readonly kind: "requestLock" }
  | { readonly kind: "releaseLock" }
  | { readonly kind: "askMicrophone" }
  | { readonly kind: "stopMicrophone" }
  | { readonly kind: "startAgent" }
  | { readonly kind: "stopAgent" }
  | { readonly kind: "dial"; readonly epoch: number }
  | { readonly kind: "hangUpStanding" }
  /** Opens another WebSocket beside the one there is, which is kept until that one answers. */
  | { readonly kind: "renewLink" }
  | { readonly kind: "dialSpare"; readonly epoch: number }
  | { readonly kind: "dropSpare" }
  /** The spare is the standing call from now on: its sound is played, the other one ends. */
  | { readonly kind: "useSpare" }
  | { readonly kind: "armRetry"; readonly epoch: number; readonly delayMs: number };
export type PhoneStep = { readonly state: PhoneState; readonly commands: readonly PhoneCommand[] };

/** The first try comes at once, so that a lost call leg is back within two seconds. */
export const PhoneLimits = {
  retryFirstMs: 200,
  retryMaxMs: 5_000,
  unprovenGraceMs: 6_000,
  /** A spare whose path doesn't stand by then is replaced, as long as nothing is heard. */
  spareMs: 3_000,
} as const;

export const phoneAtRest: PhoneState = {
  wanted: false,
  lock: "none",
  microphone: { kind: "none" },
  link: "down",
  registered: false,
  refusal: null,
  standing: { kind: "none" },
  spare: { kind: "none" },
  attempt: 0,
  epoch: 0,
  epochLast: 0,
};

/** The browser phone: one tab's lock, the microphone, the registration, one standing call to the desk. */
export function stepPhone(state: PhoneState, event: PhoneEvent): PhoneStep {
  switch (event.kind) {
    case "wanted":
      return want(state);
    case "unwanted":
      return state.wanted
        ? {
            state: { ...phoneAtRest, epoch: state.epochLast + 1, epochLast: state.epochLast + 1 },
            commands: [{ kind: "stopAgent" }, { kind: "stopMicrophone" }, { kind: "releaseLock" }],
          }
        : stay(state);
    case "lockElsewhere":
      return state.lock === "asked" ? stay({ ...state, lock: "elsewhere" }) : stay(state);
    case "lockGot":
      if (!state.wanted || state.lock === "held") return stay(state);
      return { state: { ...state, lock: "held", microphone: { kind: "asking" } }, commands: [{ kind: "askMicrophone" }] };
    case "microphoneOn":
      if (state.lock !== "held" || state.microphone.kind !== "asking") return stay(state);
      if (state.link !== "down") return stay({ ...state, microphone: { kind: "on" } }); // back after it was lost: the agent runs on
      return { state: { ...state, microphone: { kind: "on" }, link: "connecting" }, commands: [{ kind: "startAgent" }] };
    case "microphoneFailed":
      return state.wanted && state.lock === "held"
        ? stay({ ...state, microphone: { kind: "problem", problem: event.problem } })
        : stay(state);
    case "linkUp":
    case "linkRenewed":
      return linkUp(state, event.at);
    case "linkDown":
      // The standing call goes on: its media doesn't run over this link.
      return state.link === "down" ? stay(state) : stay({ ...state, link: "connecting", registered: false });
    case "registered":
      return onRegistered(state);
    case "unregistered":
      return stay({ ...state, registered: false, refusal: event.cause });
    case "standingUp":
      return event.epoch === state.epoch && state.standing.kind === "dialling"
        ? stay({ ...state, standing: { kind: "up", since: event.at }, attempt: 0, refusal: null })
        : stay(state);
    case "standingLost":
      return event.epoch === state.epoch ? retry(state, event.cause) : spareLost(state, event.epoch);
    case "unproven":
      return state.standing.kind === "up" && event.at - state.standing.since >= PhoneLimits.unprovenGraceMs ? redial(state) : stay(state);
    case "retryDue":
      return event.epoch === state.epoch && state.standing.kind === "retrying" ? dialIfPossible(state) : stay(state);
    case "pathLost":
      return pathLost(state, event.at);
    case "pathBack":
      // One that is under way is made use of: it is as good, and the server may have taken it already.
      return state.spare.kind === "wanted" ? stay({ ...state, spare: none }) : stay(state);
    case "mediaUp":
      return mediaUp(state, event);
    case "wokeUp":
      return state.standing.kind === "retrying" ? dialIfPossible({ ...state, attempt: 0 }) : stay(state);
    default:
      return event satisfies never;
  }
}

function want(state: PhoneState): PhoneStep {
  if (!state.wanted) return { state: { ...state, wanted: true, lock: "asked" }, commands: [{ kind: "requestLock" }] };
  // Asked again after a microphone problem: try again.
  if (state.lock === "held" && state.microphone.kind === "problem")
    return { state: { ...state, microphone: { kind: "asking" } }, commands: [{ kind: "askMicrophone" }] };
  return stay(state);
}

function onRegistered(state: PhoneState): PhoneStep {
  const next: PhoneState = { ...state, link: "up", registered: true, refusal: null };
  return next.standing.kind === "none" || next.standing.kind === "retrying" ? dialIfPossible(next) : stay(next);
}

function dialIfPossible(state: PhoneState): PhoneStep {
  // Without a registration there is nobody to dial as: onRegistered dials.
  if (!state.registered || state.microphone.kind !== "on") return stay({ ...state, standing: none });
  const epoch = state.epochLast + 1;
  return {
    state: { ...state, standing: { kind: "dialling" }, spare: none, epoch, epochLast: epoch },
    commands: [{ kind: "dial", epoch }],
  };
}

function redial(state: PhoneState): PhoneStep {
  const step = dialIfPossible({ ...state, spare: none });
  return { state: step.state, commands: [{ kind: "hangUpStanding" }, ...step.commands] };
}

function retry(state: PhoneState, cause: string): PhoneStep {
  if (state.standing.kind !== "dialling" && state.standing.kind !== "up") return stay(state);
  // The spare is the best hope there is.
  if (state.spare.kind === "dialling")
    return { state: { ...state, standing: { kind: "dialling" }, spare: none, epoch: state.spare.epoch }, commands: [{ kind: "useSpare" }] };
  const delayMs = Math.min(PhoneLimits.retryMaxMs, PhoneLimits.retryFirstMs * 2 ** state.attempt);
  return {
    state: { ...state, standing: { kind: "retrying" }, spare: none, attempt: state.attempt + 1, refusal: cause },
    commands: [{ kind: "hangUpStanding" }, { kind: "armRetry", epoch: state.epoch, delayMs }],
  };
}

/** The link goes the same way as the sound, and may be as dead: a new one is opened first. */
function pathLost(state: PhoneState, at: number): PhoneStep {
  const { spare } = state;
  if (state.standing.kind !== "up" || state.microphone.kind !== "on") return stay(state);
  if (spare.kind === "dialling" && at - spare.since < PhoneLimits.spareMs) return stay(state);
  const stale: readonly PhoneCommand[] = spare.kind === "dialling" ? [{ kind: "dropSpare" }] : [];
  return { state: { ...state, spare: { kind: "wanted" } }, commands: [...stale, { kind: "renewLink" }] };
}

function linkUp(state: PhoneState, at: number): PhoneStep {
  const next: PhoneState = { ...state, link: "up" };
  if (state.spare.kind !== "wanted") return stay(next);
  if (state.standing.kind !== "up" || state.microphone.kind !== "on") return stay({ ...next, spare: none });
  const epoch = state.epochLast + 1;
  return { state: { ...next, spare: { kind: "dialling", epoch, since: at }, epochLast: epoch }, commands: [{ kind: "dialSpare", epoch }] };
}

function spareLost(state: PhoneState, epoch: number): PhoneStep {
  if (state.spare.kind !== "dialling" || state.spare.epoch !== epoch) return stay(state);
  return { state: { ...state, spare: none }, commands: [{ kind: "dropSpare" }] };
}

function mediaUp(state: PhoneState, { epoch, at }: { readonly epoch: number; readonly at: number }): PhoneStep {
  const up: PhoneState = { ...state, standing: { kind: "up", since: at }, spare: none, attempt: 0, refusal: null, epoch };
  if (state.spare.kind === "dialling" && state.spare.epoch === epoch) return { state: up, commands: [{ kind: "useSpare" }] };
  // The spare's SIP side was up before the other one was given up.
  return epoch === state.epoch && state.standing.kind === "dialling" ? stay({ ...up, spare: state.spare }) : stay(state);
}

const none = { kind: "none" } as const;
const stay = (state: PhoneState): PhoneStep => ({ state, commands: [] });

/** The phone in one word, for the screen. */
export type PhoneView = "off" | "elsewhere" | "asking" | "microphoneProblem" | "connecting" | "refused" | "dialling" | "up";

export function phoneView(state: PhoneState): PhoneView {
  if (!state.wanted) return "off";
  if (state.lock === "elsewhere") return "elsewhere";
  if (state.microphone.kind === "problem") return "microphoneProblem";
  if (state.lock !== "held" || state.microphone.kind !== "on") return "asking";
  // A standing call whose signalling link is away still carries sound.
  if (state.standing.kind === "up") return "up";
  if (state.registered) return state.attempt > 2 ? "refused" : "dialling";
  return state.refusal === null ? "connecting" : "refused";
}
