// The sockets under the SIP engine: every peer is a flow with an id; what arrives is a whole message, what goes out is bytes.
import { createSocket } from "node:dgram";
import { lookup } from "node:dns";
import type { Socket as UdpSocket } from "node:dgram";
import { createServer, connect, isIP } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { checkServerIdentity, connect as connectSecurely, createServer as createSecureServer } from "node:tls";
import type { PeerCertificate } from "node:tls";
import { createStreamFramer } from "@allo/sip";
import type { HostPort, SipFlow } from "@allo/sip";
import { FlowError } from "./flow-error.ts";

export const flowLimits = {
  connectionsMax: 4_000,
  connectionsPerAddressMax: 64,
  /** A stream on which nothing came for this long is closed; clients keep theirs alive (RFC 5626 §4.4.1). */
  idleMsMax: 900_000,
  /** Who connects says a first whole message within this time: an open line costs its caller nothing (slow loris). */
  firstMessageMsMax: 10_000,
  /** Bytes waiting to be written to one connection; a peer that reads slower is closed. */
  bufferedBytesMax: 1_048_576,
  connectMsMax: 5_000,
  /** A TLS peer must have shaken hands by then. */
  handshakeMsMax: 10_000,
  /** On connections of ours: so often a CRLF pair, so that no NAT on the way forgets them (RFC 5626 §3.5.1). */
  keepAliveMs: 25_000,
  datagramBytesMax: 65_535,
  udpReceiveBufferBytes: 4_194_304,
  /** After a window with so many datagrams they are handed on together, every `udpBatchMs`. */
  udpBusyDatagrams: 10,
  udpBusyWindowMs: 20,
  udpBatchMs: 3,
  /** So many don't wait for the rest. */
  udpBatchDatagramsMax: 64,
} as const;

export type FlowLimits = { readonly [K in keyof typeof flowLimits]: number };

export type FlowHubOptions = {
  readonly onMessage: (flow: SipFlow, bytes: Uint8Array) => void;
  readonly onFlowClosed: (flow: SipFlow, reason: string) => void;
  /** Refuses a source before a byte of it is read: silence on trunk ports. Default: all are welcome. */
  readonly accepts?: (remote: HostPort, local: HostPort) => boolean;
  readonly onError?: (error: FlowError) => void;
  readonly limits?: Partial<FlowLimits>;
};

export type ListenFields = {
  readonly address: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** What Via and Contact say, where the bound address is not what peers see; by peer where networks see it differently. */
  readonly advertised?: HostPort | ((remote: HostPort) => HostPort);
};

/** A certificate chain and its key, PEM. */
export type OwnCertificate = { readonly certPem: string; readonly keyPem: string };

/** By what a TLS peer is believed. */
export type PeerTrust = {
  /** The name or address that its certificate must be for. */
  readonly name: string;
  /** PEM of the authority; null: those that the system trusts. */
  readonly caPem: string | null;
  /** SHA-256 of its certificate, "AB:CD:…": where it is given it decides alone. */
  readonly fingerprint: string | null;
};

export type Listener = {
  readonly id: string;
  readonly transport: "udp" | "tcp" | "tls";
  readonly local: HostPort;
  readonly close: () => Promise<void>;
};

export type TlsListener = Listener & {
  /** From now on new connections see this certificate; those that stand are left alone. */
  readonly setCertificate: (certificate: OwnCertificate) => void;
};

/** The inside of a virtual flow: its owner gives what arrived and learns when it ends. */
export type VirtualFlow = {
  readonly flow: SipFlow;
  readonly receive: (bytes: Uint8Array) => void;
  readonly closed: (reason: string) => void;
};

