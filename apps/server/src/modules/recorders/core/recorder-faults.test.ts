import type { RecorderSettings } from "@allo/contract";
import { expect, test } from "vitest";
import { recorderFaults } from "./recorder-faults.ts";

const sound: RecorderSettings = {
  name: "Archive",
  enabled: true,
  host: "srs.example",
  port: null,
  transport: "tls",
  user: null,
  accountUser: null,
  srtp: true,
  pausedAs: "inactive",
  optionsSeconds: 30,
  tls: { caPem: null, fingerprint: null },
};
const faults = (over: Partial<RecorderSettings>, hasPassword = false) =>
  recorderFaults({ ...sound, ...over }, { hasPassword, isCertificate: (pem) => pem === "PEM" }).map(({ path, code }) => `${path} ${code}`);

test("a recorder that can be reached as it is set up may stand", () => {
  expect(faults({})).toEqual([]);
  expect(faults({ accountUser: "allo", tls: { caPem: "PEM", fingerprint: null } }, true)).toEqual([]);
});

test("keys are no secret without TLS", () => {
  expect(faults({ transport: "tcp" })).toEqual(["srtp needsTls"]);
  expect(faults({ transport: "udp", srtp: false })).toEqual([]);
});

test("a user needs a password, a name is more than spaces, a certificate is one", () => {
  expect(faults({ name: "  ", accountUser: "allo", tls: { caPem: "nothing", fingerprint: null } })).toEqual([
    "name empty",
    "password empty",
    "tls.caPem notACertificate",
  ]);
});
