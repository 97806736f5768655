export { FlowError } from "./flow-error.ts";
export { createFlowHub, flowLimits } from "./flow-hub.ts";
export type {
  FlowHub,
  FlowHubOptions,
  FlowLimits,
  ListenFields,
  Listener,
  OwnCertificate,
  PeerTrust,
  TlsListener,
  VirtualFlow,
} from "./flow-hub.ts";
export { createSipEndpoint, type SipEndpoint } from "./sip-endpoint.ts";
