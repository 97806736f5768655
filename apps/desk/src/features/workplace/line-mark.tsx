import type { LineBand, LineVerdict } from "@allo/contract";
import { useLingui } from "@lingui/react";
import { useLingui as useMacro } from "@lingui/react/macro";
import { Tooltip, UnstyledButton } from "@mantine/core";
import { IconAntennaBars1, IconAntennaBars3, IconAntennaBars5, type Icon } from "@tabler/icons-react";
import { memo, type ReactNode } from "react";
import { useFormat } from "../../ui/use-format.ts";
import { isolate } from "../../ui/isolate.ts";
import { lineBandWords, lineSentence } from "./line-words.ts";

const icons: Readonly<Record<LineBand, Icon>> = { good: IconAntennaBars5, fair: IconAntennaBars3, poor: IconAntennaBars1 };

/** How a talk sounds: a small sign whose words come by pointer, touch and keyboard. */
export const LineMark = memo(function LineMark({ verdict }: { readonly verdict: LineVerdict }): ReactNode {
  const { _ } = useLingui();
  const { t } = useMacro();
  const format = useFormat();
  const Sign = icons[verdict.band];
  const [word, score] = [_(lineBandWords[verdict.band]), isolate(format.number(verdict.mos))];
  const words = `${t`Line quality: ${word}, ${score} of 5.`} ${_(lineSentence(verdict))}`;
  return (
    <Tooltip label={words} multiline maw={320} events={{ hover: true, focus: true, touch: true }}>
      <UnstyledButton
        aria-label={words}
        data-testid="line-mark"
        data-band={verdict.band}
        display="inline-flex"
        c={verdict.band === "poor" ? "var(--danger)" : "var(--text-quiet)"}
      >
        <Sign size={20} aria-hidden />
      </UnstyledButton>
    </Tooltip>
  );
});
