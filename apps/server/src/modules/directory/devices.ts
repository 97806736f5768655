import { createHash, randomInt } from "node:crypto";
import type { BodyOf, Device, ResponseOf } from "@allo/contract";
import type { Clock, IdSource } from "@allo/kernel";
import { invalidField } from "../../platform/api-error.ts";
import type { DeviceRecord, OrganisationConfig } from "./config.ts";
import { requireRoom, type By, type Editor } from "./editor.ts";
import { DEVICE_REALM, directoryLimits } from "./limits.ts";
import { find } from "./lists.ts";

/** What the edge last said about a device. */
export type DeviceState = { readonly registered: boolean; readonly userAgent: string | null };

// Nothing that reads like something else when it is typed into a phone's menu.
const SECRET_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const USERNAME_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";
const USERNAME_CHARS = 10;

export function createDevices({
  editor,
  ids,
  clock,
  isPerson,
  stateOf,
  phonePort,
  phoneDomain,
}: {
  readonly editor: Editor;
  readonly ids: IdSource;
  readonly clock: Clock;
  readonly isPerson: (organisationId: OrganisationConfig["organisationId"], personId: string) => boolean;
  readonly stateOf: (deviceId: string) => DeviceState | undefined;
  readonly phonePort: () => number;
  /** The address that phones are given, where it isn't the one the administrator's browser uses. */
  readonly phoneDomain: string | undefined;
}) {
  const present = (device: DeviceRecord): Device => ({
    deviceId: device.deviceId,
    personId: device.personId,
    name: device.name,
    username: device.username,
    retired: device.retired,
    registered: !device.retired && (stateOf(device.deviceId)?.registered ?? false),
    userAgent: stateOf(device.deviceId)?.userAgent ?? null,
  });
  return {
    list: (by: Pick<By, "principal">): Device[] => editor.config(by.principal).devices.map(present),
    async create(by: By & { readonly host: string }, body: BodyOf<"deviceCreate">): Promise<ResponseOf<"deviceCreate">> {
      const deviceId = ids.next("dev");
      const username = draw(USERNAME_ALPHABET, USERNAME_CHARS);
      const password = draw(SECRET_ALPHABET, directoryLimits.deviceSecretChars);
      const name = body.name.trim();
      const config = await editor.change(by, "devices", async (tx, before) => {
        requireRoom(before.devices.length, directoryLimits.devicesMax);
        if (name === "") throw invalidField("name", "empty", "must not be empty");
        if (body.personId !== null && !isPerson(by.principal.organisationId, body.personId))
          throw invalidField("personId", "unknownPerson", "names a person who isn't there");
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
        return {
          action: "device.create",
          objectType: "device",
          objectId: deviceId,
          before: null,
          after: { name, personId: body.personId, username },
        };
      });
      return {
        device: present(find(config.devices, (each) => each.deviceId === deviceId)),
        domain: phoneDomain ?? by.host,
        port: phonePort(),
        username,
        password,
      };
    },
    async retire(by: By, deviceId: string): Promise<Device> {
      const config = await editor.change(by, "devices", async (tx, before) => {
        const device = find(before.devices, (each) => each.deviceId === deviceId);
        if (device.retired) return null;
        await tx.query("update directory.device set retired = true where device_id = $1", [deviceId]);
        return { action: "device.retire", objectType: "device", objectId: deviceId, before: { retired: false }, after: { retired: true } };
      });
      return present(find(config.devices, (each) => each.deviceId === deviceId));
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
