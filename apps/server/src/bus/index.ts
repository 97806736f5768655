export { BusClientLimits, createBusClient, type BusClient } from "./client.ts";
export { createBusServer, type BusConnection, type BusServer } from "./server.ts";
export { createEdgeLink, EdgeLinkLimits, phoneIdOf, type EdgeHello, type EdgeLink, type EdgeListener, type PhoneOwner } from "./edge-link.ts";
