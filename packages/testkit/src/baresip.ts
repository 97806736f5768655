// baresip as a caller or as a desk phone that is not ours: speaks a tone, and keeps what it heard as a WAV file.
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makePhoneFolder, readHeard, startPhoneProgram, writeTone } from "./phone-program.ts";

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
  readonly hold: () => void;
  readonly resume: () => void;
  /** Of one that rings. */
  readonly answer: () => void;
  readonly output: () => string;
};

/** A phone that is registered, rings when it is called, and does what its person does. */
export type BaresipPhone = {
  /** Resolves when it has registered; rejects where that failed. */
  readonly registered: Promise<void>;
  /** What it shows while it rings: the From of the caller; null while it doesn't. */
  readonly ringing: () => string | null;
  readonly answer: () => void;
  /** Lifts it and dials this number at the place where it registers. */
  readonly dial: (number: string) => void;
  /** Declines what rings, or hangs up; what it dials is given up. */
  readonly putDown: () => void;
  readonly hold: () => void;
  readonly resume: () => void;
  /** Its transfer key: the other side is to call this address. */
  readonly transfer: (uri: string) => void;
  /** How often calls were established, and closed. */
  readonly counts: () => { readonly established: number; readonly closed: number };
  readonly heard: () => Int16Array;
  readonly close: () => Promise<void>;
  readonly kill: () => void;
  readonly output: () => string;
};

export type BaresipOptions = {
  /** What baresip says all the time. */
  readonly toneHz: number;
  readonly toneSeconds?: number;
  readonly from?: string;
  readonly transport?: "udp" | "tcp" | "tls";
  /** Its own address, 127.0.0.1 where absent, and the network namespace (ip-netns) that has it: another machine as far as the network goes. */
  readonly address?: string;
  readonly namespace?: string;
  /** The only codec offered; both laws where absent. */
  readonly codec?: "PCMU" | "PCMA";
  /** Audio sealed by keys in the description (SDES): in clear too where the peer can't, or not at all otherwise. */
  readonly srtp?: "optional" | "required";
  /** The length of packets that it asks for. */
  readonly ptimeMs?: number;
  /** PEM of a certificate and its key, for TLS. */
  readonly certificatePem?: string;
  /** Gives back what it hears, and says nothing of its own. */
  readonly echoes?: boolean;
  /** Called, it rings until it is answered by hand. */
  readonly rings?: boolean;
};

/** Dials at once. */
export function baresipDial(options: BaresipOptions & { readonly uri: string }): BaresipCall {
  return talk(options, { command: `/dial ${options.uri}`, listen: `${options.address ?? "127.0.0.1"}:0` });
}

/** Waits for a call to the user `from` at this port of 127.0.0.1, and answers it at once unless it is to ring. */
export function baresipAnswer(options: BaresipOptions & { readonly port: number }): BaresipCall {
  // It listens for TLS one port above the one that it is told.
  const port = options.transport === "tls" ? options.port - 1 : options.port;
  return talk(options, { command: null, listen: `127.0.0.1:${port}` });
}

function talk(options: BaresipOptions, how: { readonly command: string | null; readonly listen: string }): BaresipCall {
  const { srtp, ptimeMs } = options;
  const params = [
    "regint=0",
    codecsOf(options.codec === undefined ? ["PCMU", "PCMA"] : [options.codec]),
    ...(how.command === null ? [`answermode=${options.rings === true ? "manual" : "auto"}`] : []),
    ...(srtp === undefined ? [] : [`mediaenc=${srtp === "required" ? "srtp-mand" : "srtp"}`]),
    ...(ptimeMs === undefined ? [] : [`ptime=${ptimeMs}`]),
  ];
  const program = launch({
    toneHz: options.toneHz,
    toneSeconds: options.toneSeconds ?? 90,
    account: `<sip:${options.from ?? "caller"}@${options.address ?? "127.0.0.1"};transport=${options.transport ?? "udp"}>;${params.join(";")}`,
    modules: srtp === undefined ? [] : ["srtp.so"],
    ...(options.certificatePem === undefined ? {} : { certificatePem: options.certificatePem }),
    ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    echoes: options.echoes === true,
    ...how,
  });
  const established = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<string>();
  program.onOutput(() => {
    const output = program.output();
    if (/Call established/.test(output)) established.resolve();
    const over = /session closed: ?([^\n]*)/.exec(output) ?? /(Call with .* terminated[^\n]*)/.exec(output);
    if (over !== null) {
      established.reject(new Error(`the call was closed before it was answered: ${over[1] ?? ""}`));
      closed.resolve(over[1] ?? "");
    }
  });
  established.promise.catch(() => undefined);
  void program.exited.then(() => {
    established.reject(new Error(`baresip ended: ${program.output().slice(-400)}`));
    closed.resolve("process ended");
  });
  return {
    established: established.promise,
    closed: closed.promise,
    heard: program.heard,
    hangUp: program.end,
    kill: program.kill,
    hold: () => program.say("/hold"),
    resume: () => program.say("/resume"),
    answer: () => program.say("/accept"),
    output: program.output,
  };
}

