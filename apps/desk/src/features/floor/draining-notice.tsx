import { useLingui } from "@lingui/react/macro";
import { IconPhoneOff } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTopic } from "../../live/live-provider.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { DateTime } from "../../ui/values.tsx";
import { FloorNotice } from "./floor-notice.tsx";

/** Why no calls come in, where the exchange is running empty. */
export function DrainingNotice(): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const drain = useTopic("drain");
  if (drain?.draining == null) return null;
  const { talking, waiting, beginning } = drain.left;
  return (
    <FloorNotice color="yellow" icon={<IconPhoneOff aria-hidden />}>
      {t`No new calls are taken: the exchange is running empty for maintenance.`} {t`Since`}{" "}
      <DateTime at={drain.draining.since} show="row" />. {t`Calls left: ${format.number(talking + waiting + beginning)}.`}
    </FloorNotice>
  );
}
