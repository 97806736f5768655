// What a machine's facts mean for a contact centre: good, doubtful or wrong, each in a sentence with its remedy. Pure.

export const doctorLimits = {
  memoryBytesMin: 2 * 1024 ** 3,
  coresMin: 2,
  openFilesMin: 4_096,
  diskFreeBytesMin: 2 * 1024 ** 3,
  diskFreeBytesGood: 20 * 1024 ** 3,
  /** A synced write of 4 kB, median. Every answered call waits for one. */
  syncMsGood: 10,
  syncMsMax: 50,
  socketBufferBytesGood: 1024 * 1024,
  certificateDaysMin: 14,
  /** Ports of one call: RTP and RTCP of two legs. */
  portsPerCall: 4,
  callsGood: 100,
  logErrorsShownMax: 3,
} as const;

export type Verdict = "good" | "doubtful" | "wrong";
export type Finding = { readonly area: string; readonly verdict: Verdict; readonly sentence: string; readonly remedy?: string };

export type PortFact = {
  readonly port: number;
  readonly protocol: "TCP" | "UDP";
  readonly variable: string;
  readonly state: "free" | "taken" | "forbidden" | "noSuchAddress";
};

export type MachineFacts = {
  readonly platform: string;
  readonly architecture: string;
  readonly nodeMajor: number;
  readonly cores: number;
  readonly memoryBytes: number;
  /** A container's or service's limit; null without one. */
  readonly memoryLimitBytes: number | null;
  readonly openFilesMax: number | null;
  readonly socketBufferBytesMax: number | null;
  readonly isClockSynchronised: boolean | null;
  readonly dataFolder: {
    readonly path: string;
    readonly state: "writable" | "missing" | "unwritable";
    readonly freeBytes: number;
    readonly syncMs: number | null;
    readonly isNetworkDisk: boolean;
    readonly openToOthers: boolean;
  };
  /** Allo holds this data folder now. */
  readonly isRunning: boolean;
  readonly ready: { readonly state: "ready" | "notReady" | "silent"; readonly missing: readonly string[] } | null;
  readonly ports: readonly PortFact[];
  readonly rtp: { readonly first: number; readonly last: number; readonly takenOfTried: number; readonly tried: number } | null;
  readonly isUdpHeardHere: boolean;
  readonly bind: string;
  readonly publicAddress: string | null;
  readonly ownAddresses: readonly string[];
  readonly database:
    | { readonly kind: "embedded"; readonly isPackaged: boolean }
    | { readonly kind: "given"; readonly place: string; readonly state: "reached" | "unreachable"; readonly major: number | null };
  readonly certificate: {
    readonly state: "usable" | "unreadable" | "keyDoesNotFit";
    readonly daysLeft: number | null;
    readonly names: readonly string[];
  } | null;
  readonly areScreensBuilt: boolean;
  readonly refusedRows: number;
  readonly logErrors: { readonly count: number; readonly newest: readonly string[] };
  readonly settingsIgnored: readonly string[];
};

const GIGABYTE = 1024 ** 3;

/** All findings, in the order of a first installation: machine, disk, network, database, certificate, what has happened. */
export function judge(facts: MachineFacts): readonly Finding[] {
  return [
    ...judgeMachine(facts),
    ...judgeDisk(facts),
    ...judgeNetwork(facts),
    judgeDatabase(facts),
    ...judgeCertificate(facts),
    ...judgeProgram(facts),
  ];
}

function judgeMachine(facts: MachineFacts): Finding[] {
  const memory = Math.min(facts.memoryBytes, facts.memoryLimitBytes ?? Number.POSITIVE_INFINITY);
  const findings: Finding[] = [
    facts.platform === "linux" || facts.platform === "darwin"
      ? good("machine", `${facts.platform} on ${facts.architecture}, Node ${facts.nodeMajor}.`)
      : wrong("machine", `${facts.platform} isn't a system that Allo runs on.`, "Use Linux or macOS."),
    memory >= doctorLimits.memoryBytesMin
      ? good("memory", `${gigabytes(memory)} of memory.`)
      : doubtful("memory", `${gigabytes(memory)} of memory is little.`, `Give it ${gigabytes(doctorLimits.memoryBytesMin)} or more.`),
    facts.cores >= doctorLimits.coresMin
      ? good("processor", `${facts.cores} cores.`)
      : doubtful("processor", "One core: audio and everything else share it.", `Give it ${doctorLimits.coresMin} cores or more.`),
  ];
  if (facts.openFilesMax !== null && facts.openFilesMax < doctorLimits.openFilesMin) {
    findings.push(
      doubtful(
        "open files",
        `A process may open ${facts.openFilesMax} files and sockets: that is about ${Math.floor(facts.openFilesMax / 6)} calls.`,
        `Raise it: \`ulimit -n ${doctorLimits.openFilesMin * 16}\`, or LimitNOFILE= in the systemd unit.`,
      ),
    );
  }
  if (facts.isClockSynchronised === false) {
    findings.push(
      doubtful(
        "clock",
        "The clock isn't synchronised: figures, schedules and certificates go by it.",
        "Switch on systemd-timesyncd or chrony.",
      ),
    );
  } else if (facts.isClockSynchronised === true) findings.push(good("clock", "The clock is synchronised."));
  return findings;
}

