// The directory's part of the first setup: one hidden project, a queue, a number, codes and reasons. In the wizard's transaction.
import type { Clock, IdSource } from "@allo/kernel";
import { ApiError } from "../../platform/api-error.ts";
import { isUniqueViolation } from "../../platform/db.ts";
import type { Audit, SeedOrganisation } from "../identity/index.ts";
import { LOOPBACK_NETWORKS, numberDefaults, queueDefaults } from "./limits.ts";
import { numberInsertInTx, readNetworks, requireNumber } from "./phone-numbers.ts";
import { greetingWordsSeed, HIDDEN_PROJECT_NAME, reasonSeeds, wrapUpCodeSeeds } from "./seeds.ts";

const POSITION_STEP = 10;

export function createSeed({
  ids,
  clock,
  audit,
}: {
  readonly ids: IdSource;
  readonly clock: Clock;
  readonly audit: Audit;
}): SeedOrganisation {
  return async (tx, { actor, address, administratorId, request }) => {
    const { organisationId } = actor;
    const at = clock.now();
    const projectId = ids.next("prj");
    await tx.query("insert into directory.project (organisation_id, project_id, name, hidden, created_at) values ($1, $2, $3, true, $4)", [
      organisationId,
      projectId,
      HIDDEN_PROJECT_NAME,
      at,
    ]);
    for (const [index, names] of wrapUpCodeSeeds.entries()) {
      await tx.query("insert into directory.wrap_up_code (organisation_id, wrap_up_code_id, names, position) values ($1, $2, $3, $4)", [
        organisationId,
        ids.next("wuc"),
        names,
        (index + 1) * POSITION_STEP,
      ]);
    }
    for (const [index, { code, system, maxMinutes, names }] of reasonSeeds.entries()) {
      await tx.query(
        `insert into directory.not_ready_reason (organisation_id, reason_id, code, system, names, position, max_minutes)
          values ($1, $2, $3, $4, $5, $6, $7)`,
        [organisationId, ids.next("rsn"), code, system, names, (index + 1) * POSITION_STEP, maxMinutes],
      );
    }
    const queueId = ids.next("que");
    const names = { en: "", ru: "", fa: "", [request.language]: request.queue.name.trim() };
    const queue = { ...queueDefaults, names, greetingWords: greetingWordsSeed(request.organisation.name.trim()) };
    await tx.query(
      "insert into directory.queue (organisation_id, project_id, queue_id, settings, created_at) values ($1, $2, $3, $4, $5)",
      [organisationId, projectId, queueId, queue, at],
    );
    // Who sets it up can take the first call.
    await tx.query("insert into directory.queue_member (organisation_id, queue_id, person_id, level) values ($1, $2, $3, 3)", [
      organisationId,
      queueId,
      administratorId,
    ]);
    const numberId = ids.next("num");
    const numbering = requireNumber(request.number.number, request.defaultCountry, "number.number");
    const networks = readNetworks([...LOOPBACK_NETWORKS, ...request.number.allowedNetworks], "number.allowedNetworks");
    const settings = {
      ...numberDefaults,
      number: request.number.number.trim(),
      language: request.number.language,
      allowedNetworks: networks,
    };
    try {
      await numberInsertInTx(tx, { organisationId, numberId, numbering, queueId, settings, at });
    } catch (error) {
      if (isUniqueViolation(error)) throw new ApiError("alreadyExists", 409, "The number is in use already");
      throw error;
    }
    const write = (action: string, objectType: string, objectId: string, after: object) =>
      audit.write(tx, { actor, action, objectType, objectId, before: null, after, address, at });
    await write("queue.create", "queue", queueId, { ...queue, projectId });
    await write("number.create", "number", numberId, { ...settings, queueId });
  };
}
