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
  /** Standing calls that failed in a row. */
  readonly attempt: number;
  /** Numbers the standing calls: what an older one still reports is dropped. */
  readonly epoch: number;
};

export type PhoneEvent =
  | { readonly kind: "wanted" }
  | { readonly kind: "unwanted" }
  | { readonly kind: "lockElsewhere" }
  | { readonly kind: "lockGot" }
  | { readonly kind: "microphoneOn" }
  | { readonly kind: "microphoneFailed"; readonly problem: MicrophoneProblem }
  | { readonly kind: "linkUp" }
  | { readonly kind: "linkDown" }
  | { readonly kind: "registered" }
  | { readonly kind: "unregistered"; readonly cause: string | null }
  | { readonly kind: "standingUp"; readonly epoch: number; readonly at: number }
  /** The session ended, failed, or its media path broke. */
  | { readonly kind: "standingLost"; readonly epoch: number; readonly cause: string }
  /** The server has had no proof of the media path for longer than it should take. */
  | { readonly kind: "unproven"; readonly at: number }
  | { readonly kind: "retryDue"; readonly epoch: number }
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
  | { readonly kind: "armRetry"; readonly epoch: number; readonly delayMs: number };
export type PhoneStep = { readonly state: PhoneState; readonly commands: readonly PhoneCommand[] };

/** The first try comes at once, so that a lost call leg is back within two seconds. */
export const PhoneLimits = { retryFirstMs: 200, retryMaxMs: 5_000, unprovenGraceMs: 6_000 } as const;

export const phoneAtRest: PhoneState = {
  wanted: false,
  lock: "none",
  microphone: { kind: "none" },
  link: "down",
  registered: false,
  refusal: null,
  standing: { kind: "none" },
  attempt: 0,
  epoch: 0,
};

/** The browser phone: one tab's lock, the microphone, the registration, one standing call to the desk. */
export function stepPhone(state: PhoneState, event: PhoneEvent): PhoneStep {
  switch (event.kind) {
    case "wanted":
      return want(state);
    case "unwanted":
      return state.wanted
        ? {
            state: { ...phoneAtRest, epoch: state.epoch + 1 },
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
      return stay({ ...state, link: "up" });
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
      return event.epoch === state.epoch ? retry(state, event.cause) : stay(state);
    case "unproven":
      return state.standing.kind === "up" && event.at - state.standing.since >= PhoneLimits.unprovenGraceMs ? redial(state) : stay(state);
    case "retryDue":
      return event.epoch === state.epoch && state.standing.kind === "retrying" ? dialIfPossible(state) : stay(state);
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
  if (!state.registered || state.microphone.kind !== "on") return stay({ ...state, standing: { kind: "none" } });
  const epoch = state.epoch + 1;
  return { state: { ...state, standing: { kind: "dialling" }, epoch }, commands: [{ kind: "dial", epoch }] };
}

function redial(state: PhoneState): PhoneStep {
  const step = dialIfPossible(state);
  return { state: step.state, commands: [{ kind: "hangUpStanding" }, ...step.commands] };
}

function retry(state: PhoneState, cause: string): PhoneStep {
  if (state.standing.kind !== "dialling" && state.standing.kind !== "up") return stay(state);
  const delayMs = Math.min(PhoneLimits.retryMaxMs, PhoneLimits.retryFirstMs * 2 ** state.attempt);
  return {
    state: { ...state, standing: { kind: "retrying" }, attempt: state.attempt + 1, refusal: cause },
    commands: [{ kind: "hangUpStanding" }, { kind: "armRetry", epoch: state.epoch, delayMs }],
  };
}

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
