// Debian's Kamailio and rtpengine as a carrier's edge: every message goes through one, every packet through the other, and calls to the
// carrier are asked for user and password.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createSocket } from "node:dgram";
import { tmpdir } from "node:os";
import { join } from "node:path";

const KAMAILIO = "/usr/sbin/kamailio";
const RTPENGINE = "/usr/bin/rtpengine";
const STARTS_MS_MAX = 20_000;

export const hasCarrierEdge = existsSync(KAMAILIO) && existsSync(RTPENGINE);

export type CarrierEdge = {
  readonly port: number;
  /** What both have said. */
  readonly output: () => string;
  readonly stop: () => Promise<void>;
};

export type CarrierEdgeFields = {
  /** Whose calls are asked for a password. */
  readonly centre: { readonly port: number; readonly user: string; readonly password: string };
  /** Where all other numbers are; its audio is sealed, that of the centre is not. */
  readonly subscriberPort: number;
};

/** Both on 127.0.0.1, in the foreground, ended with `stop`. */
export async function startCarrierEdge(fields: CarrierEdgeFields): Promise<CarrierEdge> {
  const folder = mkdtempSync(join(tmpdir(), "allo-carrier-"));
  const [port, control] = [await freeUdpPort(), await freeUdpPort()];
  const config = join(folder, "kamailio.cfg");
  writeFileSync(config, kamailioConfig({ ...fields, port, control, folder }));
  let output = "";
  const run = (program: string, args: readonly string[]): ChildProcess => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (bytes: Buffer) => (output = (output + String(bytes)).slice(-60_000)));
    return child;
  };
  const media = run(RTPENGINE, [
    // No kernel module: packets go through the program.
    ...["--table=-1", "--foreground", "--log-stderr", "--log-level=6", "--no-fallback"],
    ...["--interface=127.0.0.1", `--listen-ng=127.0.0.1:${control}`, "--port-min=30000", "--port-max=30999"],
    ...["--num-threads=2", `--pidfile=${join(folder, "rtpengine.pid")}`],
  ]);
  const children = [media];
  const killAll = (): void => children.forEach((child) => void child.kill("SIGKILL"));
  process.once("exit", killAll);
  const stop = async (): Promise<void> => {
    process.off("exit", killAll);
    await Promise.all(
      children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
        const late = setTimeout(() => child.kill("SIGKILL"), 5_000);
        child.kill("SIGTERM");
        await exited;
        clearTimeout(late);
      }),
    );
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const isAlive = (): boolean => children.every((child) => child.exitCode === null);
    // Kamailio asks rtpengine once at its start, and does without it for a minute where nothing answers.
    await untilAnswers(control, (_own, nth) => `asked${nth} d7:command4:pinge`, isAlive);
    children.push(run(KAMAILIO, ["-f", config, "-DD", "-E", "-m", "32", "-M", "8", "-Y", folder, "-w", folder]));
    await untilAnswers(port, (own, nth) => optionsRequest(port, own, nth), isAlive);
  } catch (error) {
    await stop();
    throw new Error(`the carrier's edge did not start: ${output.slice(-4_000)}`, { cause: error });
  }
  return { port, output: () => output, stop };
}

function kamailioConfig(fields: CarrierEdgeFields & { readonly port: number; readonly control: number; readonly folder: string }): string {
  const { centre } = fields;
  return `#!KAMAILIO
debug=2
log_stderror=yes
fork=yes
children=2
tcp_children=1
disable_tcp=yes
auto_aliases=no
dns=no
rev_dns=no
listen=udp:127.0.0.1:${fields.port}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules:/usr/lib/aarch64-linux-gnu/kamailio/modules"

loadmodule "pv.so"
loadmodule "xlog.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "sdpops.so"
loadmodule "auth.so"
loadmodule "rtpengine.so"

modparam("rr", "enable_full_lr", 1)
modparam("rtpengine", "rtpengine_sock", "udp:127.0.0.1:${fields.control}")
modparam("tm", "fr_timer", 5000)
modparam("tm", "fr_inv_timer", 60000)

request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("OPTIONS") && !has_totag()) { sl_send_reply("200", "OK"); exit; }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  if (has_totag()) {
    if (!loose_route()) {
      if (is_method("ACK") && t_check_trans()) t_relay();
      exit;
    }
    if (is_method("BYE")) rtpengine_delete();
    if (is_method("INVITE") || is_method("ACK") || is_method("UPDATE")) route(MEDIA);
    t_on_reply("ANSWER");
    t_relay();
    exit;
  }
  if (!is_method("INVITE")) { sl_send_reply("405", "Method Not Allowed"); exit; }
  if ($sp == ${centre.port}) {
    if (!pv_proxy_authenticate("carrier.example", "${centre.password}", "0")) { proxy_challenge("carrier.example", "1"); exit; }
    if ($au != "${centre.user}") { sl_send_reply("403", "Forbidden"); exit; }
    consume_credentials();
    $du = "sip:127.0.0.1:${fields.subscriberPort}";
  } else {
    $du = "sip:127.0.0.1:${centre.port}";
  }
  record_route();
  route(MEDIA);
  t_on_reply("ANSWER");
  if (!t_relay()) sl_reply_error();
  exit;
}

# Towards the subscriber audio is sealed (SDES), towards the centre it is not.
route[MEDIA] {
  if (!has_body("application/sdp")) return;
  if ($sp == ${centre.port}) rtpengine_manage("replace-origin replace-session-connection ICE=remove RTP/SAVP SDES-no-AEAD_AES_256_GCM SDES-no-AEAD_AES_128_GCM");
  else rtpengine_manage("replace-origin replace-session-connection ICE=remove RTP/AVP SDES-off");
}

onreply_route[ANSWER] {
  # What was agreed on in the offer stands: an answer changes neither side's profile.
  if (has_body("application/sdp")) rtpengine_manage("replace-origin replace-session-connection ICE=remove");
}
`;
}

/** Asks until something comes back. */
async function untilAnswers(port: number, ask: (own: number, nth: number) => string, isAlive: () => boolean): Promise<void> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const own = socket.address().port;
  const startedAt = performance.now();
  try {
    for (let nth = 1; ; nth += 1) {
      if (!isAlive() || performance.now() - startedAt > STARTS_MS_MAX) throw new Error("no answer");
      const answered = new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), 200);
        socket.once("message", () => {
          clearTimeout(timer);
          resolve(true);
        });
      });
      socket.send(ask(own, nth), port, "127.0.0.1");
      if (await answered) return;
    }
  } finally {
    socket.close();
  }
}

function optionsRequest(port: number, own: number, nth: number): string {
  const head = `Via: SIP/2.0/UDP 127.0.0.1:${own};branch=z9hG4bKasked${nth}\r\nMax-Forwards: 70\r\nFrom: <sip:test@127.0.0.1>;tag=1\r\n`;
  return `OPTIONS sip:127.0.0.1:${port} SIP/2.0\r\n${head}To: <sip:127.0.0.1>\r\nCall-ID: asked${nth}\r\nCSeq: ${nth} OPTIONS\r\nContent-Length: 0\r\n\r\n`;
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}
