export { crc32 } from "./crc32.ts";
export type { IceLiteCommand } from "./ice-lite-agent.ts";
export { CONSENT_LIFETIME_MS, CONSENT_REPORT_INTERVAL_MS, IceLiteAgent, VALID_ADDRESSES_MAX } from "./ice-lite-agent.ts";
export type { HmacSha1, StunAddress, StunAttribute, StunClass, StunFailure, StunMessage } from "./message.ts";
export {
  buildStun,
  errorCodeAttribute,
  findAttribute,
  hasValidIntegrity,
  parseStun,
  readXorMappedAddress,
  STUN_ATTRIBUTE,
  STUN_BINDING,
  usernameAttribute,
  usernameOf,
  xorMappedAddressAttribute,
} from "./message.ts";
