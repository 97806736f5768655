// A drill's process, as the supervisor keeps it: one at a time, told what becomes of the roles, and obeyed when it says "kill".
import { fork, type ChildProcess } from "node:child_process";
import type { DrillOrder, FromDrill, FromDrillProcess, ToDrill, ToDrillProcess } from "../drill/drill-protocol.ts";
import type { Role } from "../platform/config.ts";
import { openRoleLog } from "./role-log.ts";

export type DrillRunnerOptions = {
  readonly entry: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logFolder: string;
  readonly showLine: ((line: string) => void) | undefined;
  /** Kills the role's process, which is then started again as after any crash. */
  readonly kill: (role: Role) => void;
  /** Lost while core is away. */
  readonly toCore: (message: FromDrill) => void;
  readonly say: (sentence: string) => void;
};

export type DrillRunner = {
  readonly fromCore: (message: ToDrill) => void;
  readonly roleReady: (role: Role) => void;
  readonly stop: () => void;
};

/** A drill can't last as long: whatever keeps it then is ended. */
const DRILL_MS_MAX = 240_000;

export function createDrillRunner(options: DrillRunnerOptions): DrillRunner {
  let running: { readonly order: DrillOrder; readonly child: ChildProcess } | null = null;
  let isStopping = false;

  const send = (message: ToDrillProcess): void => {
    if (running?.child.connected === true) running.child.send(message, () => undefined); // it may be ending: its exit says the rest
  };

  const begin = (order: DrillOrder): void => {
    if (running !== null || isStopping) {
      options.toCore({ kind: "gone", drillId: order.drillId });
      return;
    }
    const log = openRoleLog({ folder: options.logFolder, role: "drill", show: options.showLine });
    const child = fork(options.entry, [], { env: options.env, stdio: ["ignore", "pipe", "pipe", "ipc"], detached: true });
    running = { order, child };
    if (child.stdout !== null) log.follow(child.stdout);
    if (child.stderr !== null) log.follow(child.stderr);
    const tooLong = setTimeout(() => child.kill("SIGKILL"), DRILL_MS_MAX);
    child.on("message", (message: FromDrillProcess) => {
      if (message.kind !== "kill") {
        options.toCore(message);
        return;
      }
      options.say(`A drill kills ${order.target}, as ${order.byName} ordered.`);
      options.kill(order.target);
    });
    child.on("error", () => undefined); // its exit follows
    child.once("exit", () => {
      clearTimeout(tooLong);
      log.close();
      if (running?.child !== child) return;
      running = null;
      if (!isStopping) options.toCore({ kind: "gone", drillId: order.drillId });
    });
    send({ kind: "begin", order });
  };

  return {
    fromCore: (message) => {
      if (message.kind === "begin") begin(message.order);
      else send(message);
      // Its result is stored: it only says good-bye, and another may begin.
      if (message.kind === "kept") running = null;
    },
    roleReady: (role) => {
      if (running?.order.target === role) send({ kind: "targetReady" });
      if (role === "core") send({ kind: "coreReady" });
    },
    stop: () => {
      isStopping = true;
      running?.child.kill("SIGTERM");
    },
  };
}
