import { doctorFindingCodes, doctorParts, trunkFindingCodes, type DoctorFinding } from "@allo/contract";
import { i18n } from "@lingui/core";
import { describe, expect, it } from "vitest";
import { showLanguage } from "../../i18n/language.ts";
import { createFormat } from "../../ui/format.ts";
import { doctorSentence, partNames, runText, toneOf } from "./doctor-words.ts";

const finding = (code: DoctorFinding["code"], over: Partial<DoctorFinding> = {}): DoctorFinding => ({
  part: "exchange",
  code,
  side: "us",
  trunkName: null,
  target: "192.0.2.1",
  seen: "198.51.100.7",
  value: 1_700_000_000_000,
  ...over,
});

describe.each(["en", "ru", "fa"] as const)("the network doctor's sentences in %s", (language) => {
  it.each([...new Set([...doctorFindingCodes, ...trunkFindingCodes])])("%s is a sentence of its own, in this language", async (code) => {
    await showLanguage(language);
    const format = createFormat({ language, timeZone: "UTC", country: "IR" });
    const said = doctorSentence(finding(code), i18n, format);
    expect(said.replaceAll(/[\u2066-\u2069]/gu, "")).toMatch(/^\S.{10,}[.。]$/u);
    if (language === "ru") expect(said).toMatch(/[а-яё]{3}/iu);
    if (language === "fa") expect(said).toMatch(/[\u0600-\u06FF]{3}/u);
  });

  it("all parts have a name", async () => {
    await showLanguage(language);
    expect(new Set(doctorParts.map((part) => i18n._(partNames[part]))).size).toBe(doctorParts.length);
  });
});

it("what somebody must mend is bad or to be looked at, what is as it should be never", () => {
  for (const code of doctorFindingCodes) {
    expect(["bad", "warning"]).toContain(toneOf({ code, side: "us" }));
    expect(["good", "quiet"]).toContain(toneOf({ code, side: "none" }));
  }
});

it("a look is copied as text with mark, part, trunk and side", async () => {
  await showLanguage("en");
  const run = {
    runId: "dia_1",
    startedAt: 1_700_000_000_000,
    endedAt: 1_700_000_004_000,
    byName: "Anna",
    done: [...doctorParts],
    findings: [finding("portClosed", { part: "trunks", side: "between", trunkName: "City", target: "192.0.2.1:5060 UDP" })],
  };
  const text = runText(run, i18n, createFormat({ language: "en", timeZone: "UTC", country: "GB" }));
  expect(text.split("\n")).toHaveLength(2);
  expect(text).toMatch(/^Network doctor, .*\n✗ Trunks: City: On the way: No connection to 192\.0\.2\.1:5060 UDP: /u);
});
