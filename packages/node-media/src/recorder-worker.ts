import { parentPort } from "node:worker_threads";
import { must } from "@allo/kernel";

must(parentPort, "runs as a worker thread").on("message", () => undefined);
