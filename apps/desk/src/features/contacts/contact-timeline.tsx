import type { TimelineEntry } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Spoiler } from "@mantine/core";
import type { ReactNode } from "react";
import { useDirectory, type Directory } from "../../api/lists.ts";
import { useFormat } from "../../ui/use-format.ts";
import { DateTime, Duration } from "../../ui/values.tsx";
import { whyWord } from "../floor/why-words.ts";
import styles from "./contacts.module.css";
import { stretchesOf, timelineSentence, timelineTone, type Names } from "./timeline-words.ts";

/** The log of a call in words, with how long each wait and hold lasted. */
export function ContactTimeline({ timeline }: { readonly timeline: readonly TimelineEntry[] }): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const directory = useDirectory();
  const names: Names = {
    queue: directory.queueName,
    number: directory.numberName,
    code: directory.codeName,
    say: (words) => i18n._(words),
    duration: format.duration,
    count: format.number,
    time: format.time,
  };
  const lasted = new Map(
    stretchesOf(timeline)
      .filter((stretch) => stretch.to !== null)
      .map((stretch) => [`${stretch.kind}${String(stretch.to)}`, (stretch.to ?? 0) - stretch.from]),
  );
  return (
    <ol className={styles["timeline"]} data-testid="timeline">
      {timeline.map((entry) => {
        const wait =
          entry.kind === "bridged" || entry.kind === "waitExpired" || entry.kind === "callEnded"
            ? lasted.get(`wait${String(entry.at)}`)
            : undefined;
        const hold = entry.kind === "resumed" || entry.kind === "callEnded" ? lasted.get(`hold${String(entry.at)}`) : undefined;
        return (
          <li key={entry.sequence} data-tone={timelineTone(entry.kind)} data-kind={entry.kind}>
            <span className={styles["at"]}>
              <DateTime at={entry.at} show="timeWithSeconds" />
            </span>
            <span>
              {i18n._(timelineSentence(entry, names))}
              {wait !== undefined && (
                <span className={styles["quiet"]}>
                  {" "}
                  · {t`waited`} <Duration ms={wait} />
                </span>
              )}
              {hold !== undefined && (
                <span className={styles["quiet"]}>
                  {" "}
                  · {t`on hold for`} <Duration ms={hold} />
                </span>
              )}
              {entry.kind === "offered" && <WhyThisAgent details={entry.details} directory={directory} />}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

/** Why the call rang there: level, how long free, who was passed over. */
function WhyThisAgent({ details, directory }: { readonly details: TimelineEntry["details"]; readonly directory: Directory }): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const reason = details["reason"];
  if (!isReason(reason)) return null;
  const over = reason.passedOver.map((each) => `${directory.personName(each.agent) || "—"}: ${i18n._(whyWord(each.code))}`);
  return (
    <Spoiler maxHeight={0} showLabel={t`Why`} hideLabel={t`Less`} className={styles["why"] ?? ""}>
      <div className={styles["quiet"]}>
        {t`Level ${format.number(reason.level)}, free for ${format.duration(reason.idleMs)}, one of ${format.number(reason.eligible)} who could take it.`}
        {over.map((line) => (
          <div key={line}>
            <bdi>{line}</bdi>
          </div>
        ))}
      </div>
    </Spoiler>
  );
}

type Reason = {
  readonly level: number;
  readonly idleMs: number;
  readonly eligible: number;
  readonly passedOver: readonly { readonly agent: string; readonly code: string }[];
};

function isReason(value: unknown): value is Reason {
  return (
    typeof value === "object" &&
    value !== null &&
    "passedOver" in value &&
    Array.isArray(value.passedOver) &&
    "level" in value &&
    "idleMs" in value &&
    "eligible" in value
  );
}
