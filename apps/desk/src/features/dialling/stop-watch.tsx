import { Suspense, type ReactNode } from "react";
import { useApi } from "../../api/queries.ts";
import { lazyPart } from "../../ui/lazy-part.ts";
import { useMay } from "../session/session.ts";

const StopNotice = lazyPart(() => import("./stop-notice.tsx").then((module) => module.StopNotice));

/** Whether outgoing calls are stopped; the notice itself is fetched when they are. */
export function StopWatch(): ReactNode {
  const may = useMay();
  const state = useApi("dialStateGet", {}, { enabled: may("floor.read") || may("setup.manage") || may("dialling.steer") });
  const stop = state.data?.stop ?? null;
  return (
    stop !== null && (
      <Suspense fallback={null}>
        <StopNotice stop={stop} />
      </Suspense>
    )
  );
}
