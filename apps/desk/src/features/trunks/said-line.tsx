import { IconAlertTriangle, IconCircleCheck, IconCircleDashed, IconCircleX, type Icon } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Said, Tone } from "./trunk-words.ts";
import own from "./trunks.module.css";

const shapes: Readonly<Record<Tone, Icon>> = {
  good: IconCircleCheck,
  warning: IconAlertTriangle,
  bad: IconCircleX,
  quiet: IconCircleDashed,
};

/** A sentence with the shape and colour of what it means. */
export function SaidLine({ said, children }: { readonly said: Said; readonly children?: ReactNode }): ReactNode {
  const Shape = shapes[said.tone];
  return (
    <li className={own["said"]} data-tone={said.tone}>
      <Shape size={18} aria-hidden />
      <span>
        {children}
        {said.text}
      </span>
    </li>
  );
}
