// The public API as a person's page uses it: same origin, one session cookie.
import { routes, type BodyOf, type ParamsOf, type QueryOf, type ResponseOf, type RouteName } from "@allo/contract";

const ANSWER_MS_MAX = 10_000;

export class ApiRefusal extends Error {
  readonly status: number;
  constructor(name: string, status: number, detail: string) {
    super(`${name} was answered ${status}: ${detail.slice(0, 200)}`);
    this.status = status;
  }
}

export type ApiClient = {
  readonly call: <N extends RouteName>(
    name: N,
    given?: { params?: ParamsOf<N>; query?: QueryOf<N>; body?: BodyOf<N> },
  ) => Promise<ResponseOf<N>>;
  /** What a WebSocket of the same person sends along. */
  readonly headers: () => { readonly origin: string; readonly cookie: string };
  readonly forget: () => void;
};

/** `url`: where the centre is reached, http://address:port. Rejects with ApiRefusal where the answer is a refusal. */
export function createApiClient(url: string): ApiClient {
  const { origin } = new URL(url);
  let cookie = "";
  return {
    call: async (name, given = {}) => {
      const { method, path } = routes[name];
      const params = (given.params ?? {}) as Readonly<Record<string, string>>;
      const address = new URL(`/api/v1${path.replaceAll(/:(\w+)/g, (_, key: string) => encodeURIComponent(params[key] ?? ""))}`, origin);
      for (const [key, value] of Object.entries((given.query ?? {}) as Record<string, unknown>))
        address.searchParams.set(key, String(value));
      const response = await fetch(address, {
        method,
        headers: {
          origin,
          ...(cookie === "" ? {} : { cookie }),
          ...(given.body === undefined ? {} : { "content-type": "application/json" }),
        },
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
        ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
      });
      const set = response.headers.getSetCookie().find((each) => each.includes("allo_session"));
      if (set !== undefined) cookie = set.split(";")[0] ?? "";
      const text = await response.text();
      if (!response.ok) throw new ApiRefusal(name, response.status, text);
      return (text === "" ? undefined : JSON.parse(text)) as never;
    },
    headers: () => ({ origin, cookie }),
    forget: () => {
      cookie = "";
    },
  };
}
