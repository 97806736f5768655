import type { DeskState, TestCall, TourName } from "@allo/contract";

/** What the screen and the server say at a moment, as far as tours ask for it. */
export type TourFacts = {
  readonly path: string;
  readonly search: string;
  readonly state: DeskState["state"] | null;
  readonly hasReason: boolean;
  /** On one's desk: the tour's own call, or a customer's. */
  readonly contact: "none" | "test" | "customer";
  readonly phoneProven: boolean;
  readonly noteLength: number;
  readonly keySheetOpen: boolean;
  readonly testCall: TestCall["state"] | null;
  readonly testHeard: boolean;
};

export type TourStep = {
  readonly id: string;
  /** Where the step plays; null: wherever one is. */
  readonly room: string | null;
  /** What is pointed at; null, or nothing there: the card stands by itself. */
  readonly target: string | null;
  /** When it has been done; absent: it is only to be read. */
  readonly isDone?: (facts: TourFacts) => boolean;
  /** The test call belongs to this step. */
  readonly withCall?: boolean;
  /** Goes on by itself when it has been done: a ringing call waits for nobody. */
  readonly goesOn?: boolean;
};

const NOTE_LENGTH_MIN = 3;
const working = (facts: TourFacts): boolean => facts.state !== null && facts.state !== "offline" && facts.state !== "notReady";
const heardStates: readonly (TestCall["state"] | null)[] = ["heard", "ended"];

const agentSteps = [
  { id: "welcome", room: "/desk", target: null },
  { id: "state", room: "/desk", target: '[data-testid="agent-state"]' },
  { id: "ready", room: "/desk", target: '[data-testid="agent-state"]', isDone: working },
  { id: "phone", room: "/desk", target: '[data-testid="phone"]', isDone: (facts) => facts.phoneProven },
  {
    id: "break",
    room: "/desk",
    target: '[data-testid="agent-state"]',
    isDone: (facts) => facts.state === "notReady" && facts.hasReason,
  },
  { id: "keys", room: "/desk", target: null, isDone: (facts) => facts.keySheetOpen },
  { id: "customers", room: null, target: 'nav a[href="/customers"]', isDone: (facts) => facts.path.startsWith("/customers") },
  { id: "contacts", room: null, target: 'nav a[href="/contacts"]', isDone: (facts) => facts.path.startsWith("/contacts") },
  {
    id: "call",
    room: "/desk",
    target: null,
    isDone: (facts) => facts.contact === "test" && (facts.state === "ringing" || facts.state === "talking"),
    withCall: true,
    goesOn: true,
  },
  {
    id: "answer",
    room: "/desk",
    target: '[data-testid="call-bar"]',
    isDone: (facts) => facts.contact === "test" && facts.state === "talking",
    withCall: true,
    goesOn: true,
  },
  {
    id: "speak",
    room: "/desk",
    target: '[data-testid="call-bar"]',
    isDone: (facts) => facts.testHeard || heardStates.includes(facts.testCall),
    withCall: true,
    goesOn: true,
  },
  {
    id: "note",
    room: "/desk",
    target: '[data-testid="note"]',
    isDone: (facts) => facts.noteLength >= NOTE_LENGTH_MIN,
    withCall: true,
  },
  { id: "code", room: "/desk", target: '[data-testid="codes"]', isDone: (facts) => facts.contact !== "test", withCall: true },
  { id: "done", room: null, target: null },
] as const satisfies readonly TourStep[];

const leadSteps = [
  { id: "welcome", room: null, target: null },
  { id: "floor", room: null, target: 'nav a[href="/floor"]', isDone: (facts) => facts.path.startsWith("/floor") },
  { id: "tile", room: "/floor", target: '[data-testid="queue-tile"]' },
  { id: "waiting", room: "/floor", target: '[data-tour="waiting"]' },
  { id: "agents", room: "/floor", target: '[data-tour="agents"]' },
  { id: "notReady", room: "/floor", target: '[data-tour="agents"]' },
  { id: "contacts", room: null, target: 'nav a[href="/contacts"]', isDone: (facts) => facts.path.startsWith("/contacts") },
  {
    id: "contact",
    room: null,
    target: "main [role=grid]",
    isDone: (facts) => /^\/contacts\/./u.test(facts.path) || /[?&]contact=/u.test(facts.search),
  },
  { id: "lostCalls", room: null, target: 'nav a[href="/lost-calls"]', isDone: (facts) => facts.path.startsWith("/lost-calls") },
  { id: "done", room: null, target: null },
] as const satisfies readonly TourStep[];

export type AgentStepId = (typeof agentSteps)[number]["id"];
export type LeadStepId = (typeof leadSteps)[number]["id"];

const steps: Readonly<Record<TourName, readonly TourStep[]>> = { agent: agentSteps, lead: leadSteps };

/** A customer's call has the screen to itself, whatever the tour was about to show: the test call is the tour's own. */
export function givesWay(facts: Pick<TourFacts, "contact">): boolean {
  return facts.contact === "customer";
}

export function stepsOf(tour: TourName): readonly TourStep[] {
  return steps[tour];
}

/** Where to go on from; a step that is no longer there, and the last one, begin anew. */
export function indexOfStep(tour: TourName, stepId: string | undefined): number {
  const all = stepsOf(tour);
  const found = all.findIndex((step) => step.id === stepId);
  if (found < 0 || found === all.length - 1) return 0;
  // A test call doesn't outlive the page: what follows from it is begun again with the call.
  const call = all.findIndex((step) => step.withCall === true);
  return call >= 0 && found > call ? call : found;
}
