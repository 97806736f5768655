// The program as another machine of the network meets it: by this machine's own outside address, with real TLS.
import { once } from "node:events";
import { readdirSync, statSync } from "node:fs";
import { request, type IncomingHttpHeaders } from "node:http";
import { request as secureRequest } from "node:https";
import { join } from "node:path";
import type { AccessState, AuditEntry } from "@allo/contract";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { inUrl, outsideAddresses } from "../platform/tls/index.ts";
import { makeOrganisation, PASSWORD, startTestCore, type TestCore, type Visitor } from "./fixtures/test-core.ts";

const outside = outsideAddresses().find((address) => !address.includes(":"));
let test: TestCore;
let anna: Visitor;

afterEach(async () => {
  await test?.close();
});

type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string };
type Asked = { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string };

function ask(url: string, { method = "GET", headers = {}, body }: Asked = {}, ca?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith("https:") ? secureRequest : request;
    const sent = send(url, { method, headers, ...(ca === undefined ? {} : { ca }) }, (answer) => {
      let text = "";
      answer.on("data", (chunk: Buffer) => (text += String(chunk)));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

const stateOf = async (visitor: Visitor): Promise<AccessState> => (await visitor.call("GET", "/access")).json<AccessState>();
const signIn = JSON.stringify({ email: "anna@example.com", password: PASSWORD });

describe.skipIf(outside === undefined)("let in from the local network", () => {
  let plain: string;
  let secure: string;
  let ca: string;

  beforeEach(async () => {
    test = await startTestCore();
    anna = (await makeOrganisation(test)).administrator;
    const { port } = await test.core.http.listen();
    await test.core.access.start();
    plain = `http://${inUrl(outside!)}:${port}`;
    secure = plain.replace("http:", "https:");
    expect(await stateOf(anna)).toMatchObject({
      mode: "none",
      authority: null,
      reach: { isReachable: false, canChange: true, fixedBy: null },
    });
    await expect(ask(`${plain}/healthz`)).rejects.toThrow();
    const opened = await anna.call("PUT", "/access/reach", { isReachable: true });
    expect(opened.statusCode).toBe(200);
    ca = (await ask(`${plain}/install/allo-ca.pem`)).body;
  });

  it("serves everything over HTTPS by a certificate of its own authority, at once", async () => {
    const state = await stateOf(anna);
    expect(state).toMatchObject({ mode: "local", reach: { isReachable: true }, install: { url: `${plain}/install`, isReachable: true } });
    expect(state.addresses).toContainEqual({ url: `${secure}/`, kind: "localNetwork", isSecure: true, isCovered: true });
    const made = await ask(
      `${secure}/api/v1/session`,
      { method: "POST", body: signIn, headers: { origin: secure, "content-type": "application/json" } },
      ca,
    );
    expect(made.status).toBe(200);
    expect(made.headers["set-cookie"]?.[0]).toMatch(/^__Host-allo_session=.*; Secure/);
    expect(made.headers["strict-transport-security"]).toBeUndefined(); // who hasn't the authority must still see the install page
    const cookie = made.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    expect((await ask(`${secure}/api/v1/session`, { headers: { cookie } }, ca)).status).toBe(200);

    const foreign = { method: "POST", body: signIn, headers: { origin: plain, "content-type": "application/json" } };
    expect((await ask(`${secure}/api/v1/session`, foreign, ca)).status).toBe(403);

    const socket = new WebSocket(`${secure.replace("https", "wss")}/api/v1/live`, { ca, origin: secure, headers: { cookie } });
    await once(socket, "open");
    socket.terminate();
  });

  it("shows in plain HTTP only what leads to HTTPS, and sets no cookie", async () => {
    for (const path of ["/", "/desk?x=1", "/assets/a.js", "/metrics"]) {
      const answer = await ask(`${plain}${path}`, { headers: { accept: "text/html" } });
      expect([answer.status, answer.headers.location]).toEqual([307, `${secure}${path}`]);
    }
    for (const [method, path] of [
      ["GET", "/api/v1/session"],
      ["GET", "/api/v1/setup"],
      ["POST", "/api/v1/session"],
      ["POST", "/"],
    ] as const) {
      const answer = await ask(`${plain}${path}`, {
        method,
        headers: { origin: plain, ...(method === "POST" ? { "content-type": "application/json" } : {}) },
        ...(method === "POST" ? { body: signIn } : {}),
      });
      expect([path, answer.status, answer.headers["set-cookie"]]).toEqual([path, 403, undefined]);
      expect(answer.body).toContain("httpsNeeded");
    }
    expect((await ask(`${plain}/`, { headers: { host: "evil.example/<script>" } })).status).toBeGreaterThanOrEqual(400);
    const socket = new WebSocket(`${plain.replace("http", "ws")}/api/v1/live`, { origin: plain, headers: { cookie: anna.cookie } });
    const [, refused] = (await once(socket, "unexpected-response")) as [unknown, { statusCode: number }];
    expect(refused.statusCode).toBe(403);
    socket.on("error", () => undefined);
    socket.terminate();
    expect((await ask(`${plain}/healthz`)).status).toBe(200);
  });

  it("installs its authority by a page in three languages, whose fingerprint is the one in Setup", async () => {
    const { authority } = await stateOf(anna);
    for (const [language, words] of [
      ["en", "Compare the fingerprint"],
      ["ru", "Сверьте отпечаток"],
      ["fa", 'dir="rtl"'],
    ] as const) {
      const page = await ask(`${plain}/install?lang=${language}`);
      expect(page.status).toBe(200);
      expect(page.body).toContain(words);
      expect(page.body.replaceAll("<wbr>", "")).toContain(authority?.fingerprint);
      expect(page.body.replaceAll("<wbr>", "")).toContain(authority?.thumbprint);
      expect(page.body).toContain(`href="${secure}/"`);
      expect(page.headers["content-security-policy"]).toMatch(/^default-src 'none'; style-src 'sha256-[^']+';/);
      expect(page.headers["content-security-policy"]).not.toContain("unsafe");
      expect(page.body).not.toMatch(/<script|onload|javascript:/i);
    }
    expect((await ask(`${plain}/install`, { headers: { "accept-language": "fa-IR,fa;q=0.9" } })).body).toContain('lang="fa"');
    const hostile = await ask(`${plain}/install`, { headers: { host: 'a"><script>' } });
    expect(hostile.body).not.toContain("<script>");
    const profile = await ask(`${plain}/install/allo-ca.mobileconfig`);
    expect(profile.headers["content-type"]).toContain("application/x-apple-aspen-config");
    expect(profile.body).toContain(ca.replaceAll(/-----[A-Z ]+-----|\s/g, "").slice(0, 60));
    expect((await ask(`${plain}/install/allo-ca.crt`)).headers["content-type"]).toBe("application/x-x509-ca-cert");
    expect((await ask(`${plain}/install/authority.pem`)).status).toBe(307);
    const folder = join(test.dataFolder, "tls");
    for (const file of readdirSync(folder)) expect([file, statSync(join(folder, file)).mode & 0o077]).toEqual([file, 0]);
  });

  it("writes down who opened it, and isn't shut by who would shut himself out", async () => {
    const { items } = (await anna.call("GET", "/audit?objectType=access")).json<{ items: AuditEntry[] }>();
    expect(items).toMatchObject([{ action: "access.reach", before: { isReachable: false }, after: { isReachable: true } }]);
    const made = await ask(
      `${secure}/api/v1/session`,
      { method: "POST", body: signIn, headers: { origin: secure, "content-type": "application/json" } },
      ca,
    );
    const cookie = made.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    const shut = { method: "PUT", body: '{"isReachable":false}', headers: { origin: secure, cookie, "content-type": "application/json" } };
    const refused = await ask(`${secure}/api/v1/access/reach`, shut, ca);
    expect([refused.status, refused.body]).toEqual([409, expect.stringContaining("wouldLockOut")]);

    expect((await anna.call("PUT", "/access/reach", { isReachable: false })).json<AccessState>().reach.isReachable).toBe(false);
    await expect(ask(`${plain}/healthz`)).rejects.toThrow();
  });

  it("leaves doors and certificates to the settings where organisations share the program", async () => {
    await makeOrganisation(test, { email: "other@example.org", number: "100" });
    expect((await stateOf(anna)).reach).toMatchObject({ canChange: false, fixedBy: "otherOrganisations" });
    for (const [method, path, body] of [
      ["PUT", "/access/reach", { isReachable: false }],
      ["PUT", "/access/acme", { name: "desk.example.com", email: "a@example.com", agreesToTerms: true }],
      ["DELETE", "/access/acme", undefined],
    ] as const) {
      const answer = await anna.call(method, path, body);
      expect([path, answer.statusCode, answer.json<{ code: string }>().code]).toEqual([path, 409, "fixedBySettings"]);
    }
  });
});

describe("behind a reverse proxy", () => {
  const lastAddress = async (): Promise<string | undefined> =>
    (await anna.call("GET", "/audit?objectType=session")).json<{ items: AuditEntry[] }>().items[0]?.address;
  const arrive = (headers: Record<string, string>) =>
    test.core.http.app.inject({
      method: "POST",
      url: "/api/v1/session",
      headers: { host: "localhost", "content-type": "application/json", ...headers },
      payload: signIn,
    });

  it("believes a trusted one: address in the audit, Secure cookies, origin by the host that the browser used", async () => {
    test = await startTestCore({ trustedProxies: ["127.0.0.1"] });
    anna = (await makeOrganisation(test)).administrator;
    const forwarded = { "x-forwarded-for": "1.2.3.4, 203.0.113.5", "x-forwarded-proto": "https", "x-forwarded-host": "desk.example.com" };
    const answer = await arrive({ ...forwarded, origin: "https://desk.example.com" });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["set-cookie"]).toMatch(/^__Host-allo_session=.*; Secure/);
    expect(await lastAddress()).toBe("203.0.113.5");
    expect((await arrive({ ...forwarded, origin: "https://localhost" })).statusCode).toBe(403);
    expect((await arrive({ ...forwarded, origin: "http://desk.example.com" })).statusCode).toBe(403);
  });

  it("believes nobody else", async () => {
    test = await startTestCore();
    anna = (await makeOrganisation(test)).administrator;
    const forwarded = { "x-forwarded-for": "203.0.113.5", "x-forwarded-proto": "https", "x-forwarded-host": "desk.example.com" };
    expect((await arrive({ ...forwarded, origin: "https://desk.example.com" })).statusCode).toBe(403);
    const answer = await arrive({ ...forwarded, origin: "http://localhost" });
    expect(answer.headers["set-cookie"]).toMatch(/^allo_session=/);
    expect(await lastAddress()).toBe("127.0.0.1");
  });

  it("counts attempts by who is behind it", async () => {
    test = await startTestCore({ trustedProxies: ["127.0.0.1"] });
    anna = (await makeOrganisation(test)).administrator;
    const left = async (forwardedFor: string) =>
      Number((await arrive({ "x-forwarded-for": forwardedFor, origin: "http://localhost" })).headers["x-ratelimit-remaining"]);
    const first = await left("203.0.113.5");
    expect(await left("203.0.113.5")).toBe(first - 1);
    expect(await left("203.0.113.6")).toBe(first);
    expect(await left("9.9.9.9, 203.0.113.6")).toBe(first - 1); // what the browser wrote itself doesn't count
  });
});

it("keeps a public name's wish and says how it stands, with the terms in view", async () => {
  test = await startTestCore({ acme: { directory: "https://127.0.0.1:1/directory" } });
  anna = (await makeOrganisation(test)).administrator;
  const put = (body: object) => anna.call("PUT", "/access/acme", body);
  expect((await put({ name: "desk.example.com", email: "it@example.com", agreesToTerms: false })).statusCode).toBe(400);
  for (const name of ["10.0.0.1", "desk", "desk..example.com", "-a.example.com", "desk.example.com/", "a b.example.com"])
    expect([name, (await put({ name, email: "it@example.com", agreesToTerms: true })).statusCode]).toEqual([name, 400]);
  const asked = await put({ name: "Desk.Example.com", email: "it@example.com", agreesToTerms: true });
  expect(asked.json<AccessState>()).toMatchObject({ mode: "local", acme: { name: "desk.example.com", email: "it@example.com" } });
  await expect.poll(async () => (await stateOf(anna)).acme.failure?.code).toBe("authorityAway");
  expect((await anna.call("GET", "/access/acme/terms")).json()).toEqual({ termsUrl: null });
  expect((await anna.call("DELETE", "/access/acme")).json<AccessState>().acme).toMatchObject({ state: "off", name: null });
  const { items } = (await anna.call("GET", "/audit?objectType=access")).json<{ items: AuditEntry[] }>();
  expect(items.map(({ action }) => action)).toEqual(["access.acme", "access.acme"]);
});
