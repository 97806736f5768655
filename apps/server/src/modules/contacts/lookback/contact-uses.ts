import type { Tx } from "../../../platform/db.ts";

/** How many contacts of the list name a queue, a number or a wrap-up code, by its id; who isn't in the map has none. */
export async function contactUses(tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.query<{ id: string; uses: number }>(
    `select named.id, count(*)::int as uses
     from contacts.contact_row c cross join lateral (values (c.queue_id), (c.number_id), (c.wrap_up_code_id)) as named (id)
     where named.id = any ($1::text[]) group by named.id`,
    [[...ids]],
  );
  return new Map(rows.map((row) => [row.id, row.uses]));
}
