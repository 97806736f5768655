import type { AccessState } from "@allo/contract";
import { useMutation, useQuery, useQueryClient, type UseMutationResult, type UseQueryResult } from "@tanstack/react-query";
import { callApi, type ApiInput } from "../../api/client.ts";
import type { ApiProblem } from "../../api/problem.ts";
import { apiKey } from "../../api/queries.ts";

const WHILE_WORKING_MS = 2_000;

/** Addresses and certificate; asked again while a public authority is at work. */
export function useAccess(): UseQueryResult<AccessState, ApiProblem> {
  return useQuery<AccessState, ApiProblem>({
    queryKey: apiKey("accessGet", {}),
    queryFn: ({ signal }) => callApi("accessGet", {}, signal),
    refetchInterval: ({ state }) => {
      const acme = state.data?.acme.state;
      return acme === "working" || acme === "waiting" ? WHILE_WORKING_MS : false;
    },
  });
}

type Change = "accessReachPut" | "accessAcmePut" | "accessAcmeDelete" | "accessAcmeRetry";

/** Each change answers with the whole state. */
export function useAccessChange<N extends Change>(name: N): UseMutationResult<AccessState, ApiProblem, ApiInput<N>> {
  const client = useQueryClient();
  return useMutation<AccessState, ApiProblem, ApiInput<N>>({
    mutationFn: (input) => callApi(name, input) as Promise<AccessState>,
    onSuccess: (state) => client.setQueryData(apiKey("accessGet", {}), state),
  });
}
