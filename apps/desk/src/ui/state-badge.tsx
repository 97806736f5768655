import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { useLingui } from "@lingui/react";
import {
  IconAlertTriangleFilled,
  IconBellRinging,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconClockExclamation,
  IconHandStop,
  IconHourglass,
  IconMessages,
  IconPencil,
  IconPhoneCalling,
  IconPhoneFilled,
  IconPlayerPauseFilled,
  IconZzz,
  type Icon,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import styles from "./state-badge.module.css";

/** The fixed vocabulary of states: each has a colour, a shape and a word, and appears nowhere else. */
export type StateName =
  | "ready"
  | "dialling"
  | "ringing"
  | "talking"
  | "consulting"
  | "hold"
  | "wrapUp"
  | "notReady"
  | "breakOverdue"
  | "helpAsked"
  | "offline"
  | "waiting"
  | "late";

type Look = { readonly icon: Icon; readonly word: MessageDescriptor };
const looks: Readonly<Record<StateName, Look>> = {
  ready: { icon: IconCircleCheckFilled, word: msg({ message: "Ready", context: "state of an agent" }) },
  dialling: { icon: IconPhoneCalling, word: msg({ message: "Dialling", context: "state" }) },
  ringing: { icon: IconBellRinging, word: msg({ message: "Ringing", context: "state" }) },
  talking: { icon: IconPhoneFilled, word: msg({ message: "Talking", context: "state" }) },
  consulting: { icon: IconMessages, word: msg({ message: "Consulting", context: "state" }) },
  hold: { icon: IconPlayerPauseFilled, word: msg({ message: "Hold", context: "state" }) },
  wrapUp: { icon: IconPencil, word: msg({ message: "Wrap-up", context: "state" }) },
  notReady: { icon: IconZzz, word: msg({ message: "Not ready", context: "state of an agent" }) },
  breakOverdue: { icon: IconClockExclamation, word: msg({ message: "Break overdue", context: "state" }) },
  helpAsked: { icon: IconHandStop, word: msg({ message: "Help asked", context: "state" }) },
  offline: { icon: IconCircleDashed, word: msg({ message: "Offline", context: "state of an agent" }) },
  waiting: { icon: IconHourglass, word: msg({ message: "Waiting", context: "state" }) },
  late: { icon: IconAlertTriangleFilled, word: msg({ message: "Late", context: "state" }) },
};

export type StateBadgeProps = {
  readonly state: StateName;
  /** A more exact word: the reason of not ready. */
  readonly word?: string;
  readonly size?: "sm" | "md" | "lg";
  /** What follows the word: usually a timer. */
  readonly children?: ReactNode;
};

/** A state as colour, shape and word together. */
export function StateBadge({ state, word, size = "md", children }: StateBadgeProps): ReactNode {
  const { _ } = useLingui();
  const look = looks[state];
  const Shape = look.icon;
  return (
    <span className={styles["badge"]} data-state={state} data-size={size} style={{ color: `var(--state-${state})` }}>
      <Shape size={size === "lg" ? 22 : 16} aria-hidden />
      <span className={styles["word"]} data-word>
        {word === undefined ? _(look.word) : <bdi>{word}</bdi>}
      </span>
      {children}
    </span>
  );
}
