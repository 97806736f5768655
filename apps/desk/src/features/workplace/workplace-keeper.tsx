import { Suspense, useEffect, useState, type ReactNode } from "react";
import { lazyPart } from "../../ui/lazy-part.ts";
import { microphonePermission } from "../../softphone/microphone.ts";
import { useDesk } from "../desk/use-desk.ts";
import { useMe } from "../session/session.ts";
import { isCheckDue, memoryNow, readMemory } from "./check-memory.ts";
import { useCheck } from "./check-store.ts";

const CheckStrip = lazyPart(() => import("./check-strip.tsx").then((module) => module.CheckStrip));
const WorkplaceDialog = lazyPart(() => import("./workplace-dialog.tsx").then((module) => module.WorkplaceDialog));

/** The room is drawn first: the check's code and its sounds come after it. */
const SETTLE_MS = 2_000;

/** Who works at a desk is checked once a day and browser; never during a call. */
export function WorkplaceKeeper(): ReactNode {
  const { personId } = useMe();
  const desk = useDesk();
  const opened = useCheck((state) => state.opened);
  const [due, setDue] = useState<"no" | "ask" | "run">("no");
  useEffect(() => {
    let left = false;
    const look = async (): Promise<void> => {
      const now = await memoryNow(personId, new Date());
      if (left || !isCheckDue(readMemory(), now)) return;
      const permission = globalThis.isSecureContext ? await microphonePermission() : "prompt";
      if (!left) setDue(permission === "granted" ? "run" : "ask");
    };
    const timer = setTimeout(() => void look(), SETTLE_MS);
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [personId]);
  // Who talks on a desk phone needs no microphone here.
  const calm = desk !== undefined && desk.contact === null && desk.internalCall === null && desk.device === null;
  return (
    <Suspense fallback={null}>
      {due !== "no" && calm && !opened && <CheckStrip atOnce={due === "run"} onOver={() => setDue("no")} />}
      {opened && <WorkplaceDialog onDone={() => setDue("no")} />}
    </Suspense>
  );
}
