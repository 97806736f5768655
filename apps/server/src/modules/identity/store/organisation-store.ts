import type { OrganisationId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";

export type Organisation = {
  readonly organisationId: OrganisationId;
  readonly name: string;
  readonly defaultCountry: string;
  readonly timeZone: string;
  readonly defaultLanguage: "en" | "ru" | "fa";
};

/** The scope's organisation. */
export async function organisationFetch(tx: Tx): Promise<Organisation | null> {
  const [row] = await tx.query<{
    organisation_id: OrganisationId;
    name: string;
    default_country: string;
    time_zone: string;
    default_language: "en" | "ru" | "fa";
  }>("select organisation_id, name, default_country, time_zone, default_language from identity.organisation");
  if (row === undefined) return null;
  return {
    organisationId: row.organisation_id,
    name: row.name,
    defaultCountry: row.default_country,
    timeZone: row.time_zone,
    defaultLanguage: row.default_language,
  };
}

export async function organisationInsert(tx: Tx, organisation: Organisation & { readonly at: number }): Promise<void> {
  await tx.query(
    `insert into identity.organisation (organisation_id, name, default_country, time_zone, default_language, created_at)
      values ($1, $2, $3, $4, $5, $6)`,
    [
      organisation.organisationId,
      organisation.name,
      organisation.defaultCountry,
      organisation.timeZone,
      organisation.defaultLanguage,
      organisation.at,
    ],
  );
}
