import type { DeskContact } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { IconEye, IconEyeOff } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useDeskAct } from "./use-desk.ts";

/** The customer types a card's number: its keys are neither heard here nor kept. */
export function MaskKeysAct({ contact }: { readonly contact: DeskContact }): ReactNode {
  const { t } = useLingui();
  const put = useDeskAct("contactKeysMaskPut");
  const { contactId, keysMasked } = contact;
  return (
    <Button
      variant={keysMasked ? "light" : "default"}
      {...(keysMasked ? { color: "yellow" } : {})}
      c="var(--text)"
      aria-pressed={keysMasked}
      loading={put.isPending}
      onClick={() => put.mutate({ params: { contactId }, body: { masked: !keysMasked } })}
      leftSection={keysMasked ? <IconEye size={18} aria-hidden /> : <IconEyeOff size={18} aria-hidden />}
      title={
        keysMasked
          ? t`You hear the customer, but not the keys they press; nor are those recorded.`
          : t`The customer can type a number that you must not hear.`
      }
    >
      {keysMasked ? t`Hear the keys again` : t`Hide the customer's keys`}
    </Button>
  );
}
