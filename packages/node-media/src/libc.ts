import { createRequire } from "node:module";
import type koffi from "koffi";

// The system calls of a media worker's loop, through koffi. Memory is named by plain numbers: only `Arena` makes them, and it
// checks every range, since the kernel writes wherever it is told to.

export type Pointer = number;

/** All answer as the C library does: −1 is a failure, whose number is in `errno`. */
export type Libc = {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly bind: (fd: number, address: Pointer, addressBytes: number) => number;
  readonly connect: (fd: number, address: Pointer, addressBytes: number) => number;
  readonly getsockname: (fd: number, address: Pointer, addressBytes: Pointer) => number;
  readonly setsockopt: (fd: number, level: number, option: number, value: Pointer, valueBytes: number) => number;
  readonly recvfrom: (fd: number, bytes: Pointer, length: number, flags: number, address: Pointer, addressBytes: Pointer) => number;
  readonly send: (fd: number, bytes: Pointer, length: number, flags: number) => number;
  readonly sendto: (fd: number, bytes: Pointer, length: number, flags: number, address: Pointer, addressBytes: number) => number;
  readonly epollCreate: (flags: number) => number;
  readonly epollControl: (epoll: number, operation: number, fd: number, event: Pointer) => number;
  readonly epollWait: (epoll: number, events: Pointer, eventsMax: number, timeoutMs: number) => number;
  readonly eventfd: (initial: number, flags: number) => number;
  readonly read: (fd: number, bytes: Pointer, length: number) => number;
  readonly close: (fd: number) => number;
  readonly errno: () => number;
  readonly addressOf: (memory: ArrayBuffer) => Pointer;
};

/** The C library of this process. Throws where there is no koffi for this machine, or the machine is none whose layouts are known. */
export function loadLibc(): Libc {
  if (process.platform !== "linux" || (process.arch !== "x64" && process.arch !== "arm64"))
    throw new Error(`not known on ${process.platform} ${process.arch}`);
  const ffi = createRequire(import.meta.url)("koffi") as typeof koffi;
  const library = ffi.load(null);
  const declare = <F>(name: string, result: string, parameters: readonly string[]): F =>
    library.func(name, result, [...parameters]) as unknown as F;
  const [int, size, pointer, length] = ["int", "size_t", "uintptr_t", "uint32_t"];
  return {
    socket: declare("socket", int, [int, int, int]),
    bind: declare("bind", int, [int, pointer, length]),
    connect: declare("connect", int, [int, pointer, length]),
    getsockname: declare("getsockname", int, [int, pointer, pointer]),
    setsockopt: declare("setsockopt", int, [int, int, int, pointer, length]),
    recvfrom: declare("recvfrom", "intptr_t", [int, pointer, size, int, pointer, pointer]),
    send: declare("send", "intptr_t", [int, pointer, size, int]),
    sendto: declare("sendto", "intptr_t", [int, pointer, size, int, pointer, length]),
    epollCreate: declare("epoll_create1", int, [int]),
    epollControl: declare("epoll_ctl", int, [int, int, int, pointer]),
    epollWait: declare("epoll_wait", int, [int, pointer, int, int]),
    eventfd: declare("eventfd", int, ["uint32_t", int]),
    read: declare("read", "intptr_t", [int, pointer, size]),
    close: declare("close", int, [int]),
    errno: () => ffi.errno(),
    addressOf: (memory) => Number(ffi.address(new Uint8Array(memory))),
  };
}
