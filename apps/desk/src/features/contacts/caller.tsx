import { useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { Phone } from "../../ui/values.tsx";
import styles from "./contacts.module.css";

/** The customer's name with the number beside it, the number alone, or that it isn't known. */
export function Caller({
  name,
  number,
  isTest = false,
}: {
  readonly name: string | null;
  readonly number: string | null;
  /** The built-in caller of a test call. */
  readonly isTest?: boolean;
}): ReactNode {
  const { t } = useLingui();
  if (isTest) return t`Test call`;
  if (name !== null)
    return (
      <span className={styles["caller"]}>
        <bdi className={styles["callerName"]} title={name}>
          {name}
        </bdi>
        {number !== null && (
          <span className={styles["callerNumber"]}>
            {" "}
            <Phone number={number} />
          </span>
        )}
      </span>
    );
  return number === null ? t`Unknown number` : <Phone number={number} />;
}
