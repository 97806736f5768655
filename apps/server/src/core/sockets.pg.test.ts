// The server as a browser meets it: pages, operations, the live socket and the phone's.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LiveFromClient, LiveFromServer, Me } from "@allo/contract";
import { applyLivePatch, LiveLimits } from "@allo/contract";
import type { PersonId } from "@allo/kernel";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { Principal } from "../platform/http.ts";
import { addPerson, makeOrganisation, startTestCore, type TestCore, type Visitor } from "./fixtures/test-core.ts";

let test: TestCore;
let anna: Visitor;
let me: Me;
let url: string;
let deskFolder: string;
const phones: { principal: Principal; remoteAddress: string; localAddress: string; socket: WebSocket }[] = [];
const opened: Peer[] = [];
let floor: { at: number; agents: { personId: string; state: string }[] };

/** A browser's WebSocket that remembers what it heard. */
class Peer {
  readonly heard: LiveFromServer[] = [];
  readonly socket: WebSocket;
  readonly refused: Promise<number>;
  #wake: (() => void)[] = [];
  closeCode: number | null = null;
  constructor(path: string, { cookie = anna.cookie, origin = url, protocols = [] as string[], answerPings = true } = {}) {
    this.socket = new WebSocket(url.replace("http", "ws") + path, protocols, { headers: { cookie }, ...(origin === "" ? {} : { origin }) });
    this.refused = new Promise((resolve) =>
      this.socket.once("unexpected-response", (_request, response) => {
        resolve(response.statusCode ?? 0);
        this.socket.terminate();
      }),
    );
    this.socket.on("error", () => undefined);
    this.socket.on("message", (data) => {
      const message = JSON.parse(String(data)) as LiveFromServer;
      this.heard.push(message);
      if (message.kind === "ping" && answerPings) this.say({ kind: "pong" });
      this.#wakeAll();
    });
    this.socket.on("close", (code) => {
      this.closeCode = code;
      this.#wakeAll();
    });
    opened.push(this);
  }
  say(message: LiveFromClient): void {
    this.socket.send(JSON.stringify(message));
  }
  async until<T>(find: () => T | undefined | null | false): Promise<T> {
    for (;;) {
      const found = find();
      if (found !== undefined && found !== null && found !== false) return found;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }
  hears<K extends LiveFromServer["kind"]>(kind: K, nth = 0): Promise<Extract<LiveFromServer, { kind: K }>> {
    return this.until(() => this.heard.filter((each): each is Extract<LiveFromServer, { kind: K }> => each.kind === kind)[nth]);
  }
  closed(): Promise<number> {
    return this.until(() => (this.closeCode === null ? null : { code: this.closeCode })).then(({ code }) => code);
  }
  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

beforeAll(async () => {
  deskFolder = mkdtempSync(join(tmpdir(), "allo-desk-"));
  mkdirSync(join(deskFolder, "assets"));
  writeFileSync(join(deskFolder, "index.html"), "<!doctype html><title>Allo</title>");
  writeFileSync(join(deskFolder, "assets", "app-1a2b.js"), "export {};");
  test = await startTestCore({
    deskFolder,
    onPhoneSocket: (socket, principal, addresses) => phones.push({ socket, principal, ...addresses }),
  });
  ({ administrator: anna, me } = await makeOrganisation(test));
  floor = { at: 1, agents: [] };
  test.core.live.provide("floor", {
    key: (principal) => principal.organisationId,
    allowed: (principal) => principal.permissions.has("floor.read"),
    snapshot: () => Promise.resolve(structuredClone(floor) as never),
  });
  test.core.live.provide("desk", {
    key: (principal) => principal.personId,
    allowed: (principal) => principal.permissions.has("desk.work"),
    snapshot: () => Promise.resolve({} as never),
  });
  ({ url } = await test.core.http.listen());
});
afterEach(() => {
  for (const peer of opened.splice(0)) peer.socket.terminate();
});
afterAll(async () => {
  await test?.close();
  rmSync(deskFolder, { recursive: true, force: true });
});

describe("pages and operations", () => {
  it("serves the desk with a strict policy, its routes by the same page, its assets for ever", async () => {
    for (const path of ["/", "/floor", "/link/abc"]) {
      const page = await fetch(url + path, { headers: { accept: "text/html" } });
      expect(page.status).toBe(200);
      expect(await page.text()).toContain("<title>Allo</title>");
      const policy = page.headers.get("content-security-policy") ?? "";
      expect(policy).toContain("script-src 'self';");
      expect(policy).toContain("connect-src 'self'");
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("upgrade-insecure-requests");
      expect(page.headers.get("x-content-type-options")).toBe("nosniff");
      expect(page.headers.get("cache-control")).toBe("no-cache");
    }
    expect((await fetch(`${url}/assets/app-1a2b.js`)).headers.get("cache-control")).toContain("immutable");
    for (const path of ["/assets/gone.js", "/api/v1/nothing", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd"]) {
      const missing = await fetch(url + path, { headers: { accept: "*/*" } });
      expect([missing.status, missing.headers.get("content-type")]).toEqual([404, "application/problem+json"]);
    }
  });

  it("says how it is, and gives its figures to this machine only", async () => {
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: "ok" });
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: "ready", parts: { database: true } });
    const figures = await (await fetch(`${url}/metrics`)).text();
    expect(figures).toContain("allo_http_request_seconds_bucket");
    expect(figures).toContain("allo_websockets_open");
    expect((await fetch(`${url}/metrics`, { headers: { "x-forwarded-for": "203.0.113.7" } })).status).toBe(401);
    expect((await fetch(`${url}/metrics`, { headers: { "x-forwarded-for": "203.0.113.7", cookie: anna.cookie } })).status).toBe(200);
  });

