// Loaded into core before it starts (`--import`): notes when it had a request that ends a wrap-up, when that wrap-up went to PostgreSQL
// and was there, and when it gave each offer to the agent's socket. The program itself is unchanged; its own clock is the machine's.
import { subscribe } from "node:diagnostics_channel";
import { appendFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { createRequire } from "node:module";
import { isMainThread } from "node:worker_threads";

/** `at` in milliseconds since 1970, with fractions. */
export type Mark =
  | { readonly what: "arrived"; readonly contactId: string; readonly at: number }
  | { readonly what: "committed"; readonly contactId: string; readonly asked: number; readonly at: number }
  | { readonly what: "offered"; readonly offerId: string; readonly at: number };

export const WATCH_FILE = "ALLO_BENCH_WATCH";
const WRITE_EVERY_MS = 500;
const path = process.env[WATCH_FILE];

export function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}

if (path !== undefined && isMainThread && /core[/\\]main/.test(process.argv[1] ?? "")) watch(path);

function watch(file: string): void {
  // As core itself finds them.
  const requireAsCore = createRequire(new URL("../apps/server/src/core/main.ts", import.meta.url));
  const { Client } = requireAsCore("pg") as { readonly Client: { readonly prototype: { query: AnyMethod } } };
  const { WebSocket } = requireAsCore("ws") as { readonly WebSocket: { readonly prototype: { send: AnyMethod } } };
  let marks: Mark[] = [];
  const write = (): void => {
    if (marks.length > 0) appendFileSync(file, marks.map((mark) => `${JSON.stringify(mark)}\n`).join(""));
    marks = [];
  };
  setInterval(write, WRITE_EVERY_MS).unref();
  process.on("exit", write);

  subscribe("http.server.request.start", (message) => {
    const { url } = (message as { readonly request: IncomingMessage }).request;
    const contactId = /\/contacts\/([^/]+)\/wrap-up$/.exec(url ?? "")?.[1];
    if (contactId !== undefined) marks.push({ what: "arrived", contactId, at: preciseNow() });
  });

  const { query } = Client.prototype;
  Client.prototype.query = function watched(...given) {
    const asked = preciseNow();
    const result: unknown = Reflect.apply(query, this, given);
    const coded = contactsCoded(given[0]);
    if (coded.length > 0 && result instanceof Promise) {
      const noted = (): void => {
        const at = preciseNow();
        for (const contactId of coded) marks.push({ what: "committed", contactId, asked, at });
      };
      void result.then(noted, () => undefined);
    }
    return result;
  };

  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function watched(...given) {
    Reflect.apply(send, this, given);
    const [text] = given;
    if (typeof text !== "string" || !text.includes('"state":"ringing"')) return;
    const offerId = /"offerId":"([^"]+)"/.exec(text)?.[1];
    if (offerId !== undefined) marks.push({ what: "offered", offerId, at: preciseNow() });
  };
}

type AnyMethod = (this: unknown, ...given: readonly unknown[]) => unknown;

/** Whose code is among the rows of this statement of the log. */
function contactsCoded(statement: unknown): readonly string[] {
  if (typeof statement !== "object" || statement === null || !("name" in statement) || !("values" in statement)) return [];
  if (typeof statement.name !== "string" || !statement.name.startsWith("log ") || !Array.isArray(statement.values)) return [];
  return statement.values.flatMap((rows: unknown) =>
    typeof rows === "string" && rows.includes('"contactCoded"')
      ? (JSON.parse(rows) as { readonly kind?: string; readonly contact_id?: string }[]).flatMap((row) =>
          row.kind === "contactCoded" && row.contact_id !== undefined ? [row.contact_id] : [],
        )
      : [],
  );
}
