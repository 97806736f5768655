// SIPp's scenarios, written short: each step is one element of its XML.
import { spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PASSWORD, USER } from "./ua.ts";

export const hasSipp = spawnSync("sipp", ["-v"]).error === undefined;
const RUN_SECONDS_MAX = 25;

export const OFFER =
  "v=0\no=sipp 1 1 IN IP4 [local_ip]\ns=-\nc=IN IP4 [local_ip]\nt=0 0\nm=audio 6000 RTP/AVP 8 101\na=rtpmap:8 PCMA/8000\na=rtpmap:101 telephone-event/8000\n";
export const HOLD = OFFER.replace("sipp 1 1", "sipp 1 2").replace("101\na", "101\na=sendonly\na");

type Expect = { readonly header?: string; readonly pattern: string };

/** A request of the first INVITE's kind. `more` are header lines, each with its line end. */
export function invite(user: string, fields: { readonly more?: string; readonly body?: string; readonly cseq?: number } = {}): string {
  return request("INVITE", { user, contact: true, body: OFFER, ...fields });
}

export function request(
  method: string,
  fields: {
    readonly user?: string;
    readonly more?: string;
    readonly body?: string;
    readonly type?: string;
    readonly cseq?: number | string;
    readonly contact?: boolean;
    /** In the dialog: to the peer's Contact, with its tag and routes. */
    readonly inDialog?: boolean;
    /** The branch of the INVITE before (CANCEL, ACK of a failure). */
    readonly branch?: string;
    readonly callId?: string;
    readonly toTag?: string;
    readonly maxForwards?: number;
  } = {},
): string {
  const { user = "answer", body = "", inDialog = false } = fields;
  const target = inDialog ? "[next_url]" : `sip:${user}@[remote_ip]:[remote_port]`;
  const lines = [
    `${method} ${target} SIP/2.0`,
    `Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;branch=${fields.branch ?? "[branch]"}`,
    ...(inDialog ? ["[routes]"] : []),
    `From: <sip:${USER}@[local_ip]>;tag=[pid]T[call_number]`,
    `To: <sip:${user}@[remote_ip]>${fields.toTag ?? (inDialog ? "[peer_tag_param]" : "")}`,
    `Call-ID: ${fields.callId ?? "[call_id]"}`,
    `CSeq: ${fields.cseq ?? 1} ${method}`,
    `Max-Forwards: ${fields.maxForwards ?? 70}`,
    ...(fields.contact === true ? [`Contact: <sip:${USER}@[local_ip]:[local_port]>`] : []),
  ];
  const type = body === "" ? "" : `Content-Type: ${fields.type ?? "application/sdp"}\n`;
  return `${lines.join("\n")}\n${fields.more ?? ""}${type}Content-Length: [len]\n\n${body}`;
}

/** A response to the request received last. */
export function response(
  status: string,
  fields: { readonly tag?: string; readonly more?: string; readonly body?: string; readonly contact?: boolean } = {},
): string {
  const { body = "", tag } = fields;
  const to = tag === undefined ? "[last_To:]" : `[last_To:];tag=${tag}`;
  const contact = fields.contact === true ? `Contact: <sip:${tag ?? USER}@[local_ip]:[local_port]>\n` : "";
  const type = body === "" ? "" : "Content-Type: application/sdp\n";
  return `SIP/2.0 ${status}\n[last_Via:]\n[last_From:]\n${to}\n[last_Call-ID:]\n[last_CSeq:]\n${contact}${fields.more ?? ""}${type}Content-Length: [len]\n\n${body}`;
}

/** Sends; repeated from 500 ms until an answer where `repeats`. `lost` in percent is never sent. */
export function send(text: string, fields: { readonly repeats?: boolean } = {}): string {
  return `<send${fields.repeats === true ? ' retrans="500"' : ""}><![CDATA[\n${text}\n]]></send>`;
}

let variable = 0;

/** Waits for a status or a method; each `expects` must be found. */
export function recv(
  what: number | string,
  fields: { readonly optional?: boolean; readonly expects?: readonly Expect[]; readonly auth?: boolean; readonly timeoutMs?: number } = {},
): string {
  const kind = typeof what === "number" ? `response="${what}" rrs="true"` : `request="${what}"`;
  const checks = (fields.expects ?? []).map(({ header, pattern }) => {
    variable += 1;
    const where = header === undefined ? 'search_in="msg"' : `search_in="hdr" header="${header}:"`;
    return `<ereg regexp="${pattern.replaceAll("<", "&lt;").replaceAll('"', "&quot;")}" ${where} check_it="true" assign_to="v${variable}"/>`;
  });
  const action = checks.length === 0 ? "" : `<action>${checks.join("")}</action>`;
  const flags = `${fields.optional === true ? ' optional="true"' : ""}${fields.auth === true ? ' auth="true"' : ""}`;
  return `<recv ${kind}${flags} timeout="${fields.timeoutMs ?? 8_000}">${action}</recv>`;
}

