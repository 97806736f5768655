// The client's end of one DTLS handshake (RFC 5763 §5), and the certificate that all phones of this process show.
import { X509Certificate } from "node:crypto";
import { CipherContext, DtlsClient, HashAlgorithm, NamedCurveAlgorithm, SignatureAlgorithm } from "werift-dtls/lib/dtls/src/index.js";

const signatureHash = { hash: HashAlgorithm.sha256_4, signature: SignatureAlgorithm.ecdsa_3 } as const;
const PROFILE_AES128_CM_HMAC_SHA1_80 = 1;
const KEY_BYTES = 16;
const SALT_BYTES = 14;

export type PhoneCertificate = { readonly certPem: string; readonly keyPem: string; readonly fingerprint: string };
export type SrtpMaster = { readonly key: Uint8Array; readonly salt: Uint8Array };
export type PhoneHandshake = { readonly received: (bytes: Uint8Array) => void; readonly end: () => void };

/** A self-signed ECDSA P-256 certificate, new with every start. */
export async function makePhoneCertificate(): Promise<PhoneCertificate> {
  const made = await CipherContext.createSelfSignedCertificateWithKey(signatureHash, NamedCurveAlgorithm.secp256r1_23);
  return { certPem: made.certPem, keyPem: made.keyPem, fingerprint: new X509Certificate(made.certPem).fingerprint256 };
}

/** Begins the handshake. `onConnected` only where the peer showed the certificate that its SDP promised. */
export function shakeHands(options: {
  readonly certificate: PhoneCertificate;
  /** SHA-256 in hexadecimal with colons, as in the SDP. */
  readonly remoteFingerprint: string;
  readonly send: (bytes: Uint8Array) => void;
  readonly onConnected: (keys: { readonly local: SrtpMaster; readonly remote: SrtpMaster }) => void;
  readonly onFailed: (reason: string) => void;
}): PhoneHandshake {
  let isOver = false;
  const fail = (reason: string): void => {
    if (isOver) return;
    isOver = true;
    options.onFailed(reason);
  };
  const client = new DtlsClient({
    cert: options.certificate.certPem,
    key: options.certificate.keyPem,
    signatureHash,
    srtpProfiles: [PROFILE_AES128_CM_HMAC_SHA1_80],
    extendedMasterSecret: true,
    transport: {
      type: "phone",
      address: { address: "", family: "", port: 0 },
      closed: false,
      onData: () => undefined,
      send: async (bytes: Uint8Array) => {
        if (!isOver) options.send(bytes);
      },
      close: async () => undefined,
    },
  });
  client.onConnect.subscribe(() => {
    if (isOver) return;
    const shown = client.remoteCertificate;
    if (shown === undefined || new X509Certificate(shown).fingerprint256 !== options.remoteFingerprint.toUpperCase())
      return fail("fingerprintMismatch");
    isOver = true;
    const keys = client.extractSessionKeys(KEY_BYTES, SALT_BYTES);
    options.onConnected({ local: masterOf(keys.localKey, keys.localSalt), remote: masterOf(keys.remoteKey, keys.remoteSalt) });
  });
  client.onError.subscribe((error: Error) => fail(error.message));
  client.connect().catch((error: unknown) => fail(String(error)));
  return {
    received: (bytes) => {
      try {
        client.transport.socket.onData(Buffer.from(bytes), ["", 0]);
      } catch {
        // Bytes that can't be read are nobody's handshake; the real one goes on.
      }
    },
    end: () => {
      isOver = true;
    },
  };
}

function masterOf(key: Uint8Array, salt: Uint8Array): SrtpMaster {
  return { key: Uint8Array.from(key), salt: Uint8Array.from(salt) };
}
