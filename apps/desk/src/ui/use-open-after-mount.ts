import { useEffect, useState } from "react";

/**
 * A dialog's `opened`, a moment after it is first drawn: Mantine notes which element to give the focus back to when a dialog opens, and one
 * that is open from its first drawing never did.
 */
export function useOpenAfterMount(opened: boolean): boolean {
  const [shown, setShown] = useState(false);
  useEffect(() => setShown(opened), [opened]);
  return shown;
}
