// Knocks at this program's own doors by each address of the machine, and sends packets between audio ports: what a firewall on the machine
// keeps back, or what doesn't listen, shows here.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import type { NetworkProbe } from "@allo/contract";

export const probeNetworkLimits = { answerMsMax: 1_500, addressesMax: 4, audioPortsTried: 12 } as const;

type Door = NetworkProbe["doors"][number];

export async function probeNetwork(options: {
  readonly bindAddress: string;
  readonly ownAddresses: readonly string[];
  readonly ports: { readonly sip: number; readonly phones: number; readonly tls: number };
  readonly audioPorts: { readonly first: number; readonly last: number };
  readonly publicAddress: string | undefined;
  readonly named: string;
  /** Lets a source of ours in at the carriers' door, until the returned function is called. */
  readonly admit: (address: string, port: number) => () => void;
}): Promise<NetworkProbe> {
  const { ports, audioPorts } = options;
  const isEverywhere = options.bindAddress === "0.0.0.0" || options.bindAddress === "::";
  const addresses = (isEverywhere ? ["127.0.0.1", ...options.ownAddresses] : [options.bindAddress]).slice(
    0,
    probeNetworkLimits.addressesMax,
  );
  const knocks: Promise<Door>[] = addresses.flatMap((address) => {
    const at = (door: Door["door"], protocol: Door["protocol"], port: number, outcome: Promise<Door["outcome"]>): Promise<Door> =>
      outcome.then((each) => ({ door, protocol, address, port, outcome: each }));
    return [
      at("trunks", "UDP", ports.sip, askUdp(address, ports.sip, options.admit)),
      at("trunks", "TCP", ports.sip, askTcp(address, ports.sip)),
      at("devices", "UDP", ports.phones, askUdp(address, ports.phones, options.admit)),
      at("devices", "TCP", ports.phones, askTcp(address, ports.phones)),
      at("secure", "TLS", ports.tls, askTls(address, ports.tls)),
    ];
  });
  const range = audioPorts.first === 0 ? null : audioPorts;
  const [doors, taken, audio] = await Promise.all([
    Promise.all(knocks),
    range === null ? null : tryAudioPorts(options.bindAddress, range),
    Promise.all(addresses.map(async (address) => ({ address, arrived: await sendAudio(address, range) }))),
  ]);
  return {
    doors,
    audioPorts: range === null || taken === null ? null : { ...range, ...taken },
    audio,
    named: options.named,
    isNamedBySetting: options.publicAddress !== undefined,
  };
}

async function askUdp(address: string, port: number, admit: (address: string, port: number) => () => void): Promise<Door["outcome"]> {
  if (port === 0) return "closed";
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  let dismiss: (() => void) | null = null;
  try {
    socket.bind({ port: 0, address });
    await once(socket, "listening");
    const own = socket.address();
    dismiss = admit(own.address, own.port);
    const signal = AbortSignal.timeout(probeNetworkLimits.answerMsMax);
    const answered = once(socket, "message", { signal });
    // A knock may be lost like any packet.
    for (const afterMs of [0, 400]) setTimeout(() => !signal.aborted && send(), afterMs);
    const send = (): void => {
      try {
        socket.send(optionsRequest({ address, port, own, transport: "UDP" }), port, address);
      } catch {
        // Closed meanwhile: it was answered.
      }
    };
    await answered;
    return "answered";
  } catch {
    return "silent";
  } finally {
    dismiss?.();
    socket.close();
  }
}

/** That the connection stands is enough: the carriers' door closes it again, for we are no carrier. */
async function askTcp(host: string, port: number): Promise<Door["outcome"]> {
  return port === 0 ? "closed" : await connected(connectTcp({ host, port }), "connect");
}

async function askTls(host: string, port: number): Promise<Door["outcome"]> {
  // Only that somebody shakes hands is looked at; what the certificate says is told elsewhere.
  return port === 0 ? "closed" : await connected(connectTls({ host, port, rejectUnauthorized: false }), "secureConnect");
}

async function connected(socket: ReturnType<typeof connectTcp>, event: "connect" | "secureConnect"): Promise<Door["outcome"]> {
  try {
    await once(socket, event, { signal: AbortSignal.timeout(probeNetworkLimits.answerMsMax) });
    return "answered";
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ECONNREFUSED" ? "closed" : "silent";
  } finally {
    socket.on("error", () => undefined); // it is being thrown away
    socket.destroy();
  }
}

function optionsRequest({
  address,
  port,
  own,
  transport,
}: {
  readonly address: string;
  readonly port: number;
  readonly own: { readonly address: string; readonly port: number };
  readonly transport: string;
}): string {
  const written = (host: string): string => (host.includes(":") ? `[${host}]` : host);
  const at = `${written(own.address)}:${own.port}`;
  return [
    `OPTIONS sip:${written(address)}:${port} SIP/2.0`,
    `Via: SIP/2.0/${transport} ${at};branch=z9hG4bKdoctor${own.port};rport`,
    "Max-Forwards: 70",
    `From: <sip:doctor@${at}>;tag=${own.port}`,
    `To: <sip:${written(address)}>`,
    `Call-ID: doctor-${own.port}@${written(own.address)}`,
    "CSeq: 1 OPTIONS",
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
}

async function tryAudioPorts(
  address: string,
  { first, last }: { readonly first: number; readonly last: number },
): Promise<{ readonly tried: number; readonly taken: number }> {
  const step = Math.max(1, Math.floor((last - first) / probeNetworkLimits.audioPortsTried));
  let tried = 0;
  let taken = 0;
  for (let port = first; port <= last && tried < probeNetworkLimits.audioPortsTried; port += step) {
    tried += 1;
    const socket = await bound(address, port);
    if (socket === null) taken += 1;
    socket?.close();
  }
  return { tried, taken };
}

/** From one free audio port to another by this address. */
async function sendAudio(address: string, range: { readonly first: number; readonly last: number } | null): Promise<boolean> {
  const [ear, mouth] = [await anyAudioPort(address, range), await anyAudioPort(address, range)];
  try {
    if (ear === null || mouth === null) return false;
    const heard = once(ear, "message", { signal: AbortSignal.timeout(probeNetworkLimits.answerMsMax) });
    for (let n = 0; n < 3; n += 1) mouth.send("allo", ear.address().port, address);
    await heard;
    return true;
  } catch {
    return false;
  } finally {
    ear?.close();
    mouth?.close();
  }
}

async function anyAudioPort(address: string, range: { readonly first: number; readonly last: number } | null) {
  if (range === null) return await bound(address, 0);
  // From the end: calls draw their ports by chance, and few of them are there at once.
  for (let port = range.last; port >= Math.max(range.first, range.last - probeNetworkLimits.audioPortsTried); port -= 1) {
    const socket = await bound(address, port);
    if (socket !== null) return socket;
  }
  return null;
}

async function bound(address: string, port: number) {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  try {
    socket.bind({ port, address });
    await once(socket, "listening");
    return socket;
  } catch {
    socket.close();
    return null;
  }
}
