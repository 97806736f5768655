import type { Instant } from "@allo/kernel";
import { expect, test } from "vitest";
import { iceServersFor, turnLimits } from "./turn.ts";

const turn = { urls: ["turns:relay.example.com:443?transport=tcp"], secret: "north-sea-lighthouse" };

test("a relay's credentials are bound to a person and an hour, and don't hold the secret", () => {
  const given = iceServersFor(turn, "per_ann", 1_700_000_000_000 as Instant);
  expect(given.validUntil).toBe(1_700_000_000_000 + turnLimits.credentialsMs);
  // printf 1700043200:per_ann | openssl dgst -sha1 -hmac north-sea-lighthouse -binary | base64
  expect(given.iceServers).toEqual([{ urls: turn.urls, username: "1700043200:per_ann", credential: "qz3ArfisGHEH6Kr97iS3Xst8Cc8=" }]);
  expect(JSON.stringify(given)).not.toContain(turn.secret);
});

test("without a relay there is none", () => {
  expect(iceServersFor(undefined, "per_ann", 0 as Instant)).toEqual({ iceServers: [], validUntil: null });
});
