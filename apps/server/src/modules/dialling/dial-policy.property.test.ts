import { dialKinds, type DialPolicy } from "@allo/contract";
import fc from "fast-check";
import { expect, it } from "vitest";
import { decideDial, suggestedPolicy } from "./core/dial-policy.ts";
import { readDestination } from "./destination.ts";
import { emergencyNumbersOf } from "./core/emergency-numbers.ts";
import { UsageBook, type Parties } from "./core/usage-book.ts";

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 10, 12);
const DESTINATIONS = [
  "+74951234567",
  "+79261234567",
  "+442079460000",
  "+448719460000",
  "+447012345678",
  "+19002345678",
  "+12125551234",
  "+18765551234",
  "+77172123456",
  "+881612345678",
  "+870773111632",
  "+982122334455",
  "+4930123456",
  "+5351234567",
  "+252612345678",
  "nonsense",
  "600",
];
const COUNTRIES = ["RU", "US", "GB", "IR", "DE", "KZ"];
const cap = fc.option(fc.nat(6), { nil: null });
const caps = fc.record({ concurrent: cap, perHour: cap, perDay: cap, minutesPerDay: cap, costPerDay: cap });
const policies: fc.Arbitrary<DialPolicy> = fc.record({
  enabled: fc.boolean(),
  countries: fc.uniqueArray(fc.constantFrom(...COUNTRIES)),
  prefixes: fc.array(
    fc.record({
      prefix: fc.constantFrom("+7", "+7495", "+44", "+448", "+1900", "+88", "+98", "+252"),
      rule: fc.constantFrom("allow", "allowCostly", "deny"),
    }),
    { maxLength: 5 },
  ),
  kinds: fc.record({ transfer: fc.boolean(), forward: fc.boolean(), redirect: fc.boolean() }),
  forwardsKeepCallerId: fc.boolean(),
  hoursId: fc.constantFrom(null, "hrs_none"),
  outsideHours: fc.constantFrom("deny", "domesticOnly"),
  caps: fc.record({ agent: caps, project: caps, trunk: caps, organisation: caps }),
  callMinutesMax: fc.integer({ min: 1, max: 60 }),
  currency: fc.constant("EUR"),
  rates: fc.array(fc.record({ prefix: fc.constantFrom("+7", "+44", "+1"), perMinute: fc.constantFrom(0, 0.1, 1) }), { maxLength: 3 }),
  otherPerMinute: fc.constantFrom(null, 0, 0.5),
  velocity: fc.record({ callsPerMinute: fc.integer({ min: 1, max: 8 }), costPerHour: cap }),
  emergencyNumbers: fc.uniqueArray(fc.constantFrom("105", "1234"), { maxLength: 2 }),
});
const parties: fc.Arbitrary<Parties> = fc.record({
  personId: fc.constantFrom("per_1", "per_2", null),
  projectId: fc.constantFrom("prj_1", "prj_2", null),
  trunkId: fc.constantFrom("trk_1", null),
});
const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("ask" as const),
      destination: fc.constantFrom(...DESTINATIONS),
      call: fc.constantFrom(...dialKinds),
      parties,
    }),
    fc.record({ kind: fc.constant("end" as const), which: fc.nat(20), talkMs: fc.nat(5 * MINUTE) }),
    fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(20 * MINUTE) }),
  ),
  { maxLength: 40 },
);

const read = (text: string, country: string, policy: DialPolicy | null) =>
  readDestination(text, { country, emergencyNumbers: [...emergencyNumbersOf(country), ...(policy?.emergencyNumbers ?? [])] });

/** What a policy denies whatever was used, told a second way: by lists alone. */
function isDeniedByLists(policy: DialPolicy, country: string, destination: string): boolean {
  const read = readDestination(destination, { country, emergencyNumbers: [] });
  if (!policy.enabled || read.dial === null) return true;
  const { dial } = read;
  const fitting = policy.prefixes.filter((rule) => dial.startsWith(rule.prefix));
  const longest = Math.max(0, ...fitting.map((rule) => rule.prefix.length));
  const rule = fitting.find((each) => each.prefix.length === longest)?.rule;
  if (rule === "deny") return true;
  if (read.range !== "ordinary" && read.range !== "unknown") return rule !== "allowCostly";
  if (rule !== undefined) return false;
  return read.country === null || !policy.countries.includes(read.country) || read.range === "unknown";
}

