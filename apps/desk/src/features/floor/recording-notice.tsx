import { useLingui } from "@lingui/react/macro";
import { IconPlayerRecord } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useApi } from "../../api/queries.ts";
import { useFormat } from "../../ui/use-format.ts";
import { DateTime } from "../../ui/values.tsx";
import { useMay } from "../session/session.ts";
import { FloorNotice } from "./floor-notice.tsx";

const LOOK_EVERY_MS = 10_000;

/** That calls which should be recorded aren't. It goes by itself once a recording is saved again, or an hour after the last failure. */
export function RecordingNotice(): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const plays = useMay()("recordings.play");
  const { data } = useApi("recordingFailuresGet", {}, { everyMs: LOOK_EVERY_MS });
  if (data === undefined || data.since === null) return null;
  return (
    <FloorNotice color="red" icon={<IconPlayerRecord aria-hidden />}>
      {t`Calls not recorded because of an error: ${format.number(data.calls)}.`} {t`Since`} <DateTime at={data.since} show="row" />.{" "}
      {plays && <Link to="/recording-gaps">{t`Gaps in recordings`}</Link>}
    </FloorNotice>
  );
}
