// The process of a drill: holds its callers while the supervisor kills what they speak with. Started by the supervisor for one drill.
import { createCallers, type Callers, type PlacedCall } from "@allo/node-caller";
import { createClock } from "../platform/clock.ts";
import { createLogger } from "../platform/log.ts";
import { beginDrill, stepDrill, waitingNow, type DrillCommand, type DrillEvent, type DrillState } from "./drill-machine.ts";
import type { DrillNews, DrillOrder, FromDrillProcess, SipPlace, ToDrillProcess } from "./drill-protocol.ts";
import { DrillEar } from "./ear.ts";

const limits = {
  tickMs: 100,
  /** What nobody has answered is asked again. */
  askAgainMs: 300,
  sayAgainMs: 1_000,
  /** A result that no core takes is given up. */
  keptMsMax: 30_000,
} as const;

const clock = createClock();
const log = createLogger({ role: "drill", level: "info" });

process.on("disconnect", () => process.exit(0));
process.on("SIGTERM", () => process.exit(0));
// A terminal's Ctrl-C is for the supervisor.
process.on("SIGINT", () => undefined);

process.once("message", (message: ToDrillProcess) => {
  if (message.kind !== "begin") process.exit(1);
  void hold(message.order);
});

async function hold(order: DrillOrder): Promise<void> {
  const callers = await createCallers({ bindAddress: order.sip.address, clock, log });
  let sip: SipPlace = order.sip;
  let state = beginDrill(order, clock.now());
  let said = "";
  let askedAt = 0;
  let saidAt = 0;
  let overAt: number | null = null;
  const calls: PlacedCall[] = [];
  const ears = Array.from({ length: order.callerCount }, () => new DrillEar());

  const news = (): DrillNews => ({
    stage: state.stage,
    waiting: waitingNow(state),
    outcome: state.outcome,
    reason: state.reason,
    figures: state.figures,
  });

  const report = (): void => {
    const now = news();
    const text = JSON.stringify(now);
    const isLate = overAt !== null && clock.now() - saidAt >= limits.sayAgainMs;
    if (text === said && !isLate) return;
    said = text;
    saidAt = clock.now();
    tell({ kind: "news", order, news: now });
  };

  const feed = (event: DrillEvent): void => {
    const before = state.stage;
    const step = stepDrill(state, event, clock.now());
    state = step.state;
    if (state.stage !== before)
      log.info({ event: "stage", stage: state.stage, outcome: state.outcome, reason: state.reason }, "the drill goes on");
    for (const command of step.commands) run(command);
    report();
  };

  const run = (command: DrillCommand): void => {
    switch (command.kind) {
      case "askAdmission":
        ask();
        return;
      case "placeCallers":
        ears.forEach((ear, caller) => place({ ear, onEnd: (end) => feed({ kind: "callEnded", caller, end }), onSound: null }));
        return;
      case "placeNewCall":
        place({ ear: null, onEnd: () => feed({ kind: "newCallEnded" }), onSound: () => feed({ kind: "newCallHeard" }) });
        return;
      case "beginCounting":
        for (const ear of ears) ear.begin(clock.now());
        return;
      case "kill":
        tell({ kind: "kill" });
        return;
      case "askLook":
        return; // core sees the stage, and answers it
      case "hangUpAll":
        for (const call of calls) call.hangUp();
        return;
      case "finish":
        overAt = clock.now();
    }
  };

  const ask = (): void => {
    askedAt = clock.now();
    tell({ kind: "admit", order, source: callers.source });
  };

  const place = (one: {
    readonly ear: DrillEar | null;
    readonly onEnd: (end: string) => void;
    readonly onSound: (() => void) | null;
  }): void => {
    const call = placeAt(callers, order, sip);
    calls.push(call);
    const { ear } = one;
    if (ear !== null) call.onFrame((samples) => ear.heard(clock.now(), samples));
    call.on((event) => {
      if (event.kind === "ended") one.onEnd(event.status === null ? event.reason : `${event.reason} ${event.status}`);
      else if (event.kind === "mediaStarted") one.onSound?.();
    });
  };

  process.on("message", (message: ToDrillProcess) => {
    switch (message.kind) {
      case "begin":
        return;
      case "admitted":
        sip = message.sip;
        feed({ kind: "admitted" });
        return;
      case "calls":
        feed({ kind: "toldOfCalls", waiting: message.waiting, others: message.others });
        return;
      case "targetReady":
        feed({ kind: "targetReady" });
        return;
      case "coreReady":
        said = "";
        report();
        return;
      case "looked":
        feed({ kind: "looked" });
        return;
      case "cancel":
        feed({ kind: "cancelled" });
        return;
      case "kept":
        void end(callers);
    }
  });

  feed({ kind: "begun" });
  setInterval(() => {
    const now = clock.now();
    feed({ kind: "ticked", measures: ears.map((ear) => ear.measure(now)) });
    if (awaitsAdmission(state) && now - askedAt >= limits.askAgainMs) ask();
    if (overAt !== null && now - overAt > limits.keptMsMax) void end(callers);
  }, limits.tickMs);
}

function placeAt(callers: Callers, order: DrillOrder, target: SipPlace): PlacedCall {
  return callers.place({ target, number: order.dialled, from: { number: null } });
}

function awaitsAdmission({ stage, isPlaced, newCall }: DrillState): boolean {
  return (stage === "placing" && !isPlaced) || (stage === "back" && newCall === "asked");
}

async function end(callers: Callers): Promise<void> {
  await callers.close();
  process.exit(0);
}

function tell(message: FromDrillProcess): void {
  process.send?.(message);
}
