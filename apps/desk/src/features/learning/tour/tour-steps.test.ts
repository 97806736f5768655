import { describe, expect, it } from "vitest";
import { givesWay, indexOfStep, stepsOf, type TourFacts } from "./tour-steps.ts";

const facts = (change: Partial<TourFacts> = {}): TourFacts => ({
  path: "/desk",
  search: "",
  state: "offline",
  hasReason: false,
  contact: "none",
  phoneProven: false,
  noteLength: 0,
  keySheetOpen: false,
  testCall: null,
  testHeard: false,
  ...change,
});
const isDone = (stepId: string, change: Partial<TourFacts>, tour: "agent" | "lead" = "agent"): boolean | undefined =>
  stepsOf(tour)
    .find(({ id }) => id === stepId)
    ?.isDone?.(facts(change));

describe("the agents' tour", () => {
  it("sees what the person does in the real desk", () => {
    expect([isDone("ready", {}), isDone("ready", { state: "ready" })]).toEqual([false, true]);
    expect([isDone("break", { state: "notReady" }), isDone("break", { state: "notReady", hasReason: true })]).toEqual([false, true]);
    expect([isDone("phone", {}), isDone("phone", { phoneProven: true })]).toEqual([false, true]);
    expect([isDone("customers", {}), isDone("customers", { path: "/customers" })]).toEqual([false, true]);
    const test = { contact: "test" } as const;
    expect([isDone("call", { state: "ready" }), isDone("call", { ...test, state: "ringing" })]).toEqual([false, true]);
    expect([isDone("answer", { ...test, state: "ringing" }), isDone("answer", { ...test, state: "talking" })]).toEqual([false, true]);
    expect([isDone("speak", { testCall: "listening" }), isDone("speak", { testCall: "heard" })]).toEqual([false, true]);
    expect([isDone("note", { noteLength: 2 }), isDone("note", { noteLength: 3 })]).toEqual([false, true]);
    expect([isDone("code", test), isDone("code", {})]).toEqual([false, true]);
  });

  it("gives way to a customer's call, and never takes it for its own test call", () => {
    const customer = { contact: "customer" } as const;
    expect([givesWay(facts()), givesWay(facts({ contact: "test" })), givesWay(facts(customer))]).toEqual([false, false, true]);
    expect([isDone("call", { ...customer, state: "ringing" }), isDone("answer", { ...customer, state: "talking" })]).toEqual([
      false,
      false,
    ]);
  });

  it("goes on where one stopped, and with a new call where the old one is gone", () => {
    const ids = stepsOf("agent").map(({ id }) => id);
    expect(indexOfStep("agent", "keys")).toBe(ids.indexOf("keys"));
    for (const step of ["call", "answer", "speak", "note", "code"]) expect(indexOfStep("agent", step)).toBe(ids.indexOf("call"));
    for (const step of ["done", "renamed", undefined]) expect(indexOfStep("agent", step)).toBe(0);
  });
});

describe("the leads' tour", () => {
  it("sees a contact opened as a page or as a panel", () => {
    expect(isDone("contact", { path: "/contacts" }, "lead")).toBe(false);
    expect(isDone("contact", { path: "/contacts/con_1" }, "lead")).toBe(true);
    expect(isDone("contact", { path: "/contacts", search: "?contact=con_1" }, "lead")).toBe(true);
    expect(indexOfStep("lead", "agents")).toBe(4);
  });
});
