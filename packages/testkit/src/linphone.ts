// Linphone as a phone that is not ours: told what it needs by a remote configuration or by a line of its own, with files for ears and mouth.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildWav, generateTone, SAMPLE_RATE, WAV_HEADER_BYTES } from "@allo/media";

const BINARY = "/usr/bin/linphonec";
/** It tells of its registration when it is asked. */
const STATUS_EVERY_MS = 250;

/** Whether Debian's linphone-cli is installed. */
export function hasLinphone(): boolean {
  return existsSync(BINARY);
}

export type LinphonePhone = {
  /** Resolves when it has registered. */
  readonly registered: Promise<void>;
  /** Whom it shows while it rings; null while it doesn't. */
  readonly ringing: () => string | null;
  readonly answer: () => void;
  readonly putDown: () => void;
  readonly hold: () => void;
  readonly resume: () => void;
  readonly dial: (uri: string) => void;
  /** How many calls have ended so far. */
  readonly ended: () => number;
  /** Everything heard so far in the newest call: 16-bit samples at 8 kHz. */
  readonly heard: () => Int16Array;
  readonly output: () => string;
  readonly close: () => Promise<void>;
};

export function linphonePhone(options: {
  /** Where its configuration is fetched from at the start. */
  readonly configUrl: string;
  readonly toneHz: number;
  /** PEM of the authority that it believes over TLS. */
  readonly caPem?: string;
}): LinphonePhone {
  const folder = mkdtempSync(join(tmpdir(), "allo-linphone-"));
  const tone = join(folder, "tone.wav");
  const heard = join(folder, "heard.wav");
  const samples = generateTone({ frequencyHz: options.toneHz, durationMs: 90_000, amplitude: 8_000 });
  writeFileSync(tone, buildWav({ sampleRate: SAMPLE_RATE, channels: 1, samples }));
  mkdirSync(join(folder, ".local/share/linphone"), { recursive: true });
  const caPath = join(folder, "ca.pem");
  if (options.caPem !== undefined) writeFileSync(caPath, options.caPem);
  writeFileSync(
    join(folder, "linphonerc"),
    [
      "[sip]",
      // Any free port, no IPv6.
      "sip_port=-1",
      "sip_tcp_port=-1",
      "sip_tls_port=-1",
      "use_ipv6=0",
      ...(options.caPem === undefined ? [] : [`root_ca=${caPath}`]),
      "[rtp]",
      "audio_rtp_port=-1",
      "[misc]",
      `config-uri=${options.configUrl}`,
      "",
    ].join("\n"),
  );
  const child = spawn(BINARY, ["-c", join(folder, "linphonerc")], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, HOME: folder },
  });
  const killWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", killWithUs);
  const exited = new Promise<void>((resolve) =>
    child.once("exit", () => {
      process.off("exit", killWithUs);
      resolve();
    }),
  );
  let output = "";
  let isRegistered = false;
  const registered = Promise.withResolvers<void>();
  registered.promise.catch(() => undefined);
  const collect = (bytes: Buffer): void => {
    output += bytes.toString("utf8");
    if (!isRegistered && /registered, identity=/.test(output)) {
      isRegistered = true;
      clearInterval(asking);
      // A configuration that arrives afterwards puts back its own music.
      say(`play ${tone}`);
      registered.resolve();
    }
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  child.stdin.on("error", () => undefined); // it has ended
  void exited.then(() => registered.reject(new Error(`Linphone ended: ${output.slice(-400)}`)));
  const say = (words: string): void => void child.stdin.write(`${words}\n`);
  const times = (what: RegExp): number => output.match(what)?.length ?? 0;
  const asking = setInterval(() => say("status register"), STATUS_EVERY_MS);
  void exited.then(() => clearInterval(asking));
  say("soundcard use files");
  say(`record ${heard}`);
  return {
    registered: registered.promise,
    ringing: () => {
      const calls = [...output.matchAll(/Receiving new incoming call from ([^\n]*?), assigned id/g)];
      return calls.length > times(/Call \d+ with .* connected/g) + times(/Call \d+ with .* ended/g) ? (calls.at(-1)?.[1] ?? "") : null;
    },
    answer: () => say("answer"),
    putDown: () => say("terminate"),
    hold: () => say("pause"),
    resume: () => say("resume"),
    dial: (uri) => say(`call ${uri}`),
    ended: () => times(/Call \d+ with .* ended/g),
    heard: () => {
      if (!existsSync(heard)) return new Int16Array();
      const bytes = readFileSync(heard).subarray(WAV_HEADER_BYTES);
      return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~1)));
    },
    output: () => output,
    close: async () => {
      say("quit");
      const late = setTimeout(killWithUs, 3_000);
      await exited;
      clearTimeout(late);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
