// How phones of others get in: the one-time link by which one sets itself up, and the door of softphones that speak WebSocket.
import { createHash } from "node:crypto";
import type { DeviceSecret } from "@allo/contract";
import { hasLinphone, linphonePhone } from "@allo/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { phoneLinkLimits } from "../modules/directory/index.ts";
import { makeOrganisation, rowsOf, startTestCore, Visitor, type TestCore } from "./fixtures/test-core.ts";

let test: TestCore;
let anna: Visitor;
let url: string;
const came: { remoteAddress: string; localPort: number }[] = [];
const blocked = new Set<string>();
let isFull = false;

beforeAll(async () => {
  test = await startTestCore({
    trustedProxies: ["127.0.0.1"],
    softphoneOrigins: ["https://crm.example"],
    softphones: {
      mayOpen: () => !isFull,
      isBlocked: (address) => blocked.has(address),
      onSocket: (socket, place) => {
        came.push(place);
        socket.close(1000);
      },
    },
  });
  ({ administrator: anna } = await makeOrganisation(test));
  ({ url } = await test.core.http.listen());
});
afterAll(async () => {
  await test?.close();
});

const add = async (name = 'Reception & "desk"'): Promise<DeviceSecret> =>
  (await anna.call("POST", "/devices", { name, personId: null })).json<DeviceSecret>();
const pathOf = (secret: DeviceSecret): string => new URL(secret.link.url).pathname.replace("/api/v1", "");
/** Whoever has the link and nothing else. */
const phone = (): Visitor => new Visitor(test.core);
const ha1 = (user: string, password: string): string => createHash("sha256").update(`${user}:allo:${password}`).digest("hex");
const entry = (xml: string, name: string): string | undefined =>
  new RegExp(`<entry name="${name}" overwrite="true">([^<]*)</entry>`).exec(xml)?.[1];

describe("a phone sets itself up by a link", () => {
  it("once: whoever comes second finds nothing, and the first has what it needs to register", async () => {
    const secret = await add();
    const answer = await phone().call("GET", `${pathOf(secret)}.tcp`);
    expect([answer.statusCode, answer.headers["content-type"], answer.headers["cache-control"]]).toEqual([
      200,
      "application/xml; charset=utf-8",
      "no-store",
    ]);
    expect(entry(answer.body, "username")).toBe(secret.username);
    expect(entry(answer.body, "passwd")).toBe(secret.password);
    expect(entry(answer.body, "reg_proxy")).toBe(`&lt;sip:${secret.domain}:5070;transport=tcp&gt;`);
    expect(entry(answer.body, "reg_identity")).toBe(
      `&quot;Reception &amp; \\&quot;desk\\&quot;&quot; &lt;sip:${secret.username}@${secret.domain}&gt;`,
    );
    expect(test.core.directory.edgeConfig().devices.find(({ username }) => username === secret.username)?.ha1Sha256).toBe(
      ha1(secret.username, secret.password),
    );
    expect((await phone().call("GET", pathOf(secret))).statusCode).toBe(404);
    expect(test.core.directory.edgeConfig().devices.find(({ username }) => username === secret.username)?.offersSrtp).toBe(false);
  });

  it("of two that come at once one gets it", async () => {
    const secret = await add("Two at once");
    const answers = await Promise.all([phone().call("GET", pathOf(secret)), phone().call("GET", pathOf(secret))]);
    expect(answers.map(({ statusCode }) => statusCode).toSorted()).toEqual([200, 404]);
  });

  it("not by a look at the headers, nor by a file that we don't make; a Grandstream phone asks for its own", async () => {
    const secret = await add("Hall");
    const look = await fetch(`${url}/api/v1${pathOf(secret)}`, { method: "HEAD" });
    expect(look.status).toBe(404);
    for (const file of ["cfg000b82aabbcc", "firmware.bin", "cfg..%2Fx.xml"])
      expect((await phone().call("GET", `${pathOf(secret)}.tls/${file}`)).statusCode).toBe(404);
    const answer = await phone().call("GET", `${pathOf(secret)}.tls/cfg000b82aabbcc.xml`);
    expect(answer.body).toContain(`<P34>${secret.password}</P34>`);
    expect(answer.body).toContain("<P130>2</P130>");
    // Told to seal its audio, it is called with sealed audio.
    expect(test.core.directory.edgeConfig().devices.find(({ username }) => username === secret.username)?.offersSrtp).toBe(true);
  });

  it("not after its time, nor after another password, nor when the phone is retired", async () => {
    const late = await add("Late");
    const renewed = await add("Renewed");
    const retired = await add("Retired");
    const next = (await anna.call("POST", `/devices/${renewed.device.deviceId}/renew`)).json<DeviceSecret>();
    expect(next.username).toBe(renewed.username);
    expect(next.password).not.toBe(renewed.password);
    expect((await phone().call("GET", pathOf(renewed))).statusCode).toBe(404);
    await anna.call("POST", `/devices/${retired.device.deviceId}/retire`);
    expect((await phone().call("GET", pathOf(retired))).statusCode).toBe(404);
    expect((await anna.call("POST", `/devices/${retired.device.deviceId}/renew`)).statusCode).toBe(409);
    test.advance(phoneLinkLimits.validMs);
    expect((await phone().call("GET", pathOf(late))).statusCode).toBe(404);
    expect((await phone().call("GET", pathOf(next))).statusCode).toBe(404);
    // The password itself stands: only the link has lapsed.
    expect(test.core.directory.edgeConfig().devices.find(({ username }) => username === next.username)?.ha1Sha256).toBe(
      ha1(next.username, next.password),
    );
  });

  it("and neither table, log nor audit knows password or link; the audit knows that it was fetched, and from where", async () => {
    const secret = await add("Secret");
    const token = pathOf(secret).split("/").at(-1) ?? "";
    const before = (await rowsOf(test, "directory.phone_link")).join("\n");
    expect(before).toContain(secret.device.deviceId);
    await phone().call("GET", `${pathOf(secret)}.tcp`);
    const after = (await rowsOf(test, "directory.phone_link")).find((row) => row.includes(secret.device.deviceId)) ?? "";
    const audit = (await rowsOf(test, "identity.audit")).join("\n");
    for (const text of [before, after, audit, test.logged()]) {
      expect(text).not.toContain(secret.password);
      expect(text).not.toContain(token);
      expect(text).not.toContain(Buffer.from(secret.password).toString("hex"));
    }
    const { items } = (await anna.call("GET", "/audit?objectType=device")).json<{
      items: { action: string; objectId: string; after: object; address: string }[];
    }>();
    expect(items[0]).toMatchObject({
      action: "device.setUp",
      objectId: secret.device.deviceId,
      after: { by: "linphone", transport: "tcp" },
      address: "127.0.0.1",
    });
  });

  (hasLinphone() ? it : it.skip)("which Linphone takes as it starts, spends and makes its account of", async () => {
    const secret = await add("Linphone");
    const linphone = linphonePhone({ configUrl: `${url}/api/v1${pathOf(secret)}.udp`, toneHz: 440 });
    onTestFinished(() => linphone.close());
    // Nobody answers at that port: it has an account now and tries to register.
    await expect.poll(() => linphone.output()).toContain("registered=-1");
    expect((await phone().call("GET", pathOf(secret))).statusCode).toBe(404);
  });

  it("and who tries links is soon told to wait", async () => {
    const statuses: number[] = [];
    for (let count = 0; count <= phoneLinkLimits.attemptsPerAddressMax; count += 1)
      statuses.push(
        (
          await phone().call("GET", `/phone-setup/${"x".repeat(43)}`, undefined, {
            "x-forwarded-for": "203.0.113.77",
            "x-forwarded-proto": "https",
          })
        ).statusCode,
      );
    expect(statuses.at(0)).toBe(404);
    expect(statuses.at(-1)).toBe(429);
    const secret = await add("Another address");
    expect((await phone().call("GET", pathOf(secret))).statusCode).toBe(200);
  });
});

