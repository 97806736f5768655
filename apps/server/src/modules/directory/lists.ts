// Skills, wrap-up codes, reasons of being not ready: short named lists.
import type { BodyOf, NotReadyReason, Skill, WrapUpCode } from "@allo/contract";
import type { IdSource } from "@allo/kernel";
import { ApiError, invalidField, notFound } from "../../platform/api-error.ts";
import { usesOfSkill } from "./core/uses.ts";
import { given, readNames, requireRoom, requireUnused, requireVersion, type By, type Editor } from "./editor.ts";
import { directoryLimits } from "./limits.ts";
import { reasonInsert, skillInsert, wrapUpCodeInsert } from "./store/insert-store.ts";
import type { OrganisationConfig } from "./config.ts";
import type { PersonId } from "@allo/kernel";

export function createLists({
  editor,
  ids,
  isPerson,
}: {
  readonly editor: Editor;
  readonly ids: IdSource;
  readonly isPerson: (organisationId: OrganisationConfig["organisationId"], personId: string) => boolean;
}) {
  return {
    async skillCreate(by: By, body: BodyOf<"skillCreate">): Promise<Skill> {
      const skillId = ids.next("skl");
      const config = await editor.change(by, "skills", async (tx, before) => {
        requireRoom(before.skills.length, directoryLimits.skillsMax);
        const names = readNames(body.names);
        await skillInsert(tx, { organisationId: by.principal.organisationId, skillId, names });
        return { action: "skill.create", objectType: "skill", objectId: skillId, before: null, after: { names } };
      });
      return find(config.skills, (each) => each.skillId === skillId);
    },
    async skillUpdate(by: By, skillId: string, { version, ...body }: BodyOf<"skillUpdate">): Promise<Skill> {
      const config = await editor.change(by, "skills", async (tx, before) => {
        const skill = find(before.skills, (each) => each.skillId === skillId);
        requireVersion(skill, version, body);
        const next = { ...skill, ...given(body), ...(body.names === undefined ? {} : { names: readNames(body.names) }) };
        if (next.retired && !skill.retired) requireUnused(usesOfSkill(before, skillId));
        await tx.query("update directory.skill set names = $2, retired = $3, version = version + 1 where skill_id = $1", [
          skillId,
          next.names,
          next.retired,
        ]);
        return { action: "skill.change", objectType: "skill", objectId: skillId, before: skill, after: next };
      });
      return find(config.skills, (each) => each.skillId === skillId);
    },
    personSkills(by: Pick<By, "principal">, personId: string) {
      if (!isPerson(by.principal.organisationId, personId)) throw notFound();
      return [...(editor.config(by.principal).personSkills.get(personId as PersonId) ?? [])];
    },
    async personSkillsPut(by: By, personId: string, { items }: BodyOf<"personSkillsPut">) {
      if (!isPerson(by.principal.organisationId, personId)) throw notFound();
      if (items.length > directoryLimits.skillsPerPersonMax)
        throw invalidField("items", "tooMany", `can be ${directoryLimits.skillsPerPersonMax} at most`);
      requireUnique(
        items.map((item) => item.skillId),
        "items",
      );
      const config = await editor.change(by, "people", async (tx, before) => {
        for (const { skillId } of items) {
          if (!before.skills.some((skill) => skill.skillId === skillId && !skill.retired))
            throw invalidField("items", "unknownSkill", "names a skill that isn't there");
        }
        const earlier = before.personSkills.get(personId as PersonId) ?? [];
        await tx.query("delete from directory.person_skill where person_id = $1", [personId]);
        for (const item of items) {
          await tx.query("insert into directory.person_skill (organisation_id, person_id, skill_id, level) values ($1, $2, $3, $4)", [
            by.principal.organisationId,
            personId,
            item.skillId,
            item.level,
          ]);
        }
        return { action: "person.skills", objectType: "person", objectId: personId, before: { skills: earlier }, after: { skills: items } };
      });
      return [...(config.personSkills.get(personId as PersonId) ?? [])];
    },
    personMentors(by: Pick<By, "principal">, personId: string) {
      if (!isPerson(by.principal.organisationId, personId)) throw notFound();
      return (editor.config(by.principal).mentors.get(personId as PersonId) ?? []).map((mentorId) => ({ personId: mentorId }));
    },
    async personMentorsPut(by: By, personId: string, { items }: BodyOf<"personMentorsPut">) {
      if (!isPerson(by.principal.organisationId, personId)) throw notFound();
      if (items.length > directoryLimits.mentorsPerPersonMax)
        throw invalidField("items", "tooMany", `can be ${directoryLimits.mentorsPerPersonMax} at most`);
      const mentors = items.map((item) => item.personId);
      requireUnique(mentors, "items");
      const config = await editor.change(by, "people", async (tx, before) => {
        for (const mentorId of mentors) {
          if (mentorId === personId) throw invalidField("items", "self", "names the person as their own mentor");
          if (!isPerson(by.principal.organisationId, mentorId))
            throw invalidField("items", "unknownPerson", "names a person who isn't there");
        }
        const earlier = before.mentors.get(personId as PersonId) ?? [];
        await tx.query("delete from directory.mentor where trainee_id = $1", [personId]);
        for (const mentorId of mentors) {
          await tx.query("insert into directory.mentor (organisation_id, trainee_id, mentor_id) values ($1, $2, $3)", [
            by.principal.organisationId,
            personId,
            mentorId,
          ]);
        }
        return { action: "person.mentors", objectType: "person", objectId: personId, before: { mentors: earlier }, after: { mentors } };
      });
      return (config.mentors.get(personId as PersonId) ?? []).map((mentorId) => ({ personId: mentorId }));
    },
    async wrapUpCodeCreate(by: By, body: BodyOf<"wrapUpCodeCreate">): Promise<WrapUpCode> {
      const id = ids.next("wuc");
      const config = await editor.change(by, "wrapUpCodes", async (tx, before) => {
        requireRoom(before.wrapUpCodes.length, directoryLimits.wrapUpCodesMax);
        const [names, position] = [readNames(body.names), body.position ?? nextPosition(before.wrapUpCodes)];
        await wrapUpCodeInsert(tx, { organisationId: by.principal.organisationId, wrapUpCodeId: id, names, position });
        return { action: "wrapUpCode.create", objectType: "wrapUpCode", objectId: id, before: null, after: { names, position } };
      });
      return find(config.wrapUpCodes, (each) => each.wrapUpCodeId === id);
    },
    async wrapUpCodeUpdate(by: By, id: string, { version, ...body }: BodyOf<"wrapUpCodeUpdate">): Promise<WrapUpCode> {
      const config = await editor.change(by, "wrapUpCodes", async (tx, before) => {
        const code = find(before.wrapUpCodes, (each) => each.wrapUpCodeId === id);
        requireVersion(code, version, body);
        const next = { ...code, ...given(body), ...(body.names === undefined ? {} : { names: readNames(body.names) }) };
        // An agent could finish no contact without a code.
        if (next.retired && !before.wrapUpCodes.some((each) => !each.retired && each.wrapUpCodeId !== id))
          throw new ApiError("inUse", 409, "One wrap-up code must stay");
        await tx.query(
          "update directory.wrap_up_code set names = $2, position = $3, retired = $4, version = version + 1 where wrap_up_code_id = $1",
          [id, next.names, next.position, next.retired],
        );
        return { action: "wrapUpCode.change", objectType: "wrapUpCode", objectId: id, before: code, after: next };
      });
      return find(config.wrapUpCodes, (each) => each.wrapUpCodeId === id);
    },
    async reasonCreate(by: By, body: BodyOf<"reasonCreate">): Promise<NotReadyReason> {
      const id = ids.next("rsn");
      const config = await editor.change(by, "reasons", async (tx, before) => {
        requireRoom(before.reasons.length, directoryLimits.reasonsMax);
        const [names, position] = [readNames(body.names), body.position ?? nextPosition(before.reasons)];
        const { organisationId } = by.principal;
        await reasonInsert(tx, { organisationId, reasonId: id, code: "custom", system: false, names, position, maxMinutes: null });
        return { action: "reason.create", objectType: "notReadyReason", objectId: id, before: null, after: { names, position } };
      });
      return find(config.reasons, (each) => each.reasonId === id);
    },
    async reasonUpdate(by: By, id: string, { version, ...body }: BodyOf<"reasonUpdate">): Promise<NotReadyReason> {
      const config = await editor.change(by, "reasons", async (tx, before) => {
        const reason = find(before.reasons, (each) => each.reasonId === id);
        requireVersion(reason, version, body);
        const next = { ...reason, ...given(body), ...(body.names === undefined ? {} : { names: readNames(body.names) }) };
        if (reason.system && next.retired) throw new ApiError("inUse", 409, "The program sets this reason itself");
        if (next.retired && !before.reasons.some((each) => !each.retired && !each.system && each.reasonId !== id))
          throw new ApiError("inUse", 409, "One reason must stay");
        await tx.query(
          `update directory.not_ready_reason set names = $2, position = $3, max_minutes = $4, retired = $5, version = version + 1
            where reason_id = $1`,
          [id, next.names, next.position, next.maxMinutes, next.retired],
        );
        return { action: "reason.change", objectType: "notReadyReason", objectId: id, before: reason, after: next };
      });
      return find(config.reasons, (each) => each.reasonId === id);
    },
  };
}

const POSITION_STEP = 10;

/** Behind the last one, with room for others between. */
export function nextPosition(list: readonly { readonly position: number }[]): number {
  return Math.max(0, ...list.map((each) => each.position)) + POSITION_STEP;
}

export function find<T>(list: readonly T[], is: (each: T) => boolean): T {
  const found = list.find(is);
  if (found === undefined) throw notFound();
  return found;
}

export function requireUnique(values: readonly string[], path: string): void {
  if (new Set(values).size !== values.length) throw invalidField(path, "twice", "names one thing twice");
}
