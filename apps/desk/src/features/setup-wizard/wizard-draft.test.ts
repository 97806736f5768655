import { describe, expect, it } from "vitest";
import {
  countryCodes,
  countryOfZone,
  dialled,
  emptyDraft,
  looksLikeNetwork,
  loopbackNetworks,
  requestOf,
  stepsOf,
} from "./wizard-draft.ts";

describe("the first setup", () => {
  it("takes a number as people type it, in any digits", () => {
    expect(dialled("+۷ (۴۹۵) ۱۲۳-۴۵-۶۷")).toBe("+74951234567");
    expect(dialled("١٠٠")).toBe("100");
  });
  it("knows a network from what isn't one", () => {
    expect(["203.0.113.0/24", "10.0.0.1", "::1/128", "fd00::/8"].filter(looksLikeNetwork)).toHaveLength(4);
    expect(["office", "203.0.113.0/33", "10.0.0", ""].some(looksLikeNetwork)).toBe(false);
  });
  it("takes calls from this machine alone until told otherwise", () => {
    const draft = { ...emptyDraft("fa", "Asia/Tehran"), organisationName: " نمونه ", number: "۱۰۰" };
    expect(requestOf(draft, "key", "fa")).toMatchObject({
      token: "key",
      defaultCountry: "IR",
      organisation: { name: "نمونه" },
      number: { number: "100", language: "fa", allowedNetworks: loopbackNetworks },
    });
  });
  it("asks for a queue only where no trade brings its own", () => {
    const empty = { ...emptyDraft("en", "UTC"), trade: "empty" as const, queueName: "Support" };
    expect(stepsOf(empty)).toContain("queue");
    expect(requestOf(empty, "key", "en")).toMatchObject({ queue: { name: "Support" } });
    expect(requestOf(empty, "key", "en")).not.toHaveProperty("trade");
    const bank = { ...empty, trade: "bank" as const };
    expect(stepsOf(bank)).not.toContain("queue");
    expect(requestOf(bank, "key", "en")).toMatchObject({ trade: "bank" });
    expect(requestOf(bank, "key", "en")).not.toHaveProperty("queue");
  });
  it("guesses a country that can be chosen", () => {
    for (const zone of ["Europe/Moscow", "Asia/Tehran", "America/New_York", "Nowhere/Else"])
      expect(countryCodes).toContain(countryOfZone(zone));
  });
});
