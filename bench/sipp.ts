// Calls by SIPp, a peer that is not ours: scenarios put together of steps, and one run of one of them.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const EXTRA_MS_MAX = 60_000;

export type SippRun = {
  readonly done: number;
  readonly failed: number;
  readonly elapsedMs: number;
  /** INVITE to 200, milliseconds, sorted. */
  readonly setUpsMs: readonly number[];
};

/** `branch`: of the INVITE and of what belongs to its transaction. */
const VIA = (branch: string): string => `Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=${branch}`;
const OWN_BRANCH = "z9hG4bK[pid]i[call_number]";
const request = (
  method: string,
  options: { readonly cseq: number; readonly branch?: string; readonly tagged?: boolean; readonly body?: string },
): string =>
  [
    `${method} ${options.tagged === true ? "[next_url]" : "sip:[service]@[remote_ip]:[remote_port]"} SIP/2.0`,
    VIA(options.branch ?? "[branch]"),
    "From: <sip:0207946[call_number]@[local_ip]:[local_port]>;tag=[pid]b[call_number]",
    `To: <sip:[service]@[remote_ip]:[remote_port]>${options.tagged === true ? "[peer_tag_param]" : ""}`,
    "Call-ID: [call_id]",
    `CSeq: ${options.cseq} ${method}`,
    "Contact: <sip:bench@[local_ip]:[local_port]>",
    "Max-Forwards: 70",
    ...(options.body === undefined
      ? ["Content-Length: 0", "", ""]
      : ["Content-Type: application/sdp", "Content-Length: [len]", "", options.body, ""]),
  ].join("\n");
const OFFER = [
  "v=0",
  "o=- 1 1 IN IP4 [local_ip]",
  "s=-",
  "c=IN IP4 [local_ip]",
  "t=0 0",
  "m=audio [auto_media_port] RTP/AVP 0",
  "a=rtpmap:0 PCMU/8000",
].join("\n");

const send = (text: string, attributes = ""): string => `<send${attributes}><![CDATA[\n${text}\n]]></send>`;
const INVITE = send(request("INVITE", { cseq: 1, branch: OWN_BRANCH, body: OFFER }), ' retrans="500" start_rtd="1"');
const EARLY = '<recv response="100" optional="true"/><recv response="180" optional="true"/><recv response="183" optional="true"/>';
const ANSWERED = `${EARLY}<recv response="200" rrs="true" rtd="1"/>${send(request("ACK", { cseq: 1, tagged: true }))}`;
const HANG_UP = `${send(request("BYE", { cseq: 2, tagged: true }), ' retrans="500"')}<recv response="200"/>`;
const ACK_OF_FAILURE = send(request("ACK", { cseq: 1, branch: OWN_BRANCH }).replace("[remote_port]>", "[remote_port]>[peer_tag_param]"));
const ANSWER_BYE = send("SIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\nContent-Length: 0\n\n");

export const scenarios = {
  /** Answered and hung up at once: zero length. */
  hungUpAtOnce: [INVITE, ANSWERED, HANG_UP],
  /** Hung up while the greeting plays. */
  leftInGreeting: [INVITE, ANSWERED, '<pause milliseconds="400"/>', HANG_UP],
  /** Hung up after the greeting, in the queue. */
  leftInQueue: [INVITE, ANSWERED, '<pause milliseconds="7500"/>', HANG_UP],
  /** Cancelled while an unanswered sentence is heard: then it is sure that no answer overtakes the CANCEL. */
  cancelled: [
    INVITE,
    '<recv response="100" optional="true"/><recv response="180" optional="true"/><recv response="183" rtd="1"/>',
    send(request("CANCEL", { cseq: 1, branch: OWN_BRANCH }), ' retrans="500"'),
    '<recv response="200"/><recv response="487"/>',
    ACK_OF_FAILURE,
  ],
  /** A number that is nobody's. */
  refused: [INVITE, `${EARLY}<recv response="404" rtd="1"/>`, ACK_OF_FAILURE],
  /** Hears that nobody is there, and is hung up on. */
  hungUpByUs: [INVITE, ANSWERED, '<recv request="BYE" timeout="60000"/>', ANSWER_BYE],
} as const satisfies Record<string, readonly string[]>;

/** Places so many calls at this rate. Bounded by their number and by time. */
export async function runSipp(options: {
  readonly port: number;
  readonly service: string;
  readonly scenario: keyof typeof scenarios;
  readonly callsPerSecond: number;
  readonly calls: number;
}): Promise<SippRun> {
  const folder = mkdtempSync(join(tmpdir(), "allo-sipp-"));
  const file = join(folder, "call.xml");
  writeFileSync(
    file,
    `<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="${options.scenario}">\n${scenarios[options.scenario].join("\n")}\n</scenario>\n`,
  );
  const seconds = options.calls / options.callsPerSecond + EXTRA_MS_MAX / 1_000;
  const startedAt = performance.now();
  await new Promise<void>((resolve, reject) => {
    const sipp = spawn(
      "/usr/bin/sipp",
      [
        ...[`127.0.0.1:${options.port}`, "-sf", file, "-s", options.service, "-i", "127.0.0.1"],
        ...[
          "-r",
          String(options.callsPerSecond),
          "-m",
          String(options.calls),
          "-l",
          "4000",
          "-nostdin",
          "-timeout",
          `${Math.ceil(seconds)}s`,
        ],
        ...["-trace_rtt", "-rtt_freq", "1", "-trace_stat", "-fd", "1", "-stf", join(folder, "stat.csv")],
      ],
      { cwd: folder, stdio: "ignore" },
    );
    sipp.once("error", reject);
    sipp.once("exit", () => resolve());
  });
  const stat = lastRow(join(folder, "stat.csv"));
  const run = {
    done: Number(stat["SuccessfulCall(C)"] ?? 0),
    failed: Number(stat["FailedCall(C)"] ?? 0),
    elapsedMs: performance.now() - startedAt,
    setUpsMs: responseTimes(folder),
  };
  rmSync(folder, { recursive: true, force: true });
  return run;
}

function lastRow(path: string): Readonly<Record<string, string>> {
  const lines = readFileSync(path, "utf8").trim().split("\n");
  const names = (lines[0] ?? "").split(";");
  const cells = (lines.at(-1) ?? "").split(";");
  return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? ""]));
}

function responseTimes(folder: string): readonly number[] {
  const name = readdirSync(folder).find((each) => each.endsWith("_rtt.csv"));
  if (name === undefined) return [];
  return readFileSync(join(folder, name), "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => Number(line.split(";")[1]))
    .filter((ms) => Number.isFinite(ms))
    .toSorted((a, b) => a - b);
}
