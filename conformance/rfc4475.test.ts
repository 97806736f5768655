import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { feed } from "./uas.ts";

const FOLDER = new URL("../../shared/rfc4475/", import.meta.url);
type Expectation = { readonly name: string; readonly section: string; readonly accept: readonly string[]; readonly note: string };

const isPresent = existsSync(new URL("expectations.json", FOLDER));
const expectations: readonly Expectation[] = isPresent ? JSON.parse(readFileSync(new URL("expectations.json", FOLDER), "utf8")) : [];

describe("RFC 4475 torture messages, fed as datagrams to the real stack", () => {
  it.skipIf(!isPresent)(
    "are all 49 present, each with its verdict (skipped where ../shared/rfc4475 is not: the texts are not ours to ship)",
    () => {
      expect(expectations).toHaveLength(49);
    },
  );

  for (const { name, section, accept, note } of expectations) {
    it(`sip-rtp 6.5 RFC 4475 §${section}: ${name} ends as ${accept.join(" or ")}: ${note}`, () => {
      const outcome = feed(readFileSync(new URL(`${name}.dat`, FOLDER)));
      expect(accept, `${outcome.verdict}: ${outcome.drops.join()} ${outcome.answers.join("\n")}`).toContain(outcome.verdict);
    });
  }

  it.skipIf(!isPresent)("get 415 with Accept, 420 with both tags and 501 with Allow where those say how to go on", () => {
    const answerTo = (name: string): string => feed(readFileSync(new URL(`${name}.dat`, FOLDER))).answers.join("");
    expect(answerTo("invut")).toMatch(/SIP\/2\.0 415 [^]*Accept: application\/sdp/);
    expect(answerTo("bext01")).toMatch(/Unsupported: nothingSupportsThis, nothingSupportsThisEither\r\n/);
    expect(answerTo("intmeth")).toMatch(/SIP\/2\.0 501 [^]*Allow: INVITE/);
  });
});
