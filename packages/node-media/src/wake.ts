import { writeSync } from "node:fs";

// How a thread that sleeps in epoll_wait is told that something waits for it: an eventfd (eventfd(2)), written once for however
// many messages until it has woken. Its owner keeps the descriptor open for as long as any thread may still write: a number that
// the kernel gave to something else must never be written to.

export type Wake = { readonly fd: number; readonly flag: Int32Array };

const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);

/** A wake on an eventfd that is already open, non-blocking. */
export function createWake(fd: number): Wake {
  return { fd, flag: new Int32Array(new SharedArrayBuffer(4)) };
}

/** Call it after what the thread shall find is in its place. */
export function wakeUp(wake: Wake): void {
  if (Atomics.exchange(wake.flag, 0, 1) === 0) writeSync(wake.fd, ONE);
}

/** For the one who has woken: what is put in place from now on wakes anew. Look for messages after this, not before. */
export function armWake(wake: Wake): void {
  Atomics.store(wake.flag, 0, 0);
}
