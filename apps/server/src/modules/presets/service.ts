// Ready-made set-ups: shown before they are made, made in one transaction, taken back as far as nobody has built on them.
import { permissions, trades, type BodyOf, type Permission, type Preset, type PresetApplication, type PresetKind } from "@allo/contract";
import type { Language, PresetUndoStep, QueueMember, Trade } from "@allo/contract";
import type { Clock, IdSource, OrganisationId } from "@allo/kernel";
import { ApiError, notFound } from "../../platform/api-error.ts";
import { isUniqueViolation, type Database, type Tx } from "../../platform/db.ts";
import type { Principal } from "../../platform/http.ts";
import { LOOPBACK_NETWORKS, type DirectoryMade, type PlanKind } from "../directory/index.ts";
import type { AuditActor, SeedOrganisation } from "../identity/index.ts";
import { itemsOf, makesAnything, nothingYet, planPreset, type PresetPlan } from "./core/plan.ts";
import { tradeSpecs } from "./core/trades/index.ts";
import { planUndo } from "./core/undo.ts";
import { directoryPlanOf, fresh } from "./directory-plan.ts";
import { currentOf, existingOf, knownDigits } from "./existing.ts";
import type { ContactUses, PresetAudit, PresetDirectory, PresetFields, PresetRoles } from "./ports.ts";
import {
  applicationFetch,
  applicationFetchByRequest,
  applicationFetchForUpdate,
  applicationInsert,
  applicationList,
  applicationPutMade,
  applicationPutUndone,
  presentApplication,
  type StoredThing,
} from "./store/application-store.ts";

type Change = { readonly principal: Principal; readonly address: string };
type Write = Pick<BodyOf<"presetPreview">, "language" | "numbers">;

export type Presets = {
  /** All of them, as they would be made where nothing is yet; `{name}` stands where the organisation's name will. */
  list(language: Language): { items: Preset[] };
  preview(principal: Principal, trade: Trade, write: Write): Promise<Preset>;
  apply(by: Change, trade: Trade, write: BodyOf<"presetApply">): Promise<PresetApplication>;
  applications(principal: Principal): Promise<{ items: PresetApplication[] }>;
  undoPlan(principal: Principal, applicationId: string): Promise<{ items: PresetUndoStep[] }>;
  undo(by: Change, applicationId: string): Promise<PresetApplication>;
  /** The first setup: the trade's set-up where one was chosen, else what the directory makes by itself. */
  readonly seedOrganisation: SeedOrganisation;
};
export type PresetsDeps = {
  readonly db: Database;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly audit: PresetAudit;
  readonly directory: PresetDirectory;
  /** Made after presets, which identity asks for its part of the first setup. */
  readonly roles: () => PresetRoles;
  readonly fields: PresetFields;
  readonly contactUses: ContactUses;
};

/** How well an administrator who sets a centre up knows its queues: the middle of five. */
const FIRST_MEMBER_LEVEL = 3;
const NAME_IN_LIST = "{name}";
const planKinds: Readonly<Partial<Record<PresetKind, PlanKind>>> = {
  project: "projects",
  hours: "hours",
  skill: "skills",
  queue: "queues",
  number: "numbers",
  wrapUpCode: "wrapUpCodes",
  reason: "reasons",
};

