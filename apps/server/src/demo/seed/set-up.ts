// The organisation as its administrator sets it up: projects, skills, queues, numbers, codes, people. Step by step through the API.
import type { BodyOf, Language, ResponseOf } from "@allo/contract";
import type { Prng } from "@allo/kernel";
import type { Core } from "../../core/core.ts";
import type { DemoAgent, DemoGuest, LineKey } from "../world-file.ts";
import { codeSeeds, lineSeeds, organisationSeed, skillSeeds, type CodeKey, type LineSeed, type SkillKey } from "./lines.ts";
import { createOffice, type Ask, type Office } from "./office.ts";
import { createPassword } from "./passwords.ts";
import { drawAgents, drawLeads, guestSeeds, type PersonSeed } from "./people.ts";

export type LineMade = {
  readonly seed: LineSeed;
  readonly projectId: string;
  readonly queueId: string;
  readonly numberId: string;
  readonly e164: string;
  readonly codes: ReadonlyMap<CodeKey, string>;
};
export type OrganisationMade = {
  readonly organisationId: string;
  readonly lines: readonly LineMade[];
  readonly agents: readonly DemoAgent[];
  /** One for each line, in their order. */
  readonly leads: readonly { readonly personId: string; readonly name: string }[];
  readonly guests: { readonly administrator: DemoGuest; readonly lead: DemoGuest; readonly agent: DemoGuest };
  readonly reasons: readonly { readonly reasonId: string; readonly code: string }[];
};

const ADMINISTRATOR_LANGUAGE: Language = organisationSeed.language;

/** Signs the administrator in at `office` and makes all of it. `onPerson` is told of each person who has a login. */
export async function setUpOrganisation(
  core: Core,
  {
    office,
    agents: agentCount,
    prng,
    onPerson,
  }: { readonly office: Office; readonly agents: number; readonly prng: Prng; readonly onPerson: () => void },
): Promise<OrganisationMade> {
  const { ask } = office;
  const administratorPassword = createPassword();
  const [firstLine] = lineSeeds;
  const token = await core.identity.prepareSetup();
  if (token === null || firstLine === undefined) throw new Error("there is an organisation already");
  const me = await ask("setupCreate", {
    body: {
      token,
      language: ADMINISTRATOR_LANGUAGE,
      timeZone: organisationSeed.timeZone,
      defaultCountry: organisationSeed.country,
      organisation: { name: organisationSeed.name },
      administrator: { ...guestSeeds.administrator, password: administratorPassword },
      queue: { name: firstLine.queue.names[ADMINISTRATOR_LANGUAGE] },
      number: { number: firstLine.number, language: firstLine.language, allowedNetworks: [] },
    },
  });
  const codes = await makeCodes(ask);
  const skills = new Map<SkillKey, string>();
  for (const [key, names] of Object.entries(skillSeeds) as [SkillKey, (typeof skillSeeds)[SkillKey]][])
    skills.set(key, (await ask("skillCreate", { body: { names } })).skillId);
  const greetings = new Set((await ask("promptsList")).items.map(({ audioId }) => audioId));
  const lines: LineMade[] = [];
  for (const [index, seed] of lineSeeds.entries()) {
    const greetingAudioId = greetings.has(seed.greetingAudioId) ? seed.greetingAudioId : undefined;
    lines.push({
      seed,
      codes,
      ...(await makeLine(ask, seed, { isFirst: index === 0, skillId: skills.get(seed.skill) ?? "", greetingAudioId })),
    });
  }

  const seeds = drawAgents(agentCount, prng.child("agents"));
  const agents: DemoAgent[] = [];
  for (const seed of seeds) {
    const login = await addPerson(core, ask, seed, skills);
    agents.push({ ...login, language: seed.language, lines: seed.lines, speed: seed.speed });
    onPerson();
  }
  const leads: DemoGuest[] = [];
  for (const seed of drawLeads(prng.child("leads"))) {
    leads.push(await addPerson(core, ask, seed, skills));
    onPerson();
  }
  const allLines = lineSeeds.map(({ key }) => key);
  const guest = (name: keyof typeof guestSeeds, role: PersonSeed["roles"][number], guestLines: readonly LineKey[]): Promise<DemoGuest> => {
    const all = lineSeeds.map(({ skill }) => ({ skill, level: 5 }));
    const basis = { language: ADMINISTRATOR_LANGUAGE, lines: guestLines, skills: all, level: 4, speed: 1 };
    return addPerson(core, ask, { ...guestSeeds[name], ...basis, roles: [role] }, skills);
  };
  const lead = await guest("lead", "lead", []);
  const agent = await guest("agent", "agent", allLines);
  // Whoever looks in as administrator is asked for no calls, until she puts herself into a queue.
  for (const line of lines) {
    const members = agents.flatMap(({ personId, lines: served }, index) =>
      served.includes(line.seed.key) ? [{ personId, level: served[0] === line.seed.key ? (seeds[index]?.level ?? 3) : 1 }] : [],
    );
    await ask("queueMembersPut", {
      params: { queueId: line.queueId },
      body: { items: [...members, { personId: agent.personId, level: 3 }] },
    });
  }
  const reasons = (await ask("reasonsList")).items.filter(({ system }) => !system);
  return {
    organisationId: me.organisation.organisationId,
    lines,
    agents,
    leads,
    guests: {
      administrator: { personId: me.personId, ...guestSeeds.administrator, password: administratorPassword },
      lead,
      agent,
    },
    reasons: reasons.map(({ reasonId, code }) => ({ reasonId, code })),
  };
}

