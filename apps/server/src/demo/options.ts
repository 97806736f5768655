// What can be said after `npm run demo --`, checked as a whole: a wrong word is a sentence.
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { fail, ok, type Result } from "@allo/kernel";
import { demoLimits } from "./seed/make-demo.ts";

export type DemoOptions = {
  readonly dataFolder: string;
  readonly callsPerHour: number;
  readonly agents: number;
  readonly seed: string;
  readonly days: number;
  readonly customers: number;
  readonly httpPort: number;
  readonly sipPort: number;
  readonly phonePort: number;
  readonly rtpPorts: string;
  readonly bind: string;
  readonly talkSecondsMax: number;
  readonly steady: boolean;
  readonly reconcile: boolean;
};

export const demoOptionLimits = {
  customersMin: 3,
  customersMax: 2_000,
  callsPerHourMax: 3_600,
  agentsMin: 3,
  talkSecondsMin: 5,
  talkSecondsMax: 1_800,
} as const;

export const demoUsage = `npm run demo -- [options]

  --rate 300         calls an hour, in the mean of a day
  --agents 30        simulated agents
  --seed 7           another seed is another organisation and another past
  --days 90          days of history, made at the first start
  --customers 2000   customers on file, made at the first start
  --data ./demo-data folder of everything the demonstration keeps; remove it to begin anew
  --port 8081        screens and API
  --sip-port 5080    SIP of the callers
  --phone-port 5090  SIP of registered devices
  --rtp-ports 30000-39999
  --bind 127.0.0.1   address that all of these listen on
  --talk 300         seconds of the longest talk
  --steady           no busy hours and no shifts: the same rate all day
  --reconcile        compares the figures of the folder with its event log and ends`;

/** Reads the words; on failure all sentences. Null: help was asked for. */
export function readDemoOptions(args: readonly string[], folder: string): Result<DemoOptions | null, readonly string[]> {
  const problems: string[] = [];
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (error) {
    return fail([`${error instanceof Error ? error.message : String(error)}\n\n${demoUsage}`]);
  }
  if (values.help) return ok(null);
  const whole = (
    name: "rate" | "agents" | "days" | "customers" | "talk" | "port" | "sip-port" | "phone-port",
    range: { min: number; max: number },
  ): number => {
    const text = values[name];
    const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
    if (!(number >= range.min && number <= range.max))
      problems.push(`--${name} must be a number from ${range.min} to ${range.max}, not "${text}".`);
    return number;
  };
  const options: DemoOptions = {
    dataFolder: resolve(folder, values.data),
    callsPerHour: whole("rate", { min: 0, max: demoOptionLimits.callsPerHourMax }),
    agents: whole("agents", { min: demoOptionLimits.agentsMin, max: demoLimits.agentsMax }),
    seed: values.seed,
    days: whole("days", { min: 0, max: demoLimits.daysMax }),
    customers: whole("customers", { min: demoOptionLimits.customersMin, max: demoOptionLimits.customersMax }),
    httpPort: whole("port", { min: 0, max: 65_535 }),
    sipPort: whole("sip-port", { min: 0, max: 65_535 }),
    phonePort: whole("phone-port", { min: 0, max: 65_535 }),
    rtpPorts: values["rtp-ports"],
    bind: values.bind,
    talkSecondsMax: whole("talk", { min: demoOptionLimits.talkSecondsMin, max: demoOptionLimits.talkSecondsMax }),
    steady: values.steady,
    reconcile: values.reconcile,
  };
  return problems.length > 0 ? fail(problems) : ok(options);
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      rate: { type: "string", default: "300" },
      agents: { type: "string", default: "30" },
      seed: { type: "string", default: "7" },
      days: { type: "string", default: "90" },
      customers: { type: "string", default: "2000" },
      data: { type: "string", default: "demo-data" },
      port: { type: "string", default: "8081" },
      "sip-port": { type: "string", default: "5080" },
      "phone-port": { type: "string", default: "5090" },
      "rtp-ports": { type: "string", default: "30000-39999" },
      bind: { type: "string", default: "127.0.0.1" },
      talk: { type: "string", default: "300" },
      steady: { type: "boolean", default: false },
      reconcile: { type: "boolean", default: false },
      help: { type: "boolean", default: false, short: "h" },
    },
  }).values;
}

/**
 * The environment of the demonstration: of the real installation's settings only the log and the media threads count, so that its folder,
 * its database and its ports are never taken.
 */
export function demoEnvironment(options: DemoOptions, env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined &&
      entry[0] !== "DATABASE_URL" &&
      (!entry[0].startsWith("ALLO_") || /^ALLO_(LOG|MEDIA_WORKERS|TEST_.*|BENCH_.*|BOOTSTRAP_.*)$/.test(entry[0])),
  );
  return {
    ALLO_MEDIA_WORKERS: String(Math.max(1, Math.min(2, availableParallelism() - 1))),
    ...Object.fromEntries(kept),
    ALLO_DATA: options.dataFolder,
    ALLO_HTTP_PORT: String(options.httpPort),
    ALLO_SIP_PORT: String(options.sipPort),
    ALLO_SIP_PHONE_PORT: String(options.phonePort),
    ALLO_SIP_TLS_PORT: "0",
    ALLO_RTP_PORTS: options.rtpPorts,
    ALLO_BIND: options.bind,
    ALLO_DEMO: "1",
  };
}