function judgeDisk({ dataFolder }: MachineFacts): Finding[] {
  const { path, state, freeBytes, syncMs } = dataFolder;
  if (state === "unwritable")
    return [wrong("data", `${path} can't be written by this user.`, "Mend its owner, or set ALLO_DATA to another folder.")];
  const findings: Finding[] = [
    state === "missing" ? good("data", `${path} will be made at the first start.`) : good("data", `${path} can be written.`),
  ];
  if (freeBytes < doctorLimits.diskFreeBytesMin)
    findings.push(wrong("disk", `Only ${gigabytes(freeBytes)} of the disk is free.`, "Free some space, or use another disk."));
  else if (freeBytes < doctorLimits.diskFreeBytesGood) {
    // Stereo G.711: 16 kB a second of talk.
    const hours = Math.floor(freeBytes / (16_000 * 3_600));
    findings.push(
      doubtful(
        "disk",
        `${gigabytes(freeBytes)} of the disk is free: about ${hours} hours of recorded talk.`,
        "Plan for more before it is full.",
      ),
    );
  } else findings.push(good("disk", `${gigabytes(freeBytes)} of the disk is free.`));
  if (syncMs !== null) {
    const figure = `A synced write takes ${syncMs.toFixed(1)} ms`;
    if (syncMs > doctorLimits.syncMsMax)
      findings.push(
        wrong("disk speed", `${figure}: callers would wait for the disk.`, "Use a local SSD, not a network or memory-card disk."),
      );
    else if (syncMs > doctorLimits.syncMsGood) findings.push(doubtful("disk speed", `${figure}.`, "A local SSD needs less than one."));
    else findings.push(good("disk speed", `${figure}.`));
  }
  if (dataFolder.isNetworkDisk)
    findings.push(
      doubtful("disk kind", `${path} is on a network disk: PostgreSQL isn't safe on every one of them.`, "Keep ALLO_DATA on a local disk."),
    );
  if (dataFolder.openToOthers)
    findings.push(wrong("data", `Other users of this machine can look into ${path}, where keys lie.`, `chmod 700 ${path}`));
  return findings;
}

function judgeNetwork(facts: MachineFacts): Finding[] {
  const findings: Finding[] = [];
  if (facts.isRunning) findings.push(good("ports", "Allo runs on this data folder and holds its ports."));
  else {
    for (const { port, protocol, variable, state } of facts.ports) {
      if (state === "taken")
        findings.push(
          wrong("ports", `Port ${port} (${protocol}) is taken by another program.`, `Stop it, or set ${variable} to a free port.`),
        );
      if (state === "forbidden")
        findings.push(
          wrong("ports", `Port ${port} (${protocol}) needs rights that this user hasn't.`, `Set ${variable} to a port above 1023.`),
        );
    }
    if (facts.ports.some(({ state }) => state === "noSuchAddress"))
      findings.push(
        wrong("address", `${facts.bind} isn't an address of this machine.`, `Set ALLO_BIND to one of ${facts.ownAddresses.join(", ")}.`),
      );
    if (facts.ports.every(({ state }) => state === "free"))
      findings.push(good("ports", `Ports ${facts.ports.map(({ port, protocol }) => `${port}/${protocol}`).join(", ")} are free.`));
  }
  if (facts.rtp !== null) {
    const { first, last, takenOfTried, tried } = facts.rtp;
    const calls = Math.floor((last - first + 1) / doctorLimits.portsPerCall);
    if (!facts.isRunning && takenOfTried > tried / 2)
      findings.push(
        wrong("audio", `Most of the audio ports ${first}-${last} are taken by another program.`, "Set ALLO_RTP_PORTS to a free range."),
      );
    else if (calls < doctorLimits.callsGood)
      findings.push(doubtful("audio", `The audio ports ${first}-${last} are enough for ${calls} calls.`, "Widen ALLO_RTP_PORTS."));
    else findings.push(good("audio", `The audio ports ${first}-${last} are enough for ${calls} calls.`));
  }
  if (!facts.isUdpHeardHere)
    findings.push(
      wrong(
        "audio",
        "A packet sent over UDP from this machine to itself doesn't arrive.",
        "Look at the firewall's rules for the loopback interface.",
      ),
    );
  if (facts.socketBufferBytesMax !== null && facts.socketBufferBytesMax < doctorLimits.socketBufferBytesGood)
    findings.push(
      doubtful(
        "audio",
        `The kernel keeps at most ${Math.floor(facts.socketBufferBytesMax / 1024)} kB of a socket's unread packets: bursts of many calls may lose some.`,
        `sysctl -w net.core.rmem_max=${doctorLimits.socketBufferBytesGood * 4}`,
      ),
    );
  const isLocal = facts.bind.startsWith("127.") || facts.bind === "::1";
  if (isLocal)
    findings.push(good("reach", "Allo listens on this machine alone (ALLO_BIND); carriers and agents elsewhere can't reach it yet."));
  else if (facts.publicAddress !== null && !facts.ownAddresses.includes(facts.publicAddress))
    findings.push(
      doubtful(
        "reach",
        `The public address ${facts.publicAddress} isn't one of this machine's (${facts.ownAddresses.join(", ")}): a router stands between.`,
        "Forward the ports of docs/OPERATIONS.md to this machine, and switch off the router's SIP ALG.",
      ),
    );
  else findings.push(good("reach", `Others reach Allo at ${facts.publicAddress ?? (facts.ownAddresses.join(", ") || facts.bind)}.`));
  return findings;
}

