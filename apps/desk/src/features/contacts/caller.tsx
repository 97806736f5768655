import { useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { Phone } from "../../ui/values.tsx";

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
      <>
        <bdi>{name}</bdi>
        {number !== null && (
          <span style={{ color: "var(--text-quiet)" }}>
            {" "}
            <Phone number={number} />
          </span>
        )}
      </>
    );
  return number === null ? t`Unknown number` : <Phone number={number} />;
}
