import type { WorkplaceCheck, WorkplaceResult, WorkplaceVerdict } from "@allo/contract";
import { useLingui } from "@lingui/react";
import { Text } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconCircleDashed, IconCircleX, type Icon } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useFormat } from "../../ui/use-format.ts";
import { faultWords, itemWords, verdictWords } from "./workplace-words.ts";
import styles from "./workplace.module.css";
import { useFigureWords } from "./figure-words.ts";

const shapes: Readonly<Record<WorkplaceVerdict, Icon>> = {
  good: IconCircleCheck,
  poor: IconAlertTriangle,
  failed: IconCircleX,
  notMeasured: IconCircleDashed,
};

/** Each item with its verdict, its figures, and what to do about it. */
export function CheckResults({ check }: { readonly check: WorkplaceCheck }): ReactNode {
  return (
    <ul className={styles["results"]}>
      {check.results.map((result) => (
        <Result key={result.item} result={result} check={check} />
      ))}
    </ul>
  );
}

function Result({ result, check }: { readonly result: WorkplaceResult; readonly check: WorkplaceCheck }): ReactNode {
  const { _ } = useLingui();
  const format = useFormat();
  const figures = useFigureWords(result.item, check.figures, format);
  const Shape = shapes[result.verdict];
  return (
    <li className={styles["result"]} data-verdict={result.verdict} data-item={result.item}>
      <Shape size={20} aria-hidden />
      <div>
        <div className={styles["resultHead"]}>
          <strong>{_(itemWords[result.item])}</strong>
          <span className={styles["verdict"]}>{_(verdictWords[result.verdict])}</span>
          {figures !== "" && (
            <Text component="span" size="sm" c="dimmed">
              <bdi>{figures}</bdi>
            </Text>
          )}
        </div>
        {result.faults.map((fault) => (
          <Text key={fault} size="sm">
            {_(faultWords[fault])}
          </Text>
        ))}
      </div>
    </li>
  );
}
