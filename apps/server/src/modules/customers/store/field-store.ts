import type { CustomerField } from "@allo/contract";
import type { OrganisationId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";

export type FieldRow = CustomerField;
type Row = Omit<FieldRow, "fieldId" | "pausesRecording" | "verifyLevel"> & {
  readonly field_id: string;
  readonly pauses_recording: boolean;
  readonly verify_level: number;
};
const COLUMNS = "field_id, names, type, position, retired, pauses_recording, verify_level";

export async function fieldList(tx: Tx): Promise<readonly FieldRow[]> {
  return (await tx.query<Row>(`select ${COLUMNS} from customers.field order by position, field_id`)).map(toField);
}

export async function fieldFetchForUpdate(tx: Tx, fieldId: string): Promise<FieldRow | null> {
  const [row] = await tx.query<Row>(`select ${COLUMNS} from customers.field where field_id = $1 for update`, [fieldId]);
  return row === undefined ? null : toField(row);
}

export async function fieldInsert(tx: Tx, organisationId: OrganisationId, field: FieldRow): Promise<void> {
  await tx.query(
    `insert into customers.field (organisation_id, field_id, names, type, position, retired, pauses_recording, verify_level)
     values ($1, $2, $3::jsonb, $4, $5, $6, $7, $8)`,
    [
      organisationId,
      field.fieldId,
      JSON.stringify(field.names),
      field.type,
      field.position,
      field.retired,
      field.pausesRecording,
      field.verifyLevel,
    ],
  );
}

export async function fieldUpdate(tx: Tx, field: FieldRow): Promise<void> {
  await tx.query(
    "update customers.field set names = $2::jsonb, position = $3, retired = $4, pauses_recording = $5, verify_level = $6 where field_id = $1",
    [field.fieldId, JSON.stringify(field.names), field.position, field.retired, field.pausesRecording, field.verifyLevel],
  );
}

export async function fieldLockAll(tx: Tx): Promise<void> {
  await tx.query("select field_id from customers.field order by field_id for update");
}

/** How many customers have a value, by field; who isn't in the map has none. */
export async function fieldUseCounts(tx: Tx): Promise<ReadonlyMap<string, number>> {
  const rows = await tx.query<{ field_id: string; uses: number }>(
    `select given.field_id, count(*)::int as uses from customers.customer c cross join jsonb_each_text(c.fields) as given (field_id, value)
     where given.value <> '' group by given.field_id`,
  );
  return new Map(rows.map((row) => [row.field_id, row.uses]));
}

function toField({ field_id, pauses_recording, verify_level, ...rest }: Row): FieldRow {
  return { fieldId: field_id, pausesRecording: pauses_recording, verifyLevel: verify_level, ...rest };
}
