// What can be found wrong before anything is started, each in one sentence.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdirSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import type { Config } from "../platform/config.ts";
import { supervisorLimits as limits } from "./limits.ts";
import { StartError } from "./start-problem.ts";

/** Makes the data folder where it is missing and proves that it can be written and has room. */
export function prepareDataFolder(config: Config): void {
  const folder = config.dataFolder;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    mkdirSync(join(folder, "run"), { recursive: true, mode: 0o700 });
    mkdirSync(join(folder, "logs"), { recursive: true, mode: 0o700 });
    mkdirSync(dirname(config.bus), { recursive: true, mode: 0o700 });
    const probe = join(folder, "run", `probe.${process.pid}`);
    writeFileSync(probe, Buffer.alloc(4096), { flush: true });
    rmSync(probe);
  } catch (error) {
    throw folderProblem(error, folder);
  }
  checkBusFolder(dirname(config.bus));
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < limits.diskFreeBytesMin) {
    const left = Math.floor((bavail * bsize) / 1024 / 1024);
    throw new StartError("diskFull", `The disk that holds ${folder} is full (${left} MB left): free some space and start again.`);
  }
}

/** Whoever owns the socket's folder could stand between edge and core; a deep ALLO_DATA puts it below /tmp, where others may write. */
function checkBusFolder(folder: string): void {
  const found = statSync(folder);
  const isOurs = process.getuid === undefined || found.uid === process.getuid();
  if (!isOurs)
    throw new StartError(
      "folder",
      `${folder}, the folder of the socket between edge and core, belongs to another user: set ALLO_BUS to a path of yours.`,
    );
}

/** A failure to use the data folder, as a sentence. */
export function folderProblem(error: unknown, folder: string): StartError {
  const code = errorCode(error);
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new StartError("diskFull", `The disk that holds ${folder} is full: free some space and start again.`, { cause: error });
  }
  if (code === "ENOTDIR" || code === "EEXIST") {
    return new StartError("folder", `${folder} isn't a folder: set ALLO_DATA to a folder.`, { cause: error });
  }
  return new StartError("folder", `${folder} can't be written by this user: mend its owner or set ALLO_DATA to another folder.`, {
    cause: error,
  });
}

/** Proves that the ports of the roles are free. Port 0 is always free. */
export async function checkPorts(config: Config): Promise<void> {
  const { bind } = config;
  if (config.roles.includes("core")) await checkTcp({ port: config.httpPort, bind, variable: "ALLO_HTTP_PORT" });
  if (!config.roles.includes("edge")) return;
  for (const [port, variable] of [
    [config.sipPort, "ALLO_SIP_PORT"],
    [config.phonePort, "ALLO_SIP_PHONE_PORT"],
  ] as const) {
    await checkTcp({ port, bind, variable });
    await checkUdp({ port, bind, variable });
  }
}

type PortToCheck = { readonly port: number; readonly bind: string; readonly variable: string };

async function checkTcp({ port, bind, variable }: PortToCheck): Promise<void> {
  if (port === 0) return;
  const server = createServer();
  try {
    server.listen({ port, host: bind });
    await once(server, "listening");
  } catch (error) {
    throw portProblem({ error, port, bind, variable, protocol: "TCP" });
  }
  server.close();
  await once(server, "close");
}

async function checkUdp({ port, bind, variable }: PortToCheck): Promise<void> {
  if (port === 0) return;
  const socket = createSocket(bind.includes(":") ? "udp6" : "udp4");
  try {
    socket.bind({ port, address: bind });
    await once(socket, "listening");
  } catch (error) {
    throw portProblem({ error, port, bind, variable, protocol: "UDP" });
  } finally {
    socket.close();
  }
}

function portProblem({
  error,
  port,
  bind,
  variable,
  protocol,
}: PortToCheck & { readonly error: unknown; readonly protocol: string }): StartError {
  switch (errorCode(error)) {
    case "EADDRINUSE":
      return new StartError("port", `Port ${port} (${protocol}) is taken by another program: stop it or set ${variable} to a free port.`, {
        cause: error,
      });
    case "EACCES":
      return new StartError(
        "port",
        `Port ${port} (${protocol}) needs rights that this user hasn't: set ${variable} to a port above 1023.`,
        { cause: error },
      );
    case "EADDRNOTAVAIL":
      return new StartError("port", `${bind} isn't an address of this machine: set ALLO_BIND to one that is.`, { cause: error });
    default:
      return new StartError(
        "port",
        `Port ${port} (${protocol}) can't be opened: ${error instanceof Error ? error.message : String(error)}.`,
        { cause: error },
      );
  }
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
