import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SipFlow } from "@allo/sip";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createFlowHub, type FlowHub, type FlowHubOptions, type OwnCertificate } from "./index.ts";

const REQUEST = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TLS h;branch=z9hG4bK1\r\nContent-Length: 0\r\n\r\n";

let folder = "";
let first: OwnCertificate;
let second: OwnCertificate;
const hubs: FlowHub[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "allo-tls-flow-"));
  const make = (name: string): OwnCertificate => {
    const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
    execFileSync(
      "openssl",
      ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"].concat([
        "-keyout",
        key,
        "-out",
        cert,
        "-subj",
        `/CN=${name}`,
        "-addext",
        "subjectAltName=DNS:carrier.example",
      ]),
      { stdio: "ignore" },
    );
    return { certPem: readFileSync(cert, "utf8"), keyPem: readFileSync(key, "utf8") };
  };
  first = make("first");
  second = make("second");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  await Promise.all(hubs.splice(0).map((hub) => hub.close()));
});

function makeHub(over: Partial<FlowHubOptions> = {}) {
  const messages: { flow: SipFlow; text: string }[] = [];
  const closed: string[] = [];
  const hub = createFlowHub({
    onMessage: (flow, bytes) => messages.push({ flow, text: Buffer.from(bytes).toString() }),
    onFlowClosed: (_flow, reason) => closed.push(reason),
    ...over,
  });
  hubs.push(hub);
  return { hub, messages, closed };
}
const trust = (certificate: OwnCertificate | null, fingerprint: string | null = null) => ({
  name: "carrier.example",
  caPem: certificate?.certPem ?? null,
  fingerprint,
});
const fingerprintOf = (certificate: OwnCertificate) => new X509Certificate(certificate.certPem).fingerprint256;

describe("a TLS flow", () => {
  it("carries messages both ways over one connection that is shared, and keeps it alive by CRLF", async () => {
    const server = makeHub();
    const listener = await server.hub.listenTls({ address: "127.0.0.1", port: 0, certificate: first });
    const client = makeHub({ limits: { keepAliveMs: 20 } });
    const [flow, same] = await Promise.all([
      client.hub.connectTls(listener.local, trust(first), { address: "192.0.2.1", port: 5061 }),
      client.hub.connectTls(listener.local, trust(first)),
    ]);
    expect(same.id).toBe(flow.id);
    expect(flow).toMatchObject({ transport: "tls", local: { address: "192.0.2.1", port: 5061 } });
    client.hub.send(flow.id, null, Buffer.from(REQUEST));
    await expect.poll(() => server.messages.map((message) => message.text)).toEqual([REQUEST]);
    server.hub.send((server.messages[0] as { flow: SipFlow }).flow.id, null, Buffer.from(REQUEST));
    await expect.poll(() => client.messages.length).toBe(1);
    // The pongs of the keep-alive are no messages, and end nothing.
    expect([client.closed, server.closed]).toEqual([[], []]);
  });

  it("is refused where the peer's certificate comes from a stranger, is for another name, or isn't the pinned one", async () => {
    const server = makeHub();
    const listener = await server.hub.listenTls({ address: "127.0.0.1", port: 0, certificate: first });
    const { hub } = makeHub();
    const refused = { code: "certificateRefused" };
    await expect(hub.connectTls(listener.local, trust(null))).rejects.toMatchObject(refused);
    await expect(hub.connectTls(listener.local, { ...trust(first), name: "other.example" })).rejects.toMatchObject(refused);
    await expect(hub.connectTls(listener.local, trust(null, fingerprintOf(second)))).rejects.toMatchObject(refused);
    expect((await hub.connectTls(listener.local, trust(null, fingerprintOf(first)))).transport).toBe("tls");
    await expect(hub.connectTls({ address: "127.0.0.1", port: 1 }, trust(first))).rejects.toMatchObject({ code: "connectFailed" });
  });

  it("stands while the certificate changes; new ones see the new one", async () => {
    const server = makeHub();
    const listener = await server.hub.listenTls({ address: "127.0.0.1", port: 0, certificate: first });
    const old = makeHub();
    const flow = await old.hub.connectTls(listener.local, trust(first));
    listener.setCertificate(second);
    await expect(makeHub().hub.connectTls(listener.local, trust(first))).rejects.toMatchObject({ code: "certificateRefused" });
    await makeHub().hub.connectTls(listener.local, trust(second));
    expect(old.hub.send(flow.id, null, Buffer.from(REQUEST))).toBe(true);
    await expect.poll(() => server.messages.length).toBe(1);
  });

  it("is turned away before the handshake where its source isn't accepted, and ended where it never shakes hands", async () => {
    const strangers = makeHub({ accepts: () => false });
    const closedDoor = await strangers.hub.listenTls({ address: "127.0.0.1", port: 0, certificate: first });
    const silent = async (port: number): Promise<void> => {
      const socket: Socket = connect(port, "127.0.0.1");
      socket.on("error", () => socket.destroy());
      await once(socket, "close");
    };
    await silent(closedDoor.local.port);
    const slow = makeHub({ limits: { handshakeMsMax: 50 } });
    const openDoor = await slow.hub.listenTls({ address: "127.0.0.1", port: 0, certificate: first });
    await silent(openDoor.local.port);
    expect(slow.hub.flowCount()).toBe(0);
  });
});
