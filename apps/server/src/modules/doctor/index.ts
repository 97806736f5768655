import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import {
  doctorLimits,
  doctorParts,
  type AccessState,
  type BodyOf,
  type CallProbe,
  type DoctorBrowserFacts,
  type DoctorFinding,
  type DoctorPart,
  type DoctorRun,
  type NetworkProbe,
  type TrunkFinding,
} from "@allo/contract";
import type { Clock, IdSource, OrganisationId } from "@allo/kernel";
import { invalidField, notFound } from "../../platform/api-error.ts";
import type { Database } from "../../platform/db.ts";
import type { Api, Principal } from "../../platform/http.ts";
import type { DialGate } from "../dialling/index.ts";
import type { Audit } from "../identity/index.ts";
import {
  browserFindings,
  certificateFindings,
  clockFindings,
  exchangeFindings,
  soundFindings,
  testCallFindings,
  trunksFindings,
} from "./core/doctor-findings.ts";
import { runInsert, runList, type KeptRun } from "./store/run-store.ts";

export type DoctorDeps = {
  readonly db: Database;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly audit: Audit;
  readonly api: Api;
  readonly log: { warn(fields: object, message: string): void };
  readonly access: { state(): AccessState };
  readonly trunks: {
    usesTls(organisationId: OrganisationId): boolean;
    checkAll(principal: Principal): Promise<readonly { readonly name: string; readonly findings: readonly TrunkFinding[] }[]>;
  };
  readonly nameOf: (principal: Principal) => string;
  readonly probeNetwork: () => Promise<NetworkProbe | null>;
  readonly testCalls: TestCalls;
  /** Null: the machine doesn't say. Absent: asked here. */
  readonly isClockSynchronised?: () => Promise<boolean | null>;
};

/** Calls of the doctor's own pass the gate as an agent's do. */
export type TestCalls = {
  readonly gate: Pick<DialGate, "ask" | "settle" | "release">;
  /** Null: no such trunk in use. */
  trunkName(organisationId: OrganisationId, trunkId: string): string | null;
  /** A number of the organisation's to call from. */
  callerNumber(organisationId: OrganisationId): string | null;
  place(order: { readonly trunkId: string; readonly destination: string; readonly callerNumber: string | null }): Promise<CallProbe | null>;
};
type TestCall = NonNullable<BodyOf<"doctorRunCreate">["testCall"]>;

const CLOCK_MS_MAX = 3_000;

type Run = { -readonly [K in keyof DoctorRun]: DoctorRun[K] };

