import { createHash } from "node:crypto";
import { join } from "node:path";

/** sun_path holds 108 bytes on Linux and 104 on macOS, both with the final zero. */
export const SOCKET_PATH_BYTES_MAX = 103;

/** A Unix socket's path in the folder itself, or, where that is too long for the kernel, in a short folder named after it. */
export function socketPath(folder: string, name: string): string {
  const near = join(folder, name);
  if (Buffer.byteLength(near) <= SOCKET_PATH_BYTES_MAX) return near;
  return join(`/tmp/allo-${createHash("sha256").update(folder).digest("hex").slice(0, 12)}`, name);
}
