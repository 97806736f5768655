import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** Prometheus figures of the process. Modules register their own on `registry`; no label holds a person, a number or a name. */
export type Metrics = {
  readonly registry: Registry;
  readonly contentType: string;
  print(): Promise<string>;
  httpRequest(request: { readonly method: string; readonly route: string; readonly status: number; readonly ms: number }): void;
  socketsOpen(count: number): void;
  signIn(outcome: "done" | "refused" | "throttled"): void;
};

export function createMetrics(role: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ role });
  collectDefaultMetrics({ register: registry, prefix: "allo_" });
  const requests = new Histogram({
    name: "allo_http_request_seconds",
    help: "Time to answer",
    labelNames: ["method", "route", "status"],
    buckets: [0.005, 0.02, 0.1, 0.5, 2],
    registers: [registry],
  });
  const sockets = new Gauge({ name: "allo_websockets_open", help: "Open WebSockets, live data and phones", registers: [registry] });
  const signIns = new Counter({ name: "allo_sign_ins_total", help: "Attempts to sign in", labelNames: ["outcome"], registers: [registry] });
  return {
    registry,
    contentType: registry.contentType,
    print: () => registry.metrics(),
    httpRequest: ({ method, route, status, ms }) => {
      requests.observe({ method, route, status: String(status) }, ms / 1_000);
    },
    socketsOpen: (count) => {
      sockets.set(count);
    },
    signIn: (outcome) => {
      signIns.inc({ outcome });
    },
  };
}
