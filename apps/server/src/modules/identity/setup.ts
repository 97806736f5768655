// The first organisation: a one-time token from the program's output, then everything the wizard asked for in one transaction.
import { networkInterfaces } from "node:os";
import type { BodyOf, ResponseOf } from "@allo/contract";
import type { Clock, IdSource, OrganisationId, PersonId } from "@allo/kernel";
import { ApiError, invalidField } from "../../platform/api-error.ts";
import type { Database, Tx } from "../../platform/db.ts";
import { createToken } from "../../platform/ids.ts";
import type { Audit, AuditActor } from "./audit.ts";
import { linkLimits } from "./limits.ts";
import type { Passwords } from "./passwords.ts";
import { hashToken } from "./sessions.ts";
import { requireStrong, type SignedIn, type SignIn } from "./sign-in.ts";
import { organisationInsert } from "./store/organisation-store.ts";
import { personFetchForUpdate, personInsert } from "./store/person-store.ts";

/**
 * What other modules put into a new organisation, in the wizard's transaction (docs/adr/0016), so that a setup is whole or not there at
 * all.
 */
export type SeedOrganisation = (
  tx: Tx,
  seed: {
    readonly actor: AuditActor;
    readonly address: string;
    readonly administratorId: PersonId;
    readonly request: BodyOf<"setupCreate">;
  },
) => Promise<void>;

export type Setup = {
  /** A new one-time token, or null where an organisation exists. Earlier tokens end. */
  prepare(): Promise<string | null>;
  state(): Promise<ResponseOf<"setupGet">>;
  create(request: BodyOf<"setupCreate">, address: string): Promise<SignedIn & { readonly organisationId: OrganisationId }>;
};

export function createSetup({
  db,
  clock,
  ids,
  audit,
  passwords,
  signIn,
  isDemonstration,
  seedOrganisation,
}: {
  readonly db: Database;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly audit: Audit;
  readonly passwords: Passwords;
  readonly signIn: SignIn;
  readonly isDemonstration: boolean;
  readonly seedOrganisation: SeedOrganisation;
}): Setup {
  const isDone = async (): Promise<boolean> => (await db.withDoors((tx) => tx.query("select * from doors.organisations()"))).length > 0;
  return {
    async prepare() {
      if (await isDone()) return null;
      const token = createToken();
      const at = clock.now();
      const [row] = await db.withDoors((tx) =>
        tx.query<{ made: boolean | null }>("select doors.setup_token_set($1, $2, $3) as made", [
          hashToken(token),
          at,
          at + linkLimits.setupMs,
        ]),
      );
      return row?.made === true ? token : null;
    },
    async state() {
      return { state: (await isDone()) ? "done" : "needed", localNetworks: listLocalNetworks(), demo: isDemonstration };
    },
    async create(request, address) {
      if (await isDone()) throw new ApiError("setupDone", 409, "The organisation is already set up");
      if (!isTimeZone(request.timeZone)) throw invalidField("timeZone", "unknown", "is not a time zone");
      const { administrator } = request;
      requireStrong(administrator.password, administrator);
      const passwordHash = await passwords.hash(administrator.password);
      const organisationId = ids.next("org") as OrganisationId;
      const personId = ids.next("per") as PersonId;
      const signedIn = await db.withScope({ organisationId, projectIds: "*" }, async (tx) => {
        const at = clock.now();
        const [used] = await tx.query<{ used: boolean | null }>("select doors.setup_token_use($1, $2) as used", [
          hashToken(request.token),
          at,
        ]);
        if (used?.used !== true) throw new ApiError("setupTokenInvalid", 403, "The setup link isn't right, or it was used or has expired");
        await organisationInsert(tx, {
          organisationId,
          name: request.organisation.name.trim(),
          defaultCountry: request.defaultCountry,
          timeZone: request.timeZone,
          defaultLanguage: request.language,
          at,
        });
        await personInsert(tx, {
          organisationId,
          personId,
          name: administrator.name.trim(),
          email: administrator.email,
          roles: ["administrator"],
          status: "active",
          language: request.language,
          passwordHash,
          at,
        });
        const actor = { personId, name: administrator.name.trim(), organisationId };
        await audit.write(tx, {
          actor,
          action: "organisation.create",
          objectType: "organisation",
          objectId: organisationId,
          before: null,
          after: { name: request.organisation.name, defaultCountry: request.defaultCountry, timeZone: request.timeZone },
          address,
          at,
        });
        await seedOrganisation(tx, { actor, address, administratorId: personId, request });
        const person = await personFetchForUpdate(tx, personId);
        if (person === null) throw new Error("the administrator just inserted is not there");
        return signIn.openFor(tx, organisationId, person, address);
      });
      return { ...signedIn, organisationId };
    },
  };
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false; // RangeError is how Intl says that it doesn't know it
  }
}

/** CIDR of each network that this machine stands in, the loopback left out. */
function listLocalNetworks(): string[] {
  const networks = Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? [])
      .filter((each) => !each.internal && each.cidr !== null && !each.address.startsWith("fe80"))
      .map((each) => maskCidr(each.cidr ?? "", each.netmask)),
  );
  return [...new Set(networks.filter((network) => network !== ""))];
}

function maskCidr(cidr: string, netmask: string): string {
  const [address = "", bits = ""] = cidr.split("/");
  if (address.includes(":")) return cidr; // node:net's BlockList masks it when it is used
  const octets = address.split(".").map(Number);
  const mask = netmask.split(".").map(Number);
  return `${octets.map((octet, index) => octet & (mask[index] ?? 0)).join(".")}/${bits}`;
}
