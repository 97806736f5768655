export { createBusClient, type BusClient } from "./client.ts";
export { createBusServer, type BusConnection, type BusServer } from "./server.ts";
export { createEdgeLink, type EdgeLink, type EdgeListener } from "./edge-link.ts";
