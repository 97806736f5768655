import type { Me, Permission } from "@allo/contract";
import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { createContext, useCallback, useContext } from "react";
import { callApi } from "../../api/client.ts";
import { ApiProblem } from "../../api/problem.ts";
import { showLanguage } from "../../i18n/language.ts";
import { useRegion } from "../../ui/region.ts";

const SESSION_KEY = ["sessionGet", {}] as const;
/** Where the cache keeps who is signed in; null there is "nobody". */
export const signedOutKey: readonly unknown[] = SESSION_KEY;
export type SessionState =
  | { readonly kind: "loading" }
  | { readonly kind: "signedOut" }
  | { readonly kind: "signedIn"; readonly me: Me }
  /** The server didn't answer: nobody knows yet who is signed in. */
  | { readonly kind: "unknown"; readonly problem: ApiProblem; readonly retry: () => void };

/** Who is signed in. */
export function useSession(): SessionState {
  const query = useQuery<Me | null, ApiProblem>({
    queryKey: SESSION_KEY,
    staleTime: Infinity,
    queryFn: async ({ signal }) => {
      try {
        const me = await callApi("sessionGet", {}, signal);
        await takeOver(me);
        return me;
      } catch (failure) {
        if (failure instanceof ApiProblem && failure.status === 401) return null;
        throw failure;
      }
    },
  });
  if (query.data !== undefined) return query.data === null ? { kind: "signedOut" } : { kind: "signedIn", me: query.data };
  if (query.error !== null) return { kind: "unknown", problem: query.error, retry: () => void query.refetch() };
  return { kind: "loading" };
}

/**
 * Whom the shell was last drawn for. The end of a session reaches the cache first and the shell a moment later: what is drawn anew in
 * between is still for that person.
 */
export const MeContext = createContext<Me | null>(null);

/** The person signed in; only for what stands inside the shell. */
export function useMe(): Me {
  const shown = useContext(MeContext);
  const session = useSession();
  if (session.kind === "signedIn") return session.me;
  if (shown === null) throw new Error("useMe is called outside the shell");
  return shown;
}

export function useMay(): (permission: Permission) => boolean {
  const me = useMe();
  return useCallback((permission) => me.permissions.includes(permission), [me]);
}

/** Puts a fresh sign-in in place: the person, their language, the organisation's zone. */
export async function enter(queries: QueryClient, me: Me): Promise<void> {
  queries.clear();
  await takeOver(me);
  queries.setQueryData(SESSION_KEY, me);
}

/** The newest facts about the person, after one changed them. */
export function renew(queries: QueryClient, me: Me): void {
  queries.setQueryData(SESSION_KEY, me);
}

/** Forgets whoever was signed in and everything read in their name. */
export function useLeave(): () => void {
  const queries = useQueryClient();
  return useCallback(() => {
    queries.setQueryData(SESSION_KEY, null);
    queries.removeQueries({ predicate: (query) => query.queryKey[0] !== SESSION_KEY[0] });
  }, [queries]);
}

async function takeOver(me: Me): Promise<void> {
  useRegion.setState({ timeZone: me.organisation.timeZone, country: me.organisation.defaultCountry });
  await showLanguage(me.language);
}
