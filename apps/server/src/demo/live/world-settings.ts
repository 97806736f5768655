// What the demonstration tells its world's process, through the environment. No settings of a person: ALLO_CHILD_ is ours.
export type WorldSettings = {
  readonly dataFolder: string;
  readonly url: string;
  readonly sip: { readonly address: string; readonly port: number };
  readonly callsPerHour: number;
  readonly talkSecondsMax: number;
  readonly steady: boolean;
};

const NAMES = {
  url: "ALLO_CHILD_WORLD_URL",
  sip: "ALLO_CHILD_WORLD_SIP",
  rate: "ALLO_CHILD_WORLD_RATE",
  talk: "ALLO_CHILD_WORLD_TALK",
  steady: "ALLO_CHILD_WORLD_STEADY",
} as const;

export function writeWorldSettings(settings: Omit<WorldSettings, "dataFolder">): Readonly<Record<string, string>> {
  return {
    [NAMES.url]: settings.url,
    [NAMES.sip]: `${settings.sip.address} ${settings.sip.port}`,
    [NAMES.rate]: String(settings.callsPerHour),
    [NAMES.talk]: String(settings.talkSecondsMax),
    [NAMES.steady]: settings.steady ? "1" : "0",
  };
}

export function readWorldSettings(env: Readonly<Record<string, string | undefined>>): WorldSettings {
  const [address = "", port = ""] = (env[NAMES.sip] ?? "").split(" ");
  const url = env[NAMES.url] ?? "";
  const dataFolder = env["ALLO_DATA"] ?? "";
  if (url === "" || address === "" || port === "" || dataFolder === "") throw new Error("The world is started by the demonstration only");
  return {
    dataFolder,
    url,
    sip: { address, port: Number(port) },
    callsPerHour: Number(env[NAMES.rate] ?? 0),
    talkSecondsMax: Number(env[NAMES.talk] ?? 0),
    steady: env[NAMES.steady] === "1",
  };
}
