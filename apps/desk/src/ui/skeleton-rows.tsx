import { useLingui } from "@lingui/react/macro";
import { Skeleton, Stack, VisuallyHidden } from "@mantine/core";
import { useEffect, useState, type ReactNode } from "react";

/** Sooner than this a placeholder would only flicker. */
const SHOWN_AFTER_MS = 300;

/** True once loading has lasted long enough to be worth showing. */
export function useSlow(loading: boolean): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (!loading) {
      setSlow(false);
      return undefined;
    }
    const timer = setTimeout(() => setSlow(true), SHOWN_AFTER_MS);
    return () => clearTimeout(timer);
  }, [loading]);
  return loading && slow;
}

/** Grey rows where content will be. */
export function SkeletonRows({ rows = 5, height = 20 }: { readonly rows?: number; readonly height?: number }): ReactNode {
  const { t } = useLingui();
  const slow = useSlow(true);
  if (!slow) return null;
  return (
    <Stack gap="sm" role="status">
      <VisuallyHidden>{t`Loading`}</VisuallyHidden>
      {Array.from({ length: rows }, (_row, index) => (
        <Skeleton key={index} height={height} radius="sm" />
      ))}
    </Stack>
  );
}
