/* Who works there: drawn by the lines' shares, each with the languages spoken. */
import type { Language, Role } from "@allo/contract";
import type { Prng } from "@allo/kernel";
import { between, isTrue } from "../history/draws.ts";
import type { LineKey } from "../world-file.ts";
import { lineSeeds, organisationSeed, type SkillKey } from "./lines.ts";
import { drawNames } from "./names.ts";

export type PersonSeed = {
  readonly name: string;
  readonly email: string;
  readonly roles: readonly Role[];
  readonly language: Language;
  readonly lines: readonly LineKey[];
  readonly skills: readonly { readonly skill: SkillKey; readonly level: number }[];
  /** In the queues of the lines. */
  readonly level: number;
  readonly speed: number;
};

const SECOND_LINE_SHARE = 0.16;
const SPEED_MIN = 0.82;
const SPEED_MAX = 1.24;

/** For whoever tries the demonstration; the administrator is made by the first setup. */
export const guestSeeds = {
  administrator: { name: "Alex Morgan", email: `admin@${organisationSeed.mailDomain}` },
  lead: { name: "Sam Rivers", email: `lead@${organisationSeed.mailDomain}` },
  agent: { name: "Robin Clay", email: `agent@${organisationSeed.mailDomain}` },
} as const;

/** Agents of each line by its part of the work, at least one each where there are three. */
export function drawAgents(count: number, prng: Prng): readonly PersonSeed[] {
  // Work, not calls: a long call takes more people.
  const work = lineSeeds.map((line) => line.share * (line.handleSecondsMedian + line.wrapUpSecondsMean + 60));
  const total = work.reduce((sum, each) => sum + each, 0);
  const counts: number[] = lineSeeds.map(() => (count >= lineSeeds.length ? 1 : 0));
  while (counts.reduce((sum, each) => sum + each, 0) < count) {
    // Whoever is furthest behind its share gets the next.
    const behind = lineSeeds.map((_, index) => ((work[index] ?? 0) / total) * count - (counts[index] ?? 0));
    const next = behind.indexOf(Math.max(...behind));
    counts[next] = (counts[next] ?? 0) + 1;
  }
  let number = 0;
  return lineSeeds.flatMap((line, index) => {
    const draw = prng.child(line.key);
    return drawNames(line.language, draw, counts[index] ?? 0, { formal: false }).map((name): PersonSeed => {
      number += 1;
      const hasSecond = isTrue(draw, SECOND_LINE_SHARE);
      const second = lineSeeds[(index + 1 + draw.below(lineSeeds.length - 1)) % lineSeeds.length];
      const lines = hasSecond && second !== undefined ? [line, second] : [line];
      return {
        name,
        email: `agent${String(number).padStart(2, "0")}@${organisationSeed.mailDomain}`,
        roles: ["agent"],
        language: line.language,
        lines: lines.map(({ key }) => key),
        skills: lines.map(({ skill }, place) => ({ skill, level: place === 0 ? 5 : 3 })),
        level: 2 + draw.below(3),
        speed: Math.round(between(draw, SPEED_MIN, SPEED_MAX) * 100) / 100,
      };
    });
  });
}

/** A lead for each line. */
export function drawLeads(prng: Prng): readonly PersonSeed[] {
  return lineSeeds.map((line) => ({
    name: drawNames(line.language, prng.child(`lead ${line.key}`), 1, { formal: false })[0] ?? line.projectName,
    email: `lead.${line.key}@${organisationSeed.mailDomain}`,
    roles: ["lead"],
    language: line.language,
    lines: [],
    skills: [{ skill: line.skill, level: 5 }],
    level: 3,
    speed: 1,
  }));
}