describe("the door of softphones", () => {
  /** The close code of a socket that was let in, or the status that it was refused with; 0: cut off without a word. */
  const knock = (over: { origin?: string; protocols?: string[]; headers?: Record<string, string>; path?: string } = {}): Promise<number> =>
    new Promise((resolve) => {
      const { origin, protocols = ["sip"], headers = {}, path = "/sip" } = over;
      const socket = new WebSocket(url.replace("http", "ws") + path, protocols, { headers, ...(origin === undefined ? {} : { origin }) });
      socket.once("unexpected-response", (_request, response) => {
        resolve(response.statusCode ?? 0);
        socket.terminate();
      });
      socket.on("error", () => resolve(0));
      socket.once("close", (code) => resolve(code));
    });

  it("is open to programs, to our own pages and to those that are listed, and to no other page", async () => {
    expect(await knock()).toBe(1000);
    expect(await knock({ origin: url })).toBe(1000);
    expect(await knock({ origin: "https://crm.example" })).toBe(1000);
    expect(await knock({ origin: "https://evil.example" })).toBe(403);
    expect(await knock({ origin: "null" })).toBe(403);
    expect(await knock({ protocols: [] })).toBe(400);
    expect(await knock({ path: "/sip/more" })).toBe(404);
    expect(came.at(-1)).toMatchObject({ remoteAddress: "127.0.0.1", localPort: Number(new URL(url).port) });
  });

  it("knows who comes through a proxy, says nothing to whom the exchange doesn't answer, and nobody is let in when it is full", async () => {
    const through = { "x-forwarded-for": "198.51.100.9", "x-forwarded-proto": "https" };
    expect(await knock({ headers: through })).toBe(1000);
    expect(came.at(-1)).toMatchObject({ remoteAddress: "198.51.100.9" });
    blocked.add("198.51.100.9");
    expect(await knock({ headers: through })).toBe(0);
    isFull = true;
    expect(await knock()).toBe(503);
    isFull = false;
  });
});
