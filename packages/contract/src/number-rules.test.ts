import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyNumberRules, numberRuleFault, numberRuleLimits } from "./index.ts";

const rule = (match: string, strip = 0, prepend = "") => ({ match, strip, prepend });

describe("number rules", () => {
  it("sip-rtp 6.6.9: turn a number of the world into the carrier's form and back", () => {
    const toCarrier = [rule("+49*", 3, "0"), rule("+*", 1, "00")];
    expect(applyNumberRules(toCarrier, "+49 30 1234567")).toEqual({ number: "0301234567", rule: 0 });
    expect(applyNumberRules(toCarrier, "+7 (495) 123-45-67")).toEqual({ number: "0074951234567", rule: 1 });
    const fromCarrier = [rule("00*", 2, "+"), rule("0Z*", 1, "+49")];
    expect(applyNumberRules(fromCarrier, "0301234567").number).toBe("+49301234567");
    expect(applyNumberRules(fromCarrier, "0074951234567").number).toBe("+74951234567");
  });

  it("apply the first that matches and leave a number alone that none does", () => {
    expect(applyNumberRules([rule("1XX", 0, "9"), rule("1*", 1, "8")], "112")).toEqual({ number: "9112", rule: 0 });
    expect(applyNumberRules([rule("1XX", 0, "9")], "1123")).toEqual({ number: "1123", rule: null });
    expect(applyNumberRules([rule("N*", 0, "9")], "1123").rule).toBeNull();
  });

  it("are refused where they would take away more than the pattern holds, or leave nothing", () => {
    expect(numberRuleFault(rule("+49*", 3, "0"))).toBeNull();
    expect(numberRuleFault(rule("+49*", 4, "0"))).toBe("strip");
    expect(numberRuleFault(rule("1.*", 0, "0"))).toBe("match");
    expect(numberRuleFault(rule("", 0, "0"))).toBe("match");
    expect(numberRuleFault(rule("(a+)+", 0, "0"))).toBe("match");
    expect(numberRuleFault(rule("1", 0, "x"))).toBe("prepend");
    expect(numberRuleFault(rule("12", 2, ""))).toBe("prepend");
  });

  it("never fail and never grow a number beyond what a rule prepends", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ match: fc.string(), strip: fc.nat(30), prepend: fc.string() })), fc.string(), (rules, text) => {
        const sound = rules.filter((each) => numberRuleFault(each) === null);
        const { number } = applyNumberRules(sound, text);
        expect(number.length).toBeLessThanOrEqual(text.length + numberRuleLimits.prependCharsMax);
      }),
    );
  });
});
