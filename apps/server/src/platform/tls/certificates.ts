// X.509: our own authority, what it signs, requests to public authorities, and what a certificate says of itself.
import { createPrivateKey, randomBytes, X509Certificate as NodeCertificate } from "node:crypto";
import { isIP } from "node:net";
import type { CertificateFacts } from "@allo/contract";
import * as x509 from "@peculiar/x509";
import { tlsLimits } from "./limits.ts";
import { privateEndings, privateNetworks } from "./own-addresses.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1";
const NAME_CONSTRAINTS = "2.5.29.30";
const DAY_MS = 86_400_000;
x509.cryptoProvider.set(crypto);

/** PEM texts; `certificate` may be a chain, leaf first. */
export type KeyAndCertificate = { readonly key: string; readonly certificate: string };

/**
 * An authority of one's own that may sign only names and addresses of local networks, and `permitted`: were its key stolen, it could
 * still not speak for a bank.
 */
export async function makeAuthority({
  name,
  permitted,
  now,
}: {
  readonly name: string;
  readonly permitted: readonly string[];
  readonly now: number;
}): Promise<KeyAndCertificate> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: new x509.Name([{ CN: [name] }, { O: ["Allo"] }]),
    notBefore: new Date(now - tlsLimits.backdateMs),
    notAfter: new Date(now + tlsLimits.authorityDays * DAY_MS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      new x509.Extension(NAME_CONSTRAINTS, true, encodeConstraints(permitted)),
    ],
  });
  return { key: await keyPem(keys.privateKey), certificate: certificate.toString("pem") };
}

/** A server's certificate for these names and addresses, signed by the authority; the chain holds only the leaf. */
export async function makeLeaf({
  authority,
  names,
  now,
}: {
  readonly authority: KeyAndCertificate;
  readonly names: readonly string[];
  readonly now: number;
}): Promise<KeyAndCertificate> {
  const keys = await newKeys();
  const issuer = new x509.X509Certificate(authority.certificate);
  const signingKey = await importKey(authority.key);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    // No common name: verifiers that find no DNS name beside it hold it against the authority's constraints.
    subject: new x509.Name([{ O: ["Allo"] }]).toString(),
    issuer: issuer.subject,
    notBefore: new Date(Math.max(now - tlsLimits.backdateMs, issuer.notBefore.getTime())),
    notAfter: new Date(Math.min(now + tlsLimits.leafDays * DAY_MS, issuer.notAfter.getTime())),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([SERVER_AUTHENTICATION], false),
      new x509.SubjectAlternativeNameExtension(alternativeNames(names), false),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { key: await keyPem(keys.privateKey), certificate: certificate.toString("pem") };
}

/** A new key and the request for its certificate (PKCS #10), as DER. */
export async function makeRequest(name: string): Promise<{ readonly key: string; readonly request: Uint8Array }> {
  const keys = await newKeys();
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: new x509.Name([{ CN: [name] }]),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: name }], false)],
  });
  return { key: await keyPem(keys.privateKey), request: new Uint8Array(request.rawData) };
}

/** Of the first certificate in a PEM text; null where it holds none. */
export function readCertificate(pem: string): CertificateFacts | null {
  try {
    const read = new NodeCertificate(pem);
    return {
      subject: commonName(read.subject),
      issuer: commonName(read.issuer),
      names: namesOf(read),
      validFrom: read.validFromDate.getTime(),
      validUntil: read.validToDate.getTime(),
      fingerprint: read.fingerprint256,
      thumbprint: read.fingerprint,
    };
  } catch {
    return null; // no certificate: a torn or foreign file
  }
}

/** Whether the first certificate of the text belongs to the key. */
export function belongTogether({ key, certificate }: KeyAndCertificate): boolean {
  try {
    return new NodeCertificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false; // either isn't readable
  }
}

/** Whether the certificate names this host, as a browser would see it. */
export function covers(certificate: string, host: string): boolean {
  try {
    const read = new NodeCertificate(certificate);
    return isIP(host) === 0 ? read.checkHost(host) !== undefined : read.checkIP(host) !== undefined;
  } catch {
    return false;
  }
}

/** Whether so little of its life is left that a new one is due. */
export function isDue({ validFrom, validUntil }: Pick<CertificateFacts, "validFrom" | "validUntil">, now: number): boolean {
  return now >= renewalAt({ validFrom, validUntil });
}

export function renewalAt({ validFrom, validUntil }: Pick<CertificateFacts, "validFrom" | "validUntil">): number {
  return validUntil - (validUntil - validFrom) * tlsLimits.renewAtShareLeft;
}

export function derOf(pem: string): Buffer {
  return Buffer.from(new NodeCertificate(pem).raw);
}

// ---- parts

type KeyPair = { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey };

async function newKeys(): Promise<KeyPair> {
  return (await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])) as KeyPair;
}

async function keyPem(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key as CryptoKey), "PRIVATE KEY");
}

async function importKey(pem: string): Promise<CryptoKey> {
  const der = x509.PemConverter.decodeFirst(pem);
  return (await crypto.subtle.importKey("pkcs8", der, ALGORITHM, false, ["sign"])) as CryptoKey;
}

/** 16 random bytes, positive (RFC 5280 §4.1.2.2). */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString("hex");
}

function alternativeNames(names: readonly string[]): x509.JsonGeneralNames {
  return names.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value }));
}

function commonName(distinguished: string): string {
  return /^CN=(.*)$/m.exec(distinguished)?.[1] ?? distinguished.replaceAll("\n", ", ");
}

function namesOf(read: NodeCertificate): string[] {
  return (read.subjectAltName ?? "")
    .split(", ")
    .map((part) => part.replace(/^(DNS|IP Address):/, ""))
    .filter((part) => part !== "")
    .map((name) => (isIP(name) === 6 ? new URL(`http://[${name}]/`).hostname.slice(1, -1) : name)); // in its short form
}

// RFC 5280 §4.2.1.10, by hand: the library has no extension for it. Each permitted subtree is SEQUENCE { base GeneralName }.
function encodeConstraints(permitted: readonly string[]): ArrayBuffer {
  const subtrees = [
    ...privateEndings.map((ending) => der(0x82, Buffer.from(ending, "latin1"))),
    ...privateNetworks.map(({ address, bits }) => der(0x87, Buffer.concat([addressBytes(address), maskBytes(address, bits)]))),
    ...permitted.map((name) =>
      isIP(name) === 0
        ? der(0x82, Buffer.from(name, "latin1"))
        : der(0x87, Buffer.concat([addressBytes(name), maskBytes(name, isIP(name) === 6 ? 128 : 32)])),
    ),
  ].map((name) => der(0x30, name));
  const bytes = der(0x30, der(0xa0, Buffer.concat(subtrees)));
  return new Uint8Array(bytes).buffer;
}

function der(tag: number, content: Buffer): Buffer {
  const length = content.length;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  if (length < 0x100) return Buffer.concat([Buffer.from([tag, 0x81, length]), content]);
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 0xff]), content]);
}

/** 4 or 16 bytes of an address that isIP() knows. */
function addressBytes(address: string): Buffer {
  if (!address.includes(":")) return Buffer.from(address.split(".").map(Number));
  // The WHATWG parser gives the canonical form, without an IPv4 tail.
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::");
  const groups = (part: string): number[] => (part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16)));
  const first = groups(head);
  const last = tail === undefined ? [] : groups(tail);
  const all = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function maskBytes(address: string, bits: number): Buffer {
  const mask = Buffer.alloc(address.includes(":") ? 16 : 4);
  for (let bit = 0; bit < bits; bit += 1) mask[bit >> 3] = (mask[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return mask;
}
