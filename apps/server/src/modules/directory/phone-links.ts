// One-time links by which a phone fetches its own configuration. The password in it is sealed by a key made of the link's token, which is
// stored nowhere: neither the database nor a copy of it gives a password away.
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import type { PhoneTransport } from "@allo/contract";
import type { Clock, IdSource, Instant, OrganisationId } from "@allo/kernel";
import { ApiError } from "../../platform/api-error.ts";
import type { Database, Tx } from "../../platform/db.ts";
import { createToken } from "../../platform/ids.ts";
import { createThrottle, type Audit } from "../identity/index.ts";
import { grandstreamFile, linphoneFile, type PhoneFile } from "./core/phone-setup.ts";
import { phoneLinkLimits } from "./limits.ts";

export type PhoneLink = { readonly token: string; readonly expiresAt: Instant };

export type PhoneLinks = {
  /** In the transaction that made the password; earlier links of this device end. */
  issue(
    tx: Tx,
    link: { readonly organisationId: OrganisationId; readonly deviceId: string; readonly password: string; readonly domain: string },
  ): Promise<PhoneLink>;
  /** Ends the device's links. */
  revoke(tx: Tx, deviceId: string): Promise<void>;
  /** The configuration, to whoever asks first. `link`: token and transport; `file`: null for Linphone, else what a desk phone asks for. */
  fetch(asked: { readonly link: string; readonly file: string | null; readonly address: string }): Promise<PhoneFile>;
};

const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Grandstream asks for cfg<MAC>.xml after cfg<MAC>, which is a binary form that we don't make. */
const GRANDSTREAM_FILE = /^cfg[0-9a-zA-Z]{0,40}\.xml$/;

export function createPhoneLinks({
  db,
  clock,
  ids,
  audit,
  portOf,
  onDeviceChanged,
}: {
  readonly db: Database;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly audit: Audit;
  readonly portOf: (transport: PhoneTransport) => number;
  /** After the commit. */
  readonly onDeviceChanged: (organisationId: OrganisationId) => Promise<void>;
}): PhoneLinks {
  const throttle = createThrottle({
    windowMs: phoneLinkLimits.windowMs,
    perAccountAndAddressMax: phoneLinkLimits.attemptsPerAddressMax,
    perAccountMax: phoneLinkLimits.attemptsMax,
    perAddressMax: phoneLinkLimits.attemptsPerAddressMax,
    countersMax: phoneLinkLimits.countersMax,
  });

  return {
    async issue(tx, { organisationId, deviceId, password, domain }) {
      const at = clock.now();
      const token = createToken();
      const expiresAt = at + phoneLinkLimits.validMs;
      await tx.query("update directory.phone_link set sealed = null where sealed is not null and (device_id = $1 or expires_at <= $2)", [
        deviceId,
        at,
      ]);
      await tx.query(
        `insert into directory.phone_link (organisation_id, link_id, device_id, token_hash, sealed, domain, created_at, expires_at)
          values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [organisationId, ids.next("phl"), deviceId, hashOf(token), seal(token, password), domain, at, expiresAt],
      );
      return { token, expiresAt };
    },

    async revoke(tx, deviceId) {
      await tx.query("update directory.phone_link set sealed = null where device_id = $1 and sealed is not null", [deviceId]);
    },

    async fetch({ link: asked, file, address }) {
      const { token, transport } = readLink(asked);
      const at = clock.now();
      const attempt = { account: "phone link", address, at };
      const begun = throttle.begin(attempt);
      if (!begun.ok)
        throw new ApiError(
          "tooManyAttempts",
          429,
          "Too many attempts: wait, then try again",
          undefined,
          Math.ceil(begun.retryAfterMs / 1_000),
        );
      if (file !== null && !GRANDSTREAM_FILE.test(file)) throw new ApiError("notFound", 404);
      const [found] = await db.withDoors((tx) =>
        tx.query<{ organisation_id: OrganisationId; link_id: string }>("select * from doors.phone_link_find($1)", [hashOf(token)]),
      );
      if (found === undefined) throw new ApiError("notFound", 404);
      const organisationId = found.organisation_id;
      const account = await db.withScope({ organisationId, projectIds: "*" }, async (tx) => {
        const [link] = await tx.query<{
          device_id: string;
          sealed: Buffer | null;
          domain: string;
          expires_at: number;
          name: string;
          username: string;
        }>(
          `select l.device_id, l.sealed, l.domain, l.expires_at, d.name, d.username
            from directory.phone_link l join directory.device d on d.device_id = l.device_id and not d.retired
            where l.link_id = $1 for update of l`,
          [found.link_id],
        );
        // Somebody else was quicker, or it lapsed meanwhile.
        if (link === undefined || link.sealed === null || link.expires_at <= at) return null;
        await tx.query("update directory.phone_link set sealed = null, used_at = $2 where link_id = $1", [found.link_id, at]);
        await audit.write(tx, {
          actor: { personId: null, name: link.name, organisationId },
          action: "device.setUp",
          objectType: "device",
          objectId: link.device_id,
          before: null,
          after: { by: file === null ? "linphone" : "grandstream", transport },
          address,
          at,
        });
        // The file says to seal audio over TLS, so calls to it may be sealed.
        const seals =
          transport === "tls" &&
          (await tx
            .query(
              "update directory.device set offers_srtp = true, version = version + 1 where device_id = $1 and not offers_srtp returning device_id",
              [link.device_id],
            )
            .then((rows) => rows.length > 0));
        const password = unseal(token, link.sealed);
        return { name: link.name, domain: link.domain, port: portOf(transport), transport, username: link.username, password, seals };
      });
      if (account === null) throw new ApiError("notFound", 404);
      throttle.succeeded(attempt);
      if (account.seals) await onDeviceChanged(organisationId);
      return file === null ? linphoneFile(account) : grandstreamFile(account);
    },
  };
}

function readLink(link: string): { readonly token: string; readonly transport: PhoneTransport } {
  const [token = "", transport] = link.split(".", 2);
  return { token, transport: transport === "tls" || transport === "tcp" ? transport : "udp" };
}

function hashOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

function keyOf(token: string): Buffer {
  return Buffer.from(hkdfSync("sha256", token, "", "allo phone link", 32));
}

function seal(token: string, password: string): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", keyOf(token), iv);
  return Buffer.concat([iv, cipher.update(password, "utf8"), cipher.final(), cipher.getAuthTag()]);
}

function unseal(token: string, sealed: Buffer): string {
  const decipher = createDecipheriv("aes-256-gcm", keyOf(token), sealed.subarray(0, IV_BYTES));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, sealed.length - TAG_BYTES)), decipher.final()]).toString("utf8");
}