export type FlowHub = {
  readonly listenUdp: (fields: ListenFields) => Promise<Listener>;
  readonly listenTcp: (fields: ListenFields) => Promise<Listener>;
  readonly listenTls: (fields: ListenFields & { readonly certificate: OwnCertificate }) => Promise<TlsListener>;
  /** Opens a connection, or gives the open one to the same peer (RFC 5923). `local` is what Via says, where it isn't the socket's. */
  readonly connectTcp: (remote: HostPort, local?: HostPort) => Promise<SipFlow>;
  /** The same with TLS; a peer that isn't believed fails with `certificateRefused`. */
  readonly connectTls: (remote: HostPort, trust: PeerTrust, local?: HostPort) => Promise<SipFlow>;
  /** A flow over something already upgraded or tunnelled: a WebSocket, a message port. One message per `receive`. */
  readonly createVirtualFlow: (fields: {
    transport: "ws" | "wss" | "tcp" | "tls";
    local: HostPort;
    remote: HostPort;
    write: (bytes: Uint8Array) => void;
    close: (reason: string) => void;
  }) => VirtualFlow;
  /** A UDP flow value to a peer that has not written yet, through a listener of ours. */
  readonly udpFlow: (listenerId: string, remote: HostPort) => SipFlow | null;
  /** Runs a sendBytes command. False where the flow is gone. */
  readonly send: (flowId: string, to: HostPort | null, bytes: Uint8Array) => boolean;
  readonly closeFlow: (flowId: string, reason: string) => void;
  readonly flowCount: () => number;
  /** Closes every socket and waits for them. */
  readonly close: () => Promise<void>;
};

type OpenFlow = {
  readonly flow: SipFlow;
  readonly write: (bytes: Uint8Array) => void;
  readonly end: (reason: string) => void;
  /** By what the peer was believed; a connection is given again only to who believes the same. */
  readonly trust?: string;
};
type UdpPort = { readonly socket: UdpSocket; readonly localFor: (remote: HostPort) => HostPort };

