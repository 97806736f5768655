import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { DeviceState, EdgeConfig, Language, RecorderConfig, TrunkConfig } from "@allo/contract";
import type { Clock, DeviceId, IdSource, NumberId, OrganisationId } from "@allo/kernel";
import type { Database } from "../../platform/db.ts";
import { describeError } from "../../platform/describe-error.ts";
import type { Api } from "../../platform/http.ts";
import type { Audit, KnownPerson, Organisation, SeedOrganisation } from "../identity/index.ts";
import { registerDirectoryRoutes } from "./api/directory-routes.ts";
import { readCatalogue, shippedAudioName } from "./catalogue.ts";
import type { OrganisationConfig, OwnPrompt } from "./config.ts";
import { createDevices, type PhoneDoor } from "./devices.ts";
import { createEditor, type By } from "./editor.ts";
import { createHours } from "./hours.ts";
import { directoryLimits, numberDefaults, queueDefaults } from "./limits.ts";
import { createLists } from "./lists.ts";
import { createPhoneLinks } from "./phone-links.ts";
import { createPhoneNumbers } from "./phone-numbers.ts";
import { createPlans, type Plans } from "./plan.ts";
import { createProjects } from "./projects.ts";
import { createPrompts } from "./prompts.ts";
import { createQueues, type IsAudio } from "./queues.ts";
import { createSeed, createSeedBase, type SeedBase } from "./seed.ts";
import { configFetch } from "./store/config-store.ts";

export type { DeviceRecord, OrganisationConfig, OwnPrompt, PromptRecord, SkillLevel } from "./config.ts";
export type { PhoneDoor } from "./devices.ts";
export { LOOPBACK_NETWORKS, phoneLinkLimits } from "./limits.ts";
export type { DirectoryMade, DirectoryPlan, PlanBy, PlanKind, PlanLeft, PlannedNumber, PlannedQueue, PlanRef } from "./plan.ts";

export type DirectoryChange = { readonly organisationId: OrganisationId; readonly changed: readonly string[] };

export type DeviceStates = (deviceId: string) => DeviceState | undefined;

/** Recorders elsewhere that queues may name. */
export type QueueRecorders = {
  readonly edgeRecorders: () => readonly RecorderConfig[];
  readonly stands: (organisationId: OrganisationId, recorderId: string) => boolean;
};
export type QueueContacts = { hasAny(organisationId: OrganisationId, queueId: string): Promise<boolean> };

export type Directory = {
  /** Reads every organisation's configuration; before anything is asked. Called again for one after its setup. */
  load(organisationIds: readonly OrganisationId[]): Promise<void>;
  register(api: Api): void;
  organisations(): readonly OrganisationId[];
  /** In memory and always current; null where no such organisation is known. */
  config(organisationId: OrganisationId): OrganisationConfig | null;
  organisationOfNumber(numberId: NumberId): OrganisationId | null;
  /**
   * The edge's name of what a caller hears: the organisation's own where it was replaced, else the shipped one. A greeting or music that
   * was added is heard in a language that it has; one without any is the shipped default, so callers always hear something.
   */
  audioFor(organisationId: OrganisationId, audioId: string, language: Language): string;
  /** Numbers, devices and audio of all organisations. */
  edgeConfig(): EdgeConfig;
  /** After the commit, with the new configuration in place. */
  onChanged(listener: (change: DirectoryChange) => void): void;
  /** Which of a person's phones rings: a device of theirs, or the browser (null). */
  choosePhone(by: By, deviceId: string | null): Promise<void>;
  /** Whoever hears what the edge says of devices comes later in the wiring; until then nothing is known of them. */
  useDeviceStates(states: DeviceStates): void;
  /** What the edge says of a device, for its log. */
  noteDevice(deviceId: string, state: DeviceState): void;
  /** The directory's part of the first setup, for identity. */
  readonly seedOrganisation: SeedOrganisation;
  /** What a new organisation can't be without; its queues, numbers, codes and reasons may come from a plan in the same transaction. */
  readonly seedBase: SeedBase;
  /** Makes many parts at once, or retires them, in the caller's transaction; `refresh` after its commit. */
  readonly applyInTx: Plans["applyInTx"];
  readonly retireInTx: Plans["retireInTx"];
  /** Reads an organisation's configuration anew and tells who listens, after a commit that changed it here. */
  refresh(organisationId: OrganisationId): Promise<void>;
  /** The module that owns trunks comes later in the wiring; until then there are none. */
  useTrunks(trunks: { readonly edgeTrunks: () => readonly TrunkConfig[] }): void;
  /** The same for the module that owns recorders elsewhere. */
  useRecorders(recorders: QueueRecorders): void;
  /** Something that the edge must know of this organisation changed elsewhere. */
  edgeChanged(organisationId: OrganisationId): void;
  /** The module that owns contacts comes later in the wiring; until then no queue has had one. */
  useContacts(contacts: QueueContacts): void;
};

