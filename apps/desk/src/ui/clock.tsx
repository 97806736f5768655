import { createContext, startTransition, useContext, useEffect, useState, type ReactNode } from "react";
import { useLive } from "../live/live-client.ts";

const ClockContext = createContext<number>(0);
const TICK_MS = 1_000;

/** The one ticking clock: server's time, once a second, on the second. Timers on the screen all read it, so they move together. */
export function ClockProvider({ children, fixedAt }: { readonly children: ReactNode; readonly fixedAt?: number }): ReactNode {
  const offset = useLive((state) => state.clockOffsetMs);
  const [now, setNow] = useState(() => fixedAt ?? Date.now() + offset);
  useEffect(() => {
    if (fixedAt !== undefined) return undefined;
    let timer: ReturnType<typeof setTimeout>;
    const tick = (): void => {
      const at = Date.now() + offset;
      // A key that is pressed goes before the timers on the screen.
      startTransition(() => setNow(at));
      timer = setTimeout(tick, TICK_MS - (at % TICK_MS));
    };
    tick();
    return () => clearTimeout(timer);
  }, [offset, fixedAt]);
  return <ClockContext value={now}>{children}</ClockContext>;
}

/** The server's time now, in epoch milliseconds; makes the component draw anew each second. */
export function useNow(): number {
  return useContext(ClockContext);
}
