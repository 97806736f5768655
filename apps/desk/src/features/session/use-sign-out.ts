import { useCallback } from "react";
import { callApi } from "../../api/client.ts";
import { endPhone } from "../../softphone/phone-store.ts";
import { useLeave } from "./session.ts";

/** Signs out here and on the server; the phone goes first. If the server can't be reached, this browser forgets the person all the same. */
export function useSignOut(): () => void {
  const leave = useLeave();
  return useCallback(() => {
    endPhone();
    callApi("sessionDelete", {}).then(leave, leave);
  }, [leave]);
}
