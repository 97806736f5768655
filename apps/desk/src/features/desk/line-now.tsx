import type { LineVerdict } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { LineMark } from "../workplace/line-mark.tsx";
import { lineSentence } from "../workplace/line-words.ts";
import styles from "./call-bar.module.css";

/** How the talk sounds; where it sounds bad, in words that don't wait to be asked. */
export function LineNow({ verdict }: { readonly verdict: LineVerdict }): ReactNode {
  const { i18n } = useLingui();
  return (
    <>
      <LineMark verdict={verdict} />
      {verdict.band === "poor" && (
        <span className={styles["line"]} role="status">
          {i18n._(lineSentence(verdict))}
        </span>
      )}
    </>
  );
}