export function createPresets({ db, clock, ids, audit, directory, roles, fields, contactUses }: PresetsDeps): Presets {
  /** Changes of one organisation by ready-made set-ups go one after another, so that each sees in memory what the one before made. */
  const tails = new Map<OrganisationId, Promise<unknown>>();
  const inTurn = async <T>(organisationId: OrganisationId, run: () => Promise<T>): Promise<T> => {
    const before = tails.get(organisationId) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(run);
    tails.set(organisationId, turn);
    try {
      return await turn;
    } finally {
      if (tails.get(organisationId) === turn) tails.delete(organisationId);
    }
  };
  const configOf = (organisationId: OrganisationId) => {
    const config = directory.config(organisationId);
    if (config === null) throw new Error("the setup of an organisation that isn't known was asked for");
    return config;
  };
  const planInTx = async (tx: Tx, principal: Principal, { trade, language, numbers }: Write & { readonly trade: Trade }) => {
    const config = configOf(principal.organisationId);
    return planPreset({
      trade,
      language,
      organisationName: config.name,
      existing: existingOf(config, { roles: await roles().listInTx(tx), fields: await fields.listInTx(tx) }),
      numbers: new Map(numbers.map((each) => [each.key, each.number])),
      mayGrant: principal.permissions.has("people.manage") ? principal.permissions : null,
    });
  };

  type Making = {
    readonly plan: PresetPlan;
    readonly actor: AuditActor;
    readonly address: string;
    readonly defaultCountry: string;
    readonly grants: ReadonlySet<Permission>;
    readonly members: readonly QueueMember[];
    readonly allowedNetworks: readonly string[] | null;
    readonly heard: Language;
    readonly requestId: string | null;
  };
  const makeInTx = async (tx: Tx, making: Making): Promise<string> => {
    const { plan, actor, address } = making;
    // Locks go from people over the setup to the audit chain, as in changes of people and of the setup alone.
    await roles().lockInTx(tx, actor.organisationId);
    const applicationId = ids.next("psa");
    const at = clock.now();
    const { trade, language } = plan;
    await applicationInsert(tx, {
      organisationId: actor.organisationId,
      applicationId,
      requestId: making.requestId,
      trade,
      language,
      at,
      by: actor,
    });
    const made = await directory.applyInTx(tx, { actor, address, defaultCountry: making.defaultCountry }, directoryPlanOf(plan, making));
    const things: StoredThing[] = [...thingsOf(plan, made)];
    for (const { spec, names } of fresh(plan.roles)) {
      const { description, permissions: granted } = spec;
      const by = { actor, address, permissions: making.grants };
      const id = await roles().createInTx(tx, by, { names, description, permissions: granted });
      things.push({ kind: "role", key: spec.key, id, names });
    }
    for (const { spec, names } of fresh(plan.fields)) {
      const id = await fields.createInTx(tx, { actor, address }, { names, type: spec.type });
      things.push({ kind: "customerField", key: spec.key, id, names });
    }
    await applicationPutMade(tx, applicationId, things);
    await audit.write(tx, {
      actor,
      action: "preset.apply",
      objectType: "preset",
      objectId: applicationId,
      before: null,
      after: { trade, language, made: countsOf(things) },
      address,
      at,
    });
    return applicationId;
  };

  const undoPlanInTx = async (tx: Tx, principal: Principal, made: readonly StoredThing[]) => {
    const uses = await contactUses(
      tx,
      made.map((each) => each.id),
    );
    const current = currentOf(configOf(principal.organisationId), made, {
      roles: await roles().listInTx(tx),
      fields: await fields.listInTx(tx),
      contactUses: uses,
    });
    return planUndo(made, current);
  };

  return {
    list: (language) => ({
      items: trades.map((trade) => {
        const plan = planPreset({
          trade,
          language,
          organisationName: NAME_IN_LIST,
          existing: nothingYet,
          numbers: new Map(),
          mayGrant: new Set(permissions),
        });
        return present(plan);
      }),
    }),
    preview: (principal, trade, write) =>
      db.withScope(principal, async (tx) => present(await planInTx(tx, principal, { ...write, trade }))),
    apply: (by, trade, { requestId, ...write }) =>
      inTurn(by.principal.organisationId, async () => {
        const { principal, address } = by;
        const { organisationId } = principal;
        const known = await db.withScope(principal, (tx) => applicationFetchByRequest(tx, requestId));
        if (known !== null) return presentApplication(known);
        requireKnownNumbers(trade, write);
        let applied: PresetApplication;
        try {
          applied = await db.withScope(principal, async (tx) => {
            const plan = await planInTx(tx, principal, { ...write, trade });
            if (!makesAnything(plan)) throw new ApiError("nothingToMake", 409, "All of it is there already");
            const config = configOf(organisationId);
            const applicationId = await makeInTx(tx, {
              plan,
              actor: principal,
              address,
              defaultCountry: config.defaultCountry,
              grants: principal.permissions,
              members: [],
              // A carrier that reaches one number of ours reaches the others too.
              allowedNetworks: config.numbers.find((number) => !number.retired)?.allowedNetworks ?? null,
              heard: write.language,
              requestId,
            });
            return presentApplication(await must(tx, applicationId));
          });
        } catch (error) {
          if (!isUniqueViolation(error, "application_request")) throw error;
          const first = await db.withScope(principal, (tx) => applicationFetchByRequest(tx, requestId));
          if (first === null) throw error;
          return presentApplication(first);
        }
        await directory.refresh(organisationId);
        roles().changed(organisationId);
        return applied;
      }),
    applications: (principal) => db.withScope(principal, async (tx) => ({ items: (await applicationList(tx)).map(presentApplication) })),
    undoPlan: (principal, applicationId) =>
      db.withScope(principal, async (tx) => {
        const application = await applicationFetch(tx, applicationId);
        if (application === null) throw notFound();
        return { items: [...(application.undone ?? (await undoPlanInTx(tx, principal, application.made)))] };
      }),
    undo: (by, applicationId) =>
      inTurn(by.principal.organisationId, async () => {
        const { principal, address } = by;
        const undone = await db.withScope(principal, async (tx) => {
          await roles().lockInTx(tx, principal.organisationId);
          await fields.lockInTx(tx);
          const application = await applicationFetchForUpdate(tx, applicationId);
          if (application === null) throw notFound();
          if (application.undoneAt !== null) return { application, isNew: false };
          const steps = await undoPlanInTx(tx, principal, application.made);
          const going = (kind: PresetKind): readonly string[] =>
            steps.filter((step) => step.step === "retire" && step.kind === kind).map((step) => step.id);
          const left = await directory.retireInTx(
            tx,
            { actor: principal, address },
            Object.fromEntries(Object.entries(planKinds).map(([kind, planKind]) => [planKind, going(kind as PresetKind)])),
          );
          for (const id of going("role"))
            await roles().retireInTx(tx, { actor: principal, address, permissions: principal.permissions }, id, true);
          for (const id of going("customerField")) await fields.retireInTx(tx, { actor: principal, address }, id);
          const at = clock.now();
          const done = steps.map((step): PresetUndoStep => {
            const stayed = left.find((each) => each.id === step.id);
            if (stayed === undefined) return step;
            const usedBy = stayed.usedBy.map((use) => use.name);
            return { ...step, step: "leave", why: usedBy.length > 0 ? "inUse" : "lastOne", usedBy };
          });
          await applicationPutUndone(tx, { applicationId, at, by: principal, undone: done });
          await audit.write(tx, {
            actor: principal,
            action: "preset.undo",
            objectType: "preset",
            objectId: applicationId,
            before: null,
            after: {
              trade: application.trade,
              retired: countsOf(done.filter((step) => step.step === "retire")),
              left: done.filter((step) => step.step === "leave").map(({ kind, id, why }) => ({ kind, id, why })),
            },
            address,
            at,
          });
          return { application: await must(tx, applicationId), isNew: true };
        });
        if (undone.isNew) {
          await directory.refresh(principal.organisationId);
          roles().changed(principal.organisationId);
        }
        return presentApplication(undone.application);
      }),
    async seedOrganisation(tx, seed) {
      const { trade, number, organisation, language, defaultCountry } = seed.request;
      if (trade === undefined) return directory.seedOrganisation(tx, seed);
      const [main] = tradeSpecs[trade].numbers;
      await directory.seedBase(tx, seed);
      const plan = planPreset({
        trade,
        language,
        organisationName: organisation.name,
        existing: nothingYet,
        numbers: new Map(main === undefined ? [] : [[main.key, number.number]]),
        mayGrant: new Set(permissions),
      });
      await asWizardsNumber(() =>
        makeInTx(tx, {
          plan,
          actor: seed.actor,
          address: seed.address,
          defaultCountry,
          grants: new Set(permissions),
          // Who sets it up can take the first call.
          members: [{ personId: seed.administratorId, level: FIRST_MEMBER_LEVEL }],
          allowedNetworks: [...LOOPBACK_NETWORKS, ...number.allowedNetworks],
          heard: number.language,
          requestId: null,
        }),
      );
    },
  };
}