/** What a new organisation begins with is kept; the lines' own are added. */
async function makeCodes(ask: Ask): Promise<ReadonlyMap<CodeKey, string>> {
  const there = (await ask("wrapUpCodesList")).items;
  const codes = new Map<CodeKey, string>();
  for (const [key, names] of Object.entries(codeSeeds) as [CodeKey, (typeof codeSeeds)[CodeKey]][]) {
    const known = there.find((code) => code.names.en === names.en);
    codes.set(key, known?.wrapUpCodeId ?? (await ask("wrapUpCodeCreate", { body: { names } })).wrapUpCodeId);
  }
  return codes;
}

async function makeLine(
  ask: Ask,
  seed: LineSeed,
  {
    isFirst,
    skillId,
    greetingAudioId,
  }: { readonly isFirst: boolean; readonly skillId: string; readonly greetingAudioId: string | undefined },
): Promise<Pick<LineMade, "projectId" | "queueId" | "numberId" | "e164">> {
  const settings = { ...seed.queue, requirements: [{ skillId, level: 3 }] };
  const ofNumber = { label: seed.label, ...(greetingAudioId === undefined ? {} : { greetingAudioId }) };
  if (isFirst) {
    // The first project, queue and number are those that the first setup makes.
    const [project] = (await ask("projectsList")).items;
    const [queue] = (await ask("queuesList")).items;
    const [number] = (await ask("numbersList")).items;
    if (project === undefined || queue === undefined || number === undefined) throw new Error("the first setup has left nothing");
    const { projectId } = project;
    await ask("projectUpdate", { params: { projectId }, body: { name: seed.projectName, version: project.version } });
    await ask("queueUpdate", { params: { queueId: queue.queueId }, body: { ...settings, version: queue.version } });
    const changed: BodyOf<"numberUpdate"> = { ...ofNumber, version: number.version };
    const { numberId, e164 } = await ask("numberUpdate", { params: { numberId: number.numberId }, body: changed });
    return { projectId, queueId: queue.queueId, numberId, e164: e164 ?? seed.number };
  }
  const { projectId }: ResponseOf<"projectCreate"> = await ask("projectCreate", { body: { name: seed.projectName } });
  const { queueId } = await ask("queueCreate", { body: { ...settings, projectId } });
  const { numberId, e164 } = await ask("numberCreate", { body: { number: seed.number, queueId, language: seed.language, ...ofNumber } });
  return { projectId, queueId, numberId, e164: e164 ?? seed.number };
}

/** Invites a person, who chooses a password by the link. */
async function addPerson(core: Core, ask: Ask, seed: PersonSeed, skills: ReadonlyMap<SkillKey, string>): Promise<DemoGuest> {
  const { name, email, roles, language } = seed;
  const password = createPassword();
  const { person, invitation } = await ask("personCreate", { body: { name, email, roles: [...roles], language } });
  const { personId } = person;
  if (seed.skills.length > 0) {
    const items = seed.skills.map(({ skill, level }) => ({ skillId: skills.get(skill) ?? "", level }));
    await ask("personSkillsPut", { params: { personId }, body: { items } });
  }
  const own = createOffice(core);
  const token = invitation.url.slice(invitation.url.lastIndexOf("/") + 1);
  await own.ask("linkUse", { params: { token }, body: { password } });
  await own.ask("sessionDelete");
  return { personId, name, email, password };
}
