import type { Customer } from "@allo/contract";
import type { CustomerId, Instant, OrganisationId, ProjectId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";

export type CustomerRow = Omit<Customer, "identities"> & {
  readonly organisationId: OrganisationId;
  readonly nameKey: string;
  readonly lastContactAt: Instant | null;
};
/** `value` is what is unique and compared; `shown` what the person typed. */
export type IdentityRow = { readonly kind: "phone" | "email"; readonly value: string; readonly shown: string };

type Row = {
  organisation_id: OrganisationId;
  project_id: ProjectId;
  customer_id: CustomerId;
  name: string;
  name_key: string;
  note: string;
  language: Customer["language"];
  fields: Record<string, string>;
  created_at: number;
  updated_at: number;
  last_contact_at: number | null;
  version: number;
};
const COLUMNS =
  "organisation_id, project_id, customer_id, name, name_key, note, language, fields, created_at, updated_at, last_contact_at, version";

export async function customerFetch(tx: Tx, customerId: string, lock: "forUpdate" | "none" = "none"): Promise<CustomerRow | null> {
  const [row] = await tx.query<Row>(
    `select ${COLUMNS} from customers.customer where customer_id = $1 ${lock === "forUpdate" ? "for update" : ""}`,
    [customerId],
  );
  return row === undefined ? null : toCustomer(row);
}

export async function customerListByIds(tx: Tx, customerIds: readonly string[]): Promise<readonly CustomerRow[]> {
  const rows = await tx.query<Row>(`select ${COLUMNS} from customers.customer where customer_id = any ($1)`, [customerIds]);
  return rows.map(toCustomer);
}

export function customerListSql(filter: { readonly after: readonly [string, string] | null; readonly limit: number }): {
  readonly sql: string;
  readonly values: readonly unknown[];
} {
  const after = filter.after === null ? "" : "where (name_key, customer_id) > ($2::text, $3::text)";
  return {
    sql: `select ${COLUMNS} from customers.customer ${after} order by name_key, customer_id limit $1`,
    values: [filter.limit, ...(filter.after ?? [])],
  };
}

export async function customerList(tx: Tx, filter: Parameters<typeof customerListSql>[0]): Promise<readonly CustomerRow[]> {
  const { sql, values } = customerListSql(filter);
  return (await tx.query<Row>(sql, values)).map(toCustomer);
}

export async function customerInsert(tx: Tx, customer: CustomerRow): Promise<void> {
  await tx.query(
    `insert into customers.customer (organisation_id, project_id, customer_id, name, name_key, note, language, fields, created_at, updated_at, version)
     values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10, 1)`,
    [
      customer.organisationId,
      customer.projectId,
      customer.customerId,
      customer.name,
      customer.nameKey,
      customer.note,
      customer.language,
      JSON.stringify(customer.fields),
      customer.createdAt,
      customer.updatedAt,
    ],
  );
}

/** Writes what people change and counts the version up; the row must be locked by the caller. */
export async function customerUpdate(tx: Tx, customer: CustomerRow): Promise<CustomerRow> {
  const [row] = await tx.query<Row>(
    `update customers.customer set name = $2, name_key = $3, note = $4, language = $5, fields = $6::jsonb, updated_at = $7, version = version + 1
     where customer_id = $1 returning ${COLUMNS}`,
    [
      customer.customerId,
      customer.name,
      customer.nameKey,
      customer.note,
      customer.language,
      JSON.stringify(customer.fields),
      customer.updatedAt,
    ],
  );
  if (row === undefined) throw new Error("the customer's row is gone");
  return toCustomer(row);
}

/** Notes a customer's latest contact; an earlier one changes nothing. */
export async function customersSeenInTx(tx: Tx, seen: ReadonlyMap<CustomerId, number>): Promise<void> {
  // In order of ids, so that two that meet don't wait for each other.
  const sorted = [...seen].toSorted(([a], [b]) => (a < b ? -1 : 1));
  await tx.query(
    `update customers.customer c set last_contact_at = seen.at from unnest($1::text[], $2::bigint[]) as seen (customer_id, at)
     where c.customer_id = seen.customer_id and coalesce(c.last_contact_at, 0) < seen.at`,
    [sorted.map(([customerId]) => customerId), sorted.map(([, at]) => at)],
  );
}

export async function identityReplaceInTx(tx: Tx, customer: CustomerRow, identities: readonly IdentityRow[]): Promise<void> {
  await tx.query("delete from customers.identity where customer_id = $1", [customer.customerId]);
  for (const [position, { kind, value, shown }] of identities.entries()) {
    await tx.query(
      "insert into customers.identity (organisation_id, project_id, kind, value, shown, customer_id, position) values ($1, $2, $3, $4, $5, $6, $7)",
      [customer.organisationId, customer.projectId, kind, value, shown, customer.customerId, position],
    );
  }
}

export async function identityList(tx: Tx, customerIds: readonly string[]): Promise<ReadonlyMap<string, readonly IdentityRow[]>> {
  const rows = await tx.query<IdentityRow & { customer_id: string }>(
    "select customer_id, kind, value, shown from customers.identity where customer_id = any ($1) order by customer_id, position",
    [customerIds],
  );
  return Map.groupBy(
    rows.map(({ customer_id, kind, value, shown }) => ({ customerId: customer_id, kind, value, shown })),
    (row) => row.customerId,
  );
}

export async function customerListByNumbers(
  tx: Tx,
  projectId: ProjectId,
  numbers: readonly string[],
): Promise<readonly { readonly number: string; readonly customerId: CustomerId; readonly name: string }[]> {
  const rows = await tx.query<{ value: string; customer_id: CustomerId; name: string }>(
    `select i.value, c.customer_id, c.name from customers.identity i join customers.customer c on c.customer_id = i.customer_id
     where i.project_id = $1 and i.kind = 'phone' and i.value = any ($2)`,
    [projectId, numbers],
    "customersByNumbers",
  );
  return rows.map((row) => ({ number: row.value, customerId: row.customer_id, name: row.name }));
}

// ---- Search: by the doors only.

export async function searchPutInTx(tx: Tx, customerId: string, words: string, digits: string): Promise<void> {
  await tx.query("select doors.customer_search_put($1, $2, $3)", [customerId, words, digits]);
}

/** Ids with the best rank each was found at; 0: every term begins a word. */
export async function searchFind(
  tx: Tx,
  { terms, fragments, limit }: { readonly terms: readonly string[]; readonly fragments: readonly string[]; readonly limit: number },
): Promise<ReadonlyMap<string, number>> {
  const rows = await tx.query<{ customer_id: string; rank: number }>(
    "select customer_id, min(rank) as rank from doors.customer_search($1::text[], $2::text[], $3) group by customer_id",
    [terms, fragments, limit],
  );
  return new Map(rows.map((row) => [row.customer_id, row.rank]));
}

function toCustomer(row: Row): CustomerRow {
  return {
    organisationId: row.organisation_id,
    projectId: row.project_id,
    customerId: row.customer_id,
    name: row.name,
    nameKey: row.name_key,
    note: row.note,
    language: row.language,
    fields: row.fields,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    lastContactAt: row.last_contact_at,
    version: row.version,
  };
}
