import type { BodyOf, CustomerField } from "@allo/contract";
import type { Clock, IdSource } from "@allo/kernel";
import { ApiError, notFound } from "../../platform/api-error.ts";
import type { Database, Tx } from "../../platform/db.ts";
import type { Principal } from "../../platform/http.ts";
import type { Audit, AuditActor } from "../identity/index.ts";
import { fieldFetchForUpdate, fieldInsert, fieldList, fieldLockAll, fieldUpdate, fieldUseCounts } from "./store/field-store.ts";

export const fieldLimits = { fieldsMax: 100 } as const;
type Change = { readonly principal: Principal; readonly address: string };

export type CustomerFields = {
  list(principal: Principal): Promise<{ items: CustomerField[] }>;
  create(by: Change, body: BodyOf<"customerFieldCreate">): Promise<CustomerField>;
  update(by: Change, fieldId: string, body: BodyOf<"customerFieldUpdate">): Promise<CustomerField>;
  /** All fields, each with how many customers have a value in it. For transactions of other modules, as the next two. */
  listInTx(tx: Tx): Promise<readonly (CustomerField & { readonly uses: number })[]>;
  /** Before anything else of a transaction that retires fields besides other things: audit entries are written under it. */
  lockInTx(tx: Tx): Promise<void>;
  createInTx(tx: Tx, by: FieldActor, body: BodyOf<"customerFieldCreate">): Promise<string>;
  retireInTx(tx: Tx, by: FieldActor, fieldId: string): Promise<void>;
};
type FieldActor = { readonly actor: AuditActor; readonly address: string };

/** The organisation's own fields of a customer's card. */
export function createCustomerFields({
  database,
  clock,
  ids,
  audit,
}: {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly audit: Pick<Audit, "write">;
}): CustomerFields {
  const scopeOf = (principal: Principal) => ({ organisationId: principal.organisationId, projectIds: principal.projectIds });
  const createInTx = async (
    tx: Tx,
    { actor, address }: FieldActor,
    { names, type, pausesRecording = false, verifyLevel = 0 }: BodyOf<"customerFieldCreate">,
  ): Promise<CustomerField> => {
    const known = await fieldList(tx);
    if (known.length >= fieldLimits.fieldsMax) throw new ApiError("tooMany", 409, `No more than ${fieldLimits.fieldsMax} fields`);
    const field: CustomerField = {
      fieldId: ids.next("fld"),
      names,
      type,
      position: Math.max(0, ...known.map(({ position }) => position)) + 1,
      retired: false,
      pausesRecording,
      verifyLevel,
    };
    await fieldInsert(tx, actor.organisationId, field);
    await audit.write(tx, {
      actor,
      action: "customerField.create",
      objectType: "customerField",
      objectId: field.fieldId,
      before: null,
      after: field,
      address,
      at: clock.now(),
    });
    return field;
  };
  const updateInTx = async (
    tx: Tx,
    { actor, address }: FieldActor,
    fieldId: string,
    body: BodyOf<"customerFieldUpdate">,
  ): Promise<CustomerField> => {
    const before = await fieldFetchForUpdate(tx, fieldId);
    if (before === null) throw notFound();
    const after: CustomerField = {
      ...before,
      names: body.names ?? before.names,
      position: body.position ?? before.position,
      retired: body.retired ?? before.retired,
      pausesRecording: body.pausesRecording ?? before.pausesRecording,
      verifyLevel: body.verifyLevel ?? before.verifyLevel,
    };
    await fieldUpdate(tx, after);
    await audit.write(tx, {
      actor,
      action: "customerField.change",
      objectType: "customerField",
      objectId: fieldId,
      before,
      after,
      address,
      at: clock.now(),
    });
    return after;
  };
  return {
    list: (principal) => database.withScope(scopeOf(principal), async (tx) => ({ items: [...(await fieldList(tx))] })),
    create: ({ principal, address }, body) =>
      database.withScope(scopeOf(principal), (tx) => createInTx(tx, { actor: principal, address }, body)),
    update: ({ principal, address }, fieldId, body) =>
      database.withScope(scopeOf(principal), (tx) => updateInTx(tx, { actor: principal, address }, fieldId, body)),
    async listInTx(tx) {
      const [all, uses] = [await fieldList(tx), await fieldUseCounts(tx)];
      return all.map((field) => ({ ...field, uses: uses.get(field.fieldId) ?? 0 }));
    },
    lockInTx: fieldLockAll,
    createInTx: async (tx, by, body) => (await createInTx(tx, by, body)).fieldId,
    async retireInTx(tx, by, fieldId) {
      await updateInTx(tx, by, fieldId, { retired: true });
    },
  };
}