/** Looks at everything between this centre, its carriers and a browser at once; keeps what was found. */
export function registerDoctor(deps: DoctorDeps): void {
  const { db, clock, ids, audit, api } = deps;
  const isClockSynchronised = deps.isClockSynchronised ?? askedMachine;
  /** One at a time for each organisation. */
  const running = new Map<OrganisationId, Run>();

  const list = async (principal: Principal): Promise<readonly DoctorRun[]> => {
    const kept = await db.withScope({ organisationId: principal.organisationId, projectIds: "*" }, runList);
    const now = running.get(principal.organisationId);
    return [...(now === undefined ? [] : [shown(now)]), ...kept.filter((run) => run.runId !== now?.runId).map(ended)];
  };

  const begin = async (principal: Principal, address: string, { testCall, ...browser }: BodyOf<"doctorRunCreate">): Promise<DoctorRun> => {
    const { organisationId } = principal;
    const trunkName = testCall === null ? null : deps.testCalls.trunkName(organisationId, testCall.trunkId);
    if (testCall !== null && trunkName === null) throw invalidField("testCall.trunkId", "unknown", "is no trunk in use");
    const before = running.get(organisationId);
    if (before !== undefined) return shown(before);
    const startedAt = clock.now();
    const run: Run = { runId: ids.next("dia"), startedAt, endedAt: null, byName: deps.nameOf(principal), done: [], findings: [] };
    running.set(organisationId, run);
    try {
      await db.withScope({ organisationId, projectIds: "*" }, (tx) =>
        audit.write(tx, {
          actor: principal,
          action: "doctor.run",
          objectType: "doctor",
          objectId: run.runId,
          before: null,
          after: testCall === null ? {} : { testCallBy: trunkName },
          address,
          at: startedAt,
        }),
      );
    } catch (error) {
      running.delete(organisationId);
      throw error;
    }
    void look(principal, run, { browser, testCall, trunkName: trunkName ?? "" });
    return shown(run);
  };

  const call = async ({ organisationId, personId }: Principal, { trunkId, number }: TestCall): Promise<CallProbe | "denied" | null> => {
    const { gate } = deps.testCalls;
    const answer = await gate.ask({ organisationId, destination: number, kind: "agent", personId, projectId: null });
    if (answer.kind === "refused") return "denied";
    const startedAt = clock.now();
    const callerNumber = deps.testCalls.callerNumber(organisationId);
    const probe = await deps.testCalls.place({ trunkId, destination: answer.dial, callerNumber });
    if (probe?.outcome === "answered") await gate.settle(organisationId, answer.reservationId, { talkMs: clock.now() - startedAt });
    else await gate.release(organisationId, answer.reservationId);
    return probe;
  };

  const look = async (
    principal: Principal,
    run: Run,
    asked: { readonly browser: DoctorBrowserFacts; readonly testCall: TestCall | null; readonly trunkName: string },
  ): Promise<void> => {
    const { organisationId } = principal;
    const { browser, testCall, trunkName } = asked;
    const part = (name: DoctorPart, findings: readonly DoctorFinding[]): void => {
      run.done = [...run.done, name];
      run.findings = [...run.findings, ...findings].slice(0, doctorLimits.findingsMax);
    };
    try {
      part("browser", browserFindings(browser));
      part("certificate", certificateFindings(deps.access.state(), run.startedAt));
      await Promise.all([
        isClockSynchronised().then((isSynchronised) =>
          part("clock", clockFindings({ at: run.startedAt, browserNow: browser.now, isSynchronised })),
        ),
        deps.probeNetwork().then((probe) => {
          part("exchange", exchangeFindings(probe, { tls: deps.trunks.usesTls(organisationId) }));
          part("sound", soundFindings(probe));
        }),
        deps.trunks.checkAll(principal).then((checked) => part("trunks", trunksFindings(checked))),
        testCall === null
          ? part("testCall", [])
          : call(principal, testCall).then((probe) => part("testCall", testCallFindings(probe, trunkName))),
      ]);
      // It is over when it is kept: the next look may begin then.
      const kept: KeptRun = { ...run, endedAt: clock.now() };
      await db.withScope({ organisationId, projectIds: "*" }, (tx) => runInsert(tx, organisationId, kept));
    } catch (error) {
      deps.log.warn({ err: error, event: "doctorRun" }, "What the network doctor found could not be kept");
    } finally {
      running.delete(organisationId);
    }
  };

  api.on("doctorRunsList", async ({ principal }) => ({ items: [...(await list(principal))] }));
  api.on("doctorRunGet", async ({ principal, params }) => {
    const run = (await list(principal)).find((each) => each.runId === params.runId);
    if (run === undefined) throw notFound();
    return run;
  });
  api.on("doctorRunCreate", ({ principal, address, body }) => begin(principal, address, body));
}

function shown(run: Run): DoctorRun {
  return { ...run, done: [...run.done], findings: [...run.findings] };
}

function ended(run: KeptRun): DoctorRun {
  return { ...run, done: [...doctorParts], findings: [...run.findings] };
}

/** What systemd says of the clock; null in a container, or on a system without it. */
async function askedMachine(): Promise<boolean | null> {
  if (existsSync("/run/systemd/timesync/synchronized")) return true;
  return await new Promise((resolve) => {
    execFile("timedatectl", ["show", "-p", "NTPSynchronized", "--value"], { timeout: CLOCK_MS_MAX }, (error, output) =>
      resolve(error === null ? output.trim() === "yes" : null),
    );
  });
}
