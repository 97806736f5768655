import type { BodyOf, PhoneNumber } from "@allo/contract";
import type { Clock, IdSource, OrganisationId } from "@allo/kernel";
import { ApiError, invalidField } from "../../platform/api-error.ts";
import { isUniqueViolation, type Tx } from "../../platform/db.ts";
import type { OrganisationConfig } from "./config.ts";
import { parseNetwork } from "./core/networks.ts";
import { given, requireRoom, requireVersion, type By, type Editor } from "./editor.ts";
import { directoryLimits, LOOPBACK_NETWORKS, numberDefaults } from "./limits.ts";
import { find } from "./lists.ts";
import { readNumber, type Numbering } from "./numbering.ts";

export function createPhoneNumbers({
  editor,
  ids,
  clock,
  isGreeting,
}: {
  readonly editor: Editor;
  readonly ids: IdSource;
  readonly clock: Clock;
  /** Shipped, or the organisation's own and in use. */
  readonly isGreeting: (config: OrganisationConfig, audioId: string) => boolean;
}) {
  const check = (config: OrganisationConfig, number: Pick<PhoneNumber, "queueId" | "greetingAudioId">): void => {
    if (!config.queues.some((queue) => queue.queueId === number.queueId && !queue.retired))
      throw invalidField("queueId", "unknown", "names a queue that isn't there");
    if (!isGreeting(config, number.greetingAudioId)) throw invalidField("greetingAudioId", "unknown", "names a prompt that isn't there");
  };
  return {
    async create(by: By, body: BodyOf<"numberCreate">): Promise<PhoneNumber> {
      const numberId = ids.next("num");
      const config = await taken(() =>
        editor.change(by, "numbers", async (tx, before) => {
          requireRoom(before.numbers.length, directoryLimits.numbersMax);
          const numbering = requireNumber(body.number, before.defaultCountry);
          const settings = {
            ...numberDefaults,
            greetingAudioId: recordsCalls(before, body.queueId) ? "greeting.notice" : "greeting.plain",
            ...pickSettings(body),
            number: body.number.trim(),
            language: body.language,
            allowedNetworks: readNetworks(body.allowedNetworks ?? LOOPBACK_NETWORKS),
          };
          check(before, { ...settings, queueId: body.queueId });
          await numberInsertInTx(tx, {
            organisationId: by.principal.organisationId,
            numberId,
            numbering,
            queueId: body.queueId,
            settings,
            at: clock.now(),
          });
          return {
            action: "number.create",
            objectType: "number",
            objectId: numberId,
            before: null,
            after: { ...settings, queueId: body.queueId },
          };
        }),
      );
      return find(config.numbers, (each) => each.numberId === numberId);
    },
    async update(by: By, numberId: string, { version, retired, ...body }: BodyOf<"numberUpdate">): Promise<PhoneNumber> {
      const config = await taken(() =>
        editor.change(by, "numbers", async (tx, before) => {
          const number = find(before.numbers, (each) => each.numberId === numberId);
          requireVersion(number, version, { ...body, retired });
          const next: PhoneNumber = {
            ...number,
            ...pickSettings(body),
            ...given({ number: body.number?.trim(), language: body.language, queueId: body.queueId }),
            ...(body.allowedNetworks === undefined ? {} : { allowedNetworks: readNetworks(body.allowedNetworks) }),
            retired: retired ?? number.retired,
          };
          const numbering = requireNumber(next.number, before.defaultCountry);
          if (!next.retired) check(before, next);
          const { numberId: _id, queueId, e164: _e164, retired: _retired, version: _version, ...settings } = next;
          await tx.query(
            `update directory.phone_number set e164 = $2, queue_id = $3, settings = $4, retired = $5, version = version + 1
              where number_id = $1`,
            [numberId, numbering.e164, queueId, settings, next.retired],
          );
          await tx.query("delete from directory.dialled where number_id = $1", [numberId]);
          if (!next.retired) await dialledInsert(tx, by.principal.organisationId, numberId, numbering.dialled);
          return {
            action: "number.change",
            objectType: "number",
            objectId: numberId,
            before: number,
            after: { ...next, e164: numbering.e164 },
          };
        }),
      );
      return find(config.numbers, (each) => each.numberId === numberId);
    },
  };
}

export async function numberInsertInTx(
  tx: Tx,
  {
    organisationId,
    numberId,
    numbering,
    queueId,
    settings,
    at,
  }: {
    readonly organisationId: OrganisationId;
    readonly numberId: string;
    readonly numbering: Numbering;
    readonly queueId: string;
    readonly settings: object;
    readonly at: number;
  },
): Promise<void> {
  await tx.query(
    "insert into directory.phone_number (organisation_id, number_id, e164, queue_id, settings, created_at) values ($1, $2, $3, $4, $5, $6)",
    [organisationId, numberId, numbering.e164, queueId, settings, at],
  );
  await dialledInsert(tx, organisationId, numberId, numbering.dialled);
}

async function dialledInsert(tx: Tx, organisationId: OrganisationId, numberId: string, dialled: readonly string[]): Promise<void> {
  await tx.query("insert into directory.dialled (organisation_id, number_id, dialled) select $1, $2, unnest($3::text[])", [
    organisationId,
    numberId,
    [...dialled],
  ]);
}

/** Says it as a problem of the field when a spelling belongs to another number, ours or another organisation's. */
async function taken<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (isUniqueViolation(error, "dialled_pkey")) {
      throw new ApiError("alreadyExists", 409, "Callers of this number already reach another one", [
        { path: "number", code: "alreadyExists", message: "is in use already" },
      ]);
    }
    throw error;
  }
}

export function requireNumber(text: string, country: string, path = "number"): Numbering {
  const numbering = readNumber(text, country);
  if (numbering === null)
    throw invalidField(path, "notANumber", "is neither a telephone number of the country nor an internal one of 2 to 15 digits");
  return numbering;
}

export function readNetworks(networks: readonly string[], path = "allowedNetworks"): string[] {
  return [
    ...new Set(
      networks.map((text, index) => {
        const network = parseNetwork(text);
        if (network === null) throw invalidField(`${path}.${index}`, "notANetwork", "is not a network such as 192.168.0.0/24");
        return network;
      }),
    ),
  ];
}

function recordsCalls(config: OrganisationConfig, queueId: string): boolean {
  return config.queues.some((queue) => queue.queueId === queueId && queue.recordCalls);
}

function pickSettings(body: Partial<PhoneNumber>): Partial<Pick<PhoneNumber, "label" | "callsMax" | "greetingAudioId">> {
  return given({ label: body.label, callsMax: body.callsMax, greetingAudioId: body.greetingAudioId });
}
