// RFC 4028 in a running dialog: refreshes in time, and ends what nobody refreshed.
import { dialogRequest } from "./dialog.ts";
import type { Leg } from "./leg.ts";
import { contactOf } from "./message-rules.ts";
import type { SipHeader, SipResponse } from "./message.ts";
import { readMinSe, sessionDelays, sessionOfAnswer, sessionRequestHeaders, sessionTimerLimits } from "./session-timer.ts";
import type { AgreedSession, Refresher } from "./session-timer.ts";
import type { StackPort } from "./stack-port.ts";

/** Another exchange is on its way, which refreshes too; looked at again then. */
const BUSY_AGAIN_MS = 2_000;

export function createSessionKeeper(port: StackPort) {
  function stop(leg: Leg): void {
    const { session } = leg;
    if (session === null) return;
    if (session.refreshTimer !== null) port.timers.cancel(session.refreshTimer, port.out());
    port.timers.cancel(session.expireTimer, port.out());
    leg.session = null;
  }

  /** `ours`: our side of the request that agreed it. Null ends the timer. */
  function start(leg: Leg, agreed: AgreedSession | null, ours: Refresher): void {
    const minSeconds = leg.session?.minSeconds ?? null;
    stop(leg);
    if (agreed === null || leg.phase !== "confirmed") return;
    const weRefresh = agreed.refresher === ours;
    const { refreshMs, expireMs } = sessionDelays(agreed.seconds, weRefresh);
    const arm = (kind: "sessionRefresh" | "sessionExpire", afterMs: number): number =>
      port.timers.arm({ owner: "leg", legId: leg.id, kind }, afterMs, port.out());
    leg.session = {
      seconds: agreed.seconds,
      weRefresh,
      minSeconds,
      refreshTimer: refreshMs === null ? null : arm("sessionRefresh", refreshMs),
      expireTimer: arm("sessionExpire", expireMs),
    };
  }

  function refreshIn(leg: Leg, afterMs: number): void {
    if (leg.session === null) return;
    leg.session.refreshTimer = port.timers.arm({ owner: "leg", legId: leg.id, kind: "sessionRefresh" }, afterMs, port.out());
  }

  /** The headers of a re-INVITE or UPDATE of ours: who refreshes now goes on doing so (RFC 4028 §7.4). */
  function headers(leg: Leg): readonly SipHeader[] {
    const { session } = leg;
    if (session === null) return [];
    const { seconds, minSeconds, weRefresh } = session;
    return sessionRequestHeaders({ seconds, minSeconds, refresher: weRefresh ? "uac" : "uas" });
  }

  function refresh(leg: Leg): void {
    const { session, dialog } = leg;
    if (session === null || dialog === null || leg.phase !== "confirmed") return;
    session.refreshTimer = null;
    if (port.isBusy(leg)) return refreshIn(leg, BUSY_AGAIN_MS);
    if (leg.peerAllows?.includes("UPDATE") === true) {
      const request = dialogRequest(dialog, {
        method: "UPDATE",
        headers: [{ name: "Contact", value: contactOf(leg) }, ...port.supportedHeaders, ...headers(leg)],
      });
      if (port.sendRequestIn(leg, dialog, request, { leg, kind: "refresh" }) !== null) return;
    } else if (leg.localSdp !== null && port.refreshByInvite(leg, leg.localSdp)) return;
    refreshIn(leg, BUSY_AGAIN_MS);
  }

  return {
    start,
    stop,
    headers,
    refresh,

    expire(leg: Leg): void {
      if (leg.phase === "confirmed" && leg.dialog !== null) port.sendBye(leg, [], "sessionExpired");
    },

    /** A 2xx to a re-INVITE or UPDATE of ours. */
    answered(leg: Leg, response: SipResponse): void {
      if (leg.session !== null) start(leg, sessionOfAnswer(response, true), "uac");
    },

    /** A refresh failed. Null: it timed out or its connection closed. */
    refused(leg: Leg, response: SipResponse | null, cause: "response" | "timeout" | "transport"): void {
      const { session } = leg;
      if (session === null) return;
      const status = response?.status ?? 0;
      const minSeconds = response === null ? null : readMinSe(response);
      if (cause === "timeout" || status === 481 || status === 408) return port.peerGone(leg);
      if (status === 422 && minSeconds !== null && minSeconds > session.seconds && minSeconds <= sessionTimerLimits.expiresSecondsMax) {
        session.minSeconds = minSeconds;
        session.seconds = minSeconds;
        return refresh(leg);
      }
      if (status === 405 || status === 501) {
        // It allows no UPDATE after all.
        leg.peerAllows = (leg.peerAllows ?? []).filter((method) => method !== "UPDATE");
        return refresh(leg);
      }
      refreshIn(leg, status === 491 ? port.glareDelayMs(leg) : session.seconds * 125);
    },
  };
}
