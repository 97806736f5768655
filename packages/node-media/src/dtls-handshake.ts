import { createHash, verify, X509Certificate } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { prfVerifyDataClient } from "werift-dtls/lib/dtls/src/cipher/prf.js";
import { CertificateVerify } from "werift-dtls/lib/dtls/src/handshake/message/client/certificateVerify.js";
import { Finished } from "werift-dtls/lib/dtls/src/handshake/message/finished.js";
import { CipherContext, DtlsServer, HashAlgorithm, NamedCurveAlgorithm, SignatureAlgorithm } from "werift-dtls/lib/dtls/src/index.js";
import type { SrtpKeys } from "./worker-messages.ts";

// One browser's DTLS handshake, we as server (RFC 5763 §5). werift does the protocol but believes the client: neither the
// client's signature nor its Finished is verified there. Both are verified here before any key is given away, or anybody who has
// seen a certificate could claim to own it.

/** From the first record to the keys. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Records taken before the keys: a handshake needs about ten. */
export const HANDSHAKE_RECORDS_MAX = 200;
/** Handshakes begun anew after nonsense came from a checked address. */
const RESTARTS_MAX = 8;
const FINAL_FLIGHT_REPEATS_MAX = 16;
const KEY_BYTES = 16;
const SALT_BYTES = 14;
const PROFILE_AES128_CM_HMAC_SHA1_80 = 1;
const CONTENT_HANDSHAKE = 22;
const CERTIFICATE_VERIFY = 15;
const FINISHED = 20;
const DTLS_RECORD_HEADER_BYTES = 13;
/** TLS SignatureScheme → digest (RFC 8446 §4.2.3): what browsers sign with. */
const DIGEST_OF_SCHEME: ReadonlyMap<number, string> = new Map([
  [0x0403, "sha256"],
  [0x0503, "sha384"],
  [0x0401, "sha256"],
  [0x0501, "sha384"],
]);

export type DtlsCertificate = {
  readonly certPem: string;
  readonly keyPem: string;
  /** "sha-256 AB:CD:…". */
  readonly fingerprint: string;
};
export type DtlsFailure = "fingerprintMismatch" | "handshakeFailed" | "timeout";
export type DtlsHandshakeOptions = {
  readonly certificate: DtlsCertificate;
  /** The fingerprint that the browser's SDP promised. */
  readonly remoteFingerprint: string;
  readonly send: (bytes: Uint8Array) => void;
  readonly onConnected: (keys: SrtpKeys) => void;
  readonly onFailed: (reason: DtlsFailure) => void;
};

/** A self-signed ECDSA P-256 certificate, new with every start. */
export async function makeCertificate(): Promise<DtlsCertificate> {
  const signatureHash = { hash: HashAlgorithm.sha256_4, signature: SignatureAlgorithm.ecdsa_3 };
  const made = await CipherContext.createSelfSignedCertificateWithKey(signatureHash, NamedCurveAlgorithm.secp256r1_23);
  return { certPem: made.certPem, keyPem: made.keyPem, fingerprint: `sha-256 ${new X509Certificate(made.certPem).fingerprint256}` };
}