function judgeDatabase({ database }: MachineFacts): Finding {
  if (database.kind === "embedded")
    return database.isPackaged
      ? good("database", "The PostgreSQL that Allo brings fits this machine.")
      : wrong("database", "No PostgreSQL is packaged for this machine.", "Give DATABASE_URL of a PostgreSQL 15 or newer.");
  if (database.state === "unreachable")
    return wrong("database", `The database at ${database.place} can't be reached.`, "Start it, or mend DATABASE_URL.");
  return (database.major ?? 0) >= 15
    ? good("database", `PostgreSQL ${database.major} at ${database.place} answers.`)
    : wrong("database", `The database at ${database.place} is PostgreSQL ${database.major}.`, "15 is the oldest that Allo runs on.");
}

function judgeCertificate({ certificate }: MachineFacts): Finding[] {
  if (certificate === null) return [];
  const { state, daysLeft, names } = certificate;
  if (state === "unreadable")
    return [wrong("certificate", "The certificate or its key can't be read.", "Mend ALLO_TLS_CERT and ALLO_TLS_KEY.")];
  if (state === "keyDoesNotFit")
    return [wrong("certificate", "The key isn't the certificate's.", "Give the key that the certificate was made for.")];
  const whose = `The certificate of ${names.join(", ")}`;
  if (daysLeft !== null && daysLeft < 0)
    return [wrong("certificate", `${whose} has expired.`, "Renew it; Allo takes the new files up by itself.")];
  if (daysLeft !== null && daysLeft < doctorLimits.certificateDaysMin)
    return [doubtful("certificate", `${whose} ends in ${daysLeft} days.`, "Renew it; Allo takes the new files up by itself.")];
  return [good("certificate", `${whose} is good for ${daysLeft ?? "?"} days.`)];
}

function judgeProgram(facts: MachineFacts): Finding[] {
  const findings: Finding[] = [];
  if (!facts.areScreensBuilt) findings.push(doubtful("screens", "The screens aren't built yet.", "`npm start` builds them."));
  if (facts.ready?.state === "silent")
    findings.push(wrong("program", "Allo runs but doesn't answer over HTTP.", "Look into the logs below ALLO_DATA/logs."));
  else if (facts.ready?.state === "notReady")
    findings.push(
      wrong("program", `Allo runs but isn't ready: ${facts.ready.missing.join(", ")} missing.`, "Look into the logs below ALLO_DATA/logs."),
    );
  else if (facts.ready !== null) findings.push(good("program", "Allo runs and is ready."));
  if (facts.refusedRows > 0)
    findings.push(
      wrong(
        "event log",
        `${facts.refusedRows} events were refused by PostgreSQL and kept aside in spool/refused.ndjson.`,
        "Keep that file and report it: nothing in it is lost.",
      ),
    );
  if (facts.logErrors.count > 0)
    findings.push(
      doubtful(
        "logs",
        `${facts.logErrors.count} errors in the logs of the last day; the newest: ${facts.logErrors.newest.join(" · ")}`,
        "Look into the logs below ALLO_DATA/logs.",
      ),
    );
  for (const sentence of facts.settingsIgnored)
    findings.push(doubtful("settings", sentence, "See docs/CONFIGURATION.md for the settings there are."));
  return findings;
}

function gigabytes(bytes: number): string {
  return `${(bytes / GIGABYTE).toFixed(1)} GB`;
}

function good(area: string, sentence: string): Finding {
  return { area, verdict: "good", sentence };
}

function doubtful(area: string, sentence: string, remedy: string): Finding {
  return { area, verdict: "doubtful", sentence, remedy };
}

function wrong(area: string, sentence: string, remedy: string): Finding {
  return { area, verdict: "wrong", sentence, remedy };
}
