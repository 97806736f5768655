import { expect, test } from "vitest";
import { createSoftphones, softphoneLimits } from "./softphones.ts";

function world(publicAddress?: string) {
  let at = 1_000_000;
  const softphones = createSoftphones({ clock: { now: () => at }, publicAddress });
  const open = (flowId: string) =>
    softphones.open({
      kind: "softphoneOpen",
      flowId,
      remoteAddress: "192.0.2.7",
      remotePort: 50_000,
      localAddress: "198.51.100.1",
      localPort: 8_443,
    });
  return { softphones, open, pass: (ms: number) => void (at += ms) };
}

test("whoever shows no right password in time is closed, also one who goes on talking", () => {
  const { softphones, open, pass } = world();
  const flow = open("flw_1");
  if (flow === null) throw new Error("not opened");
  pass(softphoneLimits.provesWithinMs - 1);
  expect(softphones.lapsed()).toEqual([]);
  pass(1);
  expect(softphones.lapsed()).toEqual([flow.id]);
});

test("a password shown keeps the socket for longer than a registration may last, and has to be shown again", () => {
  const { softphones, open, pass } = world();
  const flow = open("flw_1");
  if (flow === null) throw new Error("not opened");
  softphones.proved(flow.id);
  pass(3_600_000);
  expect(softphones.lapsed()).toEqual([]);
  softphones.proved(flow.id);
  pass(softphoneLimits.provenMs - 1);
  expect(softphones.lapsed()).toEqual([]);
  pass(1);
  expect(softphones.lapsed()).toEqual([flow.id]);
});

test("a socket that proved nothing of its own isn't kept by another's password", () => {
  const { softphones, open, pass } = world();
  const [one, other] = [open("flw_1"), open("flw_2")];
  if (one === null || other === null) throw new Error("not opened");
  softphones.proved(one.id);
  softphones.proved("udp-1");
  pass(softphoneLimits.provesWithinMs);
  expect(softphones.lapsed()).toEqual([other.id]);
});

test("audio is bound where the softphone came in, and named by the public address where there is one", () => {
  const plain = world();
  expect(plain.softphones.mediaPlace(plain.open("flw_1")?.id ?? "")).toEqual({
    reachedAddress: "198.51.100.1",
    mediaAddress: "198.51.100.1",
  });
  const behindNat = world("203.0.113.9");
  const flow = behindNat.open("flw_1");
  expect(flow?.local).toEqual({ address: "203.0.113.9", port: 8_443 });
  expect(behindNat.softphones.mediaPlace(flow?.id ?? "")).toEqual({ reachedAddress: "198.51.100.1", mediaAddress: "203.0.113.9" });
  behindNat.softphones.closed(flow?.id ?? "");
  expect(behindNat.softphones.mediaPlace(flow?.id ?? "")).toBeNull();
});
