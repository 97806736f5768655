import type { BodyOf, PhoneNumber } from "@allo/contract";
import type { Clock, IdSource } from "@allo/kernel";
import { ApiError, invalidField } from "../../platform/api-error.ts";
import { isUniqueViolation } from "../../platform/db.ts";
import type { SetupParts } from "./config.ts";
import { parseNetwork } from "./core/networks.ts";
import { given, requireRoom, requireVersion, type By, type Editor } from "./editor.ts";
import { directoryLimits, LOOPBACK_NETWORKS, numberDefaults } from "./limits.ts";
import { find } from "./lists.ts";
import { readNumber, type Numbering } from "./numbering.ts";
import type { IsAudio } from "./queues.ts";
import type { StoredNumberSettings } from "./store/config-store.ts";
import { dialledInsert, numberInsert } from "./store/insert-store.ts";

export function createPhoneNumbers({
  editor,
  ids,
  clock,
  isGreeting,
  isClosedSentence,
}: {
  readonly editor: Editor;
  readonly ids: IdSource;
  readonly clock: Clock;
} & NumberAudio) {
  const audio: NumberAudio = { isGreeting, isClosedSentence };
  return {
    async create(by: By, body: BodyOf<"numberCreate">): Promise<PhoneNumber> {
      const numberId = ids.next("num");
      const config = await whenFree(() =>
        editor.change(by, "numbers", async (tx, before) => {
          requireRoom(before.numbers.length, directoryLimits.numbersMax);
          const numbering = requireNumber(body.number, before.defaultCountry);
          const settings = newNumberSettings(before, body);
          const leads = { queueId: body.queueId, hoursId: body.hoursId ?? null };
          requireLeads(before, { ...settings, ...leads }, audio);
          await numberInsert(tx, {
            organisationId: by.principal.organisationId,
            numberId,
            numbering,
            ...leads,
            settings,
            at: clock.now(),
          });
          return { action: "number.create", objectType: "number", objectId: numberId, before: null, after: { ...settings, ...leads } };
        }),
      );
      return find(config.numbers, (each) => each.numberId === numberId);
    },
    async update(by: By, numberId: string, { version, retired, ...body }: BodyOf<"numberUpdate">): Promise<PhoneNumber> {
      const config = await whenFree(() =>
        editor.change(by, "numbers", async (tx, before) => {
          const number = find(before.numbers, (each) => each.numberId === numberId);
          requireVersion(number, version, { ...body, retired });
          const next: PhoneNumber = {
            ...number,
            ...pickSettings(body),
            ...given({ number: body.number?.trim(), language: body.language, queueId: body.queueId, hoursId: body.hoursId }),
            ...(body.allowedNetworks === undefined ? {} : { allowedNetworks: readNetworks(body.allowedNetworks) }),
            retired: retired ?? number.retired,
          };
          const numbering = requireNumber(next.number, before.defaultCountry);
          if (!next.retired) requireLeads(before, next, audio);
          const { numberId: _id, queueId, hoursId, e164: _e164, retired: _retired, version: _version, ...settings } = next;
          await tx.query(
            `update directory.phone_number set e164 = $2, queue_id = $3, hours_id = $4, settings = $5, retired = $6, version = version + 1
              where number_id = $1`,
            [numberId, numbering.e164, queueId, hoursId, settings, next.retired],
          );
          await tx.query("delete from directory.dialled where number_id = $1", [numberId]);
          if (!next.retired) await dialledInsert(tx, { organisationId: by.principal.organisationId, numberId, dialled: numbering.dialled });
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

export type NumberAudio = { readonly isGreeting: IsAudio; readonly isClosedSentence: IsAudio };

/** Throws unless all that a number names is there. */
export function requireLeads(
  config: Pick<SetupParts, "queues" | "hours" | "ownPrompts">,
  number: Pick<PhoneNumber, "queueId" | "hoursId" | "greetingAudioId" | "closedAudioId">,
  { isGreeting, isClosedSentence }: NumberAudio,
): void {
  if (!config.queues.some((queue) => queue.queueId === number.queueId && !queue.retired))
    throw invalidField("queueId", "unknown", "names a queue that isn't there");
  if (number.hoursId !== null && !config.hours.some((hours) => hours.hoursId === number.hoursId && !hours.retired))
    throw invalidField("hoursId", "unknown", "names opening hours that aren't there");
  if (!isGreeting(config, number.greetingAudioId)) throw invalidField("greetingAudioId", "unknown", "names a prompt that isn't there");
  if (!isClosedSentence(config, number.closedAudioId)) throw invalidField("closedAudioId", "unknown", "names a prompt that isn't there");
}

/** What isn't said is as every number begins; a queue that records its calls is greeted with the notice. */
export function newNumberSettings(config: Pick<SetupParts, "queues">, body: BodyOf<"numberCreate">): StoredNumberSettings {
  return {
    ...numberDefaults,
    greetingAudioId: recordsCalls(config, body.queueId) ? "greeting.notice" : "greeting.plain",
    ...pickSettings(body),
    number: body.number.trim(),
    language: body.language,
    allowedNetworks: readNetworks(body.allowedNetworks ?? LOOPBACK_NETWORKS),
  };
}

/** Says it as a problem of the field when a spelling belongs to another number, ours or another organisation's. */
export async function whenFree<T>(run: () => Promise<T>): Promise<T> {
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

function recordsCalls(config: Pick<SetupParts, "queues">, queueId: string): boolean {
  return config.queues.some((queue) => queue.queueId === queueId && queue.recordCalls);
}

function pickSettings(body: Partial<PhoneNumber>): Partial<Pick<PhoneNumber, "label" | "callsMax" | "greetingAudioId" | "closedAudioId">> {
  const { label, callsMax, greetingAudioId, closedAudioId } = body;
  return given({ label, callsMax, greetingAudioId, closedAudioId });
}
