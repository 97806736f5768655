import type { CustomerField } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Text } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { isDay } from "./is-day.ts";
import { useFormat } from "./use-format.ts";

/**
 * What stands in one of the organisation's own fields: a date as the reader's calendar has it, all else as it was typed; null: it is withheld
 * until the caller is verified.
 */
export function FieldValue({ type, text }: { readonly type: CustomerField["type"]; readonly text: string | null }): ReactNode {
  const format = useFormat();
  if (text === null) return <Withheld />;
  // Noon in Greenwich is the same day in every zone that people are called in.
  return type === "date" && isDay(text) ? format.date(Date.parse(`${text}T12:00:00Z`)) : <bdi>{text}</bdi>;
}

function Withheld(): ReactNode {
  const { t } = useLingui();
  return (
    <Text size="sm" c="dimmed" component="span">
      <IconLock size={14} style={{ verticalAlign: "-2px" }} aria-hidden /> {t`once verified`}
    </Text>
  );
}
