export { AES_BLOCK_BYTES, aesCounterMode, expandAesKey } from "./aes.ts";
export { HmacSha1Key, SHA1_BYTES } from "./hmac-sha1.ts";
export type { MasterKey, PrimitivesFactory, SrtpKeys, SrtpPrimitives } from "./key-derivation.ts";
export { deriveKey, deriveKeys, MASTER_KEY_BYTES, MASTER_SALT_BYTES, tablePrimitives } from "./key-derivation.ts";
export { REPLAY_WINDOW_PACKETS, ReplayWindow } from "./replay-window.ts";
export type { SrtpFailure } from "./srtp.ts";
export { SOURCES_MAX, SRTCP_TRAILER_BYTES, SRTP_TAG_BYTES, SrtpReceiver, SrtpSender } from "./srtp.ts";
