// How numbers are rewritten between us and a carrier: ordered rules, the first that matches is applied. Edge and screens share it.

export const numberRuleLimits = { rulesMax: 50, matchCharsMax: 40, prependCharsMax: 20, stripMax: 20, numberCharsMax: 64 } as const;

/**
 * `match`: a digit, "+", "#" stands for itself; X is any digit, Z one from 1 to 9, N from 2 to 9; "*" at the end is any rest.
 * A pattern is read once from left to right: no pattern can be slow.
 */
export type NumberRule = {
  readonly match: string;
  /** So many characters are taken from the front, then `prepend` is put there. */
  readonly strip: number;
  readonly prepend: string;
};

export type RuleOutcome = {
  readonly number: string;
  /** Which rule was applied, from 0; null where none matched and the number stayed as it was. */
  readonly rule: number | null;
};

/** What is wrong with a rule; null where nothing is. */
export function numberRuleFault(rule: NumberRule): "match" | "strip" | "prepend" | null {
  if (!/^[0-9+#XZN]*\*?$/.test(rule.match) || rule.match === "" || rule.match.length > numberRuleLimits.matchCharsMax) return "match";
  const least = rule.match.endsWith("*") ? rule.match.length - 1 : rule.match.length;
  // What is taken away must be there in every number that the pattern takes.
  if (!Number.isInteger(rule.strip) || rule.strip < 0 || rule.strip > Math.min(least, numberRuleLimits.stripMax)) return "strip";
  if (!/^[0-9+#]*$/.test(rule.prepend) || rule.prepend.length > numberRuleLimits.prependCharsMax) return "prepend";
  return rule.strip === rule.match.length && rule.prepend === "" ? "prepend" : null;
}

/** Spaces, dots, brackets and dashes don't count; a number longer than numberCharsMax stays as it is. */
export function applyNumberRules(rules: readonly NumberRule[], text: string): RuleOutcome {
  const number = text.slice(0, numberRuleLimits.numberCharsMax + 1).replaceAll(/[\s().-]/g, "");
  if (number.length > numberRuleLimits.numberCharsMax) return { number: text, rule: null };
  const rule = rules.findIndex((each) => matches(each.match, number));
  const found = rules[rule];
  if (found === undefined) return { number, rule: null };
  return { number: found.prepend + number.slice(found.strip), rule };
}

function matches(pattern: string, number: string): boolean {
  const isOpen = pattern.endsWith("*");
  const length = isOpen ? pattern.length - 1 : pattern.length;
  if (isOpen ? number.length < length : number.length !== length) return false;
  for (let i = 0; i < length; i += 1) {
    const wanted = pattern[i] as string;
    const given = number[i] as string;
    const least = wanted === "X" ? "0" : wanted === "Z" ? "1" : wanted === "N" ? "2" : null;
    if (least === null ? given !== wanted : !(given >= least && given <= "9")) return false;
  }
  return true;
}
