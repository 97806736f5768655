// A centre made through the public API, as the wizard and the setup pages make it.
import { fileURLToPath } from "node:url";
import { expect, onTestFailed } from "vitest";
import { routes, type BodyOf, type ParamsOf, type QueryOf, type ResponseOf, type RouteName } from "@allo/contract";
import { startProgram, type Program } from "@allo/testkit";

export const MAIN = fileURLToPath(new URL("../../apps/server/src/main.ts", import.meta.url));

export type ApiClient = {
  readonly call: <N extends RouteName>(
    name: N,
    given?: { params?: ParamsOf<N>; query?: QueryOf<N>; body?: BodyOf<N> },
  ) => Promise<ResponseOf<N>>;
  readonly bytes: (name: RouteName, params: Record<string, string>, headers?: Record<string, string>) => Promise<Response>;
  /** Sends one file as a form, as the prompts page does. */
  readonly upload: <N extends RouteName>(
    name: N,
    given: { params?: ParamsOf<N>; query?: QueryOf<N> },
    file: Uint8Array,
  ) => Promise<ResponseOf<N>>;
  readonly cookie: () => string;
};

/** Speaks with the API as a browser's page does: same origin, one session cookie. */
export function createApiClient(url: string): ApiClient {
  const origin = new URL(url).origin;
  let cookie = "";
  const send = async (
    name: RouteName,
    params: Record<string, string>,
    query: Record<string, unknown>,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> => {
    const route = routes[name];
    const path = route.path.replaceAll(/:(\w+)/g, (_, key: string) => encodeURIComponent(params[key] ?? ""));
    const address = new URL(`/api/v1${path}`, origin);
    for (const [key, value] of Object.entries(query)) if (value !== undefined) address.searchParams.set(key, String(value));
    const response = await fetch(address, {
      method: route.method,
      headers: {
        origin,
        "sec-fetch-site": "same-origin",
        ...(cookie === "" ? {} : { cookie }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const set = response.headers.getSetCookie()[0];
    if (set !== undefined) cookie = set.split(";")[0] ?? "";
    return response;
  };
  return {
    call: async (name, given = {}) => {
      const response = await send(
        name,
        (given.params ?? {}) as Record<string, string>,
        (given.query ?? {}) as Record<string, unknown>,
        given.body,
      );
      if (!response.ok) throw new Error(`${name}: ${response.status} ${await response.text()}`);
      return (response.status === 204 ? undefined : await response.json()) as never;
    },
    upload: async (name, given, file) => {
      const route = routes[name];
      const params = (given.params ?? {}) as Record<string, string>;
      const address = new URL(
        `/api/v1${route.path.replaceAll(/:(\w+)/g, (_, key: string) => encodeURIComponent(params[key] ?? ""))}`,
        origin,
      );
      for (const [key, value] of Object.entries(given.query ?? {})) address.searchParams.set(key, String(value));
      const body = new FormData();
      body.set("file", new Blob([new Uint8Array(file)], { type: "audio/wav" }), "recording.wav");
      const response = await fetch(address, { method: route.method, headers: { origin, "sec-fetch-site": "same-origin", cookie }, body });
      if (!response.ok) throw new Error(`${name}: ${response.status} ${await response.text()}`);
      return (await response.json()) as never;
    },
    bytes: (name, params, headers) => send(name, params, {}, undefined, headers),
    cookie: () => cookie,
  };
}

export type Centre = {
  readonly program: Program;
  readonly admin: ApiClient;
  readonly agent: ApiClient;
  readonly agentEmail: string;
  readonly agentName: string;
  readonly password: string;
  readonly queueId: string;
  readonly number: string;
};

export const PASSWORD = "correct-horse-battery";

/** Starts the program and sets up one queue with one agent, who is also a lead where `agentLeads` says so. */
export async function openCentre(
  options: { readonly env?: Readonly<Record<string, string>>; readonly language?: "en" | "ru" | "fa"; readonly program?: Program } = {},
): Promise<Centre> {
  const program = options.program ?? (await startProgram({ main: MAIN, ...(options.env === undefined ? {} : { env: options.env }) }));
  // The benches make a centre too, outside any test.
  if (expect.getState().currentTestName !== undefined)
    onTestFailed(() => void process.stderr.write(`${program.output()}\n${program.logs()}\n`));
  const language = options.language ?? "en";
  const token = decodeURIComponent(new URL(await program.setupUrl()).hash.slice(1));
  const admin = createApiClient(program.url);
  await admin.call("setupCreate", {
    body: {
      token,
      language,
      timeZone: "Europe/London",
      defaultCountry: "GB",
      organisation: { name: "Meridian" },
      administrator: { name: "Ada Admin", email: "ada@example.test", password: PASSWORD },
      queue: { name: "Support" },
      number: { number: "600", language, allowedNetworks: ["127.0.0.0/8"] },
    },
  });
  const [queue] = (await admin.call("queuesList")).items;
  if (queue === undefined) throw new Error("the wizard made no queue");
  const agentEmail = "sara@example.test";
  const created = await admin.call("personCreate", { body: { name: "Sara Agent", email: agentEmail, roles: ["agent"], language } });
  const agent = createApiClient(program.url);
  await agent.call("linkUse", { params: { token: linkToken(created.invitation.url) }, body: { password: PASSWORD } });
  const members = (await admin.call("queueMembersGet", { params: { queueId: queue.queueId } })).items;
  await admin.call("queueMembersPut", {
    params: { queueId: queue.queueId },
    body: {
      items: [...members.filter((member) => member.personId !== created.person.personId), { personId: created.person.personId, level: 3 }],
    },
  });
  return { program, admin, agent, agentEmail, agentName: "Sara Agent", password: PASSWORD, queueId: queue.queueId, number: "600" };
}

/** The token at the end of an invitation's link. */
export function linkToken(url: string): string {
  return decodeURIComponent(url.split("/").at(-1) ?? "");
}