/** Opens sockets and names what comes through them. */
export function createFlowHub(options: FlowHubOptions): FlowHub {
  const limits: FlowLimits = { ...flowLimits, ...options.limits };
  const udpPorts = new Map<string, UdpPort>();
  const servers = new Set<Server>();
  const flows = new Map<string, OpenFlow>();
  const perAddress = new Map<string, number>();
  /** Sockets of TLS listeners, from before their handshake to their end. */
  const shaking = new Map<string, number>();
  const opening = new Map<string, Promise<SipFlow>>();
  let serial = 0;
  const nextId = (kind: string): string => `${kind}-${(serial += 1)}`;
  const report = (error: FlowError): void => options.onError?.(error);

  async function listenUdp(fields: ListenFields): Promise<Listener> {
    const id = nextId("udp");
    const isIpv6 = fields.address.includes(":");
    const socket = createSocket({
      type: isIpv6 ? "udp6" : "udp4",
      // Addresses are literal, but for a name that a peer wrote: answering at once spares a trip through the resolver for each datagram.
      lookup: (hostname, options, callback) =>
        isIP(hostname) === 0 ? lookup(hostname, { ...options, all: false }, callback) : callback(null, hostname, isIpv6 ? 6 : 4),
    });
    await new Promise<void>((resolve, reject) => {
      socket.once("error", (cause) => reject(new FlowError("listenFailed", { operation: `udp ${fields.address}:${fields.port}`, cause })));
      socket.bind({ address: fields.address, port: fields.port, exclusive: true }, resolve);
    });
    socket.removeAllListeners("error");
    // An ICMP error of one peer arrives here too; it must not end the port for all others.
    socket.on("error", (cause) => report(new FlowError("receiveFailed", { operation: "udp receive", cause, isRetryable: true })));
    try {
      socket.setRecvBufferSize(limits.udpReceiveBufferBytes);
    } catch (cause) {
      report(new FlowError("receiveFailed", { operation: "udp buffer size", cause, isRetryable: true }));
    }
    const bound = socket.address();
    const localFor = advertise(fields.advertised, { address: bound.address, port: bound.port });
    udpPorts.set(id, { socket, localFor });
    const inbox = createInbox(limits, ({ bytes, remote, local }) => {
      if (udpPorts.has(id)) options.onMessage({ id, transport: "udp", local, remote }, bytes);
    });
    socket.on("message", (bytes, peer) => {
      const remote = { address: peer.address, port: peer.port };
      const local = localFor(remote);
      if (options.accepts?.(remote, local) !== false) inbox.put({ bytes, remote, local });
    });
    return { id, transport: "udp", local: { address: bound.address, port: bound.port }, close: () => closeUdp(id) };
  }

  async function closeUdp(id: string): Promise<void> {
    const port = udpPorts.get(id);
    if (port === undefined) return;
    udpPorts.delete(id);
    await new Promise<void>((resolve) => port.socket.close(() => resolve()));
  }

  async function listenTcp(fields: ListenFields): Promise<Listener> {
    const server = createServer({ noDelay: true, keepAlive: true }, (socket) => {
      const remote = { address: plainAddress(socket.remoteAddress ?? ""), port: socket.remotePort ?? 0 };
      const local = localOf(fields, socket, remote);
      if (isWelcome(socket, remote, local)) adopt(socket, { transport: "tcp", local, remote });
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", (cause) => reject(new FlowError("listenFailed", { operation: `tcp ${fields.address}:${fields.port}`, cause })));
      server.listen({ host: fields.address, port: fields.port }, resolve);
    });
    server.removeAllListeners("error");
    server.on("error", (cause) => report(new FlowError("receiveFailed", { operation: "tcp accept", cause, isRetryable: true })));
    servers.add(server);
    const bound = server.address() as AddressInfo;
    return {
      id: nextId("listener"),
      transport: "tcp",
      local: { address: bound.address, port: bound.port },
      close: () => {
        servers.delete(server);
        return new Promise((resolve) => server.close(() => resolve()));
      },
    };
  }

  async function listenTls(fields: ListenFields & { readonly certificate: OwnCertificate }): Promise<TlsListener> {
    const server = createSecureServer(
      {
        cert: fields.certificate.certPem,
        key: fields.certificate.keyPem,
        minVersion: "TLSv1.2",
        handshakeTimeout: limits.handshakeMsMax,
        noDelay: true,
        keepAlive: true,
      },
      (socket) => {
        const remote = { address: plainAddress(socket.remoteAddress ?? ""), port: socket.remotePort ?? 0 };
        adopt(socket, { transport: "tls", local: localOf(fields, socket, remote), remote });
      },
    );
    // Strangers are turned away before a handshake costs anything.
    server.on("connection", (socket: Socket) => {
      const remote = { address: plainAddress(socket.remoteAddress ?? ""), port: socket.remotePort ?? 0 };
      if (!isWelcome(socket, remote, localOf(fields, socket, remote))) return;
      // One that shakes hands for ever counts as well as one that stands.
      shaking.set(remote.address, (shaking.get(remote.address) ?? 0) + 1);
      socket.once("close", () => {
        const left = (shaking.get(remote.address) ?? 1) - 1;
        if (left > 0) shaking.set(remote.address, left);
        else shaking.delete(remote.address);
      });
    });
    server.on("tlsClientError", (cause, socket) => {
      socket.destroy();
      report(new FlowError("receiveFailed", { operation: "tls handshake", cause, isRetryable: true }));
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", (cause) => reject(new FlowError("listenFailed", { operation: `tls ${fields.address}:${fields.port}`, cause })));
      server.listen({ host: fields.address, port: fields.port }, resolve);
    });
    server.removeAllListeners("error");
    server.on("error", (cause) => report(new FlowError("receiveFailed", { operation: "tls accept", cause, isRetryable: true })));
    servers.add(server);
    const bound = server.address() as AddressInfo;
    return {
      id: nextId("listener"),
      transport: "tls",
      local: { address: bound.address, port: bound.port },
      setCertificate: ({ certPem, keyPem }) => server.setSecureContext({ cert: certPem, key: keyPem, minVersion: "TLSv1.2" }),
      close: () => {
        servers.delete(server);
        return new Promise((resolve) => server.close(() => resolve()));
      },
    };
  }

  function localOf(fields: ListenFields, socket: Socket, remote: HostPort): HostPort {
    return advertise(fields.advertised, {
      address: plainAddress(socket.localAddress ?? fields.address),
      port: socket.localPort ?? fields.port,
    })(remote);
  }

  function isWelcome(socket: Socket, remote: HostPort, local: HostPort): boolean {
    const held = Math.max(perAddress.get(remote.address) ?? 0, shaking.get(remote.address) ?? 0);
    const isFull = flows.size >= limits.connectionsMax || held >= limits.connectionsPerAddressMax;
    if (!isFull && options.accepts?.(remote, local) !== false) return true;
    socket.on("error", () => socket.destroy());
    socket.destroy();
    return false;
  }

  function adopt(
    socket: Socket,
    fields: {
      readonly transport: "tcp" | "tls";
      readonly local: HostPort;
      readonly remote: HostPort;
      readonly trust?: string;
      readonly isOurs?: boolean;
    },
  ): SipFlow {
    const { transport, local, remote, trust } = fields;
    const flow: SipFlow = { id: nextId(transport), transport, local, remote };
    const framer = createStreamFramer();
    let isOver = false;
    let reading: NodeJS.Timeout | null = null;
    let readBy: number | null = null;
    let silent: NodeJS.Timeout | null = fields.isOurs === true ? null : setTimeout(() => over("said nothing"), limits.firstMessageMsMax);
    const spoke = (): void => {
      if (silent !== null) clearTimeout(silent);
      silent = null;
    };
    const keepAlive = fields.isOurs === true ? setInterval(() => socket.write("\r\n\r\n"), limits.keepAliveMs) : null;
    const over = (reason: string): void => {
      if (isOver) return;
      isOver = true;
      if (reading !== null) clearTimeout(reading);
      spoke();
      if (keepAlive !== null) clearInterval(keepAlive);
      flows.delete(flow.id);
      const left = (perAddress.get(remote.address) ?? 1) - 1;
      if (left > 0) perAddress.set(remote.address, left);
      else perAddress.delete(remote.address);
      socket.destroySoon();
      options.onFlowClosed(flow, reason);
    };
    perAddress.set(remote.address, (perAddress.get(remote.address) ?? 0) + 1);
    flows.set(flow.id, {
      flow,
      write: (bytes) => {
        if (isOver) return;
        socket.write(bytes);
        if (socket.writableLength > limits.bufferedBytesMax) {
          over("peer reads too slowly");
          socket.destroy();
        }
      },
      end: over,
      ...(trust === undefined ? {} : { trust }),
    });
    socket.setNoDelay(true);
    socket.setTimeout(limits.idleMsMax, () => over("idle"));
    socket.on("error", (cause) => over(`connection error: ${(cause as NodeJS.ErrnoException).code ?? "unknown"}`));
    socket.on("close", () => over("closed by peer"));
    socket.on("end", () => over("closed by peer"));
    socket.on("data", (chunk: Buffer) => {
      for (const output of framer.push(performance.now(), chunk)) {
        if (isOver) return;
        if (output.kind === "ping") socket.write("\r\n");
        else if (output.kind === "message") {
          spoke();
          options.onMessage(flow, output.bytes);
        } else {
          // The stack may answer 400 to what can be read of it; the answer is flushed before the end.
          if (output.bytes !== null) options.onMessage(flow, output.bytes);
          over(output.reason);
        }
      }
      const deadline = framer.deadline();
      if (deadline === readBy) return;
      readBy = deadline;
      if (reading !== null) clearTimeout(reading);
      reading = deadline === null ? null : setTimeout(() => over("message took too long"), Math.max(0, deadline - performance.now()));
    });
    return flow;
  }

  /** The connection to this peer that stands; one that is being opened is waited for. */
  function shared(key: string, transport: "tcp" | "tls", remote: HostPort, trust: string | undefined, open: () => Promise<SipFlow>) {
    for (const each of flows.values()) {
      const { flow } = each;
      if (flow.transport !== transport || each.trust !== trust) continue;
      if (flow.remote.address === remote.address && flow.remote.port === remote.port) return Promise.resolve(flow);
    }
    const begun = opening.get(key);
    if (begun !== undefined) return begun;
    const promise = open().finally(() => opening.delete(key));
    opening.set(key, promise);
    return promise;
  }

  function connectTls(remote: HostPort, trust: PeerTrust, local?: HostPort): Promise<SipFlow> {
    const believed = JSON.stringify(trust);
    return shared(`tls ${remote.address} ${remote.port} ${believed}`, "tls", remote, believed, async () => {
      const isName = isIP(trust.name) === 0;
      const socket = connectSecurely({
        host: remote.address,
        port: remote.port,
        minVersion: "TLSv1.2",
        ...(isName ? { servername: trust.name } : {}),
        ...(trust.caPem === null ? {} : { ca: trust.caPem }),
        // A pinned certificate is looked at below, before a byte is sent.
        rejectUnauthorized: trust.fingerprint === null,
        checkServerIdentity: (_host: string, certificate: PeerCertificate) =>
          trust.fingerprint === null ? checkServerIdentity(trust.name, certificate) : undefined,
      });
      await new Promise<void>((resolve, reject) => {
        const fail = (cause: unknown): void => {
          socket.destroy();
          const code = isCertificateFault(cause) ? "certificateRefused" : "connectFailed";
          reject(new FlowError(code, { operation: `tls connect ${remote.address}:${remote.port}`, cause, isRetryable: true }));
        };
        socket.setTimeout(limits.handshakeMsMax, () => fail(new Error("handshakeMsMax passed")));
        socket.once("error", fail);
        socket.once("secureConnect", () => {
          socket.removeAllListeners("timeout");
          socket.removeListener("error", fail);
          if (trust.fingerprint !== null && !isSameFingerprint(socket.getPeerCertificate().fingerprint256, trust.fingerprint)) {
            fail(Object.assign(new Error("the certificate is another one than the pinned"), { code: "ERR_TLS_CERT_PINNED" }));
            return;
          }
          resolve();
        });
      });
      return adopt(socket, {
        transport: "tls",
        local: local ?? { address: plainAddress(socket.localAddress ?? ""), port: socket.localPort ?? 0 },
        remote,
        trust: believed,
        isOurs: true,
      });
    });
  }

  function connectTcp(remote: HostPort, local?: HostPort): Promise<SipFlow> {
    return shared(`tcp ${remote.address} ${remote.port}`, "tcp", remote, undefined, () => openTcp(remote, local));
  }

  async function openTcp(remote: HostPort, local: HostPort | undefined): Promise<SipFlow> {
    const socket = connect({ host: remote.address, port: remote.port, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      const fail = (cause: unknown): void => {
        socket.destroy();
        reject(new FlowError("connectFailed", { operation: `tcp connect ${remote.address}:${remote.port}`, cause, isRetryable: true }));
      };
      socket.setTimeout(limits.connectMsMax, () => fail(new Error("connectMsMax passed")));
      socket.once("error", fail);
      socket.once("connect", () => {
        socket.removeAllListeners("timeout");
        socket.removeListener("error", fail);
        resolve();
      });
    });
    return adopt(socket, {
      transport: "tcp",
      local: local ?? { address: plainAddress(socket.localAddress ?? ""), port: socket.localPort ?? 0 },
      remote,
      isOurs: true,
    });
  }

  return {
    listenUdp,
    listenTcp,
    listenTls,
    connectTcp,
    connectTls,

    createVirtualFlow: (fields) => {
      const flow: SipFlow = { id: nextId(fields.transport), transport: fields.transport, local: fields.local, remote: fields.remote };
      const over = (reason: string): void => {
        if (flows.delete(flow.id)) options.onFlowClosed(flow, reason);
      };
      flows.set(flow.id, {
        flow,
        write: fields.write,
        end: (reason) => {
          fields.close(reason);
          over(reason);
        },
      });
      return { flow, receive: (bytes) => (flows.has(flow.id) ? options.onMessage(flow, bytes) : undefined), closed: over };
    },

    udpFlow: (listenerId, remote) => {
      const port = udpPorts.get(listenerId);
      return port === undefined ? null : { id: listenerId, transport: "udp", local: port.localFor(remote), remote };
    },

    send: (flowId, to, bytes) => {
      const port = udpPorts.get(flowId);
      if (port !== undefined) {
        if (to === null || bytes.length > limits.datagramBytesMax) return false;
        port.socket.send(bytes, to.port, to.address, (cause) => {
          if (cause !== null) report(new FlowError("sendFailed", { operation: "udp send", cause, isRetryable: true }));
        });
        return true;
      }
      const open = flows.get(flowId);
      open?.write(bytes);
      return open !== undefined;
    },

    closeFlow: (flowId, reason) => flows.get(flowId)?.end(reason),
    flowCount: () => flows.size,

    close: async () => {
      const closing = [...servers].map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
      servers.clear();
      for (const open of flows.values()) open.end("shut down");
      await Promise.all([...closing, ...[...udpPorts.keys()].map((id) => closeUdp(id))]);
    },
  };
}

