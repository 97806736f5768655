import type { ContactId, OrganisationId, PersonId, ProjectId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";

export type NoteRow = {
  readonly noteId: string;
  readonly contactId: ContactId;
  readonly authorId: PersonId;
  readonly at: number;
  readonly sealed: Uint8Array;
};
type Owner = { readonly organisationId: OrganisationId; readonly projectId: ProjectId; readonly contactId: ContactId };

/** Inserts the note; an id that is there already stays as it is. */
export async function noteInsertInTx(tx: Tx, owner: Owner, note: NoteRow): Promise<void> {
  await tx.query(
    `insert into contacts.note (organisation_id, project_id, note_id, contact_id, author_id, at, sealed) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (note_id) do nothing`,
    [owner.organisationId, owner.projectId, note.noteId, owner.contactId, note.authorId, note.at, Buffer.from(note.sealed)],
  );
}

/** Many notes at once; ids that are there already stay as they are. */
export async function noteInsertAllInTx(
  tx: Tx,
  organisationId: OrganisationId,
  notes: readonly (NoteRow & { readonly projectId: string })[],
): Promise<void> {
  await tx.query(
    `insert into contacts.note (organisation_id, project_id, note_id, contact_id, author_id, at, sealed)
     select $1, project_id, note_id, contact_id, author_id, at, decode(sealed, 'base64')
     from jsonb_to_recordset($2::jsonb) as rows (project_id text, note_id text, contact_id text, author_id text, at bigint, sealed text)
     on conflict (note_id) do nothing`,
    [
      organisationId,
      JSON.stringify(
        notes.map(({ projectId, noteId, contactId, authorId, at, sealed }) => ({
          project_id: projectId,
          note_id: noteId,
          contact_id: contactId,
          author_id: authorId,
          at,
          sealed: Buffer.from(sealed).toString("base64"),
        })),
      ),
    ],
  );
}

export async function noteList(tx: Tx, contactId: ContactId): Promise<readonly NoteRow[]> {
  const rows = await tx.query<{ note_id: string; contact_id: ContactId; author_id: PersonId; at: number; sealed: Uint8Array }>(
    "select note_id, contact_id, author_id, at, sealed from contacts.note where contact_id = $1 order by at, note_id",
    [contactId],
  );
  return rows.map((row) => ({ noteId: row.note_id, contactId: row.contact_id, authorId: row.author_id, at: row.at, sealed: row.sealed }));
}

export async function noteDraftPutInTx(
  tx: Tx,
  owner: Owner,
  draft: { readonly personId: PersonId; readonly at: number; readonly sealed: Uint8Array },
): Promise<void> {
  await tx.query(
    `insert into contacts.note_draft (organisation_id, project_id, contact_id, person_id, at, sealed) values ($1, $2, $3, $4, $5, $6)
     on conflict (contact_id, person_id) do update set at = excluded.at, sealed = excluded.sealed`,
    [owner.organisationId, owner.projectId, owner.contactId, draft.personId, draft.at, Buffer.from(draft.sealed)],
  );
}

export async function noteDraftFetch(tx: Tx, contactId: ContactId, personId: PersonId): Promise<Uint8Array | null> {
  const rows = await tx.query<{ sealed: Uint8Array }>("select sealed from contacts.note_draft where contact_id = $1 and person_id = $2", [
    contactId,
    personId,
  ]);
  return rows[0]?.sealed ?? null;
}

/** Gives the draft and removes it: of several at once, one gets it. */
export async function noteDraftTakeInTx(tx: Tx, contactId: ContactId, personId: PersonId): Promise<Uint8Array | null> {
  const rows = await tx.query<{ sealed: Uint8Array }>(
    "delete from contacts.note_draft where contact_id = $1 and person_id = $2 returning sealed",
    [contactId, personId],
  );
  return rows[0]?.sealed ?? null;
}

export async function noteDraftDeleteInTx(tx: Tx, contactId: ContactId, personId: PersonId): Promise<void> {
  await tx.query("delete from contacts.note_draft where contact_id = $1 and person_id = $2", [contactId, personId]);
}
