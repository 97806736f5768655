import type { DeskState } from "@allo/contract";
import { useLingui } from "@lingui/react";
import { useMutation, useQueryClient, type UseMutationResult } from "@tanstack/react-query";
import { create } from "zustand";
import { callApi, type ApiInput } from "../../api/client.ts";
import type { ApiProblem } from "../../api/problem.ts";
import { apiKey, useApi } from "../../api/queries.ts";
import { useLive } from "../../live/live-client.ts";
import { useTopic } from "../../live/live-provider.tsx";
import { toastProblem } from "../../ui/toasts.tsx";
import { useMay } from "../session/session.ts";

/** What acts answered while the live connection was away; with it, its deltas are newer than any answer. */
const useAnswer = create<{ readonly desk: DeskState | null; readonly lostSince: number | null }>(() => ({ desk: null, lostSince: null }));

/** One's own desk as last known; undefined until it is known, and for those who don't work at one. */
export function useDesk(): DeskState | undefined {
  const works = useMay()("desk.work");
  const live = useTopic("desk", works);
  const lostSince = useLive((state) => state.lostSince);
  const first = useApi("deskGet", {}, { enabled: works && live === undefined });
  const answer = useAnswer();
  if (lostSince !== null && answer.lostSince === lostSince && answer.desk !== null) return answer.desk;
  return live ?? first.data;
}

/** The routes that answer with the whole desk. */
export type DeskAct =
  | "deskReady"
  | "deskNotReady"
  | "offerAccept"
  | "offerDecline"
  | "contactHold"
  | "contactResume"
  | "contactMute"
  | "contactRecordingPut"
  | "contactKeysMaskPut"
  | "contactHangUp"
  | "callPlace"
  | "callConsult"
  | "callTransferToAgent"
  | "callTransferToQueue"
  | "callOutside"
  | "callPark"
  | "callPickUp"
  | "callRecord"
  | "callTurn"
  | "callConference"
  | "callComplete"
  | "callPartyRemove"
  | "callMonitor"
  | "callMentor"
  | "callMentorAsk"
  | "callTakeOver"
  | "callHelp"
  | "callAbuse"
  | "callVerify"
  | "internalCallPlace"
  | "internalCallHangUp"
  | "internalCallHold"
  | "internalCallMute"
  | "internalCallsSeen"
  | "soundReportHangUp"
  | "deskPhonePut"
  | "deskPhoneCall"
  | "wrapUpFinish"
  | "wrapUpExtend";

/** An act at the desk; a refusal is said, and the desk is fetched anew. */
export function useDeskAct<N extends DeskAct>(name: N): UseMutationResult<DeskState, ApiProblem, ApiInput<N>> {
  const { i18n } = useLingui();
  const queries = useQueryClient();
  return useMutation<DeskState, ApiProblem, ApiInput<N>>({
    mutationKey: [name],
    mutationFn: (input) => callApi(name, input) as Promise<DeskState>,
    onSuccess: (desk) => {
      const { lostSince, link } = useLive.getState();
      if (link !== "open") useAnswer.setState({ desk, lostSince });
      queries.setQueryData(apiKey("deskGet", {}), desk);
    },
    onError: (failure) => {
      toastProblem(i18n, failure);
      void queries.invalidateQueries({ queryKey: ["deskGet"] });
    },
  });
}
