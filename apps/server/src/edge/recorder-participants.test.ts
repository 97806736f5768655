import type { RecordedCall, RecordedParty } from "@allo/call";
import type { PartyId, PersonId } from "@allo/kernel";
import { expect, it } from "vitest";
import { createParticipants } from "./recorder-participants.ts";

const customer: RecordedParty = { who: { kind: "customer" }, side: "left", isHeard: true, hears: true };
const person = (personId: string): RecordedParty => ({
  who: { kind: "person", personId: personId as PersonId },
  side: "right",
  isHeard: true,
  hears: true,
});
const call = (...parties: readonly RecordedParty[]): RecordedCall => ({ left: [], right: [], isPaused: false, parties });

function world() {
  let ids = 0;
  const who = { number: "+4930 1" as string | null, name: null as string | null };
  const names = new Map<string, string>();
  const participants = createParticipants({
    newUuid: () => `id${String((ids += 1))}`,
    names: {
      customer: () => who,
      numberOf: (partyId) => (partyId === "par_1" ? "+4940" : null),
      personName: (personId) => names.get(personId) ?? null,
    },
  });
  let at = 0;
  const news = (parties: readonly RecordedParty[], isComplete = false): readonly string[] =>
    participants
      .news(call(...parties), { at: (at += 1), isComplete, domain: "192.0.2.1", streamIds: { left: "L", right: "R" } })
      .map(({ id, aor, name, leftAt, sends, hears }) =>
        [id, aor, name ?? "-", leftAt === null ? "" : `left ${String(leftAt)}`, sends.join(), hears.join()]
          .join(" ")
          .replaceAll(/ +/g, " ")
          .trim(),
      );
  return { participants, who, names, news };
}

it("tells who is new, then only who is otherwise; each keeps their id", () => {
  const { news, names } = world();
  expect(news([customer, person("per_1")])).toEqual(["id1 sip:+4930%201@192.0.2.1 - L R", "id2 sip:per_1@192.0.2.1 - R L"]);
  expect(news([customer, person("per_1")])).toEqual([]);
  names.set("per_1", "Ann");
  expect(news([{ ...customer, isHeard: false, hears: false }, person("per_1")])).toEqual([
    "id1 sip:+4930%201@192.0.2.1 -",
    "id2 sip:per_1@192.0.2.1 Ann R L",
  ]);
  expect(news([customer, person("per_1")], true)).toHaveLength(2);
});

it("tells once that somebody has left; who comes again is somebody new", () => {
  const { news } = world();
  news([customer, person("per_1")]);
  expect(news([customer])).toEqual(["id2 sip:per_1@192.0.2.1 - left 2"]);
  expect(news([customer])).toEqual([]);
  expect(news([customer, person("per_1")])).toEqual(["id3 sip:per_1@192.0.2.1 - R L"]);
});

it("another line at the customer's end is another participant; one without a number is anonymous", () => {
  const { news, who } = world();
  news([customer]);
  who.number = null;
  expect(news([customer])).toEqual(["id1 sip:+4930%201@192.0.2.1 - left 2", "id2 sip:anonymous@anonymous.invalid - L R"]);
});

it("somebody outside is known by the number that was called", () => {
  const { news } = world();
  const outside = (partyId: string): RecordedParty => ({ ...person(""), who: { kind: "outside", partyId: partyId as PartyId } });
  expect(news([outside("par_1"), outside("par_2")])).toEqual(["id1 sip:+4940@192.0.2.1 - R L", "id2 sip:par_2@192.0.2.1 - R L"]);
});

it("tells everybody anew to a new session", () => {
  const { news, participants } = world();
  news([customer]);
  participants.forget();
  expect(news([customer])).toEqual(["id1 sip:+4930%201@192.0.2.1 - L R"]);
});
