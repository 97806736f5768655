import { createHash, randomInt } from "node:crypto";
import type { BodyOf, Device, DeviceLogEntry, DeviceState, ResponseOf } from "@allo/contract";
import { must, type Clock, type IdSource } from "@allo/kernel";
import { ApiError, invalidField } from "../../platform/api-error.ts";
import type { Tx } from "../../platform/db.ts";
import { API } from "../../platform/http.ts";
import type { DeviceRecord, OrganisationConfig } from "./config.ts";
import { deviceLogEntries } from "./core/device-log.ts";
import { given, requireRoom, requireVersion, type By, type Editor } from "./editor.ts";
import { DEVICE_REALM, directoryLimits } from "./limits.ts";
import { find } from "./lists.ts";
import type { PhoneLink, PhoneLinks } from "./phone-links.ts";

/** Where phones find us. */
export type PhoneDoor = {
  /** Of UDP and TCP, as the edge bound it. */
  readonly port: () => number;
  /** Null: TLS isn't spoken. */
  readonly tlsPort: () => number | null;
  /** Whether phones know the certificate there by themselves. */
  readonly tlsIsKnown: () => boolean;
  /** Path of SIP over WebSocket; null: that door is shut. */
  readonly webSocketPath: string | null;
  /** The address that phones are given, where it isn't the one the administrator's browser uses. */
  readonly domain: string | undefined;
};
/** `host` and `origin` as the administrator's browser sees us. */
export type ByBrowser = By & { readonly host: string; readonly origin: string };

// Nothing that reads like something else when it is typed into a phone's menu.
const SECRET_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const USERNAME_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";
const USERNAME_CHARS = 10;
const EXTENSION = /^[0-9]{2,6}$/;

