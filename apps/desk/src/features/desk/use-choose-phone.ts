import { endPhone, startPhone } from "../../softphone/phone-store.ts";
import { useMe } from "../session/session.ts";
import { useDeskAct } from "./use-desk.ts";

export type ChoosePhone = {
  readonly choose: (deviceId: string | null) => void;
  readonly pending: boolean;
  /** What was pressed, until it is so or was refused. */
  readonly wished: string | null | undefined;
};

/** Has a device or the browser (null) ring. The browser's phone starts with the press: whoever offered the choice may be gone by the answer. */
export function useChoosePhone(): ChoosePhone {
  const { personId } = useMe();
  const put = useDeskAct("deskPhonePut");
  const choose = (deviceId: string | null): void => {
    if (deviceId === null) startPhone(personId);
    put.mutate({ body: { deviceId } }, { onError: () => deviceId === null && endPhone() });
  };
  return { choose, pending: put.isPending, wished: put.isPending ? put.variables.body.deviceId : undefined };
}
