import { useLingui } from "@lingui/react/macro";
import { IconDatabaseExport } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useApi } from "../../api/queries.ts";
import { isolate } from "../../ui/isolate.ts";
import { useFormat } from "../../ui/use-format.ts";
import { DateTime } from "../../ui/values.tsx";
import { FloorNotice } from "./floor-notice.tsx";

const LOOK_EVERY_MS = 10_000;

/** That talks don't come to a recorder elsewhere, where they should. */
export function RecorderNotice(): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const troubles = useApi("recorderTroublesList", {}, { everyMs: LOOK_EVERY_MS });
  const [first] = troubles.data?.items ?? [];
  if (first === undefined) return null;
  const { since, missing } = first;
  const name = isolate(first.name);
  return (
    <FloorNotice color="red" icon={<IconDatabaseExport aria-hidden />}>
      {t`Talks don't come to the recorder “${name}”.`} {t`Since`} <DateTime at={since} show="row" />.{" "}
      {t`Talks missing there now: ${format.number(missing)}. They are recorded here all the same.`}
    </FloorNotice>
  );
}
