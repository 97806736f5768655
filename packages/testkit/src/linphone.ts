// Linphone as a phone that is not ours: told what it needs by a remote configuration or by a line of its own, with files for ears and mouth.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makePhoneFolder, readHeard, startPhoneProgram, writeTone } from "./phone-program.ts";

const BINARY = "/usr/bin/linphonec";
/** It tells of its registration when it is asked. */
const STATUS_EVERY_MS = 250;
const QUIT_MS_MAX = 3_000;

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
  const folder = makePhoneFolder("linphone");
  const tone = writeTone(folder, { toneHz: options.toneHz, seconds: 90 });
  const heard = join(folder, "heard.wav");
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
  const program = startPhoneProgram(BINARY, ["-c", join(folder, "linphonerc")], { ...process.env, HOME: folder });
  const { exited, output, say, times } = program;
  let isRegistered = false;
  const registered = Promise.withResolvers<void>();
  registered.promise.catch(() => undefined);
  program.onOutput(() => {
    if (isRegistered || !/registered, identity=/.test(output())) return;
    isRegistered = true;
    clearInterval(asking);
    // A configuration that arrives afterwards puts back its own music.
    say(`play ${tone}`);
    registered.resolve();
  });
  void exited.then(() => registered.reject(new Error(`Linphone ended: ${output().slice(-400)}`)));
  const asking = setInterval(() => say("status register"), STATUS_EVERY_MS);
  void exited.then(() => clearInterval(asking));
  say("soundcard use files");
  say(`record ${heard}`);
  return {
    registered: registered.promise,
    ringing: () => {
      const calls = [...output().matchAll(/Receiving new incoming call from ([^\n]*?), assigned id/g)];
      return calls.length > times(/Call \d+ with .* connected/g) + times(/Call \d+ with .* ended/g) ? (calls.at(-1)?.[1] ?? "") : null;
    },
    answer: () => say("answer"),
    putDown: () => say("terminate"),
    hold: () => say("pause"),
    resume: () => say("resume"),
    dial: (uri) => say(`call ${uri}`),
    ended: () => times(/Call \d+ with .* ended/g),
    heard: () => readHeard(heard),
    output,
    close: async () => {
      say("quit");
      const late = setTimeout(program.kill, QUIT_MS_MAX);
      await exited;
      clearTimeout(late);
    },
  };
}