/** Registers at once, and every minute again. */
export function baresipPhone(options: {
  readonly username: string;
  readonly password: string;
  /** Where phones register. */
  readonly port: number;
  readonly toneHz: number;
  readonly transport?: "udp" | "tcp" | "tls";
  /** Takes nothing but sealed audio (SDES). */
  readonly sealsAudio?: boolean;
}): BaresipPhone {
  const { username, password, port, transport = "udp" } = options;
  const params = [
    `auth_user=${username}`,
    `auth_pass=${password}`,
    "regint=60",
    "answermode=manual",
    ...(options.sealsAudio === true ? ["mediaenc=srtp-mand"] : []),
    codecsOf(["PCMA", "PCMU"]),
  ];
  const program = launch({
    toneHz: options.toneHz,
    toneSeconds: 90,
    account: `<sip:${username}@127.0.0.1:${port};transport=${transport}>;${params.join(";")}`,
    command: null,
    modules: options.sealsAudio === true ? ["srtp.so"] : [],
  });
  const registered = Promise.withResolvers<void>();
  program.onOutput(() => {
    if (/200 OK|All 1 useragent registered successfully/.test(program.output())) registered.resolve();
  });
  registered.promise.catch(() => undefined);
  void program.exited.then(() => registered.reject(new Error(`baresip ended: ${program.output().slice(-400)}`)));
  const { times } = program;
  return {
    registered: registered.promise,
    ringing: () => {
      let shown: string | null = null;
      // One call at a time: whatever else is said of calls ends the ringing.
      for (const [, from] of program.output().matchAll(CALL_WORDS)) shown = from ?? null;
      return shown;
    },
    answer: () => program.say("/accept"),
    dial: (number) => program.say(`/dial sip:${number}@127.0.0.1:${port}`),
    putDown: () => program.say("/hangup"),
    hold: () => program.say("/hold"),
    resume: () => program.say("/resume"),
    transfer: (uri) => program.say(`/transfer ${uri}`),
    counts: () => ({ established: times(/Call established/g), closed: times(/session closed|terminated \(duration/g) }),
    heard: program.heard,
    close: program.end,
    kill: program.kill,
    output: program.output,
  };
}

/** What it says of calls: one comes, with who calls; it stands; it is over, answered or not. */
const CALL_WORDS = /Incoming call from: ([^\n]*)|Call established|session closed|rejecting incoming call/g;

function codecsOf(names: readonly ("PCMU" | "PCMA")[]): string {
  return `audio_codecs=${names.map((codec) => `${codec}/8000/1`).join(",")}`;
}

/** Starts the program with a folder of its own. */
function launch(options: {
  readonly toneHz: number;
  readonly toneSeconds: number;
  readonly account: string;
  readonly command: string | null;
  readonly namespace?: string;
  readonly modules?: readonly string[];
  readonly listen?: string;
  readonly certificatePem?: string;
  readonly echoes?: boolean;
}) {
  const folder = makePhoneFolder("baresip");
  const tone = writeTone(folder, { toneHz: options.toneHz, seconds: options.toneSeconds });
  if (options.certificatePem !== undefined) writeFileSync(join(folder, "own.pem"), options.certificatePem);
  const modules = ["stdio.so", "g711.so", "aufile.so", "aubridge.so", "sndfile.so", ...(options.modules ?? [])].map(
    (name) => `module ${name}`,
  );
  writeFileSync(
    join(folder, "config"),
    [
      "poll_method epoll",
      `sip_listen ${options.listen ?? "127.0.0.1:0"}`,
      ...(options.certificatePem === undefined ? [] : [`sip_certificate ${join(folder, "own.pem")}`]),
      "call_local_timeout 120",
      "call_max_calls 1",
      options.echoes === true ? "audio_source aubridge,heard" : `audio_source aufile,${tone}`,
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
  writeFileSync(join(folder, "accounts"), `${options.account}\n`);
  writeFileSync(join(folder, "contacts"), "");
  const wrapped = options.namespace === undefined ? [] : ["ip", "netns", "exec", options.namespace];
  const [file = BINARY, ...args] = [...wrapped, BINARY, "-f", folder, ...(options.command === null ? [] : ["-e", options.command])];
  const program = startPhoneProgram(file, args);
  return {
    ...program,
    heard: (): Int16Array => {
      const name = readdirSync(folder)
        .filter((each) => each.endsWith("-dec.wav"))
        .toSorted()
        .at(-1);
      return readHeard(name === undefined ? undefined : join(folder, name));
    },
  };
}
