import type { BodyOf, CustomerField } from "@allo/contract";
import type { Clock, IdSource } from "@allo/kernel";
import { ApiError, notFound } from "../../platform/api-error.ts";
import type { Database } from "../../platform/db.ts";
import type { Principal } from "../../platform/http.ts";
import type { Audit } from "../identity/index.ts";
import { fieldFetchForUpdate, fieldInsert, fieldList, fieldUpdate } from "./store/field-store.ts";

export const fieldLimits = { fieldsMax: 100 } as const;
type Change = { readonly principal: Principal; readonly address: string };

export type CustomerFields = {
  list(principal: Principal): Promise<{ items: CustomerField[] }>;
  create(by: Change, body: BodyOf<"customerFieldCreate">): Promise<CustomerField>;
  update(by: Change, fieldId: string, body: BodyOf<"customerFieldUpdate">): Promise<CustomerField>;
};

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
  return {
    list: (principal) => database.withScope(scopeOf(principal), async (tx) => ({ items: [...(await fieldList(tx))] })),
    create: ({ principal, address }, { names, type }) =>
      database.withScope(scopeOf(principal), async (tx) => {
        const known = await fieldList(tx);
        if (known.length >= fieldLimits.fieldsMax) throw new ApiError("tooMany", 409, `No more than ${fieldLimits.fieldsMax} fields`);
        const field: CustomerField = {
          fieldId: ids.next("fld"),
          names,
          type,
          position: Math.max(0, ...known.map(({ position }) => position)) + 1,
          retired: false,
        };
        await fieldInsert(tx, principal.organisationId, field);
        await audit.write(tx, {
          actor: principal,
          action: "customerField.create",
          objectType: "customerField",
          objectId: field.fieldId,
          before: null,
          after: field,
          address,
          at: clock.now(),
        });
        return field;
      }),
    update: ({ principal, address }, fieldId, body) =>
      database.withScope(scopeOf(principal), async (tx) => {
        const before = await fieldFetchForUpdate(tx, fieldId);
        if (before === null) throw notFound();
        const after: CustomerField = {
          ...before,
          names: body.names ?? before.names,
          position: body.position ?? before.position,
          retired: body.retired ?? before.retired,
        };
        await fieldUpdate(tx, after);
        await audit.write(tx, {
          actor: principal,
          action: "customerField.change",
          objectType: "customerField",
          objectId: fieldId,
          before,
          after,
          address,
          at: clock.now(),
        });
        return after;
      }),
  };
}