export function createDirectory({
  db,
  clock,
  ids,
  log,
  audit,
  identity,
  dataFolder,
  audioFolder,
  phoneDoor,
}: {
  readonly db: Database;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly audit: Audit;
  readonly log: { error(fields: object, message: string): void };
  readonly identity: {
    organisation(organisationId: OrganisationId): Organisation;
    person(organisationId: OrganisationId, personId: string): KnownPerson | null;
  };
  readonly dataFolder: string;
  /** apps/server/audio */
  readonly audioFolder: string;
  readonly phoneDoor: PhoneDoor;
}): Directory {
  const promptsFolder = join(dataFolder, "prompts");
  mkdirSync(promptsFolder, { recursive: true, mode: 0o700 });
  const catalogue = readCatalogue(audioFolder);
  const configs = new Map<OrganisationId, OrganisationConfig>();
  const organisationByNumber = new Map<NumberId, OrganisationId>();
  const listeners: ((change: DirectoryChange) => void)[] = [];
  const reading = new Map<OrganisationId, Promise<unknown>>();
  const stale = new Map<OrganisationId, Set<string>>();
  let edgeVersion = 0;

  const readNow = async (organisationId: OrganisationId): Promise<OrganisationConfig> => {
    const { name, timeZone, defaultCountry } = identity.organisation(organisationId);
    const fetched = await db.withScope({ organisationId, projectIds: "*" }, configFetch);
    const config: OrganisationConfig = {
      ...fetched,
      organisationId,
      name,
      timeZone,
      defaultCountry,
      version: (configs.get(organisationId)?.version ?? 0) + 1,
    };
    configs.set(organisationId, config);
    for (const number of config.numbers) organisationByNumber.set(number.numberId as NumberId, organisationId);
    edgeVersion += 1;
    return config;
  };
  const tell = (change: DirectoryChange): void => {
    for (const listener of listeners) {
      try {
        listener(change);
      } catch (error) {
        log.error(
          { event: "directoryListenerFailed", error: describeError(error) },
          "A change of the setup could not be taken over everywhere",
        );
      }
    }
  };
  /** One reading at a time for an organisation: the last one wins, and it has seen every commit before it began. */
  const reload = async (organisationId: OrganisationId, changed: readonly string[]): Promise<OrganisationConfig> => {
    const before = reading.get(organisationId) ?? Promise.resolve();
    const next = before.catch(() => undefined).then(() => readNow(organisationId));
    reading.set(organisationId, next);
    let config: OrganisationConfig;
    try {
      config = await next;
    } catch (error) {
      // Committed, but PostgreSQL went away before it could be read back: as soon as it returns.
      stale.set(organisationId, new Set([...(stale.get(organisationId) ?? []), ...changed]));
      throw error;
    }
    tell({ organisationId, changed });
    return config;
  };
  db.onUp(() => {
    for (const [organisationId, changed] of stale) {
      stale.delete(organisationId);
      reload(organisationId, [...changed]).catch((error: unknown) => {
        log.error({ event: "directoryReloadFailed", error: describeError(error) }, "The setup could not be read again");
      });
    }
  });

  const configOf = (organisationId: OrganisationId): OrganisationConfig => {
    const config = configs.get(organisationId);
    if (config === undefined) throw new Error("the setup of an organisation that isn't known was asked for");
    return config;
  };
  const isPerson = (organisationId: OrganisationId, personId: string): boolean => {
    const person = identity.person(organisationId, personId);
    return person !== null && person.status !== "retired";
  };
  const editor = createEditor({ db, clock, audit, configOf, reload });
  const prompts = createPrompts({ editor, clock, ids, catalogue, promptsFolder });
  const isOwn = (config: Pick<OrganisationConfig, "ownPrompts">, kind: OwnPrompt["kind"], audioId: string): boolean =>
    config.ownPrompts.some((own) => own.audioId === audioId && own.kind === kind && !own.retired);
  const isMusic: IsAudio = (config, audioId) => catalogue.isMusic(audioId) || isOwn(config, "music", audioId);
  const isGreeting: IsAudio = (config, audioId) => catalogue.isGreeting(audioId) || isOwn(config, "greeting", audioId);
  const isClosedSentence: IsAudio = (config, audioId) => audioId === numberDefaults.closedAudioId || isOwn(config, "greeting", audioId);
  const plans = createPlans({ ids, clock, audit, isMusic, isGreeting, isClosedSentence });
  const seedBase = createSeedBase({ ids, clock });
  let trunks: { readonly edgeTrunks: () => readonly TrunkConfig[] } = { edgeTrunks: () => [] };
  let recorders: QueueRecorders = { edgeRecorders: () => [], stands: () => false };
  let deviceStates: DeviceStates = () => undefined;
  let contacts: QueueContacts = { hasAny: () => Promise.resolve(false) };
  const phoneLinks = createPhoneLinks({
    db,
    clock,
    ids,
    audit,
    portOf: (transport) => (transport === "tls" ? phoneDoor.tlsPort() : null) ?? phoneDoor.port(),
    onDeviceChanged: async (organisationId) => {
      await reload(organisationId, ["devices"]);
    },
  });
  const parts = {
    phoneLinks,
    editor,
    projects: createProjects({ editor, ids, clock, isName: (config, audioId) => isOwn(config, "name", audioId) }),
    hours: createHours({ editor, ids, clock }),
    prompts,
    lists: createLists({ editor, ids, isPerson }),
    queues: createQueues({
      editor,
      ids,
      clock,
      isPerson,
      isMusic,
      isRecorder: (organisationId, recorderId) => recorders.stands(organisationId, recorderId),
      hasContacts: (organisationId, queueId) => contacts.hasAny(organisationId, queueId),
    }),
    phoneNumbers: createPhoneNumbers({ editor, ids, clock, isGreeting, isClosedSentence }),
    devices: createDevices({
      editor,
      ids,
      clock,
      isPerson,
      stateOf: (deviceId) => deviceStates(deviceId),
      links: phoneLinks,
      door: phoneDoor,
    }),
  };

  const audioFor: Directory["audioFor"] = (organisationId, audioId, language) => {
    const config = configs.get(organisationId);
    const own = config?.ownPrompts.find((each) => each.audioId === audioId);
    // Retired ones aren't at the edge; a call that began before may still ask for one.
    const recordings = own?.retired === true ? [] : (config?.prompts.filter((each) => each.audioId === audioId) ?? []);
    const recorded = recordings.find((each) => each.language === language || each.language === "any");
    if (recorded !== undefined) return ownAudioName(organisationId, recorded);
    if (own !== undefined) {
      const [elsewhere] = recordings;
      if (elsewhere !== undefined) return ownAudioName(organisationId, elsewhere);
      return audioFor(organisationId, SHIPPED_INSTEAD[own.kind], language);
    }
    return shippedAudioName({ audioId, language: catalogue.find(audioId, "any") === null ? language : "any" });
  };

  return {
    async load(organisationIds) {
      for (const organisationId of organisationIds) await reload(organisationId, ["all"]);
    },
    register(api) {
      registerDirectoryRoutes(api, parts);
    },
    organisations: () => [...configs.keys()],
    config: (organisationId) => configs.get(organisationId) ?? null,
    organisationOfNumber: (numberId) => organisationByNumber.get(numberId) ?? null,
    audioFor,
    edgeConfig() {
      const all = [...configs.values()];
      return {
        version: edgeVersion,
        numbers: all.flatMap((config) =>
          config.numbers
            .filter((number) => !number.retired)
            .map((number) => ({
              numberId: number.numberId as NumberId,
              dialled: config.dialled.get(number.numberId as NumberId) ?? [],
              allowedNetworks: number.allowedNetworks,
              language: number.language,
              technicalAudioIds: [audioFor(config.organisationId, "refuse.technical", number.language)],
              callsMax: number.callsMax,
            })),
        ),
        devices: all.flatMap((config) => {
          const dialableNumberIds = config.numbers.filter((number) => !number.retired).map((number) => number.numberId as NumberId);
          return config.devices
            .filter((device) => !device.retired)
            .map((device) => ({
              deviceId: device.deviceId as DeviceId,
              username: device.username,
              realm: device.realm,
              ha1Md5: device.ha1Md5,
              ha1Sha256: device.ha1Sha256,
              dialableNumberIds,
              autoAnswer: device.autoAnswer,
              offersSrtp: device.offersSrtp,
            }));
        }),
        trunks: trunks.edgeTrunks(),
        recorders: recorders.edgeRecorders(),
        audio: [
          ...catalogue.all.map((shipped) => ({ audioId: shippedAudioName(shipped), filePath: shipped.filePath, version: 1 })),
          ...all.flatMap((config) => {
            const retired = new Set(config.ownPrompts.filter((own) => own.retired).map((own) => own.audioId));
            return config.prompts
              .filter((own) => !retired.has(own.audioId))
              .map((own) => ({
                audioId: ownAudioName(config.organisationId, own),
                filePath: prompts.pathOf(config, own),
                version: own.version,
              }));
          }),
        ],
        limits: { callsMax: directoryLimits.callsMax, agentMediaTimeoutMs: directoryLimits.agentMediaTimeoutMs },
      };
    },
    onChanged: (listener) => void listeners.push(listener),
    choosePhone: (by, deviceId) => parts.devices.choose(by, deviceId),
    useDeviceStates(states) {
      deviceStates = states;
    },
    noteDevice: (deviceId, state) => parts.devices.note(deviceId, state),
    seedOrganisation: createSeed({ seedBase, plans }),
    seedBase,
    ...plans,
    async refresh(organisationId) {
      await reload(organisationId, ["all"]);
    },
    useTrunks(port) {
      trunks = port;
    },
    useRecorders(port) {
      recorders = port;
    },
    edgeChanged(organisationId) {
      edgeVersion += 1;
      tell({ organisationId, changed: ["trunks"] });
    },
    useContacts(port) {
      contacts = port;
    },
  };
}

/** For an own one that nothing is left of. */
const SHIPPED_INSTEAD: Readonly<Record<OwnPrompt["kind"], string>> = {
  music: queueDefaults.musicAudioId,
  greeting: numberDefaults.greetingAudioId,
  name: "agent.incoming",
};

function ownAudioName(
  organisationId: OrganisationId,
  prompt: { readonly audioId: string; readonly language: string; readonly version: number },
): string {
  return `${organisationId}/${prompt.language}/${prompt.audioId}`;
}
