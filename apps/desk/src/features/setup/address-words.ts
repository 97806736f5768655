import type { AccessAddress, AccessState, AcmeFailure } from "@allo/contract";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

export const addressKinds: Readonly<Record<AccessAddress["kind"], MessageDescriptor>> = {
  thisMachine: msg({ message: "On this machine only", context: "address" }),
  localNetwork: msg({ message: "Local network", context: "address" }),
  publicName: msg({ message: "Public name", context: "address" }),
  elsewhere: msg({ message: "From the settings (ALLO_ORIGINS)", context: "address" }),
};

export const certificateSources: Readonly<Record<AccessState["mode"], MessageDescriptor>> = {
  none: msg({ message: "No certificate: the program speaks plain HTTP", context: "certificate" }),
  given: msg({ message: "From files (ALLO_TLS_CERT)", context: "certificate" }),
  local: msg({ message: "From Allo's own authority", context: "certificate" }),
  acme: msg({ message: "From a public authority", context: "certificate" }),
};

export const reachFixedWords: Readonly<Record<NonNullable<AccessState["reach"]["fixedBy"]>, MessageDescriptor>> = {
  bind: msg`The setting ALLO_BIND decides at which addresses the program listens.`,
  tlsOff: msg`The setting ALLO_TLS=off keeps HTTPS off, and without it no browser of another machine gets a microphone. Take it away and start again.`,
  otherOrganisations: msg`Several organisations share this program: only its settings open it to the network.`,
};

export const acmeFixedWords: Readonly<Record<NonNullable<AccessState["acme"]["fixedBy"]>, MessageDescriptor>> = {
  environment: msg`Name and e-mail come from the settings ALLO_PUBLIC_NAME and ALLO_ACME_EMAIL.`,
  tlsSetting: msg`The settings ALLO_TLS or ALLO_TLS_CERT decide about the certificate.`,
  otherOrganisations: msg`Several organisations share this program: only its settings change the certificate.`,
};

export const acmeStates: Readonly<Record<AccessState["acme"]["state"], MessageDescriptor>> = {
  off: msg({ message: "Not used", context: "public certificate" }),
  waiting: msg({ message: "Will be asked for shortly", context: "public certificate" }),
  working: msg({ message: "Being asked for now…", context: "public certificate" }),
  valid: msg({ message: "In use", context: "public certificate" }),
  failed: msg({ message: "Not given", context: "public certificate" }),
};

/** Which side has to act, and how. */
export const acmeFailureWords: Readonly<Record<AcmeFailure, MessageDescriptor>> = {
  nameNotFound: msg`The public DNS doesn't know this name. Add an address record for it and try again.`,
  namePointsElsewhere: msg`Another server answered under this name: it doesn't point to this machine, or a proxy stands before it. Correct the DNS record or the forwarding.`,
  portClosed: msg`The authority couldn't reach port 80 from outside. Open it in the firewall and forward it from the router to this machine.`,
  rateLimited: msg`The authority has had too many requests for this name. It is tried again later by itself.`,
  notAllowedByDns: msg`The domain's CAA record allows other authorities only. Add this one to the record.`,
  nameRefused: msg`The authority gives no certificates for this name. Check how it is written.`,
  emailRefused: msg`The authority doesn't accept this e-mail address. Give another one.`,
  termsChanged: msg`The authority's terms have changed. Read them and ask for the certificate again.`,
  authorityAway: msg`The authority can't be reached from here. Check this machine's way to the internet; it is tried again by itself.`,
  authorityFailed: msg`The authority failed. It is tried again by itself; what it said stands below.`,
  storeFailed: msg`The certificate couldn't be kept on this machine. Check the data folder's disk and rights.`,
};

export const portWords: Readonly<Record<AccessState["acme"]["port80"], MessageDescriptor>> = {
  open: msg`Port 80 is open here.`,
  taken: msg`Port 80 is taken by another program on this machine: let it forward /.well-known/acme-challenge/ to Allo.`,
  forbidden: msg`This user may not open port 80. Forward port 80 to Allo's port, or give the program the right to open it.`,
  closed: msg`Port 80 is opened as soon as a public name is set.`,
};