  it("answers everything wrong as a problem", async () => {
    const send = (body: string, type = "application/json") =>
      fetch(`${url}/api/v1/session`, { method: "POST", body, headers: { "content-type": type, origin: url } });
    const read = async (answer: Response) => [
      answer.status,
      answer.headers.get("content-type"),
      ((await answer.json()) as { code: string }).code,
    ];
    const problem = "application/problem+json";
    expect(await read(await send("{"))).toEqual([400, problem, "invalidInput"]);
    expect(await read(await send('{"email":"a@b"}'))).toEqual([400, problem, "invalidInput"]);
    expect(await read(await send('{"email":1,"password":"x"}'))).toEqual([400, problem, "invalidInput"]);
    expect(await read(await send("x", "text/plain"))).toEqual([415, problem, "unsupportedMediaType"]);
    expect(await read(await send(JSON.stringify({ email: "a@b", password: "x".repeat(1_100_000) })))).toEqual([
      413,
      problem,
      "fileTooLarge",
    ]);
    const fields = (await (await send('{"email":"a@b"}')).json()) as { fields: { path: string; code: string }[] };
    expect(fields.fields[0]?.code).toBe("required");
  });
});

describe("the live socket", () => {
  it("is only for pages of ours with a session", async () => {
    expect(await new Peer("/api/v1/live", { cookie: "" }).refused).toBe(401);
    expect(await new Peer("/api/v1/live", { cookie: "allo_session=wrong" }).refused).toBe(401);
    expect(await new Peer("/api/v1/live", { origin: "https://evil.example" }).refused).toBe(403);
    expect(await new Peer("/api/v1/live", { origin: "" }).refused).toBe(403);
    expect(await new Peer("/api/v1/other").refused).toBe(404);
  });

  it("gives a snapshot, then numbered deltas, and goes on after a lost connection", async () => {
    const peer = new Peer("/api/v1/live");
    expect((await peer.hears("hello")).version).toBe("0.0.0-test");
    peer.say({ kind: "subscribe", topic: "floor" });
    const snapshot = await peer.hears("snapshot");
    expect([snapshot.topic, snapshot.state]).toEqual(["floor", floor]);
    const organisation = me.organisation.organisationId;
    const change = (id: string, state: string) =>
      test.core.live.publish("floor", organisation, {
        op: "rows",
        list: "agents",
        key: "personId",
        upsert: [{ personId: id, state }],
        remove: [],
      });
    change("per_1", "ready");
    change("per_2", "talking");
    test.core.live.publish("floor", "org_other", { op: "merge", state: { at: 666 } });
    const second = await peer.hears("delta", 1);
    expect(second.sequence).toBe(snapshot.sequence + 2);
    peer.socket.terminate();
    change("per_1", "notReady");

    const again = new Peer("/api/v1/live");
    await again.hears("hello");
    again.say({ kind: "subscribe", topic: "floor", after: { stream: second.stream, sequence: second.sequence } });
    const missed = await again.hears("delta");
    expect([missed.sequence, again.heard.some((each) => each.kind === "snapshot")]).toEqual([second.sequence + 1, false]);
    let state = snapshot.state as unknown as object;
    for (const delta of [...peer.heard, ...again.heard]) if (delta.kind === "delta") state = applyLivePatch(state, delta.patch);
    expect(state).toEqual({
      at: 1,
      agents: [
        { personId: "per_1", state: "notReady" },
        { personId: "per_2", state: "talking" },
      ],
    });

    const stale = new Peer("/api/v1/live");
    await stale.hears("hello");
    for (let count = 0; count < LiveLimits.deltasKeptPerTopic + 1; count += 1) change("per_1", `state ${count}`);
    stale.say({ kind: "subscribe", topic: "floor", after: { stream: second.stream, sequence: second.sequence } });
    expect((await stale.hears("snapshot")).sequence).toBe(second.sequence + 1 + LiveLimits.deltasKeptPerTopic + 1);
  });

  it("tells of changes of the setup, and hides what isn't granted", async () => {
    const { visitor } = await addPerson(test.core, anna, { name: "Agent", email: "agent@example.com", roles: ["agent"] });
    const peer = new Peer("/api/v1/live", { cookie: visitor.cookie });
    await peer.hears("hello");
    peer.say({ kind: "subscribe", topic: "floor" });
    peer.say({ kind: "subscribe", topic: "setup" });
    const snapshot = await peer.hears("snapshot");
    expect(snapshot.topic).toBe("setup");
    await anna.call("POST", "/wrap-up-codes", { names: { en: "New", ru: "", fa: "" } });
    const delta = await peer.hears("delta");
    expect(delta.patch).toMatchObject({ op: "replace", state: { changed: ["wrapUpCodes"] } });
    expect(peer.heard.some((each) => "topic" in each && each.topic === "floor")).toBe(false);
  });

  it("ends with its session, and hears when a person's last desk closes or falls silent", async () => {
    const events: { personId: PersonId; online: boolean }[] = [];
    test.core.live.onPresence((event) => events.push({ personId: event.personId, online: event.online }));
    const { visitor, me: person } = await addPerson(test.core, anna, { name: "Tabs", email: "tabs@example.com", roles: ["agent"] });
    const tabs = [new Peer("/api/v1/live", { cookie: visitor.cookie }), new Peer("/api/v1/live", { cookie: visitor.cookie })];
    for (const tab of tabs) {
      await tab.hears("hello");
      tab.say({ kind: "subscribe", topic: "desk" });
      await tab.hears("snapshot");
    }
    expect(events).toEqual([{ personId: person.personId, online: true }]);
    tabs[0]!.socket.close();
    await tabs[0]!.closed();
    expect(events).toHaveLength(1);
    await anna.call("POST", `/people/${person.personId}/block`);
    await tabs[1]!.hears("sessionEnded");
    expect(await tabs[1]!.closed()).toBe(4401);
    expect(events).toEqual([
      { personId: person.personId, online: true },
      { personId: person.personId, online: false },
    ]);
    const silent = new Peer("/api/v1/live", { answerPings: false });
    await silent.hears("hello");
    test.advance(LiveLimits.silenceBeforeLostMs + 1);
    await silent.closed();
  });

  it("cuts who sends what the contract doesn't have", async () => {
    for (const text of ["not json", '{"kind":"subscribe","topic":"everything"}', "[]", "null"]) {
      const peer = new Peer("/api/v1/live");
      await peer.hears("hello");
      peer.socket.send(text);
      expect(await peer.closed()).toBe(4002);
    }
    const flood = new Peer("/api/v1/live");
    await flood.hears("hello");
    flood.socket.send("x".repeat(20_000));
    expect(await flood.closed()).toBe(1009);
  });
});

