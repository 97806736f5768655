// What tests of core share: a core on a database of its own, organisations as the wizard makes them, signed-in people.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import type { BodyOf, Me, Role } from "@allo/contract";
import type { Clock, OrganisationId, PersonId } from "@allo/kernel";
import { createTestDatabase, type TestDatabase } from "@allo/testkit";
import type { LightMyRequestResponse } from "fastify";
import pg from "pg";
import { pino } from "pino";
import type { PhoneSocketHook } from "../platform/http.ts";
import { createCore, type Core } from "./core.ts";

export const PASSWORD = "горный ветер 42 over";
export const ORIGIN = "http://localhost";

export type TestCore = {
  readonly core: Core;
  readonly database: TestDatabase;
  readonly admin: pg.Client;
  readonly dataFolder: string;
  /** All lines logged so far. */
  readonly logged: () => string;
  /** Moves the clock on. */
  readonly advance: (ms: number) => void;
  close(): Promise<void>;
};

export async function startTestCore(
  options: { readonly onPhoneSocket?: PhoneSocketHook; readonly deskFolder?: string } = {},
): Promise<TestCore> {
  const database = await createTestDatabase();
  const dataFolder = mkdtempSync(join(tmpdir(), "allo-core-"));
  let lines = "";
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines += String(chunk);
      done();
    },
  });
  let skew = 0;
  const clock: Clock = { now: () => Math.floor(performance.timeOrigin + performance.now()) + skew };
  const admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  const core = await createCore({
    databaseUrl: database.adminUrl,
    dataFolder,
    audioFolder: join(import.meta.dirname, "../../audio"),
    version: "0.0.0-test",
    organisationKey: undefined,
    http: { bind: "127.0.0.1", port: 0, tls: undefined, origins: [], deskFolder: options.deskFolder },
    phonePort: () => 5070,
    publicAddress: undefined,
    log: pino({ level: "debug" }, sink),
    clock,
    onPhoneSocket:
      options.onPhoneSocket ??
      ((socket) => {
        socket.close();
      }),
  });
  await core.load();
  return {
    core,
    database,
    admin,
    dataFolder,
    logged: () => lines,
    advance: (ms) => {
      skew += ms;
    },
    async close() {
      await core.close();
      await admin.end();
      await database.drop();
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}

export function setupRequest(token: string, over: { readonly email?: string; readonly number?: string } = {}): BodyOf<"setupCreate"> {
  return {
    token,
    language: "ru",
    timeZone: "Europe/Moscow",
    defaultCountry: "RU",
    organisation: { name: "Ромашка" },
    administrator: { name: "Анна Сидорова", email: over.email ?? "anna@example.com", password: PASSWORD },
    queue: { name: "Продажи" },
    number: { number: over.number ?? "8 (495) 123-45-67", language: "ru", allowedNetworks: ["192.168.1.7/24"] },
  };
}

/** A person with a browser: a cookie and an origin. */
export class Visitor {
  cookie = "";
  readonly #core: Core;
  constructor(core: Core) {
    this.#core = core;
  }
  async call(
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<LightMyRequestResponse> {
    const answer = await this.#core.http.app.inject({
      method,
      url: `/api/v1${path}`,
      headers: {
        host: "localhost",
        ...(method === "GET" ? {} : { origin: ORIGIN }),
        ...(this.cookie === "" ? {} : { cookie: this.cookie }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: body as object }),
    });
    const set = answer.cookies.find((each) => each.name === "allo_session");
    if (set !== undefined) this.cookie = set.value === "" ? "" : `allo_session=${set.value}`;
    return answer;
  }
}

/** All rows of a table as text, row-level security aside: what really stands in the database. */
export async function rowsOf(test: TestCore, table: string): Promise<readonly string[]> {
  await test.admin.query(`begin; alter table ${table} no force row level security`);
  const { rows } = await test.admin.query<{ row: string }>(`select t::text as row from ${table} t`);
  await test.admin.query("rollback");
  return rows.map(({ row }) => row);
}

/** The first organisation through the wizard's own route; another one as an installation's owner would add it. Both sign in for real. */
export async function makeOrganisation(
  test: TestCore,
  over: { readonly email?: string; readonly number?: string } = {},
): Promise<{ readonly administrator: Visitor; readonly me: Me }> {
  const { core } = test;
  const administrator = new Visitor(core);
  if (core.identity.organisations().length === 0) {
    const token = await core.identity.prepareSetup();
    const answer = await administrator.call("POST", "/setup", setupRequest(token ?? "", over));
    if (answer.statusCode !== 200) throw new Error(`setup failed: ${answer.body}`);
    return { administrator, me: answer.json<Me>() };
  }
  const organisationId = core.ids.next("org") as OrganisationId;
  const personId = core.ids.next("per") as PersonId;
  const request = setupRequest("", over);
  const email = request.administrator.email;
  const [known] = await core.db.withDoors((tx) =>
    tx.query<{ password_hash: string }>("select password_hash from doors.login_find('anna@example.com')"),
  );
  await core.db.withScope({ organisationId, projectIds: "*" }, async (tx) => {
    await tx.query(
      "insert into identity.organisation (organisation_id, name, default_country, time_zone, default_language, created_at) values ($1, 'Вторая', 'RU', 'UTC', 'ru', 1)",
      [organisationId],
    );
    await tx.query(
      `insert into identity.person (organisation_id, person_id, name, email, email_key, roles, status, language, password_hash, created_at)
       values ($1, $2, 'Второй', $3, $3, '{administrator}', 'active', 'ru', $4, 1)`,
      [organisationId, personId, email, known?.password_hash],
    );
    await core.directory.seedOrganisation(tx, {
      actor: { personId, name: "Второй", organisationId },
      address: "",
      administratorId: personId,
      request,
    });
  });
  await core.identity.load();
  await core.directory.load([organisationId]);
  const answer = await administrator.call("POST", "/session", { email, password: PASSWORD });
  if (answer.statusCode !== 200) throw new Error(`signing in failed: ${answer.body}`);
  return { administrator, me: answer.json<Me>() };
}

export async function addPerson(
  core: Core,
  administrator: Visitor,
  person: { readonly name: string; readonly email: string; readonly roles: readonly Role[] },
): Promise<{ readonly visitor: Visitor; readonly me: Me }> {
  const made = await administrator.call("POST", "/people", { ...person, language: "en" });
  if (made.statusCode !== 200) throw new Error(`the person could not be added: ${made.body}`);
  const { invitation } = made.json<{ invitation: { url: string } }>();
  const visitor = new Visitor(core);
  const used = await visitor.call("POST", `/one-time-links/${invitation.url.split("/").at(-1) ?? ""}`, { password: PASSWORD });
  if (used.statusCode !== 200) throw new Error(`the invitation could not be used: ${used.body}`);
  return { visitor, me: used.json<Me>() };
}
