// With HTTPS, and with the database gone.
import { request } from "node:https";
import { join } from "node:path";
import { readFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { setupRequest, makeOrganisation, startTestCore, PASSWORD, Visitor, type TestCore } from "./fixtures/test-core.ts";

let test: TestCore | undefined;
afterEach(async () => {
  await test?.close();
  test = undefined;
});

const certPath = join(import.meta.dirname, "fixtures/localhost-cert.pem");
const keyPath = join(import.meta.dirname, "fixtures/localhost-key.pem");

type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string };
function ask(
  url: string,
  options: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      url,
      { method: options.method ?? "GET", headers: options.headers ?? {}, ca: readFileSync(certPath) },
      (answer) => {
        let body = "";
        answer.setEncoding("utf8");
        answer.on("data", (chunk: string) => (body += chunk));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
      },
    );
    asked.on("error", reject);
    asked.end(options.body);
  });
}

describe("over HTTPS", () => {
  it("binds the cookie to the host and to HTTPS, and says so to browsers", async () => {
    test = await startTestCore({ tls: { certPath, keyPath } });
    const { url } = await test.core.http.listen();
    expect(url).toMatch(/^https:/);
    const token = await test.core.identity.prepareSetup();
    const body = JSON.stringify(setupRequest(token ?? ""));
    const send = (origin: string) =>
      ask(`${url}/api/v1/setup`, { method: "POST", body, headers: { "content-type": "application/json", origin } });
    expect((await send(url.replace("https:", "http:"))).status).toBe(403);
    const made = await send(url);
    expect(made.status).toBe(200);
    const cookie = made.headers["set-cookie"]?.[0] ?? "";
    expect(cookie).toMatch(/^__Host-allo_session=[^;]+;.*Secure/);
    expect(cookie).toContain("Path=/");
    expect(made.headers["strict-transport-security"]).toContain("max-age=");
    const session = await ask(`${url}/api/v1/session`, { headers: { cookie: cookie.split(";")[0] ?? "" } });
    expect(session.status).toBe(200);
    const plain = await ask(`${url}/api/v1/session`, { headers: { cookie: (cookie.split(";")[0] ?? "").replace("__Host-", "") } });
    expect(plain.status).toBe(401);
  });
});

describe("with the database gone", () => {
  it("keeps who is signed in and what is set up, and says 503 to the rest", async () => {
    test = await startTestCore();
    const { administrator } = await makeOrganisation(test);
    expect((await administrator.call("GET", "/queues")).statusCode).toBe(200);
    await test.admin.end();
    await test.database.drop();
    test.advance(60_000); // past what is believed without asking
    expect((await administrator.call("GET", "/queues")).statusCode).toBe(200);
    const app = test.core.http.app;
    expect((await app.inject("/readyz")).statusCode).toBe(503);
    expect((await app.inject("/healthz")).statusCode).toBe(200);
    for (const answer of [
      await administrator.call("GET", "/people"),
      await new Visitor(test.core).call("POST", "/session", { email: "anna@example.com", password: PASSWORD }),
      await administrator.call("POST", "/skills", { names: { en: "x", ru: "", fa: "" } }),
    ]) {
      expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([503, "databaseUnavailable"]);
    }
    const unknown = new Visitor(test.core);
    unknown.cookie = `allo_session=${"B".repeat(43)}`;
    expect((await unknown.call("GET", "/queues")).statusCode).toBe(503); // not 401: nobody knows
  });
});