describe("the browser phone's socket", () => {
  it("needs a session, an origin of ours, the subprotocol and the right to work at a desk", async () => {
    expect(await new Peer("/api/v1/phone", { cookie: "", protocols: ["sip"] }).refused).toBe(401);
    expect(await new Peer("/api/v1/phone", { origin: "https://evil.example", protocols: ["sip"] }).refused).toBe(403);
    expect(await new Peer("/api/v1/phone").refused).toBe(400);
    const peer = new Peer("/api/v1/phone", { protocols: ["other", "sip"] });
    await new Promise((resolve) => peer.socket.once("open", resolve));
    expect(peer.socket.protocol).toBe("sip");
    expect(phones.at(-1)).toMatchObject({ principal: { personId: me.personId }, remoteAddress: "127.0.0.1", localAddress: "127.0.0.1" });
  });

  it("ends when the person signs out", async () => {
    const { visitor } = await addPerson(test.core, anna, { name: "Phone", email: "phone@example.com", roles: ["agent"] });
    const peer = new Peer("/api/v1/phone", { cookie: visitor.cookie, protocols: ["sip"] });
    await new Promise((resolve) => peer.socket.once("open", resolve));
    await visitor.call("DELETE", "/session");
    expect(await peer.closed()).toBe(4401);
  });
});
