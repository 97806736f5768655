import type { ContactRow } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { IconPencilOff } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { StateBadge, type StateName } from "../../ui/state-badge.tsx";
import { outcomeWords } from "../desk/outcome-words.ts";

const open: Readonly<Record<Exclude<ContactRow["state"], "closed">, StateName>> = {
  arriving: "waiting",
  greeting: "waiting",
  waiting: "waiting",
  ringing: "ringing",
  talking: "talking",
  wrapUp: "wrapUp",
};

/** How a contact came out; while it is open, its state. One that still wants a code says so. */
export function OutcomeWord({ row }: { readonly row: Pick<ContactRow, "state" | "outcome" | "notCoded"> }): ReactNode {
  const { t, i18n } = useLingui();
  if (row.state !== "closed") return <StateBadge state={open[row.state]} size="sm" />;
  return (
    <>
      {row.outcome === null ? t`still open` : i18n._(outcomeWords[row.outcome])}
      {row.notCoded && (
        <span style={{ color: "var(--danger)" }}>
          {" "}
          · <IconPencilOff size={14} style={{ verticalAlign: "-2px" }} aria-hidden /> {t`Not coded`}
        </span>
      )}
    </>
  );
}
