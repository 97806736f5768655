// The protocol of public authorities (ACME, RFC 8555), as much of it as one name by one HTTP challenge needs.
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { request as httpsRequest } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import type { AcmeFailure } from "@allo/contract";
import { makeRequest, type KeyAndCertificate } from "./certificates.ts";
import { acmeLimits } from "./limits.ts";

/** Why there is no certificate. `said` is the authority's own sentence, in English. */
export class AcmeError extends Error {
  override readonly name = "AcmeError";
  readonly code: AcmeFailure;
  readonly said: string;
  readonly retryAfterMs: number | null;
  constructor(code: AcmeFailure, said: string, retryAfterMs: number | null = null, cause?: unknown) {
    super(`${code}: ${said}`, { cause });
    this.code = code;
    this.said = said.slice(0, acmeLimits.saidCharactersMax);
    this.retryAfterMs = retryAfterMs;
  }
}

export type AcmeOptions = {
  readonly directory: string;
  /** PEM; undefined: the authorities that the system knows. */
  readonly ca: string | undefined;
  /** PEM of an EC P-256 key. */
  readonly accountKey: string;
  /** Serves a key authorisation at /.well-known/acme-challenge/<token> until it is taken away. */
  readonly putChallenge: (token: string, keyAuthorization: string) => void;
  readonly takeChallenge: (token: string) => void;
  readonly signal?: AbortSignal;
};

type Answer = { readonly status: number; readonly headers: Readonly<Record<string, string | string[] | undefined>>; readonly body: string };
type Directory = { newNonce: string; newAccount: string; newOrder: string; meta?: { termsOfService?: string } };
type AcmeProblem = { type?: string; detail?: string; subproblems?: AcmeProblem[] };
type Order = { status: string; authorizations: string[]; finalize: string; certificate?: string; error?: AcmeProblem };
type Challenge = { type: string; url: string; token: string; status: string; error?: AcmeProblem };
type Authorization = { status: string; challenges: Challenge[] };

const ERROR_PREFIX = "urn:ietf:params:acme:error:";
const TOKEN = /^[A-Za-z0-9_-]{16,200}$/;

