import type { Instant } from "@allo/kernel";
import { REBIND_SILENCE_MS } from "@allo/rtp";
import { Arena } from "./arena.ts";
import type { Libc, Pointer } from "./libc.ts";
import type { BindOptions, DatagramListener, MediaSocket, MediaSockets, SocketTarget } from "./media-socket.ts";
import { RECEIVE_BUFFER_BYTES } from "./media-socket.ts";
import { AF_INET, AF_INET6, readAddress, readPort, SOCKET_ADDRESS_BYTES, writeSocketAddress } from "./socket-address.ts";

// The sockets of one worker, without Node: the thread waits in epoll_wait and reads and sends by itself. Per packet there is one
// recvfrom and one send; nothing is allocated, no callback is queued, no turn of the event loop is taken.

const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const EPOLL_CLOEXEC = SOCK_CLOEXEC;
const EPOLL_CTL_ADD = 1;
const EPOLLIN = 1;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const SEND_FLAGS = MSG_DONTWAIT | MSG_NOSIGNAL;
/** epoll_event is packed on x86-64 only (linux/eventpoll.h). */
const EVENT_BYTES = process.arch === "x64" ? 12 : 16;
const EVENT_DATA_OFFSET = process.arch === "x64" ? 4 : 8;
const EVENTS_MAX = 256;
/** No datagram is longer, so none is cut. */
const DATAGRAM_BYTES_MAX = 65_535;
const SEND_BYTES_MAX = 65_535;
/** Behind a received datagram, for what its relay appends. */
const ROOM_BYTES = 64;
const BIND_ATTEMPTS_MAX = 50;
const ERRORS: ReadonlyMap<number, string> = new Map([
  [1, "EPERM"],
  [13, "EACCES"],
  [22, "EINVAL"],
  [23, "ENFILE"],
  [24, "EMFILE"],
  [97, "EAFNOSUPPORT"],
  [98, "EADDRINUSE"],
  [99, "EADDRNOTAVAIL"],
]);
const ADDRESS_WORDS = SOCKET_ADDRESS_BYTES / 4;
const WILDCARDS: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/** Which descriptors are open, where another thread can read it: whoever outlives this one closes them. One bit each. */
export class OpenDescriptors {
  readonly memory: SharedArrayBuffer;
  readonly #bits: Uint32Array;

  constructor(memory = new SharedArrayBuffer(131_072)) {
    this.memory = memory;
    this.#bits = new Uint32Array(memory);
  }

