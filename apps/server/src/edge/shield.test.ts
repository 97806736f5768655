import { expect, it } from "vitest";
import { createShield, isScanner, shieldLimits } from "./shield.ts";
import { createLoadShedder } from "./load-shedder.ts";

const HERE = "203.0.113.7";
const MINUTE = 60_000;

/** How many of so many messages are looked at, sent evenly over so long. */
function send(shield: ReturnType<typeof createShield>, address: string, count: number, { from = 0, overMs = 0 } = {}): number {
  let taken = 0;
  for (let n = 0; n < count; n += 1) if (shield.admits(address, from + Math.floor((overMs * n) / count))) taken += 1;
  return taken;
}

it("a stranger is heard at a phone's pace and no faster", () => {
  const shield = createShield();
  expect(send(shield, HERE, 1_000)).toBe(shieldLimits.strangerBurst);
  expect(shield.admits("203.0.113.8", 0)).toBe(true);
});

it("who goes on flooding is blocked for two minutes, then heard, and blocked for longer the next time", () => {
  const shield = createShield();
  send(shield, HERE, 1_000);
  expect(shield.blocked(0)).toMatchObject([{ source: HERE, kind: "address", why: "flood", since: 0, until: 2 * MINUTE }]);
  expect([shield.isBlocked(HERE, 1), shield.admits(HERE, 1), shield.admits(HERE, 2 * MINUTE)]).toEqual([true, false, true]);
  expect(shield.blocked(2 * MINUTE)).toEqual([]);
  send(shield, HERE, 1_000, { from: 2 * MINUTE });
  expect(shield.blocked(2 * MINUTE)[0]?.until).toBe(6 * MINUTE);
});

it("strangers together take no more than their share, and phones that proved themselves have their own", () => {
  const shield = createShield();
  shield.proved("198.51.100.1", "desk-7", 0);
  let taken = 0;
  for (let n = 0; n < 5_000; n += 1) if (shield.admits(`10.${String(n >> 8)}.${String(n & 255)}.1`, 0)) taken += 1;
  expect(taken).toBe(shieldLimits.strangersBurst);
  expect(send(shield, "198.51.100.1", 1_500)).toBe(1_500);
  expect(shield.size()).toBeLessThan(shieldLimits.strangersMax + 10);
});

it("ten wrong passwords block the address, a known name and an unknown one alike", () => {
  for (const user of ["desk-7", "nobody"]) {
    const shield = createShield();
    for (let n = 1; n < shieldLimits.failuresMax; n += 1) shield.failed(HERE, user, n);
    expect(shield.isBlocked(HERE, 10)).toBe(false);
    shield.failed(HERE, user, 10);
    expect(shield.blocked(11)).toMatchObject([{ source: HERE, why: "wrongPassword", until: 10 + shieldLimits.blockMs }]);
  }
});

it("wrong passwords far apart block nobody, and a right one clears what was counted", () => {
  const shield = createShield();
  for (let n = 0; n < 30; n += 1) shield.failed(HERE, `user-${String(n)}`, n * MINUTE);
  expect(shield.blocked(30 * MINUTE)).toEqual([]);
  for (let n = 0; n < 9; n += 1) shield.failed(HERE, "desk-7", 40 * MINUTE);
  shield.proved(HERE, "desk-7", 40 * MINUTE);
  for (let n = 0; n < 9; n += 1) shield.failed(HERE, "desk-7", 41 * MINUTE);
  expect(shield.isBlocked(HERE, 41 * MINUTE)).toBe(false);
});

it("a name guessed at from many addresses is locked everywhere but at its own phone", () => {
  const shield = createShield();
  shield.proved("198.51.100.1", "desk-7", 0);
  for (let n = 0; n < shieldLimits.userFailuresMax; n += 1) shield.failed(`10.0.${String(n)}.1`, "desk-7", n);
  expect(shield.blocked(100)).toMatchObject([{ source: "desk-7", kind: "user", why: "wrongPassword" }]);
  expect([shield.isLocked("desk-7", "192.0.2.1", 100), shield.isLocked("desk-7", "198.51.100.1", 100)]).toEqual([true, false]);
  expect(shield.isLocked("desk-8", "192.0.2.1", 100)).toBe(false);
  expect(shield.isLocked("desk-7", "192.0.2.1", 100 + shieldLimits.blockMs)).toBe(false);
});

