import type { ResponseOf, RouteName } from "@allo/contract";
import {
  QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
  type InfiniteData,
  type UseMutationResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { callApi, type ApiInput } from "./client.ts";
import { ApiProblem } from "./problem.ts";

const STALE_AFTER_MS = 30_000;
const RETRIES_MAX = 2;

/** One cache for the server's answers. Refusals aren't asked again; an unreachable server is, twice. */
export function createQueryClient(): QueryClient {
  const retry = (count: number, failure: unknown): boolean =>
    count < RETRIES_MAX && failure instanceof ApiProblem && (failure.status === 0 || failure.status >= 502);
  return new QueryClient({
    defaultOptions: { queries: { retry, staleTime: STALE_AFTER_MS, refetchOnWindowFocus: false }, mutations: { retry: false } },
  });
}

/** The key of a route's answers: ["queuesList"] reaches all of them, with an input one. */
export function apiKey<N extends RouteName>(name: N, input?: ApiInput<N>): readonly unknown[] {
  return input === undefined ? [name] : [name, input];
}

/** Reads a route through the cache. */
export function useApi<N extends RouteName>(
  name: N,
  input: ApiInput<N>,
  options: {
    readonly enabled?: boolean;
    readonly keepPrevious?: boolean;
    /** Read again so often while it is on the screen. */
    readonly everyMs?: number;
  } = {},
): UseQueryResult<ResponseOf<N>, ApiProblem> {
  return useQuery<ResponseOf<N>, ApiProblem>({
    queryKey: apiKey(name, input),
    queryFn: ({ signal }) => callApi(name, input, signal),
    enabled: options.enabled ?? true,
    ...(options.everyMs === undefined ? {} : { refetchInterval: options.everyMs }),
    ...(options.keepPrevious === true ? { placeholderData: (previous: ResponseOf<N> | undefined) => previous } : {}),
  } as Parameters<typeof useQuery<ResponseOf<N>, ApiProblem>>[0]);
}

/** Writes through a route; the named lists are fetched again when it has been done. */
export function useApiMutation<N extends RouteName>(
  name: N,
  refetch: readonly RouteName[] = [],
): UseMutationResult<ResponseOf<N>, ApiProblem, ApiInput<N>> {
  const client = useQueryClient();
  return useMutation<ResponseOf<N>, ApiProblem, ApiInput<N>>({
    mutationFn: (input) => callApi(name, input),
    onSettled: async () => {
      await Promise.all(refetch.map((list) => client.invalidateQueries({ queryKey: [list] })));
    },
  });
}

type Paged = { readonly items: readonly unknown[]; readonly nextCursor: string | null };
/** The routes that give their rows by cursor. */
export type PagedRoute = { [N in RouteName]: ResponseOf<N> extends Paged ? N : never }[RouteName];
export type PagedRows<N extends PagedRoute> = {
  readonly rows: readonly ResponseOf<N>["items"][number][];
  readonly loading: boolean;
  readonly failure: ApiProblem | null;
  readonly loadingMore: boolean;
  /** Absent when everything is here. */
  readonly onMore: (() => void) | undefined;
  readonly refetch: () => void;
};

/** A cursor-paged list, as DataTable takes it. */
export function usePagedApi<N extends PagedRoute>(name: N, input: ApiInput<N>): PagedRows<N> {
  const query = useInfiniteQuery<ResponseOf<N>, ApiProblem, InfiniteData<ResponseOf<N>, string | null>, readonly unknown[], string | null>({
    queryKey: [name, "pages", input],
    initialPageParam: null,
    queryFn: ({ pageParam, signal }) => {
      const given = input as { readonly query?: object };
      return callApi(
        name,
        (pageParam === null ? input : { ...input, query: { ...given.query, cursor: pageParam } }) as ApiInput<N>,
        signal,
      );
    },
    getNextPageParam: (last) => (last as Paged).nextCursor,
  });
  const rows = useMemo(
    () => (query.data?.pages ?? []).flatMap((each) => (each as Paged).items) as ResponseOf<N>["items"][number][],
    [query.data],
  );
  const { fetchNextPage, hasNextPage, refetch } = query;
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  return {
    rows,
    loading: query.isPending,
    failure: query.error,
    loadingMore: query.isFetchingNextPage,
    onMore: hasNextPage ? more : undefined,
    refetch: () => void refetch(),
  };
}
