import type { TestCall } from "@allo/contract";
import { useCallback, useEffect, useRef, useState } from "react";
import { callApi } from "../../api/client.ts";
import { useApiMutation } from "../../api/queries.ts";
import { useTopic } from "../../live/live-provider.tsx";
import { phoneView } from "../../softphone/phone-machine.ts";
import { startPhone, usePhone } from "../../softphone/phone-store.ts";
import { useNow } from "../../ui/clock.tsx";
import { useDesk, useDeskAct } from "../desk/use-desk.ts";
import { useMe } from "../session/session.ts";
import { canGoReady, testCallView, type TestCallView } from "./test-call-view.ts";

export type TestCallRun = {
  readonly view: TestCallView;
  /** This attempt's call, from the moment it is placed. */
  readonly call: TestCall | null;
  /** Begins, or begins again. To be called from a press: the browser asks for the microphone. */
  readonly begin: () => void;
  /** Has the caller hang up, and is as if nothing had begun. */
  readonly stop: () => void;
};
type Attempt = { readonly since: number; readonly number: number };

/**
 * One person's test call: this tab's phone is started, one goes ready, the call is placed and followed.
 * `finishesWrapUp`: what the call leaves of wrap-up is finished without a word; a tour teaches it instead.
 */
export function useTestCall({
  numberId,
  finishesWrapUp,
}: {
  readonly numberId?: string | undefined;
  readonly finishesWrapUp: boolean;
}): TestCallRun {
  const { personId } = useMe();
  const now = useNow();
  const clock = useRef(now);
  clock.current = now;
  const desk = useDesk();
  const phone = usePhone((state) => state.phone);
  // A desk phone needs nothing of this browser.
  const byDevice = (desk?.device ?? null) !== null;
  const seen = byDevice ? "up" : phoneView(phone);
  const [attempt, setAttempt] = useState<Attempt | null>(null);
  const live = useTopic("testCall", attempt !== null) ?? null;
  const placing = useApiMutation("testCallCreate");
  const ready = useDeskAct("deskReady");
  const finish = useDeskAct("wrapUpFinish");
  const placed = placing.data ?? null;
  const call = placed !== null && live?.testCallId === placed.testCallId ? live : placed;
  const peakDbfs = usePeak(call);

  const view = testCallView({
    since: attempt?.since ?? null,
    now,
    phone: seen,
    microphone: !byDevice && phone.microphone.kind === "problem" ? phone.microphone.problem : null,
    desk,
    call,
    peakDbfs,
    failure: placing.error ?? ready.error,
  });

  // The way to the call: ready once the phone has a microphone, the call once the sound path is proven. Each once an attempt.
  const settled = !["off", "asking", "microphoneProblem"].includes(seen);
  const under = attempt !== null && call === null && view.obstacle === null && settled && desk !== undefined;
  const resting = canGoReady(desk);
  const askedReady = useRef<number | null>(null);
  const askedCall = useRef<number | null>(null);
  useEffect(() => {
    if (!under || !resting || askedReady.current === attempt.number) return;
    askedReady.current = attempt.number;
    ready.mutate({});
  }, [under, resting, attempt, ready]);
  const canPlace = under && desk.state === "ready" && desk.phone.proven;
  useEffect(() => {
    if (!canPlace || askedCall.current === attempt.number) return;
    askedCall.current = attempt.number;
    placing.mutate({ body: numberId === undefined ? {} : { numberId } });
  }, [canPlace, attempt, placing, numberId]);

  // A test's wrap-up owes no result.
  const left =
    finishesWrapUp && call !== null && desk?.state === "wrapUp" && desk.contact?.contactId === call.contactId ? call.contactId : null;
  useEffect(() => {
    if (left !== null) finish.mutate({ params: { contactId: left }, body: { wrapUpCodeId: null, note: "" } });
    // Once a call: the act's own object is new at every drawing.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [left]);

  const { reset } = placing;
  const resetReady = ready.reset;
  const begin = useCallback((): void => {
    reset();
    resetReady();
    setAttempt((before) => ({ since: clock.current, number: (before?.number ?? 0) + 1 }));
    if (!byDevice) startPhone(personId);
  }, [byDevice, personId, reset, resetReady]);
  const running = call !== null && view.stage === "running" ? call.testCallId : null;
  const stop = useCallback((): void => {
    // Whether it is over already doesn't matter: then there is nothing to stop.
    if (running !== null) void callApi("testCallCancel", { params: { testCallId: running } }).catch(() => undefined);
    setAttempt(null);
    reset();
  }, [running, reset]);
  return { view, call, begin, stop };
}

/** The loudest level of one call. */
function usePeak(call: TestCall | null): number | null {
  const peak = useRef<{ readonly id: string; readonly dbfs: number } | null>(null);
  if (call !== null && call.levelDbfs !== null && (peak.current?.id !== call.testCallId || call.levelDbfs > peak.current.dbfs))
    peak.current = { id: call.testCallId, dbfs: call.levelDbfs };
  return call === null || peak.current?.id !== call.testCallId ? null : peak.current.dbfs;
}