  /** False: the number is beyond what is kept. */
  add(fd: number): boolean {
    if (fd < 0 || fd >= 32 * this.#bits.length) return false;
    Atomics.or(this.#bits, fd >> 5, 1 << (fd & 31));
    return true;
  }

  remove(fd: number): void {
    Atomics.and(this.#bits, fd >> 5, ~(1 << (fd & 31)));
  }

  takeAll(): readonly number[] {
    const fds: number[] = [];
    for (const [i, word] of this.#bits.entries()) {
      if (word === 0) continue;
      for (let bit = 0; bit < 32; bit += 1) if (((word >>> bit) & 1) === 1) fds.push(32 * i + bit);
    }
    this.#bits.fill(0);
    return fds;
  }
}

/** What the thread was woken by: packets, and perhaps its wake. */
export class EpollSockets implements MediaSockets {
  readonly #libc: Libc;
  readonly #arena: Arena;
  readonly #descriptors: OpenDescriptors;
  readonly #wakeFd: number | null;
  readonly #epoll: number;
  readonly #sockets = new Map<number, EpollSocket>();
  readonly #shared: Shared;
  readonly #event: number;
  readonly #events: number;
  readonly #eventsPointer: Pointer;
  readonly #wakeBytes: number;

  constructor(libc: Libc, options: { readonly wakeFd: number | null; readonly descriptors: OpenDescriptors }) {
    this.#libc = libc;
    this.#descriptors = options.descriptors;
    this.#wakeFd = options.wakeFd;
    this.#arena = new Arena(libc, 196_608);
    this.#event = this.#arena.reserve(EVENT_BYTES);
    this.#events = this.#arena.reserve(EVENT_BYTES * EVENTS_MAX);
    this.#eventsPointer = this.#arena.pointer(this.#events, EVENT_BYTES * EVENTS_MAX);
    this.#wakeBytes = this.#arena.reserve(8);
    this.#shared = new Shared(libc, this.#arena);
    this.#epoll = this.#own(libc.epollCreate(EPOLL_CLOEXEC), "epoll_create1");
    if (this.#wakeFd !== null) this.#watch(this.#wakeFd);
  }

  bind(options: BindOptions): Promise<MediaSocket> {
    return new Promise((resolve) => resolve(this.bindNow(options)));
  }

  /** One: a packet is the kernel's when `send` returns. */
  createSendBuffers(bytes: number): readonly Uint8Array[] {
    const offset = this.#arena.reserve(bytes);
    return [this.#arena.bytes.subarray(offset, offset + bytes)];
  }

  bindNow(options: BindOptions): MediaSocket {
    // A socket that took any port would lose it when it is disconnected (it is nobody's choice to the kernel): so it is chosen.
    if (options.port !== 0) return this.#bindPort(options);
    for (let attempt = 1; ; attempt += 1) {
      const probe = this.#bindPort(options);
      probe.close();
      try {
        return this.#bindPort({ ...options, port: probe.port });
      } catch (error) {
        if (attempt === BIND_ATTEMPTS_MAX) throw error;
      }
    }
  }

  /** Sleeps until something comes or the time is over. Returns how many descriptors `serve` has to look at. */
  wait(timeoutMs: number): number {
    return Math.max(0, this.#libc.epollWait(this.#epoll, this.#eventsPointer, EVENTS_MAX, timeoutMs));
  }

  /** Reads one datagram of each socket that has some; a flood on one does not keep the others waiting. True: the wake rang. */
  serve(ready: number, at: Instant): boolean {
    const { view } = this.#arena;
    let woken = false;
    for (let i = 0; i < ready; i += 1) {
      const fd = view.getInt32(this.#events + i * EVENT_BYTES + EVENT_DATA_OFFSET, true);
      if (fd === this.#wakeFd) {
        this.#libc.read(fd, this.#arena.pointer(this.#wakeBytes, 8), 8);
        woken = true;
        continue;
      }
      this.#sockets.get(fd)?.receive(at);
    }
    return woken;
  }

  /** Opens again what its only source has left, so that another may be latched onto. To be called about twice a second. */
  releaseSilent(at: Instant): void {
    for (const socket of this.#sockets.values()) if (socket.isSilent(at)) socket.only(null);
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#release(this.#epoll);
  }

  #bindPort(options: BindOptions): EpollSocket {
    const family = options.address.includes(":") ? AF_INET6 : AF_INET;
    const fd = this.#own(this.#libc.socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
    try {
      const { pointer, view } = this.#shared.scratch;
      const length = writeSocketAddress(view, this.#shared.scratch.offset, options, family);
      if (length === 0) throw systemError("EINVAL", "bind");
      if (this.#libc.bind(fd, pointer, length) !== 0) throw this.#failure("bind");
      this.#receiveBuffer(fd);
      const socket = new EpollSocket({
        shared: this.#shared,
        fd,
        family,
        port: options.port === 0 ? this.#shared.portOf(fd) : options.port,
        isWildcard: WILDCARDS.has(options.address),
        onDatagram: options.onDatagram,
        // A descriptor that is closed is watched no longer (epoll(7)): no other one means the same socket.
        onClose: () => {
          this.#sockets.delete(fd);
          this.#release(fd);
        },
      });
      this.#watch(fd);
      this.#sockets.set(fd, socket);
      return socket;
    } catch (error) {
      this.#release(fd);
      throw error;
    }
  }

  #receiveBuffer(fd: number): void {
    const { view, offset, pointer } = this.#shared.scratch;
    view.setInt32(offset, RECEIVE_BUFFER_BYTES, true);
    // A kernel that refuses keeps its default: only bursts suffer.
    this.#libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, pointer, 4);
  }

  #watch(fd: number): void {
    const { view } = this.#arena;
    view.setUint32(this.#event, EPOLLIN, true);
    view.setInt32(this.#event + EVENT_DATA_OFFSET, fd, true);
    view.setInt32(this.#event + EVENT_DATA_OFFSET + 4, 0, true);
    if (this.#libc.epollControl(this.#epoll, EPOLL_CTL_ADD, fd, this.#arena.pointer(this.#event, EVENT_BYTES)) !== 0)
      throw this.#failure("epoll_ctl");
  }

  #own(fd: number, call: string): number {
    if (fd < 0) throw this.#failure(call);
    if (this.#descriptors.add(fd)) return fd;
    this.#libc.close(fd);
    throw systemError("EMFILE", call);
  }

  #release(fd: number): void {
    this.#descriptors.remove(fd);
    this.#libc.close(fd);
  }

  #failure(call: string): Error {
    const number = this.#libc.errno();
    return systemError(ERRORS.get(number) ?? `errno ${number}`, call);
  }
}

function systemError(code: string, call: string): Error {
  return Object.assign(new Error(`${call} ${code}`), { code });
}

/** What all sockets of a worker use in turn: the bytes of the packet at hand and the addresses of the call at hand. */
class Shared {
  readonly libc: Libc;
  readonly arena: Arena;
  readonly scratch: { readonly view: DataView; readonly offset: number; readonly pointer: Pointer };
  readonly receivePointer: Pointer;
  readonly sourceOffset: number;
  readonly sourcePointer: Pointer;
  readonly sourceWords: Int32Array;
  readonly sourceLength: Int32Array;
  readonly sourceLengthPointer: Pointer;
  readonly targetOffset: number;
  readonly targetPointer: Pointer;
  readonly targetWords: Int32Array;
  /** Where every datagram is received, with room behind the longest. */
  readonly received: Uint8Array;
  readonly #sendOffset: number;

  constructor(libc: Libc, arena: Arena) {
    this.libc = libc;
    this.arena = arena;
    const { buffer } = arena.bytes;
    const scratch = arena.reserve(SOCKET_ADDRESS_BYTES + 4);
    this.scratch = { view: arena.view, offset: scratch, pointer: arena.pointer(scratch, SOCKET_ADDRESS_BYTES + 4) };
    this.sourceOffset = arena.reserve(SOCKET_ADDRESS_BYTES);
    this.sourcePointer = arena.pointer(this.sourceOffset, SOCKET_ADDRESS_BYTES);
    this.sourceWords = new Int32Array(buffer, this.sourceOffset, ADDRESS_WORDS);
    const lengthOffset = arena.reserve(4);
    this.sourceLength = new Int32Array(buffer, lengthOffset, 1);
    this.sourceLengthPointer = arena.pointer(lengthOffset, 4);
    this.targetOffset = arena.reserve(SOCKET_ADDRESS_BYTES);
    this.targetPointer = arena.pointer(this.targetOffset, SOCKET_ADDRESS_BYTES);
    this.targetWords = new Int32Array(buffer, this.targetOffset, ADDRESS_WORDS);
    const receiveOffset = arena.reserve(DATAGRAM_BYTES_MAX + ROOM_BYTES);
    this.received = arena.bytes.subarray(receiveOffset, receiveOffset + DATAGRAM_BYTES_MAX + ROOM_BYTES);
    this.receivePointer = arena.pointer(receiveOffset, DATAGRAM_BYTES_MAX);
    this.#sendOffset = arena.reserve(SEND_BYTES_MAX);
  }

  /** Where the kernel finds bytes[0, length): as they lie, if they lie in the arena, or copied there. */
  pointerOf(bytes: Uint8Array, length: number): Pointer {
    if (bytes.buffer === this.arena.bytes.buffer) return this.arena.pointer(bytes.byteOffset, length);
    this.arena.bytes.set(bytes.length === length ? bytes : bytes.subarray(0, length), this.#sendOffset);
    return this.arena.pointer(this.#sendOffset, length);
  }

  portOf(fd: number): number {
    this.sourceLength[0] = SOCKET_ADDRESS_BYTES;
    this.libc.getsockname(fd, this.sourcePointer, this.sourceLengthPointer);
    return readPort(this.arena.view, this.sourceOffset);
  }
}

class EpollSocket implements MediaSocket {
  readonly port: number;
  readonly #shared: Shared;
  readonly #fd: number;
  readonly #family: typeof AF_INET | typeof AF_INET6;
  readonly #isWildcard: boolean;
  readonly #onDatagram: DatagramListener;
  readonly #onClose: () => void;
  #open = true;
  #receivedAt: Instant = 0;
  /** The source of the last datagram, as the kernel has it and as text. */
  readonly #source = new Int32Array(ADDRESS_WORDS);
  #sourceAddress = "";
  #sourcePort = 0;
  /** The last target, by identity, and how the kernel has it. */
  #target: SocketTarget | null = null;
  readonly #targetAddress = new Int32Array(ADDRESS_WORDS);
  #targetBytes = 0;
  #only: SocketTarget | null = null;

  constructor(options: {
    readonly shared: Shared;
    readonly fd: number;
    readonly family: typeof AF_INET | typeof AF_INET6;
    readonly port: number;
    readonly isWildcard: boolean;
    readonly onDatagram: DatagramListener;
    readonly onClose: () => void;
  }) {
    this.port = options.port;
    this.#shared = options.shared;
    this.#fd = options.fd;
    this.#family = options.family;
    this.#isWildcard = options.isWildcard;
    this.#onDatagram = options.onDatagram;
    this.#onClose = options.onClose;
  }

  receive(at: Instant): void {
    const shared = this.#shared;
    shared.sourceLength[0] = SOCKET_ADDRESS_BYTES;
    const { receivePointer, sourcePointer, sourceLengthPointer } = shared;
    const length = shared.libc.recvfrom(this.#fd, receivePointer, DATAGRAM_BYTES_MAX, MSG_DONTWAIT, sourcePointer, sourceLengthPointer);
    // Nothing there, or an ICMP message that a peer has gone: the media timeout is what tells of it.
    if (length < 0) return;
    this.#receivedAt = at;
    // A connected socket too still holds what came from others before: each datagram's own source is what is believed or not.
    if (!this.#isSourceKnown()) this.#learnSource();
    this.#onDatagram(shared.received, length, this.#sourceAddress, this.#sourcePort);
  }

  send(bytes: Uint8Array, length: number, target: SocketTarget): void {
    if (!this.#open || !(length > 0 && length <= bytes.length && length <= SEND_BYTES_MAX)) return;
    const shared = this.#shared;
    // What the kernel refuses (no route, a full queue) is a packet lost, as on any network.
    if (this.#only !== null && isSame(this.#only, target)) {
      shared.libc.send(this.#fd, shared.pointerOf(bytes, length), length, SEND_FLAGS);
      return;
    }
    if (target !== this.#target) this.#aim(target);
    if (this.#targetBytes === 0) return;
    shared.targetWords.set(this.#targetAddress);
    shared.libc.sendto(this.#fd, shared.pointerOf(bytes, length), length, SEND_FLAGS, shared.targetPointer, this.#targetBytes);
  }

  /**
   * Connected, the kernel looks up no route for each packet and drops what comes from others. A socket of all networks stays as it
   * is: connecting would also fix our own address, to another perhaps than the peer sends to.
   */
  only(source: SocketTarget | null): void {
    if (!this.#open || this.#isWildcard || source === this.#only) return;
    const { libc, scratch } = this.#shared;
    if (source === null) {
      scratch.view.setUint32(scratch.offset, 0);
      scratch.view.setBigUint64(scratch.offset + 4, 0n);
      scratch.view.setUint32(scratch.offset + 12, 0);
      libc.connect(this.#fd, scratch.pointer, 16);
      this.#only = null;
      return;
    }
    const length = writeSocketAddress(scratch.view, scratch.offset, source, this.#family);
    this.#only = length > 0 && libc.connect(this.#fd, scratch.pointer, length) === 0 ? source : null;
  }

  isSilent(at: Instant): boolean {
    return this.#only !== null && at - this.#receivedAt >= REBIND_SILENCE_MS;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#onClose();
  }

  #isSourceKnown(): boolean {
    const words = this.#shared.sourceWords;
    const known = this.#source;
    if (words[0] !== known[0] || words[1] !== known[1]) return false;
    return (
      this.#family === AF_INET ||
      (words[2] === known[2] && words[3] === known[3] && words[4] === known[4] && words[5] === known[5] && words[6] === known[6])
    );
  }

  #learnSource(): void {
    const { sourceWords, sourceOffset, arena } = this.#shared;
    this.#source.set(sourceWords);
    this.#sourceAddress = readAddress(arena.view, sourceOffset);
    this.#sourcePort = readPort(arena.view, sourceOffset);
  }

  #aim(target: SocketTarget): void {
    const { arena, targetOffset, targetWords } = this.#shared;
    this.#targetBytes = target.port > 0 ? writeSocketAddress(arena.view, targetOffset, target, this.#family) : 0;
    this.#targetAddress.set(targetWords);
    this.#target = target;
  }
}

function isSame(a: SocketTarget, b: SocketTarget): boolean {
  return a === b || (a.port === b.port && a.address === b.address);
}