export class DtlsHandshake {
  readonly #options: DtlsHandshakeOptions;
  #server: DtlsServer;
  #state: "shaking" | "connected" | "ended" = "shaking";
  #records = 0;
  #restarts = 0;
  #repeats = 0;
  #sent: Uint8Array[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(options: DtlsHandshakeOptions) {
    this.#options = options;
    this.#server = this.#startServer();
  }

  /** Takes a datagram from an address that passed an ICE check. */
  received(bytes: Uint8Array): void {
    if (this.#state === "ended") return;
    if (this.#state === "connected") return this.#repeatFinalFlight(bytes);
    this.#timer ??= setTimeout(() => this.#fail("timeout"), HANDSHAKE_TIMEOUT_MS);
    this.#records += 1;
    if (this.#records > HANDSHAKE_RECORDS_MAX) return this.#fail("handshakeFailed");
    if (bytes.length < DTLS_RECORD_HEADER_BYTES) return;
    try {
      this.#server.transport.socket.onData(Buffer.from(bytes), ["", 0]);
    } catch {
      // Bytes that werift can't read are nobody's handshake; the real one goes on.
    }
  }

  end(): void {
    this.#state = "ended";
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #startServer(): DtlsServer {
    const server: DtlsServer = new DtlsServer({
      cert: this.#options.certificate.certPem,
      key: this.#options.certificate.keyPem,
      signatureHash: { hash: HashAlgorithm.sha256_4, signature: SignatureAlgorithm.ecdsa_3 },
      srtpProfiles: [PROFILE_AES128_CM_HMAC_SHA1_80],
      certificateRequest: true,
      extendedMasterSecret: true,
      transport: {
        type: "worker",
        address: { address: "", family: "", port: 0 },
        closed: false,
        onData: () => undefined,
        send: async (bytes: Uint8Array) => {
          if (this.#state === "ended" || server !== this.#server) return;
          this.#sent = [...this.#sent.slice(-1), bytes];
          this.#options.send(bytes);
        },
        close: async () => undefined,
      },
    });
    server.onConnect.subscribe(() => {
      if (server === this.#server) this.#connected();
    });
    // A hello or flight that makes no sense ends this attempt, not the leg: the browser's retransmission begins a new one.
    server.onError.subscribe(() => {
      if (server !== this.#server || this.#state !== "shaking") return;
      this.#restarts += 1;
      if (this.#restarts > RESTARTS_MAX) this.#fail("handshakeFailed");
      else this.#server = this.#startServer();
    });
    return server;
  }

  #connected(): void {
    if (this.#state !== "shaking") return;
    const certificate = this.#server.remoteCertificate;
    if (certificate === undefined || !isFingerprintOf(this.#options.remoteFingerprint, certificate))
      return this.#fail("fingerprintMismatch");
    if (this.#server.srtp.srtpProfile !== PROFILE_AES128_CM_HMAC_SHA1_80 || !this.#isClientProven(certificate))
      return this.#fail("handshakeFailed");
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#state = "connected";
    const keys = this.#server.extractSessionKeys(KEY_BYTES, SALT_BYTES);
    this.#options.onConnected({
      localKey: Uint8Array.from(keys.localKey as Uint8Array),
      localSalt: Uint8Array.from(keys.localSalt as Uint8Array),
      remoteKey: Uint8Array.from(keys.remoteKey as Uint8Array),
      remoteSalt: Uint8Array.from(keys.remoteSalt as Uint8Array),
    });
  }

  /** Whether the client owns the certificate's key and saw the handshake that we saw (RFC 5246 §7.4.8, §7.4.9). */
  #isClientProven(certificate: Uint8Array): boolean {
    try {
      const messages = this.#server.dtls.sortedHandshakeCache;
      const verifyAt = messages.findIndex((message) => message.msg_type === CERTIFICATE_VERIFY);
      const finishedAt = messages.findIndex((message, index) => message.msg_type === FINISHED && index > verifyAt);
      const verifyMessage = messages[verifyAt];
      const finishedMessage = messages[finishedAt];
      if (verifyMessage === undefined || finishedMessage === undefined) return false;
      const { algorithm, signature } = CertificateVerify.deSerialize(verifyMessage.fragment);
      const digest = DIGEST_OF_SCHEME.get(algorithm);
      if (digest === undefined) return false;
      const signed = Buffer.concat(messages.slice(0, verifyAt).map((message) => message.serialize()));
      if (!verify(digest, signed, new X509Certificate(certificate).publicKey, signature)) return false;
      const finished = Buffer.concat(messages.slice(0, finishedAt).map((message) => message.serialize()));
      const expected = prfVerifyDataClient(this.#server.cipher.masterSecret, finished);
      return isDeepStrictEqual(Buffer.from(expected), Buffer.from(Finished.deSerialize(finishedMessage.fragment).verifyData));
    } catch {
      return false;
    }
  }

  /** Our last flight was lost where the client still speaks of the handshake: it is sent again (RFC 6347 §4.2.4). */
  #repeatFinalFlight(bytes: Uint8Array): void {
    if (bytes[0] !== CONTENT_HANDSHAKE || this.#repeats >= FINAL_FLIGHT_REPEATS_MAX) return;
    this.#repeats += 1;
    for (const datagram of this.#sent) this.#options.send(datagram);
  }

  #fail(reason: DtlsFailure): void {
    if (this.#state !== "shaking") return;
    this.end();
    this.#options.onFailed(reason);
  }
}

/** Whether the certificate (DER) has the fingerprint of an SDP, "sha-256 AB:CD:…"; weaker hashes are refused (RFC 8122 §5). */
export function isFingerprintOf(fingerprint: string, certificate: Uint8Array): boolean {
  const [algorithm, hex] = fingerprint.trim().split(/\s+/);
  if (algorithm === undefined || hex === undefined) return false;
  const digest = { "sha-256": "sha256", "sha-384": "sha384", "sha-512": "sha512" }[algorithm.toLowerCase()];
  if (digest === undefined) return false;
  return createHash(digest).update(certificate).digest("hex") === hex.replaceAll(":", "").toLowerCase();
}