type Datagram = { readonly bytes: Uint8Array; readonly remote: HostPort; readonly local: HostPort };

/**
 * Hands datagrams on as they come, and while there are many of them together: what they cause (answers, messages to threads and over the
 * bus) then leaves in few writes. It costs the first of them `udpBatchMs`.
 */
function createInbox(limits: FlowLimits, take: (datagram: Datagram) => void): { readonly put: (datagram: Datagram) => void } {
  let waiting: Datagram[] = [];
  let windowAt = Number.NEGATIVE_INFINITY;
  let inWindow = 0;
  let isBusy = false;
  let timer: NodeJS.Timeout | null = null;
  const takeAll = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const all = waiting;
    waiting = [];
    for (const each of all) take(each);
  };
  return {
    put: (datagram) => {
      const at = performance.now();
      if (at - windowAt >= limits.udpBusyWindowMs) {
        isBusy = inWindow >= limits.udpBusyDatagrams && at - windowAt < 2 * limits.udpBusyWindowMs;
        windowAt = at;
        inWindow = 0;
      }
      inWindow += 1;
      if (!isBusy && timer === null) {
        take(datagram);
        return;
      }
      waiting.push(datagram);
      if (waiting.length >= limits.udpBatchDatagramsMax) takeAll();
      else timer ??= setTimeout(takeAll, limits.udpBatchMs);
    },
  };
}

function advertise(advertised: ListenFields["advertised"], bound: HostPort): (remote: HostPort) => HostPort {
  if (typeof advertised === "function") return advertised;
  const local = advertised ?? bound;
  return () => local;
}

/** What Node says of a certificate that it doesn't believe. */
function isCertificateFault(cause: unknown): boolean {
  const code = cause instanceof Error ? String((cause as NodeJS.ErrnoException).code ?? "") : "";
  return /CERT|ERR_TLS|SELF_SIGNED|UNABLE_TO|INVALID_CA|HOSTNAME/.test(code) && code !== "ERR_TLS_HANDSHAKE_TIMEOUT";
}

function isSameFingerprint(found: string | undefined, pinned: string): boolean {
  const plain = (text: string): string => text.replaceAll(/[^0-9A-Fa-f]/g, "").toUpperCase();
  return found !== undefined && plain(found) === plain(pinned);
}

/** An IPv4 peer on a dual-stack socket shows as ::ffff:a.b.c.d. */
function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}
