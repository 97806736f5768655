import { expect, it } from "vitest";
import { agentId, BREAK, contactId, Desk, only, queueId, queueNamed } from "../test/desk.ts";
import { stepAgent } from "./agent-machine.ts";
import type { AgentEvent, AgentPart } from "./agent-machine.ts";
import type { OfferId } from "@allo/kernel";
import type { AgentState, PendingState, RouterCommand, RouterInput, TimerName } from "./router-types.ts";

const offer = "off_t_1" as OfferId;
const contact = contactId("1");
const queue = queueId("a");
const onBreak: PendingState = { kind: "notReady", reason: BREAK };

const STATES: Readonly<Record<string, AgentPart>> = {
  offline: { state: { kind: "offline" }, pending: null },
  notReady: { state: { kind: "notReady", reason: BREAK }, pending: null },
  ready: { state: { kind: "ready" }, pending: null },
  ringing: { state: { kind: "ringing", offer, contact, queue, accepted: false }, pending: null },
  "ringing, accepted": { state: { kind: "ringing", offer, contact, queue, accepted: true }, pending: null },
  "ringing, break pending": { state: { kind: "ringing", offer, contact, queue, accepted: false }, pending: onBreak },
  talking: { state: { kind: "talking", offer, contact, queue, held: false, mediaLost: false }, pending: null },
  "talking, held": { state: { kind: "talking", offer, contact, queue, held: true, mediaLost: true }, pending: null },
  "talking, break pending": { state: { kind: "talking", offer, contact, queue, held: false, mediaLost: false }, pending: onBreak },
  "talking, leaving": { state: { kind: "talking", offer, contact, queue, held: false, mediaLost: false }, pending: { kind: "offline" } },
  wrapUp: { state: { kind: "wrapUp", contact, queue, until: 60_000, extended: false }, pending: null },
  "wrapUp, extended": { state: { kind: "wrapUp", contact, queue, until: 90_000, extended: true }, pending: onBreak },
};

const EVENTS: Readonly<Record<string, AgentEvent>> = {
  signedIn: { kind: "signedIn" },
  signedOut: { kind: "signedOut" },
  readyRequested: { kind: "readyRequested" },
  notReadyRequested: { kind: "notReadyRequested", reason: BREAK, by: "agent" },
  forced: { kind: "notReadyRequested", reason: "supervisorForced", by: "supervisor" },
  offered: { kind: "offered", offer, contact, queue },
  accepted: { kind: "accepted" },
  bridged: { kind: "bridged" },
  ringEnded: { kind: "ringEnded", cause: { by: "timer", why: "missedRing" }, notReady: null },
  "ringEnded, too many": { kind: "ringEnded", cause: { by: "timer", why: "missedRing" }, notReady: "afterMissedRings" },
  held: { kind: "held" },
  resumed: { kind: "resumed" },
  mediaLost: { kind: "mediaLost" },
  mediaRestored: { kind: "mediaRestored" },
  contactEnded: { kind: "contactEnded", wrapUpUntil: 60_000 },
  "contactEnded, no wrap-up": { kind: "contactEnded", wrapUpUntil: null },
  wrapUpDone: { kind: "wrapUpDone" },
  wrapUpExtended: { kind: "wrapUpExtended", byMs: 30_000 },
  wrapUpLimit: { kind: "wrapUpLimit" },
  legLost: { kind: "legLost", why: "connectionLost" },
  adopted: { kind: "adopted", contact, queue },
  asked: { kind: "asked", offer, contact, queue },
  engaged: { kind: "engaged", contact, queue },
  released: { kind: "released", why: "handedOver" },
  tookOver: { kind: "tookOver", contact, queue },
};

function describeState(state: AgentState): string {
  switch (state.kind) {
    case "notReady":
      return `notReady(${state.reason})`;
    case "ringing":
      return state.accepted ? "ringing(accepted)" : "ringing";
    case "talking":
      return `talking${state.held ? "(held)" : ""}${state.mediaLost ? "(media lost)" : ""}`;
    case "wrapUp":
      return `wrapUp(until ${state.until}${state.extended ? ", extended" : ""})`;
    case "offline":
    case "ready":
      return state.kind;
  }
}

function describePending(pending: PendingState): string {
  if (pending === null) return "";
  return pending.kind === "offline" ? " then offline" : ` then notReady(${pending.reason})`;
}

it("an agent in each state answers each event as the table says", () => {
  const lines = Object.entries(STATES).flatMap(([stateName, part]) =>
    Object.entries(EVENTS).map(([eventName, event]) => {
      const outcome = stepAgent(part, event);
      const result =
        outcome.kind === "ignored"
          ? `- ${outcome.why}`
          : `${describeState(outcome.state)}${describePending(outcome.pending)} [${outcome.cause.by}: ${outcome.cause.why}]`;
      return `${stateName} × ${eventName} → ${result}`;
    }),
  );
  expect(lines).toHaveLength(Object.keys(STATES).length * Object.keys(EVENTS).length);
  expect(lines.join("\n")).toMatchSnapshot();
});

