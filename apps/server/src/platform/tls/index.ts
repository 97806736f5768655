export { createTlsKeeper } from "./tls-keeper.ts";
export type { Credentials, StoredAccess, TlsKeeper, TlsOptions, TlsPlan } from "./tls-keeper.ts";
export { AcmeError } from "./acme-client.ts";
export { derOf } from "./certificates.ts";
export { createFrontDoor, type DoorOutcome, type FrontDoor } from "./front-door.ts";
export { appleProfile, guessSystem, installContentSecurity, installLanguage, installPage, installPaths } from "./install-page.ts";
export { acmeLimits, tlsLimits } from "./limits.ts";
export { inUrl, isLoopback, outsideAddresses } from "./own-addresses.ts";
