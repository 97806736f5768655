// Sockets of foreign softphones (RFC 7118), which core let in without knowing who is there: each is a flow at the devices' door, as a TCP
// connection is, and is kept only while somebody at its end shows a right password now and then.
import type { FromCore } from "@allo/contract";
import type { Clock, Instant } from "@allo/kernel";
import type { SipFlow } from "@allo/sip";

export const softphoneLimits = {
  /** Whoever has shown no right password by then is closed. */
  provesWithinMs: 32_000,
  /** Shown once it holds for longer than a registration may last without being refreshed. */
  provenMs: 3_660_000,
  flowsMax: 4_000,
} as const;

/** Ids of these flows begin so. */
export const SOFTPHONE_FLOW = "softphone:";

type Open = Extract<FromCore, { kind: "softphoneOpen" }>;

export type Softphones = {
  /** Null: there are too many. */
  readonly open: (message: Open) => SipFlow | null;
  readonly flow: (flowId: string) => SipFlow | null;
  /** The address of ours that it came by, and the one that its audio is sent to; null where it is no flow of these. */
  readonly mediaPlace: (flowId: string) => { readonly reachedAddress: string; readonly mediaAddress: string } | null;
  readonly closed: (flowId: string) => void;
  /** A right password came by this flow; of other flows nothing is noted. */
  readonly proved: (flowId: string) => void;
  /** Flows that have shown no password for too long. */
  readonly lapsed: () => readonly string[];
  readonly flowIds: () => readonly string[];
};

export function createSoftphones({
  clock,
  publicAddress,
}: {
  readonly clock: Clock;
  readonly publicAddress: string | undefined;
}): Softphones {
  const flows = new Map<string, { readonly flow: SipFlow; readonly reachedAddress: string; until: Instant }>();
  return {
    open: (message) => {
      if (flows.size >= softphoneLimits.flowsMax) return null;
      const flow: SipFlow = {
        id: SOFTPHONE_FLOW + message.flowId,
        transport: "ws",
        local: { address: publicAddress ?? message.localAddress, port: message.localPort },
        remote: { address: message.remoteAddress, port: message.remotePort },
      };
      flows.set(flow.id, { flow, reachedAddress: message.localAddress, until: clock.now() + softphoneLimits.provesWithinMs });
      return flow;
    },
    flow: (flowId) => flows.get(flowId)?.flow ?? null,
    mediaPlace: (flowId) => {
      const known = flows.get(flowId);
      return known === undefined ? null : { reachedAddress: known.reachedAddress, mediaAddress: publicAddress ?? known.reachedAddress };
    },
    closed: (flowId) => void flows.delete(flowId),
    proved: (flowId) => {
      const known = flows.get(flowId);
      if (known !== undefined) known.until = clock.now() + softphoneLimits.provenMs;
    },
    lapsed: () => {
      const at = clock.now();
      return [...flows.values()].filter(({ until }) => until <= at).map(({ flow }) => flow.id);
    },
    flowIds: () => [...flows.keys()],
  };
}
