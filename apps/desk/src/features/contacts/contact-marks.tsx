import type { ContactMark, ContactRow } from "@allo/contract";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { useLingui } from "@lingui/react";
import { IconMessages, IconShieldExclamation, IconVolume, type Icon } from "@tabler/icons-react";
import type { ReactNode } from "react";
import styles from "./contacts.module.css";

export const markWords: Readonly<Record<ContactMark, MessageDescriptor>> = {
  abuse: msg({ message: "Insults or threats", context: "mark of a call" }),
  loudness: msg({ message: "The agent's voice jumped", context: "mark of a call" }),
  talkOver: msg({ message: "Both spoke over each other", context: "mark of a call" }),
};
const icons: Readonly<Record<ContactMark, Icon>> = { abuse: IconShieldExclamation, loudness: IconVolume, talkOver: IconMessages };

/** What a lead may want to look at, as small pictures with their words. */
export function ContactMarks({ marks }: { readonly marks: ContactRow["marks"] }): ReactNode {
  const { _ } = useLingui();
  if (marks === undefined || marks.length === 0) return null;
  return (
    <span className={styles["marks"]}>
      {marks.map((mark) => {
        const Shape = icons[mark];
        return (
          <span key={mark} role="img" aria-label={_(markWords[mark])} title={_(markWords[mark])}>
            <Shape size={16} aria-hidden />
          </span>
        );
      })}
    </span>
  );
}