it("no policy and no order of calls lets out what the lists deny, or more than a cap", () => {
  fc.assert(
    fc.property(policies, fc.constantFrom(...COUNTRIES), steps, (policy, country, plan) => {
      const book = new UsageBook((at) => new Date(at).toISOString().slice(0, 10));
      const open: { id: string; parties: Parties }[] = [];
      let at = START;
      for (const [index, step] of plan.entries()) {
        if (step.kind === "wait") at += step.ms;
        else if (step.kind === "end") {
          const [ended] = open.splice(step.which % Math.max(1, open.length), 1);
          if (ended !== undefined) book.settle(ended.id, at, step.talkMs);
        } else {
          const usage = book.usage(step.parties, at);
          const standing = { country, isStopped: false, hours: null };
          const verdict = decideDial(policy, usage, {
            request: { destination: read(step.destination, country, policy), kind: step.call },
            standing,
            at,
          });
          if (!verdict.allowed) {
            expect(verdict.reasons.length).toBeGreaterThan(0);
            continue;
          }
          expect(isDeniedByLists(policy, country, step.destination)).toBe(false);
          expect(policy.hoursId === null || verdict.destination.country === country).toBe(true);
          expect(verdict.talkMsMax).toBeGreaterThan(0);
          if (step.call !== "agent" && step.call !== "callback") expect(policy.kinds[step.call]).toBe(true);
          const id = `dia_${String(index)}`;
          book.reserve({ ...step.parties, reservationId: id, at, costPerMinute: verdict.costPerMinute });
          open.push({ id, parties: step.parties });
          // Counted a second way, from the calls that are open.
          const together = (key: keyof Parties): number => open.filter((each) => each.parties[key] === step.parties[key]).length;
          expect(open.length).toBeLessThanOrEqual(policy.caps.organisation.concurrent ?? Infinity);
          if (step.parties.personId !== null) expect(together("personId")).toBeLessThanOrEqual(policy.caps.agent.concurrent ?? Infinity);
          if (step.parties.projectId !== null)
            expect(together("projectId")).toBeLessThanOrEqual(policy.caps.project.concurrent ?? Infinity);
          if (step.parties.trunkId !== null) expect(together("trunkId")).toBeLessThanOrEqual(policy.caps.trunk.concurrent ?? Infinity);
        }
      }
    }),
    { numRuns: 300 },
  );
});

it("an emergency number passes under every policy and whatever was used", () => {
  const use = fc.record({ open: fc.nat(), lastHour: fc.nat(), today: fc.nat(), todayMs: fc.nat(), todayCost: fc.nat() });
  const usages = fc.record({ agent: use, project: use, trunk: use, organisation: use, callsLastMinute: fc.nat(), costLastHour: fc.nat() });
  fc.assert(
    fc.property(
      fc.option(policies, { nil: null }),
      usages,
      fc.constantFrom(...COUNTRIES).chain((country) => fc.tuple(fc.constant(country), fc.constantFrom(...emergencyNumbersOf(country)))),
      fc.boolean(),
      fc.constantFrom(...dialKinds),
      (policy, usage, [country, destination], isStopped, kind) => {
        const standing = { country, isStopped, hours: null };
        const verdict = decideDial(policy, usage, {
          request: { destination: read(destination, country, policy), kind },
          standing,
          at: START,
        });
        expect(verdict).toMatchObject({ allowed: true, destination: { dial: destination } });
      },
    ),
  );
});

it("what was used is the same after a restart as before it", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ after: fc.nat(30 * MINUTE), parties, talkMs: fc.option(fc.nat(90 * MINUTE), { nil: null }) }), {
        maxLength: 30,
      }),
      parties,
      (calls, who) => {
        const dateAt = (instant: number): string => new Date(instant).toISOString().slice(0, 10);
        let at = START;
        const rows = calls.map((call, index) => {
          at += call.after;
          const charge = { ...call.parties, reservationId: `dia_${String(index)}`, at, costPerMinute: 500 };
          return { charge, settled: call.talkMs === null ? null : { at: at + call.talkMs, talkMs: call.talkMs } };
        });
        const now = Math.max(at, ...rows.map((row) => row.settled?.at ?? 0));
        const lived = new UsageBook(dateAt);
        const events = rows.flatMap((row) => [
          { at: row.charge.at, run: () => lived.reserve(row.charge) },
          ...(row.settled === null
            ? []
            : [
                {
                  at: row.settled.at,
                  run: () => void lived.settle(row.charge.reservationId, row.settled?.at ?? 0, row.settled?.talkMs ?? 0),
                },
              ]),
        ]);
        for (const event of events.toSorted((a, b) => a.at - b.at)) event.run();
        const restored = new UsageBook(dateAt);
        restored.restore(rows.toReversed());
        const open = rows.filter((row) => row.settled === null).length;
        expect(restored.usage(who, now)).toEqual(lived.usage(who, now));
        expect(restored.usage(who, now).organisation.open).toBe(open);
      },
    ),
  );
});

it("the suggested policy of every country denies the rest of the world and lets its own numbers out", () => {
  for (const country of COUNTRIES) expect(suggestedPolicy(country).countries).toEqual([country]);
});
