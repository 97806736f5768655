import type { ContactId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";

/** The contact's log has grown through this sequence. */
export type Due = { readonly contactId: ContactId; readonly through: number };

export async function dueList(
  tx: Tx,
  { without, limit }: { readonly without: readonly ContactId[]; readonly limit: number },
): Promise<readonly Due[]> {
  const rows = await tx.query<{ contact_id: ContactId; through: number }>(
    `select contact_id, max(sequence) as through from contacts.projection_due where contact_id <> all ($1) group by contact_id order by contact_id limit $2`,
    [without, limit],
    "due",
  );
  return rows.map((row) => ({ contactId: row.contact_id, through: row.through }));
}

export async function dueDeleteInTx(tx: Tx, done: readonly Due[]): Promise<void> {
  await tx.query(
    `delete from contacts.projection_due d using unnest($1::text[], $2::integer[]) as done (contact_id, through)
     where d.contact_id = done.contact_id and d.sequence <= done.through`,
    [done.map(({ contactId }) => contactId), done.map(({ through }) => through)],
    "dueDone",
  );
}

/** All contacts that the log knows. */
export async function dueAddAllInTx(tx: Tx): Promise<void> {
  await tx.query(
    `insert into contacts.projection_due (organisation_id, project_id, contact_id, sequence)
     select organisation_id, project_id, contact_id, max(sequence) from contacts.contact_event group by organisation_id, project_id, contact_id
     on conflict do nothing`,
  );
}