it("neighbours of one network that guess in turns are blocked together, but not the office among them", () => {
  const shield = createShield();
  shield.proved("203.0.113.200", "desk-9", 0);
  for (let n = 0; n < shieldLimits.networkFailuresMax; n += 1) shield.failed(`203.0.113.${String(n % 20)}`, `guess-${String(n)}`, n);
  expect(shield.blocked(100)).toMatchObject([{ source: "203.0.113.0/24", kind: "network" }]);
  expect([shield.isBlocked("203.0.113.99", 100), shield.isBlocked("203.0.113.200", 100), shield.isBlocked("203.0.114.1", 100)]).toEqual([
    true,
    false,
    false,
  ]);
  const six = createShield();
  for (let n = 0; n < shieldLimits.networkFailuresMax; n += 1) six.failed(`2001:db8:0:1::${String(n)}`, `guess-${String(n)}`, n);
  expect(six.isBlocked("2001:db8:0:1:ffff::1", 100)).toBe(true);
  expect(six.isBlocked("2001:db8:0:2::1", 100)).toBe(false);
});

it("who never says who it is, or sends what can't be read, or names itself a scanner, is blocked", () => {
  const shield = createShield();
  for (let n = 0; n < shieldLimits.challengesMax; n += 1) shield.challenged("192.0.2.1", n);
  for (let n = 0; n < shieldLimits.malformedMax; n += 1) shield.malformed("192.0.2.2", n);
  shield.scanned("192.0.2.3", 0);
  expect(new Map(shield.blocked(200).map((each) => [each.source, each.why]))).toEqual(
    new Map([
      ["192.0.2.1", "neverProves"],
      ["192.0.2.2", "malformed"],
      ["192.0.2.3", "scanner"],
    ]),
  );
  expect([isScanner("friendly-scanner"), isScanner("Yealink SIP-T46U 108.86"), isScanner(null)]).toEqual([true, false, false]);
});

it("a block is lifted by hand, and the machine itself is never blocked", () => {
  const shield = createShield();
  send(shield, HERE, 1_000);
  const before = shield.version();
  shield.lift(HERE);
  expect([shield.isBlocked(HERE, 1), shield.version() > before]).toEqual([false, true]);
  for (let n = 0; n < 100; n += 1) shield.failed("127.0.0.1", `guess-${String(n)}`, n);
  expect(send(shield, "127.0.0.1", 10_000)).toBe(10_000);
  for (let n = 0; n < 20; n += 1) shield.failed("127.0.0.1", "desk-7", n);
  expect(shield.isLocked("desk-7", HERE, 100)).toBe(true);
  shield.lift("desk-7");
  expect(shield.isLocked("desk-7", HERE, 100)).toBe(false);
});

it("remembers no more than its limits, and forgets what has lapsed", () => {
  const shield = createShield({ strangersMax: 100, countersMax: 100, blocksMax: 50, strangersBurst: 1e9 });
  for (let n = 0; n < 2_000; n += 1) {
    const address = `10.${String(n >> 8)}.${String(n & 255)}.1`;
    shield.admits(address, 0);
    shield.failed(address, `user-${String(n)}`, 0);
    shield.scanned(address, 0);
    shield.unlisted(address, 0);
  }
  expect(shield.size()).toBeLessThanOrEqual(100 + 100 + 50 + 50 + shieldLimits.unlistedMax);
  expect(shield.unlistedSources()).toHaveLength(shieldLimits.unlistedMax);
  shield.tidy(25 * 60 * MINUTE);
  expect([shield.blocked(25 * 60 * MINUTE), shield.unlistedSources()]).toEqual([[], []]);
});

it("new calls are refused before the thread is full, and taken again only when there is room", () => {
  const shedder = createLoadShedder();
  const after = (busy: number, samples: number): boolean => {
    for (let n = 0; n < samples; n += 1) shedder.sample(busy);
    return shedder.refusesCalls();
  };
  expect(after(1, 1)).toBe(false); // one busy moment is none
  expect(after(1, 3)).toBe(true);
  expect(after(0.8, 10)).toBe(true);
  expect(after(0.6, 10)).toBe(false);
  expect(after(0.84, 50)).toBe(false);
});
