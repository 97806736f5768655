import type { Language, SetupRequest, Trade } from "@allo/contract";
import { normaliseDigits } from "../../ui/format.ts";

/** What the wizard has been told so far. */
export type WizardDraft = {
  readonly organisationName: string;
  readonly timeZone: string;
  readonly country: string;
  readonly administratorName: string;
  readonly email: string;
  readonly password: string;
  /** Whose ready-made set-up is made; null: not chosen yet. */
  readonly trade: Trade | "empty" | null;
  readonly queueName: string;
  readonly number: string;
  readonly numberLanguage: Language;
  readonly networks: readonly string[];
};

export type WizardStep = "language" | "organisation" | "administrator" | "trade" | "queue" | "number";

/** The steps to go: a trade brings its own queues. */
export function stepsOf({ trade }: Pick<WizardDraft, "trade">): readonly WizardStep[] {
  const queue: readonly WizardStep[] = trade === null || trade === "empty" ? ["queue"] : [];
  return ["language", "organisation", "administrator", "trade", ...queue, "number"];
}
export const loopbackNetworks: readonly string[] = ["127.0.0.0/8", "::1/128"];

export function emptyDraft(language: Language, timeZone: string): WizardDraft {
  return {
    organisationName: "",
    timeZone,
    country: countryOfZone(timeZone),
    administratorName: "",
    email: "",
    password: "",
    trade: null,
    queueName: "",
    number: "",
    numberLanguage: language,
    networks: loopbackNetworks,
  };
}

export function requestOf(draft: WizardDraft, token: string, language: Language): SetupRequest {
  return {
    token,
    language,
    timeZone: draft.timeZone,
    defaultCountry: draft.country,
    organisation: { name: draft.organisationName.trim() },
    administrator: { name: draft.administratorName.trim(), email: draft.email.trim(), password: draft.password },
    ...(draft.trade === null || draft.trade === "empty" ? { queue: { name: draft.queueName.trim() } } : { trade: draft.trade }),
    number: { number: dialled(draft.number), language: draft.numberLanguage, allowedNetworks: [...draft.networks] },
  };
}

/** A number as it is dialled: Latin digits, no spaces, brackets or dashes. */
export function dialled(text: string): string {
  return normaliseDigits(text).replaceAll(/[\s()\-.]/gu, "");
}

/** IPv4 or IPv6 with an optional prefix; the server has the last word. */
export function looksLikeNetwork(text: string): boolean {
  return /^(?:\d{1,3}(?:\.\d{1,3}){3}(?:\/(?:[12]?\d|3[0-2]))?|[0-9a-fA-F]*:[0-9a-fA-F:.]+(?:\/(?:\d{1,2}|1[01]\d|12[0-8]))?)$/u.test(text);
}

const zoneCountries: Readonly<Record<string, string>> = {
  "Asia/Tehran": "IR",
  "Europe/London": "GB",
  "America/New_York": "US",
  "America/Chicago": "US",
  "America/Los_Angeles": "US",
  "Europe/Berlin": "DE",
  "Asia/Almaty": "KZ",
  "Europe/Minsk": "BY",
  "Asia/Tashkent": "UZ",
  "Asia/Yerevan": "AM",
  "Asia/Tbilisi": "GE",
  "Asia/Baku": "AZ",
  "Asia/Dubai": "AE",
  "Europe/Istanbul": "TR",
};
const russianZones = [
  "Moscow",
  "Kaliningrad",
  "Samara",
  "Saratov",
  "Volgograd",
  "Ulyanovsk",
  "Astrakhan",
  "Kirov",
  "Yekaterinburg",
  "Omsk",
  "Novosibirsk",
  "Krasnoyarsk",
  "Irkutsk",
  "Yakutsk",
  "Vladivostok",
  "Magadan",
  "Kamchatka",
  "Tomsk",
  "Barnaul",
  "Chita",
  "Sakhalin",
];

/** A first guess of the country by its zone; the person sees it and may change it. */
export function countryOfZone(zone: string): string {
  if (russianZones.includes(zone.split("/")[1] ?? "")) return "RU";
  return zoneCountries[zone] ?? "GB";
}

// ISO 3166-1 alpha-2; names come from Intl in the reader's language.
export const countryCodes: readonly string[] = [
  "AD AE AF AG AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL CM",
  "CN CO CR CU CV CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FR GA GB GD GE GH GM GN GQ GR GT GW GY HK HN",
  "HR HT HU ID IE IL IN IQ IR IS IT JM JO JP KE KG KH KM KN KP KR KW KZ LA LB LC LI LK LR LS LT LU LV LY MA MC",
  "MD ME MG MK ML MM MN MR MT MU MV MW MX MY MZ NA NE NG NI NL NO NP NZ OM PA PE PG PH PK PL PS PT PY QA RO RS",
  "RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR SS ST SV SY SZ TD TG TH TJ TL TM TN TO TR TT TW TZ UA UG US UY",
  "UZ VC VE VN VU WS YE ZA ZM ZW",
].flatMap((line) => line.split(" "));
