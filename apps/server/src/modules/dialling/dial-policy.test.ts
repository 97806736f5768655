import { dialScopes, type DialPolicy } from "@allo/contract";
import { expect, it } from "vitest";
import { costOf, decideDial, suggestedPolicy, type DialUsage, type DialVerdict } from "./core/dial-policy.ts";
import { readDestination, shownDestination } from "./destination.ts";
import { emergencyNumbersOf } from "./core/emergency-numbers.ts";

const AT = Date.UTC(2026, 4, 4, 9);
const idle = { open: 0, lastHour: 0, today: 0, todayMs: 0, todayCost: 0 };
const noUse: DialUsage = { agent: idle, project: idle, trunk: idle, organisation: idle, callsLastMinute: 0, costLastHour: 0 };

function ask(
  destination: string,
  {
    policy = {},
    usage = {},
    kind = "agent",
    country = "RU",
    byOutsider = false,
    isStopped = false,
    hours = null,
    at = AT,
  }: {
    policy?: Partial<DialPolicy> | null;
    usage?: Partial<DialUsage>;
    kind?: "agent" | "callback" | "transfer" | "forward" | "redirect";
    byOutsider?: boolean;
    country?: string;
    isStopped?: boolean;
    hours?: Parameters<typeof decideDial>[2]["standing"]["hours"];
    at?: number;
  } = {},
): DialVerdict {
  return decideDial(
    policy === null ? null : { ...suggestedPolicy(country), ...policy },
    { ...noUse, ...usage },
    {
      request: { destination: read(destination, country, policy?.emergencyNumbers), kind, byOutsider },
      standing: { country, isStopped, hours },
      at,
    },
  );
}
const read = (text: string, country: string, added: readonly string[] = []) =>
  readDestination(text, { country, emergencyNumbers: [...emergencyNumbersOf(country), ...added] });
const codes = (verdict: DialVerdict): string[] => (verdict.allowed ? [] : verdict.reasons.map((reason) => reason.code));
const dialled = (verdict: DialVerdict): string | null => (verdict.allowed ? verdict.destination.dial : null);

it("without a policy nothing goes out but emergency calls", () => {
  expect(codes(ask("+7 495 123-45-67", { policy: null }))).toEqual(["notSetUp"]);
  for (const number of ["112", "911", "101", "102", "103"]) expect(dialled(ask(number, { policy: null }))).toBe(number);
  expect(dialled(ask("۱۱۵", { policy: null, country: "IR" }))).toBe("115");
  expect(dialled(ask("110", { policy: null, country: "IR" }))).toBe("110");
});

it("emergency numbers pass every switch, cap and hour, also those added by hand", () => {
  const usage = { organisation: { open: 999, lastHour: 9_999, today: 9_999, todayMs: 1e12, todayCost: 1e12 }, callsLastMinute: 9_999 };
  const verdict = ask("1-1-2", { policy: { enabled: false, countries: [], hoursId: "hrs_night" }, usage, isStopped: true });
  expect(verdict).toMatchObject({ allowed: true, destination: { dial: "112", range: "emergency" } });
  expect(dialled(ask("04", { policy: { enabled: false, emergencyNumbers: ["105"] } }))).toBe("04");
  expect(dialled(ask("105", { policy: { enabled: false, emergencyNumbers: ["105"] } }))).toBe("105");
  expect(dialled(ask("105", { policy: { enabled: false } }))).toBeNull();
});

it("calls no emergency number for somebody outside, and other numbers by the same rules", () => {
  expect(codes(ask("112", { kind: "transfer", byOutsider: true }))).toEqual(["kindDenied"]);
  expect(codes(ask("112", { kind: "transfer", byOutsider: true, policy: null }))).toEqual(["kindDenied"]);
  expect(dialled(ask("112", { kind: "transfer" }))).toBe("112");
  expect(dialled(ask("+74951234567", { kind: "transfer", byOutsider: true }))).toBe("+74951234567");
  expect(codes(ask("+5371234567", { kind: "transfer", byOutsider: true }))).toEqual(["countryDenied"]);
});

it("dials what was judged: one number however it is typed", () => {
  for (const typed of ["+74951234567", "8 (495) 123-45-67", "84951234567", "4951234567", "+۷۴۹۵۱۲۳۴۵۶۷", "810 7 495 123 45 67"])
    expect(dialled(ask(typed)), typed).toBe("+74951234567");
});

