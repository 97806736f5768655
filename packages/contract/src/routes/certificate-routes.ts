import Type from "typebox";
import type { Static } from "typebox";
import type { Route } from "../route.ts";
import { Email, Timestamp } from "../schemas.ts";

const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

/** What a certificate says of itself; the SHA-256 fingerprint as pairs of hexadecimal digits with colons. */
export const CertificateFacts = Type.Object({
  subject: Type.String(),
  issuer: Type.String(),
  names: Type.Array(Type.String({ description: "Host names and IP addresses that it is good for" })),
  validFrom: Timestamp,
  validUntil: Timestamp,
  fingerprint: Type.String(),
  /** SHA-1 in the same form: the only one that Windows shows while it installs an authority. */
  thumbprint: Type.String(),
});
export type CertificateFacts = Static<typeof CertificateFacts>;

/** Why a public authority gave no certificate, by the side that has to act. */
export const acmeFailures = [
  "nameNotFound",
  "namePointsElsewhere",
  "portClosed",
  "rateLimited",
  "notAllowedByDns",
  "nameRefused",
  "emailRefused",
  "termsChanged",
  "authorityAway",
  "authorityFailed",
  "storeFailed",
] as const;
export type AcmeFailure = (typeof acmeFailures)[number];

/** For RTCPeerConnection; without relays the list is empty. */
export const IceServers = Type.Object({
  iceServers: Type.Array(Type.Object({ urls: Type.Array(Type.String()), username: Type.String(), credential: Type.String() })),
  validUntil: orNull(Timestamp),
});
export type IceServers = Static<typeof IceServers>;

export const AccessAddress = Type.Object({
  url: Type.String(),
  kind: Type.Enum(["thisMachine", "localNetwork", "publicName", "elsewhere"]),
  isSecure: Type.Boolean({ description: "Browsers give a page opened here the microphone" }),
  isCovered: Type.Boolean({ description: "The certificate names it; true where none is needed" }),
});
export type AccessAddress = Static<typeof AccessAddress>;

export const AccessState = Type.Object({
  mode: Type.Enum(["none", "given", "local", "acme"], { description: "Where the certificate in use comes from" }),
  bind: Type.String(),
  port: Type.Integer(),
  addresses: Type.Array(AccessAddress),
  reach: Type.Object({
    isReachable: Type.Boolean({ description: "Other machines of the network can open the program" }),
    canChange: Type.Boolean(),
    fixedBy: orNull(Type.Enum(["bind", "tlsOff", "otherOrganisations"])),
  }),
  certificate: orNull(CertificateFacts),
  authority: orNull(CertificateFacts),
  install: orNull(
    Type.Object({
      url: Type.String({ description: "Page that installs the local authority, in plain HTTP" }),
      isReachable: Type.Boolean(),
    }),
  ),
  acme: Type.Object({
    state: Type.Enum(["off", "waiting", "working", "valid", "failed"]),
    name: orNull(Type.String()),
    email: orNull(Type.String()),
    directory: Type.String(),
    fixedBy: orNull(Type.Enum(["environment", "tlsSetting", "otherOrganisations"])),
    port80: Type.Enum(["open", "taken", "forbidden", "closed"]),
    failure: orNull(Type.Object({ code: Type.Enum([...acmeFailures]), said: Type.String(), at: Timestamp })),
    nextTryAt: orNull(Timestamp),
  }),
  trustedProxies: Type.Array(Type.String()),
});
export type AccessState = Static<typeof AccessState>;

/** A host name as the public DNS knows it: two labels at least, none of them only digits at the end. */
export const PublicName = Type.String({
  maxLength: 253,
  pattern: "^(?=.{4,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])$",
});

/** The address of this centre and its certificate. */
export const certificateRoutes = {
  iceServersGet: {
    method: "GET",
    path: "/phone/ice-servers",
    access: ["desk.work"],
    tag: "desk",
    summary: "Relays for this person's browser phone, with credentials for some hours",
    response: IceServers,
  },
  accessGet: {
    method: "GET",
    path: "/access",
    access: ["setup.manage"],
    tag: "setup",
    summary: "By which addresses this centre is reached, and by which certificate",
    response: AccessState,
  },
  accessReachPut: {
    method: "PUT",
    path: "/access/reach",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Opens or closes the program to browsers of the local network, at once",
    body: Type.Object({ isReachable: Type.Boolean() }),
    response: AccessState,
  },
  accessAcmePut: {
    method: "PUT",
    path: "/access/acme",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Asks a public authority for a certificate of a public name; its terms must be agreed to",
    body: Type.Object({ name: PublicName, email: Email, agreesToTerms: Type.Literal(true) }),
    response: AccessState,
  },
  accessAcmeDelete: {
    method: "DELETE",
    path: "/access/acme",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Goes without the public authority",
    response: AccessState,
  },
  accessAcmeRetry: {
    method: "POST",
    path: "/access/acme/try",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Tries again at once to get the certificate",
    response: AccessState,
  },
  accessTerms: {
    method: "GET",
    path: "/access/acme/terms",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Where the public authority's terms stand; null where it can't be reached now",
    response: Type.Object({ termsUrl: orNull(Type.String()) }),
  },
} as const satisfies Record<string, Route>;