/** Waits for a status and keeps what matches in a header, for a later message to say as [$variable]. */
export function recvInto(status: number, keep: { readonly header: string; readonly pattern: string; readonly variable: string }): string {
  const ereg = `<ereg regexp="${keep.pattern}" search_in="hdr" header="${keep.header}:" check_it="true" assign_to="${keep.variable}"/>`;
  return `<recv response="${status}" rrs="true" timeout="8000"><action>${ereg}</action></recv>`;
}

export const pause = (ms: number): string => `<pause milliseconds="${ms}"/>`;

/** The usual end of a call that SIPp made: BYE and its 200. */
export const bye = (cseq = 2): readonly string[] => [send(request("BYE", { inDialog: true, cseq }), { repeats: true }), recv(200)];
export const ack = (cseq = 1, body = ""): string => send(request("ACK", { inDialog: true, cseq, body, contact: true }));
/** The usual begin: INVITE, 100, 180, 200, ACK. */
export const answered = (user: string, more = ""): readonly string[] => [
  send(invite(user, { more }), { repeats: true }),
  recv(100, { optional: true }),
  recv(180, { optional: true }),
  recv(200),
  ack(),
];

/** Runs a scenario once (or `calls` times), as the caller where `port` is given, else as the callee on a port that `onPort` is told. */
export async function sipp(
  steps: readonly string[],
  fields: {
    readonly port?: number;
    readonly onPort?: (port: number) => void;
    readonly transport?: "u1" | "t1";
    readonly calls?: number;
    readonly rate?: number;
    /** A file that each message that it sends or gets is added to. */
    readonly messages?: string;
    readonly secondsMax?: number;
  } = {},
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "allo-sipp-"));
  const file = join(folder, "scenario.xml");
  const used = [...new Set(steps.join("").match(/assign_to="(v\d+)"/g) ?? [])].map((text) => text.slice(11, -1));
  const reference = used.length === 0 ? "" : `<Reference variables="${used.join(",")}"/>`;
  writeFileSync(file, `<?xml version="1.0"?>\n<scenario name="allo">\n${steps.join("\n")}\n${reference}</scenario>\n`);
  const localPort = await portForSipp();
  const target = fields.port === undefined ? [] : [`127.0.0.1:${fields.port}`];
  const args = [
    ...target,
    "-sf",
    file,
    "-i",
    "127.0.0.1",
    "-p",
    String(localPort),
    "-t",
    fields.transport ?? "u1",
    "-m",
    String(fields.calls ?? 1),
  ];
  const { secondsMax = RUN_SECONDS_MAX, messages } = fields;
  const more = [
    "-r",
    String(fields.rate ?? 20),
    "-timeout",
    `${secondsMax}s`,
    "-timeout_error",
    "-nostdin",
    "-au",
    USER,
    "-ap",
    PASSWORD,
    ...(fields.port === undefined ? [] : ["-auth_uri", `guarded@127.0.0.1:${fields.port}`]),
    "-default_behaviors",
    "none",
    ...(messages === undefined ? [] : ["-trace_msg", "-message_file", messages]),
  ];
  const child = spawn("sipp", [...args, ...more, "-trace_err", "-error_file", join(folder, "errors.log")], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: string[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  const kill = setTimeout(() => child.kill("SIGKILL"), (secondsMax + 5) * 1_000);
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  if (fields.onPort !== undefined && (await isBound(localPort))) fields.onPort(localPort);
  const code = await ended;
  clearTimeout(kill);
  const errors = existsSync(join(folder, "errors.log")) ? readFileSync(join(folder, "errors.log"), "utf8") : "";
  rmSync(folder, { recursive: true, force: true });
  if (code !== 0)
    throw new Error(`sipp ended with ${String(code)}:\n${errors.slice(-2_500)}\n${errors === "" ? output.join("").slice(-2_000) : ""}`);
}

/** Below the range out of which the system gives ports, so that no socket of a port 0 takes it before SIPp does. */
const PORTS = { first: 20_000, count: 10_000 } as const;
let nextPort = process.pid * 41;

async function portForSipp(): Promise<number> {
  for (;;) {
    const port = PORTS.first + (nextPort % PORTS.count);
    nextPort += 1;
    const socket = createSocket("udp4");
    const isFree = await new Promise<boolean>((resolve) => {
      socket.once("error", () => resolve(false));
      socket.bind(port, "127.0.0.1", () => resolve(true));
    });
    await new Promise<void>((resolve) => socket.close(() => resolve()));
    if (isFree) return port;
  }
}

/** Waits until a UDP socket of this machine has the port; false where it never does. */
async function isBound(port: number): Promise<boolean> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")} `;
  for (const end = performance.now() + 10_000; performance.now() < end;) {
    if (readFileSync("/proc/net/udp", "utf8").includes(wanted)) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}
