// Linphone as an agent's phone and as a caller: it reads the configuration that we make for it, registers, and is heard both ways.
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { EdgeConfig, PhoneTransport } from "@allo/contract";
import type { ContactId, DeviceId, NumberId, OfferId, PersonId, PhoneId } from "@allo/kernel";
import { loudness, toneShare } from "@allo/media";
import { baresipDial, hasBaresip, hasLinphone, linphonePhone, type LinphonePhone } from "@allo/testkit";
import { linphoneFile } from "../modules/directory/core/phone-setup.ts";
import type { PlayedCore } from "./fixtures/played-core.ts";
import { startEdge, type StartedEdge } from "./fixtures/started-edge.ts";

const [CALLER_HZ, PHONE_HZ] = [620, 1_000];
const RATE = 8_000;
const USER = "linphone";
const PASSWORD = "a-long-password-of-a-device";
const ha1 = (algorithm: string): string => createHash(algorithm).update(`${USER}:allo:${PASSWORD}`).digest("hex");
const config = (offersSrtp: boolean): EdgeConfig => ({
  version: 1,
  numbers: [
    {
      numberId: "num_1" as NumberId,
      dialled: ["600"],
      allowedNetworks: ["127.0.0.1/32"],
      language: "en",
      technicalAudioIds: [],
      callsMax: 10,
    },
  ],
  devices: [
    {
      deviceId: "dev_1" as DeviceId,
      username: USER,
      realm: "allo",
      ha1Md5: ha1("md5"),
      ha1Sha256: ha1("sha256"),
      dialableNumberIds: ["num_1" as NumberId],
      autoAnswer: false,
      offersSrtp,
    },
  ],
  trunks: [],
  audio: [{ audioId: "music.main", filePath: fileURLToPath(new URL("../../audio/music.main.wav", import.meta.url)), version: 1 }],
  limits: { callsMax: 20, agentMediaTimeoutMs: 2_000 },
});

let edge: StartedEdge | undefined;
let core: PlayedCore;
let ports: StartedEdge["ports"];
let caPem = "";

beforeAll(async () => {
  if (!hasLinphone() || !hasBaresip()) return;
  edge = await startEdge(() => config(false), { ALLO_LOG: "info" });
  ({ core, ports } = edge);
  // Linphone compares names, not addresses.
  const [key, certificate] = [join(edge.folder, "key.pem"), join(edge.folder, "certificate.pem")];
  const made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext".split(" ");
  execFileSync("openssl", [...made, "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate], { stdio: "ignore" });
  caPem = readFileSync(certificate, "utf8");
  core.post({ kind: "ownCertificate", certificate: { certPem: caPem, keyPem: readFileSync(key, "utf8") } });
});
afterAll(() => edge?.stop());

/** Linphone, started with nothing but an address that it fetches its configuration from. */
async function openPhone(transport: PhoneTransport): Promise<LinphonePhone> {
  const { contentType, text } = linphoneFile({
    name: 'Desk "7" & more',
    domain: transport === "tls" ? "localhost" : "127.0.0.1",
    port: transport === "tls" ? ports.tls : ports.phone,
    transport,
    username: USER,
    password: PASSWORD,
  });
  const server = createServer((_request, response) => response.setHeader("content-type", contentType).end(text));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const configUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/phone`;
  const phone = linphonePhone({ configUrl, toneHz: PHONE_HZ, ...(transport === "tls" ? { caPem } : {}) });
  onTestFinished(async () => {
    await phone.close();
    server.closeAllConnections();
    server.close();
  });
  await phone.registered;
  return phone;
}

const able = hasLinphone() && hasBaresip() ? test : test.skip;
const last = (who: { readonly heard: () => Int16Array }): Int16Array => who.heard().slice(-RATE);
async function hears(who: { readonly heard: () => Int16Array }, hz: number): Promise<void> {
  await expect.poll(() => toneShare(last(who), hz), { message: `${hz} Hz is heard` }).toBeGreaterThan(0.6);
}

for (const transport of ["udp", "tls"] as const) {
  able(
    `Linphone over ${transport.toUpperCase()}${transport === "tls" ? " with sealed audio" : ""} is rung, picked up, heard both ways, holds, goes on and hangs up`,
    async () => {
      core.post({ kind: "edgeConfig", config: config(transport === "tls") });
      const from = core.events.length;
      const phone = await openPhone(transport);
      await expect
        .poll(() => core.devices.at(-1)?.state.contacts)
        .toMatchObject([{ transport, userAgent: expect.stringContaining("Linphone") as unknown }]);

      const caller = baresipDial({ uri: `sip:600@127.0.0.1:${ports.sip}`, toneHz: CALLER_HZ, from: "02079460666" });
      onTestFinished(() => caller.kill());
      const { callId } = await core.until("callArrived", from);
      core.command({
        kind: "acceptCall",
        callId,
        contactId: "con_1" as ContactId,
        token: "t",
        greeting: [],
        thenLoop: "music.main",
      });
      await caller.established;
      const [phoneId, offerId] = ["dev_1" as PhoneId, `ofr_${transport}` as OfferId];
      core.command({ kind: "ringPhone", phoneId, audioId: "music.main", offerId, shown: { number: "+442079460666", name: "Bob" } });
      await expect.poll(() => phone.ringing()).toMatch(/Bob.*442079460666/);
      phone.answer();
      await core.until("phoneAnswered", from);
      const personId = "per_1" as PersonId;
      core.command({ kind: "bridge", callId, offerId, phoneId, personId, recording: null, holdLoop: "music.main" });
      await hears(caller, PHONE_HZ);
      await hears(phone, CALLER_HZ);

      phone.hold();
      await core.until("callHeld", from);
      await expect.poll(() => loudness(last(caller)) > 150 && toneShare(last(caller), PHONE_HZ) < 0.1, { message: "music" }).toBe(true);
      phone.resume();
      await hears(caller, PHONE_HZ);
      await hears(phone, CALLER_HZ);

      phone.putDown();
      expect(await core.until("callEnded", from)).toMatchObject({ callId, cause: { by: "agent", why: "hungUp" } });
      await expect.poll(() => phone.ended()).toBe(1);
    },
    60_000,
  );
}

able(
  "Linphone calls a number of ours, hears its music and is hung up",
  async () => {
    core.post({ kind: "edgeConfig", config: config(false) });
    const from = core.events.length;
    const phone = await openPhone("tcp");
    phone.dial(`sip:600@127.0.0.1:${ports.phone}`);
    const arrived = await core.until("callArrived", from);
    expect(arrived).toMatchObject({ deviceId: "dev_1", numberId: "num_1" });
    const { callId } = arrived;
    core.command({ kind: "acceptCall", callId, contactId: "con_1" as ContactId, token: "t", greeting: [], thenLoop: "music.main" });
    await expect.poll(() => phone.heard().length, { message: "two seconds are heard" }).toBeGreaterThan(2 * RATE);
    expect(loudness(last(phone)), "music").toBeGreaterThan(150);
    core.command({ kind: "hangUp", callId, cause: { by: "agent", why: "hungUp" } });
    await expect.poll(() => phone.ended()).toBe(1);
    expect((await core.until("callEnded", from)).figures?.caller?.packetsReceived ?? 0, "packets of Linphone's that came").toBeGreaterThan(
      50,
    );
  },
  60_000,
);
