import type { HelpBoard } from "@allo/contract";
import { useApi } from "../../api/queries.ts";
import { useTopic } from "../../live/live-provider.tsx";
import { useMay } from "../session/session.ts";

const NOBODY: HelpBoard = { open: [] };

/** Agents who ask for a lead now, for those who may come. */
export function useHelpBoard(): HelpBoard {
  const may = useMay()("calls.monitor");
  const live = useTopic("help", may);
  const first = useApi("helpBoardGet", {}, { enabled: may && live === undefined });
  return (may ? (live ?? first.data) : undefined) ?? NOBODY;
}