export function newAccountKey(): string {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** Where the authority's terms stand. Throws AcmeError. */
export async function acmeTerms({ directory, ca }: Pick<AcmeOptions, "directory" | "ca">): Promise<string | null> {
  const read = await readDirectory({ directory, ca });
  const url = read.meta?.termsOfService;
  return url !== undefined && /^https?:\/\//.test(url) ? url : null;
}

/** Proves that the name is ours and gives its key and chain. Throws AcmeError. */
export async function orderCertificate(options: AcmeOptions, { name, email }: { readonly name: string; readonly email: string }) {
  const directory = await readDirectory(options);
  const session = openSession(options, directory);
  const contact = [`mailto:${email}`];
  const account = await session.post(directory.newAccount, { termsOfServiceAgreed: true, contact }, "jwk");
  const kid = headerOf(account, "location");
  if (kid === undefined) throw new AcmeError("authorityFailed", "The authority gave no account.");
  session.use(kid);
  if (account.status === 200) await session.post(kid, { contact }); // an account of ours from before, perhaps with another address

  const placed = await session.post(directory.newOrder, { identifiers: [{ type: "dns", value: name }] });
  const orderUrl = headerOf(placed, "location");
  if (orderUrl === undefined) throw new AcmeError("authorityFailed", "The authority gave no order.");
  const order = parse<Order>(placed);
  for (const url of order.authorizations) await authorize(session, url, options);

  const { key, request } = await makeRequest(name);
  await session.post(order.finalize, { csr: Buffer.from(request).toString("base64url") });
  const done = await until(session, orderUrl, options, (body: Order) => body.status === "valid" || body.status === "invalid");
  if (done.status !== "valid" || done.certificate === undefined) throw failureOf(done.error);
  const certificate = (await session.post(done.certificate, "")).body;
  return { key, certificate } satisfies KeyAndCertificate;
}

async function authorize(session: Session, url: string, options: AcmeOptions): Promise<void> {
  const authorization = parse<Authorization>(await session.post(url, ""));
  if (authorization.status === "valid") return;
  const challenge = authorization.challenges.find((each) => each.type === "http-01");
  if (challenge === undefined || !TOKEN.test(challenge.token))
    throw new AcmeError("authorityFailed", "The authority offers no challenge by HTTP.");
  options.putChallenge(challenge.token, `${challenge.token}.${session.thumbprint}`);
  try {
    await session.post(challenge.url, {});
    const seen = await until(session, url, options, (body: Authorization) => body.status !== "pending");
    if (seen.status !== "valid") throw failureOf(seen.challenges.find((each) => each.error !== undefined)?.error);
  } finally {
    options.takeChallenge(challenge.token);
  }
}

async function until<T>(session: Session, url: string, { signal }: AcmeOptions, isDone: (body: T) => boolean): Promise<T> {
  let waitMs: number = acmeLimits.pollMsMin;
  for (let waitedMs = 0; waitedMs <= acmeLimits.orderMsMax; waitedMs += waitMs) {
    const answer = await session.post(url, "");
    const body = parse<T>(answer);
    if (isDone(body)) return body;
    waitMs = Math.min(acmeLimits.pollMsMax, retryAfterOf(answer) ?? waitMs * 1.5);
    await sleep(waitMs, undefined, { ref: false, ...(signal === undefined ? {} : { signal }) });
  }
  throw new AcmeError("authorityFailed", `The authority did not decide within ${acmeLimits.orderMsMax / 1_000} seconds.`);
}

// ---- signed requests

type Session = {
  post(url: string, payload: object | "", identifiedBy?: "jwk"): Promise<Answer>;
  use(kid: string): void;
  readonly thumbprint: string;
};

function openSession(options: AcmeOptions, directory: Directory): Session {
  const key: KeyObject = createPrivateKey(options.accountKey);
  const { crv, kty, x, y } = createPublicKey(key).export({ format: "jwk" });
  const jwk = { crv, kty, x, y }; // in the order that RFC 7638 hashes
  let kid: string | undefined;
  let nonce: string | undefined;

  const freshNonce = async (): Promise<string> => {
    const answer = await send(directory.newNonce, { method: "HEAD", ...options });
    const given = headerOf(answer, "replay-nonce");
    if (given === undefined) throw new AcmeError("authorityFailed", "The authority gave no nonce.");
    return given;
  };

  return {
    thumbprint: createHash("sha256").update(JSON.stringify(jwk)).digest("base64url"),
    use(given) {
      kid = given;
    },
    async post(url, payload, identifiedBy) {
      for (let attempt = 1; ; attempt += 1) {
        const protectedHeader = {
          alg: "ES256",
          nonce: nonce ?? (await freshNonce()),
          url,
          ...(identifiedBy === "jwk" || kid === undefined ? { jwk } : { kid }),
        };
        nonce = undefined;
        const head = base64url(JSON.stringify(protectedHeader));
        const body = payload === "" ? "" : base64url(JSON.stringify(payload));
        const signature = sign("sha256", Buffer.from(`${head}.${body}`), { key, dsaEncoding: "ieee-p1363" }).toString("base64url");
        const answer = await send(url, {
          method: "POST",
          body: JSON.stringify({ protected: head, payload: body, signature }),
          ...options,
        });
        nonce = headerOf(answer, "replay-nonce");
        if (answer.status < 400) return answer;
        const problem = parse<AcmeProblem>(answer);
        // RFC 8555 §6.5: a nonce may be refused at any time, and the request is sent again with another.
        if (problem.type === `${ERROR_PREFIX}badNonce` && attempt < acmeLimits.badNoncesMax) continue;
        throw failureOf(problem, retryAfterOf(answer));
      }
    },
  };
}

async function readDirectory({ directory, ca, signal }: Pick<AcmeOptions, "directory" | "ca" | "signal">): Promise<Directory> {
  const answer = await send(directory, { method: "GET", ca, ...(signal === undefined ? {} : { signal }) });
  const read = parse<Partial<Directory>>(answer);
  if (answer.status !== 200 || read.newNonce === undefined || read.newAccount === undefined || read.newOrder === undefined)
    throw new AcmeError("authorityFailed", `${directory} is not the directory of an ACME authority.`);
  return read as Directory;
}

function send(
  url: string,
  how: { readonly method: string; readonly body?: string; readonly ca: string | undefined; readonly signal?: AbortSignal },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const away = (cause: unknown): void => {
      const why = cause instanceof Error ? cause.message : String(cause);
      reject(new AcmeError("authorityAway", `${new URL(url).host}: ${why}`, null, cause));
    };
    if (URL.parse(url)?.protocol !== "https:") {
      reject(new AcmeError("authorityFailed", "The authority gave an address that isn't HTTPS."));
      return;
    }
    const asked = httpsRequest(url, {
      method: how.method,
      headers: { "user-agent": "Allo", ...(how.body === undefined ? {} : { "content-type": "application/jose+json" }) },
      timeout: acmeLimits.requestMsMax,
      ...(how.ca === undefined ? {} : { ca: how.ca }),
      ...(how.signal === undefined ? {} : { signal: how.signal }),
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer in time")));
    asked.on("error", away);
    asked.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
        if (body.length > acmeLimits.answerBytesMax) asked.destroy(new Error("the answer is too long"));
      });
      response.on("error", away);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    asked.end(how.body);
  });
}

// ---- reading answers

function parse<T>(answer: Answer): T {
  try {
    const read: unknown = JSON.parse(answer.body);
    if (typeof read === "object" && read !== null) return read as T;
  } catch {
    // not JSON: said below
  }
  throw new AcmeError("authorityFailed", `The authority answered ${answer.status} with something that can't be read.`);
}

const CODES: Readonly<Record<string, AcmeFailure>> = {
  dns: "nameNotFound",
  unauthorized: "namePointsElsewhere",
  incorrectResponse: "namePointsElsewhere",
  connection: "portClosed",
  tls: "portClosed",
  rateLimited: "rateLimited",
  caa: "notAllowedByDns",
  rejectedIdentifier: "nameRefused",
  unsupportedIdentifier: "nameRefused",
  malformed: "nameRefused",
  invalidContact: "emailRefused",
  unsupportedContact: "emailRefused",
  userActionRequired: "termsChanged",
};

/** An authority's problem as the side that has to act. */
export function failureOf(problem: AcmeProblem | undefined, retryAfterMs: number | null = null): AcmeError {
  const all = [problem, ...(problem?.subproblems ?? [])].filter((each) => each !== undefined);
  for (const each of all) {
    const code = CODES[(each.type ?? "").replace(ERROR_PREFIX, "")];
    if (code !== undefined) return new AcmeError(code, String(each.detail ?? ""), retryAfterMs);
  }
  return new AcmeError("authorityFailed", String(problem?.detail ?? "The authority gave no reason."), retryAfterMs);
}

function retryAfterOf(answer: Answer): number | null {
  const value = headerOf(answer, "retry-after");
  return value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) * 1_000 : null;
}

function headerOf(answer: Answer, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function base64url(text: string): string {
  return Buffer.from(text, "utf8").toString("base64url");
}
