// Argon2id (RFC 9106) by node:crypto, as a PHC-like string: $argon2id$v=19$m=…,t=…,p=…$salt$tag.
import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { ApiError } from "../../platform/api-error.ts";
import { passwordLimits } from "./limits.ts";

export type Passwords = {
  hash(password: string): Promise<string>;
  /** With no stored hash it works as long and says no: an unknown e-mail answers in the same time as a wrong password. */
  verify(password: string, stored: string | null): Promise<boolean>;
  /** Made with weaker parameters than today's. */
  needsRehash(stored: string): boolean;
};

type Parameters_ = { readonly memory: number; readonly passes: number; readonly parallelism: number };
const today: Parameters_ = { memory: passwordLimits.memoryKib, passes: passwordLimits.passes, parallelism: passwordLimits.parallelism };

export function createPasswords(): Passwords {
  const gate = createGate();
  const nobody = { ...today, salt: randomBytes(passwordLimits.saltBytes), tag: randomBytes(passwordLimits.tagBytes) };
  return {
    async hash(password) {
      const salt = randomBytes(passwordLimits.saltBytes);
      const tag = await gate(() => derive(password, salt, today, passwordLimits.tagBytes));
      return `$argon2id$v=19$m=${today.memory},t=${today.passes},p=${today.parallelism}$${base64(salt)}$${base64(tag)}`;
    },
    async verify(password, stored) {
      const parsed = stored === null ? null : parse(stored);
      const { salt, tag, ...parameters } = parsed ?? nobody;
      const derived = await gate(() => derive(password, salt, parameters, tag.length));
      return timingSafeEqual(derived, tag) && parsed !== null;
    },
    needsRehash(stored) {
      const parsed = parse(stored);
      return parsed === null || parsed.memory < today.memory || parsed.passes < today.passes;
    },
  };
}

function derive(password: string, salt: Uint8Array, { memory, passes, parallelism }: Parameters_, tagLength: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // NFC: the same word typed on two systems is the same password.
    const message = Buffer.from(password.normalize("NFC"), "utf8");
    argon2("argon2id", { message, nonce: salt, parallelism, tagLength, memory, passes }, (error, tag) => {
      if (error === null || error === undefined) resolve(tag);
      else reject(error);
    });
  });
}

function parse(stored: string): (Parameters_ & { readonly salt: Buffer; readonly tag: Buffer }) | null {
  const match = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/.exec(stored);
  if (match === null) return null;
  const [, memory, passes, parallelism, salt = "", tag = ""] = match;
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt, "base64"),
    tag: Buffer.from(tag, "base64"),
  };
}

function base64(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("=", "");
}

/** A few at once: each takes 19 MiB and a thread of the pool that files and look-ups need too. */
function createGate(): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= passwordLimits.atOnceMax) {
      if (waiting.length >= passwordLimits.waitingMax)
        throw new ApiError("unavailable", 503, "Too many people are signing in at once", undefined, 2);
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  };
}
