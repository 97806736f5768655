import { useMediaQuery } from "@mantine/hooks";

/** A telephone, or a window as narrow as one. */
export function useNarrow(): boolean {
  return useMediaQuery("(max-width: 699px)", false, { getInitialValueInEffect: false });
}
