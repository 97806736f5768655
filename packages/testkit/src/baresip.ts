// baresip as a caller that is not ours: dials, speaks a tone, and keeps what it heard as a WAV file.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildWav, generateTone, SAMPLE_RATE, WAV_HEADER_BYTES } from "@allo/media";

const BINARY = "/usr/bin/baresip";
const MODULES = "/usr/lib/baresip/modules";

/** Whether Debian's baresip-core is installed. */
export function hasBaresip(): boolean {
  return existsSync(BINARY) && existsSync(MODULES);
}

export type BaresipCall = {
  /** Resolves when the far end answered; rejects where the call was closed before. */
  readonly established: Promise<void>;
  /** Resolves with baresip's own words when the call is over. */
  readonly closed: Promise<string>;
  /** Everything heard so far: 16-bit samples at 8 kHz. */
  readonly heard: () => Int16Array;
  /** Says BYE and waits for the process. */
  readonly hangUp: () => Promise<void>;
  /** Dies without a word, as a phone that loses its network does. */
  readonly kill: () => void;
  readonly output: () => string;
};

/** Dials at once. `toneHz` is what the caller says all the time. */
export function baresipDial(options: {
  readonly uri: string;
  readonly toneHz: number;
  readonly from?: string;
  readonly transport?: "udp" | "tcp";
  readonly toneSeconds?: number;
  /** The only codec offered; both laws where absent. */
  readonly codec?: "PCMU" | "PCMA";
}): BaresipCall {
  const folder = mkdtempSync(join(tmpdir(), "allo-baresip-"));
  const tone = join(folder, "tone.wav");
  const samples = generateTone({ frequencyHz: options.toneHz, durationMs: (options.toneSeconds ?? 90) * 1_000, amplitude: 8_000 });
  writeFileSync(tone, buildWav({ sampleRate: SAMPLE_RATE, channels: 1, samples }));
  const modules = ["stdio.so", "g711.so", "aufile.so", "aubridge.so", "sndfile.so"].map((name) => `module ${name}`);
  writeFileSync(
    join(folder, "config"),
    [
      "poll_method epoll",
      "sip_listen 127.0.0.1:0",
      "call_local_timeout 120",
      "call_max_calls 1",
      `audio_source aufile,${tone}`,
      "audio_player aubridge,heard",
      "audio_alert aubridge,alert",
      "ausrc_srate 8000",
      "auplay_srate 8000",
      "ausrc_channels 1",
      "auplay_channels 1",
      "audio_buffer 20-160",
      `module_path ${MODULES}`,
      ...modules,
      "module_tmp account.so",
      "module_app menu.so",
      `snd_path ${folder}`,
      "",
    ].join("\n"),
  );
  writeFileSync(
    join(folder, "accounts"),
    `<sip:${options.from ?? "caller"}@127.0.0.1;transport=${options.transport ?? "udp"}>;regint=0;audio_codecs=${(options.codec === undefined ? ["PCMU", "PCMA"] : [options.codec]).map((codec) => `${codec}/8000/1`).join(",")}\n`,
  );
  writeFileSync(join(folder, "contacts"), "");

  const child: ChildProcess = spawn(BINARY, ["-f", folder, "-e", `/dial ${options.uri}`], { stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  let onOutput: () => void = () => undefined;
  const collect = (bytes: Buffer): void => {
    output += bytes.toString("utf8");
    onOutput();
  };
  child.stdout?.on("data", collect);
  child.stderr?.on("data", collect);
  // Left alone it would spin on its closed standard input.
  const killWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", killWithUs);
  const exited = new Promise<void>((resolve) =>
    child.once("exit", () => {
      process.off("exit", killWithUs);
      resolve();
    }),
  );

  const established = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<string>();
  onOutput = () => {
    if (/Call established/.test(output)) established.resolve();
    const over = /session closed: ?([^\n]*)/.exec(output) ?? /(Call with .* terminated[^\n]*)/.exec(output);
    if (over !== null) {
      established.reject(new Error(`the call was closed before it was answered: ${over[1] ?? ""}`));
      closed.resolve(over[1] ?? "");
    }
  };
  established.promise.catch(() => undefined);
  void exited.then(() => {
    established.reject(new Error(`baresip ended: ${output.slice(-400)}`));
    closed.resolve("process ended");
  });

  return {
    established: established.promise,
    closed: closed.promise,
    heard: () => {
      const name = readdirSync(folder)
        .filter((each) => each.endsWith("-dec.wav"))
        .toSorted()
        .at(-1);
      if (name === undefined) return new Int16Array();
      const bytes = readFileSync(join(folder, name)).subarray(WAV_HEADER_BYTES);
      return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~1)));
    },
    hangUp: async () => {
      child.kill("SIGTERM");
      await exited;
    },
    kill: () => {
      child.kill("SIGKILL");
    },
    output: () => output,
  };
}
