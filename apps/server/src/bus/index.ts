export { BusClientLimits, createBusClient, type BusClient } from "./client.ts";
export { createBusServer, type BusConnection, type BusServer } from "./server.ts";
