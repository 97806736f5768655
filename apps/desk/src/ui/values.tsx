import { useLingui } from "@lingui/react/macro";
import { Tooltip } from "@mantine/core";
import type { ReactNode } from "react";
import { useNow } from "./clock.tsx";
import { useFormat } from "./use-format.ts";
import { useNarrow } from "./use-narrow.ts";
import styles from "./values.module.css";

/** A moment in the organisation's zone. */
export function DateTime({
  at,
  show = "dateTime",
}: {
  readonly at: number;
  /** "row": in a table, without the year where the screen is narrow. */
  readonly show?: "dateTime" | "row" | "date" | "time" | "timeWithSeconds";
}): ReactNode {
  const format = useFormat();
  const narrow = useNarrow();
  const shown = show === "row" ? (narrow ? "shortDateTime" : "dateTime") : show;
  return (
    <time dateTime={new Date(at).toISOString()} title={`${format.dateTime(at)} (${format.timeZone})`}>
      {format[shown](at)}
    </time>
  );
}

/** A length of time, m:ss; null is a dash that says why. */
export function Duration({ ms, why }: { readonly ms: number | null; readonly why?: string }): ReactNode {
  const format = useFormat();
  if (ms === null) return <None {...(why === undefined ? {} : { why })} />;
  return (
    <bdi dir="ltr" className={styles["figure"]}>
      {format.duration(ms)}
    </bdi>
  );
}

/** Time passed since a moment, ticking. */
export function Elapsed({ since }: { readonly since: number }): ReactNode {
  return <Duration ms={useNow() - since} />;
}

/** Time left until a moment, ticking down to 0:00. */
export function Remaining({ until }: { readonly until: number }): ReactNode {
  return <Duration ms={until - useNow()} />;
}

/** A phone number: isolated, left to right, in Latin digits; copied as it was given. */
export function Phone({ number }: { readonly number: string | null }): ReactNode {
  const format = useFormat();
  const { t } = useLingui();
  if (number === null) return <span>{t`Unknown number`}</span>;
  return (
    <bdi dir="ltr" className={styles["figure"]} title={number}>
      {format.phone(number)}
    </bdi>
  );
}

/** No value: a dash, with the reason on hover and for screen readers. */
export function None({ why }: { readonly why?: string }): ReactNode {
  const { t } = useLingui();
  const label = why ?? t`No value yet`;
  return (
    <Tooltip label={label}>
      <span role="img" aria-label={label} className={styles["none"]}>
        —
      </span>
    </Tooltip>
  );
}
