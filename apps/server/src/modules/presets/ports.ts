// What presets asks of its neighbours.
import type { Tx } from "../../platform/db.ts";
import type { Directory } from "../directory/index.ts";
import type { AuditWrite, Identity } from "../identity/index.ts";
import type { CustomerFields } from "../customers/index.ts";

export type PresetDirectory = Pick<Directory, "config" | "seedBase" | "seedOrganisation" | "applyInTx" | "retireInTx" | "refresh">;
export type PresetRoles = Identity["roles"];
export type PresetFields = Pick<CustomerFields, "listInTx" | "lockInTx" | "createInTx" | "retireInTx">;
/** How many contacts name a queue, a number or a wrap-up code, by its id; who isn't in the map has none. */
export type ContactUses = (tx: Tx, ids: readonly string[]) => Promise<ReadonlyMap<string, number>>;
export type PresetAudit = { write(tx: Tx, entry: AuditWrite): Promise<void> };
