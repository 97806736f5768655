import { routes, type BodyOf, type ParamsOf, type QueryOf, type ResponseOf, type Route, type RouteName } from "@allo/contract";
import { ApiProblem, readProblem, unreachableProblem } from "./problem.ts";

/** Every route is below this path, on the origin that served the desk. */
export const API_BASE = "/api/v1";

type Given<K extends string, T> = [T] extends [undefined] ? unknown : { readonly [P in K]: T };
type GivenQuery<T> = [T] extends [undefined] ? unknown : { readonly query?: T };
/** What a route is called with: its path's parameters, its query and its body, each only where the contract has it. */
export type ApiInput<N extends RouteName> = Given<"params", ParamsOf<N>> &
  GivenQuery<QueryOf<N>> &
  Given<"body", BodyOf<N>> & { readonly file?: Blob };

type LooseInput = {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly file?: Blob;
};

/** What the outside gives the client; tests pass a fake. */
export type ApiPorts = { readonly fetch: typeof globalThis.fetch; readonly onSignedOut: () => void };
let ports: ApiPorts = { fetch: (...given) => globalThis.fetch(...given), onSignedOut: () => undefined };

/** Replaces the ports; gives back the function that puts the old ones in place again. */
export function setApiPorts(next: Partial<ApiPorts>): () => void {
  const before = ports;
  ports = { ...ports, ...next };
  return () => {
    ports = before;
  };
}

/** Calls a route of the contract. A refusal, and a server that can't be reached, is an ApiProblem. */
export async function callApi<N extends RouteName>(name: N, input: ApiInput<N>, signal?: AbortSignal): Promise<ResponseOf<N>> {
  const route: Route = routes[name];
  const given = input as LooseInput;
  const request = requestOf(route, given, signal);
  let response: Response;
  try {
    response = await ports.fetch(pathOf(route, given), request);
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw unreachableProblem(cause);
  }
  if (response.status === 204) return undefined as ResponseOf<N>;
  if (!response.ok) {
    const problem = await readProblem(response);
    if (problem.status === 401 && route.access !== "public") ports.onSignedOut();
    throw problem;
  }
  try {
    return (await response.json()) as ResponseOf<N>;
  } catch (cause) {
    throw new ApiProblem({ status: response.status, code: "badAnswer", fields: [], detail: null }, { cause });
  }
}

/** The address of a route, for what the browser fetches itself (audio). */
export function apiAddress<N extends RouteName>(name: N, input: Omit<ApiInput<N>, "body" | "file">): string {
  return pathOf(routes[name], input as LooseInput);
}

function pathOf(route: Route, input: LooseInput): string {
  const path = route.path.replaceAll(/:([a-zA-Z]+)/gu, (_whole, key: string) => encodeURIComponent(input.params?.[key] ?? ""));
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(input.query ?? {})) {
    if (typeof value === "string" ? value !== "" : typeof value === "number" || typeof value === "boolean") query.set(key, String(value));
  }
  const text = query.toString();
  return `${API_BASE}${path}${text === "" ? "" : `?${text}`}`;
}

function requestOf(route: Route, input: LooseInput, signal: AbortSignal | undefined): RequestInit {
  const request: RequestInit = { method: route.method, credentials: "same-origin", headers: { accept: "application/json" } };
  if (signal !== undefined) request.signal = signal;
  if (route.upload === true && input.file !== undefined) {
    const form = new FormData();
    form.append("file", input.file);
    request.body = form;
  } else if (input.body !== undefined) {
    request.headers = { accept: "application/json", "content-type": "application/json" };
    request.body = JSON.stringify(input.body);
  }
  return request;
}