it("refuses what can't be read, instead of guessing", () => {
  const strange = ["", "+", "sip:100@example.com", "8495FLOWERS", "+7495123456;ext=9", "+74951234567,,1", "12", `+7${"4".repeat(30)}`];
  for (const typed of strange) expect(codes(ask(typed)), typed).toEqual(["notANumber"]);
});

it("denies every country that isn't named, the neighbours on the same code too", () => {
  expect(codes(ask("+442079460000"))).toEqual(["countryDenied"]);
  expect(codes(ask("+77172123456"))).toEqual(["countryDenied"]); // Kazakhstan shares +7
  expect(codes(ask("+18765551234", { country: "US" }))).toEqual(["countryDenied"]); // Jamaica shares +1
  expect(dialled(ask("+442079460000", { policy: { countries: ["RU", "GB"] } }))).toBe("+442079460000");
});

it("denies premium, shared-cost, personal and satellite ranges also within a country that is open", () => {
  const everywhere = { countries: ["RU", "GB", "US", "DE"] };
  expect(codes(ask("+448719460000", { policy: everywhere }))).toEqual(["premium"]);
  expect(codes(ask("+19002345678", { policy: everywhere }))).toEqual(["premium"]);
  expect(codes(ask("+4418012345", { policy: everywhere }))).not.toEqual([]);
  expect(codes(ask("+447012345678", { policy: everywhere }))).toEqual(["sharedCost"]);
  expect(codes(ask("+881612345678", { policy: everywhere }))).toEqual(["satellite"]);
  expect(codes(ask("+870773111632", { policy: everywhere }))).toEqual(["satellite"]);
  expect(codes(ask("+979123456789", { policy: everywhere }))).toEqual(["premium"]);
});

it("lets the longest prefix decide over the countries, and opens costly ranges only where it says so", () => {
  const prefixes: DialPolicy["prefixes"] = [
    { prefix: "+44", rule: "allow" },
    { prefix: "+4420", rule: "deny" },
    { prefix: "+442079", rule: "allow" },
    { prefix: "+44871", rule: "allowCostly" },
  ];
  expect(dialled(ask("+441632960000", { policy: { prefixes } }))).not.toBeNull();
  expect(codes(ask("+442033333333", { policy: { prefixes } }))).toEqual(["prefixDenied"]);
  expect(dialled(ask("+442079460000", { policy: { prefixes } }))).not.toBeNull();
  expect(dialled(ask("+448719460000", { policy: { prefixes } }))).not.toBeNull();
  expect(codes(ask("+449098790000", { policy: { prefixes } }))).toEqual(["premium"]);
  expect(codes(ask("+74951234567", { policy: { prefixes: [{ prefix: "+7", rule: "deny" }] } }))).toEqual(["prefixDenied"]);
});

it("transfers, forwards and redirects pass the same gate, and only where the policy lets them", () => {
  const closed = { kinds: { transfer: false, forward: false, redirect: false } };
  const open = { kinds: { transfer: true, forward: true, redirect: true }, forwardsKeepCallerId: true };
  for (const kind of ["transfer", "forward", "redirect"] as const) {
    expect(codes(ask("+74951234567", { kind, policy: closed }))).toEqual(["kindDenied"]);
    expect(codes(ask("+442079460000", { kind, policy: open }))).toEqual(["countryDenied"]);
    expect(ask("+74951234567", { kind, policy: open })).toMatchObject({
      allowed: true,
      callerId: kind === "transfer" ? "own" : "passthrough",
    });
  }
});

it("at night only what the policy leaves, and nothing where its hours are gone", () => {
  const never = { timeZone: "Europe/Moscow", exceptions: [], week: suggestedWeek([]) };
  const always = { ...never, week: suggestedWeek([{ from: "00:00", to: "24:00" }]) };
  const policy = { hoursId: "hrs_day", countries: ["RU", "GB"] };
  expect(dialled(ask("+442079460000", { policy, hours: always }))).not.toBeNull();
  expect(codes(ask("+74951234567", { policy, hours: never }))).toEqual(["outsideHours"]);
  expect(codes(ask("+74951234567", { policy, hours: null }))).toEqual(["outsideHours"]);
  const atHome = { ...policy, outsideHours: "domesticOnly" as const };
  expect(dialled(ask("+74951234567", { policy: atHome, hours: never }))).not.toBeNull();
  expect(codes(ask("+442079460000", { policy: atHome, hours: never }))).toEqual(["outsideHours"]);
});