export function createDevices({
  editor,
  ids,
  clock,
  isPerson,
  stateOf,
  links,
  door,
}: {
  readonly editor: Editor;
  readonly ids: IdSource;
  readonly clock: Clock;
  readonly isPerson: (organisationId: OrganisationConfig["organisationId"], personId: string) => boolean;
  readonly stateOf: (deviceId: string) => DeviceState | undefined;
  readonly links: PhoneLinks;
  readonly door: PhoneDoor;
}) {
  const last = new Map<string, DeviceState>();
  const logs = new Map<string, DeviceLogEntry[]>();
  const present = (config: OrganisationConfig, device: DeviceRecord): Device => {
    const state = device.retired ? undefined : stateOf(device.deviceId);
    return {
      deviceId: device.deviceId,
      personId: device.personId,
      name: device.name,
      username: device.username,
      extension: device.extension,
      retired: device.retired,
      registered: (state?.contacts.length ?? 0) > 0,
      userAgent: state?.contacts.at(-1)?.userAgent ?? null,
      autoAnswer: device.autoAnswer,
      offersSrtp: device.offersSrtp,
      chosen: [...config.phoneChoices.values()].includes(device.deviceId),
      state: state ?? null,
      version: device.version,
    };
  };
  const shown = (config: OrganisationConfig, deviceId: string): Device =>
    present(
      config,
      find(config.devices, (each) => each.deviceId === deviceId),
    );
  const requirePerson = ({ principal }: By, personId: string | null): void => {
    if (personId !== null && !isPerson(principal.organisationId, personId))
      throw invalidField("personId", "unknownPerson", "names a person who isn't there");
  };
  /** One's own numbers go before it, and two phones can't have the same. */
  const requireFree = (config: OrganisationConfig, deviceId: string, extension: string | null): void => {
    if (extension === null) return;
    if (!EXTENSION.test(extension)) throw invalidField("extension", "badExtension", "is not two to six digits");
    const isNumber = [...config.dialled.values()].some((spellings) => spellings.includes(extension));
    const isOther = config.devices.some((each) => each.extension === extension && each.deviceId !== deviceId && !each.retired);
    if (isNumber || isOther) throw invalidField("extension", "alreadyExists", "is dialled for something else");
  };
  /** All that a phone needs, and the password, which is shown only now. */
  const secretOf = (
    by: ByBrowser,
    device: Device,
    { password, link }: { readonly password: string; readonly link: PhoneLink },
  ): ResponseOf<"deviceCreate"> => ({
    device,
    domain: door.domain ?? by.host,
    port: door.port(),
    tlsPort: door.tlsPort(),
    tlsIsKnown: door.tlsIsKnown(),
    webSocketUrl: door.webSocketPath === null ? null : `${by.origin.replace(/^http/, "ws")}${door.webSocketPath}`,
    username: device.username,
    password,
    link: { url: `${by.origin}${API}/phone-setup/${link.token}`, expiresAt: link.expiresAt },
  });
  const issue = (tx: Tx, by: ByBrowser, deviceId: string, password: string): Promise<PhoneLink> =>
    links.issue(tx, { organisationId: by.principal.organisationId, deviceId, password, domain: door.domain ?? by.host });

  return {
    list: (by: Pick<By, "principal">): Device[] => {
      const config = editor.config(by.principal);
      return config.devices.map((device) => present(config, device));
    },
    note(deviceId: string, state: DeviceState): void {
      const entries = deviceLogEntries(last.get(deviceId), state);
      last.set(deviceId, state);
      if (entries.length === 0) return;
      logs.set(deviceId, [...(logs.get(deviceId) ?? []), ...entries].slice(-directoryLimits.deviceLogEntriesMax));
    },
    /** Newest first. */
    log: (by: Pick<By, "principal">, deviceId: string): DeviceLogEntry[] => {
      const device = find(editor.config(by.principal).devices, (each) => each.deviceId === deviceId);
      return (logs.get(device.deviceId) ?? []).toReversed();
    },
    async create(by: ByBrowser, body: BodyOf<"deviceCreate">): Promise<ResponseOf<"deviceCreate">> {
      const deviceId = ids.next("dev");
      const username = draw(USERNAME_ALPHABET, USERNAME_CHARS);
      const password = draw(SECRET_ALPHABET, directoryLimits.deviceSecretChars);
      const name = body.name.trim();
      const made: { link?: PhoneLink } = {};
      const config = await editor.change(by, "devices", async (tx, before) => {
        requireRoom(before.devices.length, directoryLimits.devicesMax);
        if (name === "") throw invalidField("name", "empty", "must not be empty");
        requirePerson(by, body.personId);
        await tx.query(
          `insert into directory.device (organisation_id, device_id, person_id, name, username, realm, ha1_md5, ha1_sha256, created_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
          [
            by.principal.organisationId,
            deviceId,
            body.personId,
            name,
            username,
            DEVICE_REALM,
            ha1("md5", username, password),
            ha1("sha256", username, password),
            clock.now(),
          ],
        );
        made.link = await issue(tx, by, deviceId, password);
        return {
          action: "device.create",
          objectType: "device",
          objectId: deviceId,
          before: null,
          after: { name, personId: body.personId, username },
        };
      });
      return secretOf(by, shown(config, deviceId), { password, link: must(made.link) });
    },
    /** Another password: whoever is registered with the old one loses it at once. */
    async renew(by: ByBrowser, deviceId: string): Promise<ResponseOf<"deviceRenew">> {
      const password = draw(SECRET_ALPHABET, directoryLimits.deviceSecretChars);
      const made: { link?: PhoneLink } = {};
      const config = await editor.change(by, "devices", async (tx, before) => {
        const device = find(before.devices, (each) => each.deviceId === deviceId);
        if (device.retired) throw new ApiError("wrongState", 409, "It is retired");
        await tx.query("update directory.device set ha1_md5 = $2, ha1_sha256 = $3 where device_id = $1", [
          deviceId,
          ha1("md5", device.username, password),
          ha1("sha256", device.username, password),
        ]);
        made.link = await issue(tx, by, deviceId, password);
        return { action: "device.renew", objectType: "device", objectId: deviceId, before: null, after: null };
      });
      return secretOf(by, shown(config, deviceId), { password, link: must(made.link) });
    },
    async update(by: By, deviceId: string, { version, ...body }: BodyOf<"deviceUpdate">): Promise<Device> {
      const config = await editor.change(by, "devices", async (tx, before) => {
        const device = find(before.devices, (each) => each.deviceId === deviceId);
        if (device.retired) throw new ApiError("wrongState", 409, "It is retired");
        requireVersion(device, version, body);
        const next = { ...device, ...given(body), ...(body.name === undefined ? {} : { name: body.name.trim() }) };
        if (next.name === "") throw invalidField("name", "empty", "must not be empty");
        if (next.personId !== device.personId) {
          requirePerson(by, next.personId);
          // Whoever had it has their calls in the browser from now on.
          await tx.query("delete from directory.phone_choice where device_id = $1", [deviceId]);
        }
        if (next.extension !== device.extension) requireFree(before, deviceId, next.extension);
        const { name, personId, extension, autoAnswer, offersSrtp } = next;
        await tx.query(
          `update directory.device set name = $2, person_id = $3, auto_answer = $4, offers_srtp = $5, extension = $6, version = version + 1
            where device_id = $1`,
          [deviceId, name, personId, autoAnswer, offersSrtp, extension],
        );
        return {
          action: "device.change",
          objectType: "device",
          objectId: deviceId,
          before: {
            name: device.name,
            personId: device.personId,
            extension: device.extension,
            autoAnswer: device.autoAnswer,
            offersSrtp: device.offersSrtp,
          },
          after: { name, personId, extension, autoAnswer, offersSrtp },
        };
      });
      return shown(config, deviceId);
    },
    async retire(by: By, deviceId: string): Promise<Device> {
      const config = await editor.change(by, "devices", async (tx, before) => {
        const device = find(before.devices, (each) => each.deviceId === deviceId);
        if (device.retired) return null;
        await tx.query("delete from directory.phone_choice where device_id = $1", [deviceId]);
        await tx.query("update directory.device set retired = true, version = version + 1 where device_id = $1", [deviceId]);
        await links.revoke(tx, deviceId);
        return { action: "device.retire", objectType: "device", objectId: deviceId, before: { retired: false }, after: { retired: true } };
      });
      return shown(config, deviceId);
    },
    /** Which of one's own phones rings; null: the browser's. */
    async choose(by: By, deviceId: string | null): Promise<void> {
      const { organisationId, personId } = by.principal;
      await editor.change(by, "phoneChoice", async (tx, config) => {
        const before = config.phoneChoices.get(personId) ?? null;
        if (before === deviceId) return null;
        const isOwn = config.devices.some((each) => each.deviceId === deviceId && each.personId === personId && !each.retired);
        if (deviceId !== null && !isOwn) throw invalidField("deviceId", "unknownDevice", "is not a phone of yours");
        await tx.query("delete from directory.phone_choice where person_id = $1", [personId]);
        if (deviceId !== null) {
          await tx.query("insert into directory.phone_choice (organisation_id, person_id, device_id, chosen_at) values ($1, $2, $3, $4)", [
            organisationId,
            personId,
            deviceId,
            clock.now(),
          ]);
        }
        return { action: "person.phone", objectType: "person", objectId: personId, before: { deviceId: before }, after: { deviceId } };
      });
    },
  };
}

/** RFC 7616 §3.4.2: H(username ":" realm ":" password). */
function ha1(algorithm: "md5" | "sha256", username: string, password: string): string {
  return createHash(algorithm).update(`${username}:${DEVICE_REALM}:${password}`).digest("hex");
}

function draw(alphabet: string, count: number): string {
  return Array.from({ length: count }, () => alphabet.charAt(randomInt(alphabet.length))).join("");
}