it("the picture in STATES.md is drawn from the same table", async () => {
  const arrows = new Map<string, Set<string>>();
  for (const part of Object.values(STATES)) {
    for (const event of Object.values(EVENTS)) {
      const outcome = stepAgent(part, event);
      if (outcome.kind === "ignored" || outcome.state.kind === part.state.kind) continue;
      const arrow = `${part.state.kind} --> ${outcome.state.kind}`;
      arrows.set(arrow, (arrows.get(arrow) ?? new Set()).add(event.kind));
    }
  }
  const lines = [...arrows].map(([arrow, events]) => `  ${arrow}: ${[...events].join(", ")}`);
  const page = [
    "# States of an agent",
    "",
    "Drawn by `src/agent-machine.test.ts` from the machine itself; update with `vitest -u`.",
    "",
    "```mermaid",
    "stateDiagram-v2",
    "  [*] --> offline",
    ...lines,
    "```",
    "",
  ];
  await expect(page.join("\n")).toMatchFileSnapshot("../STATES.md");
});

/** The same through the front door: the agent ann brought into each state, then each input that concerns her or her contact. */
const WAYS: Readonly<Record<string, (desk: Desk) => void>> = {
  offline: () => {},
  notReady: (desk) => void desk.send({ kind: "agentSignedIn", agent: agentId("ann"), mediaProven: true }),
  "ready, unreachable": (desk) => {
    desk.signIn("ann");
    desk.send({ kind: "mediaPath", agent: agentId("ann"), proven: false });
  },
  ready: (desk) => desk.signIn("ann"),
  ringing: (desk) => {
    desk.signIn("ann");
    desk.call("1");
  },
  accepted: (desk) => {
    WAYS["ringing"]?.(desk);
    desk.accept("ann");
  },
  talking: (desk) => {
    WAYS["ringing"]?.(desk);
    desk.answer("ann");
  },
  wrapUp: (desk) => {
    WAYS["talking"]?.(desk);
    desk.send({ kind: "contactEnded", contact });
  },
};

type Untimed<T> = T extends unknown ? Omit<T, "at"> : never;
const ann = agentId("ann");
const INPUTS: readonly Untimed<RouterInput>[] = [
  { kind: "agentSignedIn", agent: ann, mediaProven: true },
  { kind: "agentSignedOut", agent: ann },
  { kind: "readyRequested", agent: ann },
  { kind: "notReadyRequested", agent: ann, reasonId: BREAK, by: "agent" },
  { kind: "mediaPath", agent: ann, proven: false },
  { kind: "mediaPath", agent: ann, proven: true },
  { kind: "contactQueued", contact: contactId("2"), queue, enqueuedAt: 1_000_000, priority: 0, requirements: [] },
  { kind: "contactLeft", contact, cause: "abandoned" },
  { kind: "offerAccepted", offer, agent: ann },
  { kind: "offerDeclined", offer, agent: ann },
  { kind: "bridged", contact },
  { kind: "bridgeFailed", contact, blame: "agent" },
  { kind: "bridgeFailed", contact, blame: "caller" },
  { kind: "held", contact },
  { kind: "resumed", contact },
  { kind: "contactEnded", contact },
  { kind: "wrapUpDone", agent: ann, contact },
  { kind: "wrapUpExtended", agent: ann, contact },
  { kind: "agentMediaLost", contact },
  { kind: "agentMediaRestored", contact },
  { kind: "agentLegLost", contact },
  { kind: "epochRecovered", epoch: "t2", openContacts: [] },
  { kind: "timerFired", timer: `ring:${offer}` as TimerName, token: 0 },
];

function brief(command: RouterCommand): string {
  switch (command.kind) {
    case "agentChanged":
      return `${describeState(command.from)} → ${describeState(command.to)}${describePending(command.pending)}`;
    case "inputIgnored":
      return `- ${command.why}`;
    case "acceptRefused":
      return `acceptRefused ${command.reason}`;
    case "withdrawOffer":
    case "contactRequeued":
    case "refuseContact":
    case "expireContact":
      return `${command.kind} ${command.cause}`;
    case "wrapUpEnded":
      return `wrapUpEnded ${command.how}`;
    case "missedRing":
      return `missedRing ${command.how} ${command.count}/${command.max}`;
    case "armTimer":
    case "cancelTimer":
      return `${command.kind} ${command.timer}`;
    case "offer":
      return `offer to ${command.agent}`;
    default:
      return command.kind;
  }
}

it("the router answers each input in each state of an agent as the table says", () => {
  const lines: string[] = [];
  for (const [name, bring] of Object.entries(WAYS)) {
    for (const input of INPUTS) {
      const desk = new Desk([{ name: "ann" }], [queueNamed("a")]);
      bring(desk);
      const commands = desk.send(input);
      const what = "blame" in input ? `${input.kind}(${input.blame})` : "proven" in input ? `${input.kind}(${input.proven})` : input.kind;
      lines.push(`${name} × ${what} → ${commands.map(brief).join("; ") || "nothing to do"}`);
      expect(only(commands, "offer").length).toBeLessThanOrEqual(1);
    }
  }
  expect(lines.join("\n")).toMatchSnapshot();
});
