// OpenAPI 3.1 made from the contract's table: the document and the server can't differ.
import type { Route } from "@allo/contract";
import { Problem } from "@allo/contract";

export type OpenApiDocument = {
  readonly openapi: "3.1.0";
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly description: string;
    readonly license: { readonly name: string; readonly identifier: string };
  };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<string, unknown>>;
};
export type Operation = {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly Readonly<Record<string, unknown>>[];
  readonly requestBody?: Readonly<Record<string, unknown>>;
  readonly responses: Readonly<Record<string, unknown>>;
};
type ObjectSchema = { readonly properties?: Readonly<Record<string, unknown>>; readonly required?: readonly string[] };

const problem = {
  description: "A problem (RFC 9457)",
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
};

export function buildOpenApi({
  routes,
  version,
  basePath,
}: {
  readonly routes: Readonly<Record<string, Route>>;
  readonly version: string;
  readonly basePath: string;
}): OpenApiDocument {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const [name, route] of Object.entries(routes)) {
    const path = route.path.replaceAll(/:([a-zA-Z]+)/g, "{$1}");
    const methods = (paths[path] ??= {});
    methods[route.method.toLowerCase()] = describe(name, route);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Allo",
      version,
      description: "The public API of Allo: all that its screens do goes through it.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: basePath }],
    tags: [...new Set(Object.values(routes).map((route) => route.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Problem: plain(Problem) },
      securitySchemes: {
        session: { type: "apiKey", in: "cookie", name: "allo_session", description: "The session cookie, set by signing in" },
      },
    },
  };
}

function describe(name: string, route: Route): Operation {
  const body = describeBody(route);
  return {
    operationId: name,
    summary: route.summary,
    ...(Array.isArray(route.access) ? { description: `Needs ${route.access.join(" or ")}.` } : {}),
    tags: [route.tag],
    security: route.access === "public" ? [] : [{ session: [] }],
    parameters: [...describeParameters(route.params, "path"), ...describeParameters(route.query, "query")],
    ...(body === null ? {} : { requestBody: body }),
    responses: { ...describeSuccess(route), default: problem },
  };
}

function describeParameters(schema: unknown, place: "path" | "query"): Record<string, unknown>[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = plain(schema) as ObjectSchema;
  return Object.entries(properties).map(([name, each]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    schema: each,
  }));
}

function describeBody(route: Route): Record<string, unknown> | null {
  if (route.upload === true) {
    const schema = {
      type: "object",
      required: ["file"],
      properties: { file: { type: "string", contentMediaType: "application/octet-stream" } },
    };
    return { required: true, content: { "multipart/form-data": { schema } } };
  }
  if (route.body === undefined) return null;
  return { required: true, content: { "application/json": { schema: plain(route.body) } } };
}

function describeSuccess(route: Route): Record<string, unknown> {
  if (route.bytes !== undefined) return { 200: { description: "The content", content: { [route.bytes]: {} } } };
  if (route.response === undefined) return { 204: { description: "Done" } };
  return { 200: { description: "Done", content: { "application/json": { schema: plain(route.response) } } } };
}

/** A schema as bare JSON Schema 2020-12. */
function plain(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema)) as unknown;
}
