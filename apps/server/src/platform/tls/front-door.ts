// One port speaks HTTPS and HTTP: the first byte of a connection tells which (a TLS record of a handshake begins with 22, RFC 8446 §5.1;
// no HTTP method does). Both end in the same HTTP server, so that routes, WebSockets and limits are the same.
import { type Server as HttpServer } from "node:http";
import { createServer as createNetServer, type Server, type Socket } from "node:net";
import { createSecureContext, createServer as createTlsServer, type SecureContext, type Server as TlsServer } from "node:tls";
import type { Credentials } from "./tls-keeper.ts";
import { tlsLimits } from "./limits.ts";

const TLS_HANDSHAKE = 22;

export type DoorOutcome = "open" | "taken" | "forbidden" | "closed";
export type FrontDoor = {
  /** New connections get this certificate; those that stand keep theirs. Null: TLS isn't spoken. */
  use(credentials: Credentials | null): void;
  /** Listens at a further address. Opening an open one changes nothing. */
  open(where: { readonly address: string; readonly port: number }): Promise<DoorOutcome>;
  /** Stops listening there and ends what came in by it. */
  shut(where: { readonly address: string; readonly port: number }): void;
  doors(): readonly { readonly address: string; readonly port: number }[];
  /** Ends every connection and door; the HTTP server itself is its owner's. */
  close(): void;
};

/** Stands before an HTTP server: whatever connects to it, or to a further door, is sorted here first. */
export function createFrontDoor(server: HttpServer, limits: Partial<Record<keyof typeof tlsLimits, number>> = {}): FrontDoor {
  const { firstByteMsMax, handshakeMsMax, undecidedMax, undecidedPerAddressMax } = { ...tlsLimits, ...limits };
  const serve = server.listeners("connection") as ((socket: Socket) => void)[];
  server.removeAllListeners("connection");
  const sockets = new Set<Socket>();
  const doors = new Map<
    string,
    { readonly address: string; readonly port: number; readonly server: Server; readonly sockets: Set<Socket> }
  >();
  let tls: TlsServer | null = null;
  let named: { readonly name: string; readonly context: SecureContext } | null = null;
  let isClosed = false;
  let undecided = 0;
  const undecidedOf = new Map<string, number>();

  const handOver = (socket: Socket): void => {
    for (const listener of serve) listener.call(server, socket);
  };

  const sort = (socket: Socket): void => {
    const address = socket.remoteAddress ?? "";
    const held = undecidedOf.get(address) ?? 0;
    if (isClosed || undecided >= undecidedMax || held >= undecidedPerAddressMax) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    undecided += 1;
    undecidedOf.set(address, held + 1);
    let isDecided = false;
    const decide = (): boolean => {
      if (isDecided) return false;
      isDecided = true;
      undecided -= 1;
      const left = (undecidedOf.get(address) ?? 1) - 1;
      if (left > 0) undecidedOf.set(address, left);
      else undecidedOf.delete(address);
      clearTimeout(timer);
      socket.off("readable", onReadable);
      socket.off("end", onEnd);
      return true;
    };
    const onReadable = (): void => {
      const first = socket.read(1) as Buffer | null;
      if (first === null || !decide()) return;
      socket.unshift(first);
      if (first[0] !== TLS_HANDSHAKE) handOver(socket);
      else if (tls === null) socket.destroy();
      else tls.emit("connection", socket);
    };
    const onEnd = (): void => void socket.destroy();
    const timer = setTimeout(() => socket.destroy(), firstByteMsMax);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      sockets.delete(socket);
      decide();
    });
    socket.on("end", onEnd);
    socket.on("readable", onReadable);
  };
  server.on("connection", sort);

  const makeTls = (standard: Credentials["standard"]): TlsServer => {
    const made = createTlsServer({
      cert: standard.certificate,
      key: standard.key,
      minVersion: "TLSv1.2",
      SNICallback: (name, done) => {
        // Without a context of its own a name gets the standard one.
        if (named?.name === name.toLowerCase()) done(null, named.context);
        else done(null);
      },
      ALPNProtocols: ["http/1.1"],
      handshakeTimeout: handshakeMsMax,
    });
    made.on("secureConnection", (socket) => {
      socket.on("error", () => socket.destroy());
      handOver(socket);
    });
    made.on("tlsClientError", (_error, socket) => {
      socket.destroy();
    });
    return made;
  };
  const keyOf = ({ address, port }: { readonly address: string; readonly port: number }): string => `${address} ${port}`;

  return {
    use(credentials) {
      if (credentials === null) {
        tls = null;
        return;
      }
      const { standard, named: of } = credentials;
      named =
        of === null
          ? null
          : { name: of.name, context: createSecureContext({ cert: of.pair.certificate, key: of.pair.key, minVersion: "TLSv1.2" }) };
      if (tls === null) tls = makeTls(standard);
      else tls.setSecureContext({ cert: standard.certificate, key: standard.key, minVersion: "TLSv1.2" });
    },
    async open(where) {
      if (isClosed) return "closed";
      if (doors.has(keyOf(where))) return "open";
      const own = new Set<Socket>();
      const door = createNetServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
        own.add(socket);
        socket.once("close", () => own.delete(socket));
        sort(socket);
      });
      const outcome = await new Promise<DoorOutcome>((resolve) => {
        door.once("error", (error: NodeJS.ErrnoException) => {
          resolve(error.code === "EADDRINUSE" ? "taken" : error.code === "EACCES" ? "forbidden" : "closed");
        });
        door.listen({ host: where.address, port: where.port, ipv6Only: where.address.includes(":") }, () => resolve("open"));
      });
      if (outcome !== "open") return outcome;
      door.on("error", () => undefined); // an accept that failed: the next one may not
      if (doors.has(keyOf(where))) door.close(); // opened twice at once
      else doors.set(keyOf(where), { ...where, server: door, sockets: own });
      return "open";
    },
    shut(where) {
      const door = doors.get(keyOf(where));
      if (door === undefined) return;
      doors.delete(keyOf(where));
      door.server.close();
      for (const socket of door.sockets) socket.destroy();
    },
    doors: () => [...doors.values()].map(({ address, port }) => ({ address, port })),
    close() {
      isClosed = true;
      for (const { server: door } of doors.values()) door.close();
      doors.clear();
      for (const socket of sockets) socket.destroy();
    },
  };
}
