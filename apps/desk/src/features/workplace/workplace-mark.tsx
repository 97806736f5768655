import type { WorkplaceRow } from "@allo/contract";
import { useLingui } from "@lingui/react";
import { useLingui as useMacro } from "@lingui/react/macro";
import { IconHeadsetOff } from "@tabler/icons-react";
import { memo, type ReactNode } from "react";
import { itemWords, standingWords } from "./workplace-words.ts";

/** On an agent's row: only where someone can't work, or nobody knows. */
export const WorkplaceMark = memo(function WorkplaceMark({
  row,
  className,
}: {
  readonly row: WorkplaceRow | undefined;
  readonly className: string | undefined;
}): ReactNode {
  const { _ } = useLingui();
  const { t } = useMacro();
  if (row === undefined || (row.standing !== "notEquipped" && row.standing !== "skipped")) return null;
  const failed = row.last?.results.filter(({ verdict }) => verdict === "failed").map(({ item }) => _(itemWords[item])) ?? [];
  const why = failed.length > 0 ? failed.join(", ") : (row.last?.skipped?.words ?? "");
  return (
    <span className={className} data-testid="workplace-mark" title={why === "" ? t`Workplace check` : `${t`Workplace check`}: ${why}`}>
      <IconHeadsetOff size={14} aria-hidden /> {_(standingWords[row.standing])}
    </span>
  );
});
