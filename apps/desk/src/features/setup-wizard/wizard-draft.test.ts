import { describe, expect, it } from "vitest";
import { countryCodes, countryOfZone, dialled, emptyDraft, looksLikeNetwork, loopbackNetworks, requestOf } from "./wizard-draft.ts";

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
  it("guesses a country that can be chosen", () => {
    for (const zone of ["Europe/Moscow", "Asia/Tehran", "America/New_York", "Nowhere/Else"])
      expect(countryCodes).toContain(countryOfZone(zone));
  });
});