it("caps concurrent calls, calls an hour and a day, minutes and cost a day, of each scope by itself", () => {
  const caps = { concurrent: 2, perHour: 10, perDay: 20, minutesPerDay: 30, costPerDay: 1 };
  const rates = [
    { prefix: "+7", perMinute: 0.05 },
    { prefix: "+7495", perMinute: 0.1 },
  ];
  for (const scope of dialScopes) {
    const policy = { caps: { ...suggestedPolicy("RU").caps, [scope]: caps }, rates, otherPerMinute: 1 };
    const used = (use: Partial<typeof idle>): string[] => {
      const verdict = ask("+74951234567", { policy, usage: { [scope]: { ...idle, ...use } } });
      return verdict.allowed ? [] : verdict.reasons.map((reason) => `${reason.code} ${String(reason.scope)} ${String(reason.cap)}`);
    };
    expect(used({ open: 1, lastHour: 9, today: 19, todayMs: 29 * 60_000, todayCost: 9_000 })).toEqual([]);
    expect(used({ open: 2 })).toEqual([`capReached ${scope} concurrent`]);
    expect(used({ lastHour: 10 })).toEqual([`capReached ${scope} perHour`]);
    expect(used({ today: 20 })).toEqual([`capReached ${scope} perDay`]);
    expect(used({ todayMs: 30 * 60_000 })).toEqual([`capReached ${scope} minutesPerDay`]);
    expect(used({ todayCost: 9_001 })).toEqual([`capReached ${scope} costPerDay`]);
  }
});

it("a call lasts no longer than the minutes that are left", () => {
  const caps = { ...suggestedPolicy("RU").caps, agent: { ...suggestedPolicy("RU").caps.agent, minutesPerDay: 30 } };
  expect(ask("+74951234567", { policy: { caps }, usage: { agent: { ...idle, todayMs: 28 * 60_000 } } })).toMatchObject({
    talkMsMax: 120_000,
  });
  expect(ask("+74951234567")).toMatchObject({ talkMsMax: 120 * 60_000 });
});

it("a cap on cost refuses what has no rate", () => {
  const policy = { velocity: { callsPerMinute: 100, costPerHour: 10 } };
  expect(codes(ask("+74951234567", { policy }))).toEqual(["noRate"]);
  expect(dialled(ask("+74951234567", { policy: { ...policy, otherPerMinute: 0.1 } }))).not.toBeNull();
  expect([costOf(1_000, 0), costOf(1_000, 1), costOf(1_000, 60_000), costOf(1_000, 60_001), costOf(null, 60_001)]).toEqual([
    0, 1_000, 1_000, 2_000, 0,
  ]);
});

it("the call too many in a minute, and the hour's cost, trip the switch; a refused call never does", () => {
  const policy = { velocity: { callsPerMinute: 5, costPerHour: 10 }, otherPerMinute: 0.1 };
  expect(dialled(ask("+74951234567", { policy, usage: { callsLastMinute: 4 } }))).not.toBeNull();
  expect(ask("+74951234567", { policy, usage: { callsLastMinute: 5 } })).toMatchObject({
    reasons: [{ code: "velocity", cap: "callsPerMinute", limit: 5, value: 6 }],
  });
  expect(ask("+74951234567", { policy, usage: { costLastHour: 99_500 } })).toMatchObject({
    reasons: [{ code: "velocity", cap: "costPerHour", limit: 10 }],
  });
  expect(codes(ask("+442079460000", { policy, usage: { callsLastMinute: 50 } }))).toEqual(["countryDenied"]);
  expect(codes(ask("+74951234567", { policy, isStopped: true, usage: { callsLastMinute: 50 } }))).toEqual(["stopped"]);
});

it("shows a number without its middle, and an emergency number whole", () => {
  expect(shownDestination(read("+74951234567", "RU"))).toBe("+74951••••67");
  expect(shownDestination(read("112", "RU"))).toBe("112");
  expect(shownDestination(read("what", "RU"))).toBeNull();
});

function suggestedWeek(intervals: { from: string; to: string }[]) {
  const day = intervals;
  return { monday: day, tuesday: day, wednesday: day, thursday: day, friday: day, saturday: day, sunday: day };
}
