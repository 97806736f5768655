// The administrator of the demonstration at work: everything is set up through the public API, as a person with a browser would, so that
// rules, audit and permissions are those of the product.
import { routes, type BodyOf, type ParamsOf, type ResponseOf, type RouteName } from "@allo/contract";
import type { Core } from "../../core/core.ts";
import { API } from "../../platform/http.ts";

const ORIGIN = "http://localhost";

export type Ask = <N extends RouteName>(
  name: N,
  call?: { readonly params?: ParamsOf<N>; readonly body?: BodyOf<N> },
) => Promise<ResponseOf<N>>;
export type Office = {
  readonly ask: Ask;
};

export function createOffice(core: Pick<Core, "http">): Office {
  let cookie = "";
  return {
    ask: async (name, call = {}) => {
      const { method, path } = routes[name];
      const params = (call.params ?? {}) as Readonly<Record<string, string>>;
      const url = API + path.replaceAll(/:(\w+)/g, (_, key: string) => encodeURIComponent(params[key] ?? ""));
      const answer = await core.http.app.inject({
        method,
        url,
        headers: { host: "localhost", ...(method === "GET" ? {} : { origin: ORIGIN }), ...(cookie === "" ? {} : { cookie }) },
        ...(call.body === undefined ? {} : { payload: call.body as object }),
      });
      if (answer.statusCode >= 300) throw new Error(`${method} ${path} was answered ${answer.statusCode}: ${answer.body}`);
      const set = answer.cookies.find((each) => each.name.includes("allo_session"));
      if (set !== undefined) cookie = `${set.name}=${set.value}`;
      return (answer.body === "" ? undefined : answer.json()) as never;
    },
  };
}
