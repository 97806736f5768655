import Type from "typebox";
import type { TSchema } from "typebox";
import type { Permission } from "./permissions.ts";
import { Id } from "./schemas.ts";

/** Who may call a route: anyone, anyone signed in, or who holds one of these permissions. */
export type Access = "public" | "signedIn" | readonly Permission[];

export type Route = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly access: Access;
  readonly summary: string;
  readonly tag: string;
  readonly params?: TSchema;
  readonly query?: TSchema;
  readonly body?: TSchema;
  /** The 200 answer; absent: 204. `bytes`: the answer is not JSON. */
  readonly response?: TSchema;
  readonly bytes?: string;
  /** The request is multipart/form-data with one file. */
  readonly upload?: boolean;
};

/** Path parameters of one id. */
export const one = <K extends string>(name: K) => Type.Object({ [name]: Id } as { [P in K]: typeof Id });
export const list = <T extends TSchema>(item: T) => Type.Object({ items: Type.Array(item) });
export const ok = Type.Object({ ok: Type.Literal(true) });
