import { Trans } from "@lingui/react/macro";
import { IconPlugConnectedX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useLive } from "../../live/live-client.ts";
import { DateTime, Elapsed } from "../../ui/values.tsx";
import styles from "./frame.module.css";

/** Says since when what is shown is only what was last known. */
export function ConnectionBar(): ReactNode {
  const lostSince = useLive((state) => state.lostSince);
  const offset = useLive((state) => state.clockOffsetMs);
  if (lostSince === null) return null;
  const since = lostSince + offset;
  return (
    <div className={styles["connection"]} role="status">
      <IconPlugConnectedX size={18} aria-hidden />
      <span>
        <Trans>
          Disconnected since <DateTime at={since} show="timeWithSeconds" />. What you see is the last known; it comes back by itself.
        </Trans>{" "}
        <Elapsed since={since} />
      </span>
    </div>
  );
}
