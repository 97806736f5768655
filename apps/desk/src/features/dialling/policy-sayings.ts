import type { DialCaps, DialPolicy, DialScope } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { useDirectory } from "../../api/lists.ts";
import { NOTHING, sayParts, useSayings, type FieldWords } from "../../ui/field-words.ts";
import { useFormat } from "../../ui/use-format.ts";
import { capNames, countryName, kindNames, scopeNames } from "./dial-words.ts";

const RATES_SHOWN_MAX = 5;

/** Each rule for outgoing calls in words, for who has to choose between two. */
export function usePolicySayings(): FieldWords<DialPolicy> {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const { text, number, yesNo, list } = useSayings();
  const { hoursChoices } = useDirectory();
  const rules: Readonly<Record<DialPolicy["prefixes"][number]["rule"], string>> = {
    allow: t({ message: "Allowed", context: "beginning of numbers" }),
    allowCostly: t({ message: "Allowed, costly numbers too", context: "beginning of numbers" }),
    deny: t({ message: "Forbidden", context: "beginning of numbers" }),
  };
  const caps = sayParts<DialCaps>({
    concurrent: { label: i18n._(capNames.concurrent), say: number },
    perHour: { label: i18n._(capNames.perHour), say: number },
    perDay: { label: i18n._(capNames.perDay), say: number },
    minutesPerDay: { label: i18n._(capNames.minutesPerDay), say: number },
    costPerDay: { label: i18n._(capNames.costPerDay), say: number },
  });
  const scope = (name: DialScope) => ({ label: i18n._(scopeNames[name]), say: caps });
  return {
    enabled: { label: t`Agents may call out`, say: yesNo },
    countries: { label: t`Countries`, say: (countries) => list(countries.map((country) => countryName(country, format.language))) },
    prefixes: {
      label: t`Beginnings of numbers`,
      say: (prefixes) => list(prefixes.map(({ prefix, rule }) => `\u2066${prefix}\u2069 ${rules[rule]}`)),
    },
    kinds: {
      label: t`How calls go out`,
      say: sayParts<DialPolicy["kinds"]>({
        transfer: { label: t`Agents may transfer customers to outside numbers`, say: yesNo },
        forward: { label: i18n._(kindNames.forward), say: yesNo },
        redirect: { label: i18n._(kindNames.redirect), say: yesNo },
      }),
    },
    forwardsKeepCallerId: { label: i18n._(kindNames.forward), say: yesNo },
    hoursId: {
      label: t`Hours for outgoing calls`,
      say: (hoursId) => (hoursId === null ? t`At any time` : text(hoursChoices.find((each) => each.value === hoursId)?.label ?? null)),
    },
    outsideHours: {
      label: t`Outside these hours`,
      say: (value) => (value === "deny" ? t`No outgoing calls` : t`Only within the country`),
    },
    caps: {
      label: t`How much`,
      say: sayParts<DialPolicy["caps"]>({
        agent: scope("agent"),
        project: scope("project"),
        trunk: scope("trunk"),
        organisation: scope("organisation"),
      }),
    },
    callMinutesMax: { label: t`Longest call, minutes`, say: number },
    currency: { label: t`Currency`, say: text },
    rates: {
      label: t`Price list`,
      // Of a long list only the beginnings whose price differs tell it apart.
      say: (rates, other) => {
        const known = new Set(other.map(({ prefix, perMinute }) => `${prefix} ${String(perMinute)}`));
        const differing = rates.filter(({ prefix, perMinute }) => !known.has(`${prefix} ${String(perMinute)}`));
        const shown = differing
          .slice(0, RATES_SHOWN_MAX)
          .map(({ prefix, perMinute }) => `\u2066${prefix}\u2069 ${format.digits(String(perMinute))}`);
        return shown.length === 0 ? NOTHING : `${list(shown)}${differing.length > RATES_SHOWN_MAX ? " …" : ""}`;
      },
    },
    otherPerMinute: { label: t`Price a minute for all else`, say: (price) => text(price === null ? null : format.digits(String(price))) },
    velocity: {
      label: t`How much`,
      say: sayParts<DialPolicy["velocity"]>({
        callsPerMinute: { label: t`Stop everything above, calls a minute`, say: number },
        costPerHour: { label: t`Stop everything above, cost an hour`, say: number },
      }),
    },
    emergencyNumbers: { label: t`Further emergency numbers`, say: list },
  };
}
