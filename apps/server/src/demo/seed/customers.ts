/* The lines' customers: names, numbers that nobody has, what stands on their cards. */
import type { BodyOf } from "@allo/contract";
import type { Instant, Prng } from "@allo/kernel";
import { DAY_MS } from "@allo/kernel";
import type { LineKey } from "../world-file.ts";
import { between, isTrue, pickOne, shuffled } from "../history/draws.ts";
import type { LineSeed } from "./lines.ts";
import { drawName } from "./names.ts";

export type CustomerSeed = Omit<BodyOf<"customerCreate">, "projectId"> & { readonly number: string };

const MOBILE_SHARE = 0.58;
const EMAIL_SHARE = 0.6;
const CARD_NOTE_SHARE = 0.09;
const PER_PREFIX = 1_000;

/** Kept by Ofcom for drama: a thousand numbers each. */
const UK_MOBILE = "+447700900";
const UK_LANDLINES = ["+442079460", "+441314960", "+441614960", "+441214960", "+441914980", "+442920180"];
const UK_STRANGERS = "+441174960";
/** Codes of mobile numbers that no operator of Russia (972) or Iran (950) was given. */
const UNASSIGNED: Readonly<Record<"taxi" | "isp", { readonly customers: string; readonly strangers: string }>> = {
  taxi: { customers: "+7972", strangers: "+7973000" },
  isp: { customers: "+98950", strangers: "+98951000" },
};

const STREETS =
  "ул. Садовая|ул. Речная|пр-т Мира|ул. Лесная|ул. Гагарина|Набережная ул.|ул. Победы|ул. Зелёная|Школьный пер.|ул. Космонавтов|Театральная пл.|ул. Молодёжная".split(
    "|",
  );
const PLANS = ["فیبر ۱۰۰ مگ", "فیبر ۳۰۰ مگ", "VDSL ۴۰ مگ", "ADSL ۱۶ مگ", "فیبر ۱ گیگ"];

/** `fields`: ids of the organisation's own fields by their key. */
export function drawCustomers(
  line: LineSeed,
  fields: Readonly<Record<string, string>>,
  { count, before, prng }: { readonly count: number; readonly before: Instant; readonly prng: Prng },
): readonly CustomerSeed[] {
  const numbers = drawNumbers(line.key, count, prng.child("numbers"));
  return numbers.map((number, index) => {
    const { full } = drawName(line.language, prng, { formal: true });
    const identities: CustomerSeed["identities"] = [{ kind: "phone", value: number }];
    if (isTrue(prng, EMAIL_SHARE)) identities.push({ kind: "email", value: mailOf(full, index, line.key) });
    const since = new Date(before - between(prng, 40, 3_000) * DAY_MS).toISOString().slice(0, 10);
    const own: Record<string, string> = {};
    const put = (key: string, value: string): void => {
      const fieldId = fields[key];
      if (fieldId !== undefined) own[fieldId] = value;
    };
    put("since", since);
    if (line.key === "bank") put("account", String(1_000 + prng.below(9_000)));
    if (line.key === "taxi" && isTrue(prng, 0.7)) put("address", `${pickOne(prng, STREETS)}, ${1 + prng.below(96)}`);
    if (line.key === "isp") put("plan", pickOne(prng, PLANS));
    return {
      name: full,
      note: isTrue(prng, CARD_NOTE_SHARE) ? pickOne(prng, line.cardNotes) : "",
      language: line.language,
      identities,
      fields: own,
      number,
    };
  });
}

/** The number of a caller whom nobody knows; one of `PER_PREFIX`. */
export function strangerNumber(line: LineKey, index: number): string {
  const digits = String(index % PER_PREFIX);
  if (line === "bank") return `${UK_STRANGERS}${digits.padStart(3, "0")}`;
  return `${UNASSIGNED[line].strangers}${digits.padStart(4, "0")}`;
}

function drawNumbers(line: LineKey, count: number, prng: Prng): readonly string[] {
  if (line === "bank") {
    const tails = Array.from({ length: PER_PREFIX }, (_, index) => String(index).padStart(3, "0"));
    const mobiles = shuffled(prng, tails).map((tail) => UK_MOBILE + tail);
    const landlines = shuffled(
      prng,
      UK_LANDLINES.flatMap((prefix) => tails.map((tail) => prefix + tail)),
    );
    const mobileCount = Math.min(mobiles.length, Math.round(count * MOBILE_SHARE));
    return shuffled(prng, [...mobiles.slice(0, mobileCount), ...landlines.slice(0, count - mobileCount)]);
  }
  const numbers = new Set<string>();
  while (numbers.size < count) numbers.add(`${UNASSIGNED[line].customers}${String(prng.below(10_000_000)).padStart(7, "0")}`);
  return [...numbers];
}

/** Domains that belong to nobody (RFC 2606). */
function mailOf(name: string, index: number, line: LineKey): string {
  const latin = name
    .toLowerCase()
    .replaceAll(/[^a-z ]/g, "")
    .trim()
    .replaceAll(/ +/g, ".");
  const domain = ["example.com", "example.org", "example.net"][index % 3] ?? "example.com";
  return `${latin === "" ? line : latin}${100 + index}@${domain}`;
}