/** The wizard asks for one number and knows nothing of parts. */
async function asWizardsNumber<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ApiError) || error.fields === undefined) throw error;
    const fields = error.fields.map((field) => ({ ...field, path: field.path.replace(/^numbers\.[^.]+\./, "number.") }));
    throw new ApiError(error.code, error.status, error.detail, fields);
  }
}

async function must(tx: Tx, applicationId: string) {
  const application = await applicationFetch(tx, applicationId);
  if (application === null) throw new Error("a ready-made set-up just written is not there");
  return application;
}

function present(plan: PresetPlan): Preset {
  const { names, about, numbers } = plan.spec;
  return { trade: plan.trade, names, about, mainNumberKey: numbers[0]?.key ?? "", items: [...itemsOf(plan)] };
}

/** Two numbers for one part, or one number for two: which is meant can't be known. */
function requireKnownNumbers(trade: Trade, { numbers }: Write): void {
  const digits = numbers.map((each) => knownDigits(each.number));
  numbers.forEach(({ key }, index) => {
    const problem = !tradeSpecs[trade].numbers.some((number) => number.key === key)
      ? "unknown"
      : numbers.findIndex((each) => each.key === key) !== index || digits.indexOf(digits[index] ?? "") !== index
        ? "twice"
        : null;
    if (problem !== null)
      throw new ApiError("invalidInput", 400, undefined, [{ path: `numbers.${index}`, code: problem, message: "is not to be understood" }]);
  });
}

function thingsOf(plan: PresetPlan, made: DirectoryMade): readonly StoredThing[] {
  const idOf = (kind: PlanKind, key: string): string => made[kind].get(key) ?? "";
  const things = (kind: PresetKind, planKind: PlanKind, parts: readonly { spec: { key: string }; names: StoredThing["names"] }[]) =>
    parts.map(({ spec, names }): StoredThing => ({ kind, key: spec.key, id: idOf(planKind, spec.key), names }));
  return [
    ...things("project", "projects", fresh(plan.projects)),
    ...things("hours", "hours", fresh(plan.hours)),
    ...things("skill", "skills", fresh(plan.skills)),
    ...things("queue", "queues", fresh(plan.queues)),
    ...things("number", "numbers", fresh(plan.numbers)),
    ...things("wrapUpCode", "wrapUpCodes", fresh(plan.wrapUpCodes)),
    ...fresh(plan.reasons).map(({ spec, names }): StoredThing => ({
      kind: "reason",
      key: spec.key,
      id: idOf("reasons", spec.key),
      names,
      maxMinutes: spec.maxMinutes,
    })),
  ];
}

function countsOf(things: readonly { readonly kind: PresetKind }[]): Readonly<Partial<Record<PresetKind, number>>> {
  const counts: Partial<Record<PresetKind, number>> = {};
  for (const { kind } of things) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
