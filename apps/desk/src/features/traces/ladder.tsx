import type { CallTrace, TraceStep } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { useState, type CSSProperties, type ReactNode } from "react";
import { DateTime } from "../../ui/values.tsx";
import styles from "./ladder.module.css";

/** Columns are parties, rows are messages in time. It reads from left to right in every language: so do the messages. */
export function Ladder({ trace }: { readonly trace: CallTrace }): ReactNode {
  const { t } = useLingui();
  const [open, setOpen] = useState<number | null>(null);
  const columns = new Map(trace.parties.map((party, place) => [party.partyId, place]));
  const grid = { "--parties": trace.parties.length } as CSSProperties;
  return (
    // Many parties are wider than a panel; the box is scrolled by keyboard too.
    <div className={styles["box"]} dir="ltr" style={grid} tabIndex={0} role="group" aria-label={t`SIP messages of the call`}>
      <div className={styles["head"]} aria-hidden>
        <span />
        {trace.parties.map((party) => (
          <span key={party.partyId} className={styles["party"]}>
            <b>{party.kind === "allo" ? "Allo" : party.transport.toUpperCase()}</b>
            <br />
            {placeOf(party.place)}
          </span>
        ))}
      </div>
      <ol className={styles["steps"]}>
        {trace.steps.map((step, place) => (
          // Messages have no name of their own and never change places.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={place}>
            <button
              type="button"
              className={styles["step"]}
              aria-expanded={open === place}
              onClick={() => setOpen(open === place ? null : place)}
            >
              <span className={styles["at"]}>
                <DateTime at={step.at} show="timeWithSeconds" />
              </span>
              <Arrow step={step} from={columns.get(step.from) ?? 0} to={columns.get(step.to) ?? 0} />
            </button>
            {open === place && (
              <pre className={styles["text"]} tabIndex={0} aria-label={step.label}>
                {step.text}
              </pre>
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}

function Arrow({ step, from, to }: { readonly step: TraceStep; readonly from: number; readonly to: number }): ReactNode {
  const { t } = useLingui();
  const first = Math.min(from, to);
  const span: CSSProperties = {
    gridColumn: `${first + 2} / ${Math.max(from, to) + 3}`,
    "--half": `${50 / (Math.abs(from - to) + 1)}%`,
  } as CSSProperties;
  return (
    <span className={styles["arrow"]} style={span} data-kind={step.kind} data-towards={to > from ? "right" : "left"}>
      <span className={styles["label"]}>
        {step.label}
        {step.isRepeat && <i> · {t`sent again`}</i>}
      </span>
      {step.media !== null && <span className={styles["media"]}>{mediaOf(step.media)}</span>}
    </span>
  );
}

function placeOf({ address, port }: { readonly address: string; readonly port: number }): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function mediaOf(media: NonNullable<TraceStep["media"]>): string {
  const codecs = media.codecs
    .filter((codec) => codec !== "telephone-event")
    .slice(0, 4)
    .join(" ");
  const direction = media.direction === "sendrecv" ? "" : ` · ${media.direction}`;
  return `${placeOf(media)} · ${codecs}${direction}`;
}
