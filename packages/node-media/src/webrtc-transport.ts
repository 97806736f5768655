import type { Instant } from "@allo/kernel";
import type { MediaEvent, WebrtcRemote } from "@allo/media";
import type { AcceptedPacket, LegTransport } from "./media-leg.ts";
import type { RtpPorts } from "./media-socket.ts";
import type { FromHandshake, ToHandshake } from "./worker-messages.ts";

export type WebrtcTransport = LegTransport & {
  readonly kind: "webrtc";
  readonly iceUfrag: string;
  readonly icePwd: string;
  readonly setRemote: (remote: WebrtcRemote) => void;
  readonly handshakeSaid: (message: FromHandshake) => void;
};

export async function openWebrtcTransport(_options: {
  readonly legId: string;
  readonly number: number;
  readonly bindAddress: string;
  readonly ports: RtpPorts;
  readonly remote: WebrtcRemote;
  readonly now: () => Instant;
  readonly postHandshake: (message: ToHandshake) => void;
  readonly onEvent: (event: MediaEvent) => void;
  readonly onRtp: AcceptedPacket;
  readonly onRtcp: (bytes: Uint8Array, at: Instant) => void;
}): Promise<WebrtcTransport> {
  throw new Error("browser legs are not built in");
}
