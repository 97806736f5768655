// Browser phones: each person's flow (SIP over the WebSocket that core authenticated), registration and standing leg.
import type { EdgeEvent, EdgePhoneSummary, FromCore } from "@allo/contract";
import { beginPhone, stepPhone, type PhoneCommand, type PhoneEvent, type PhoneState } from "@allo/call";
import type { Clock, IdSource, PhoneId, SessionId } from "@allo/kernel";
import type { MediaEngine } from "@allo/media";
import type { SipFlow, SipUserEvent } from "@allo/sip";
import type { Logger } from "../platform/log.ts";
import { answerBrowser, readBrowserOffer } from "./session-description.ts";
import { browserMediaPlace } from "./browser-media-place.ts";
import type { SipEndpoint } from "@allo/node-net";

export const PhoneShellLimits = {
  /** The caller hears music when the agent's media has been away for so long. */
  agentMediaTimeoutMs: 2_000,
  tickMs: 1_000,
} as const;

/** Before the token of what an agent is told instead of ringing. */
const ANNOUNCEMENT = "announcement:";

type Open = Extract<FromCore, { kind: "phoneOpen" }>;

type Phone = { state: PhoneState; addressOfRecord: string; mediaAddress: string; reachedAddress: string; sdpVersion: number };

export type Phones = {
  readonly open: (message: Open) => SipFlow;
  readonly closeFlow: (flowId: string) => void;
  readonly sessionEnded: (sessionId: SessionId) => void;
  /** The phone that speaks on this flow, with the only address-of-record it may use. */
  readonly byFlow: (flowId: string) => { readonly phoneId: PhoneId; readonly addressOfRecord: string } | null;
  readonly flow: (flowId: string) => SipFlow | null;
  readonly flowIds: () => readonly string[];
  readonly registered: (phoneId: PhoneId, registered: boolean) => void;
  /** An INVITE on a phone's flow: the standing connection is made or replaced. */
  readonly invite: (event: Extract<SipUserEvent, { kind: "inviteReceived" }>) => Promise<void>;
  readonly sipEvent: (event: SipUserEvent) => boolean;
  readonly keysStand: (legId: string) => void;
  readonly consentFresh: (legId: string) => void;
  readonly legDied: (legId: string) => void;
  readonly isPhoneLeg: (legId: string) => boolean;
  readonly provenLeg: (phoneId: string) => string | null;
  /** Whose standing leg this is now; null for one that is to follow it. */
  readonly ofLeg: (legId: string) => PhoneState | null;
  readonly ring: (phoneId: PhoneId, audioId: string) => void;
  readonly stopRinging: (phoneId: PhoneId) => void;
  /** Says this instead of ringing; its end is reported. */
  readonly announce: (phoneId: PhoneId, token: string, audioIds: readonly string[]) => void;
  readonly sequenceEnded: (legId: string, token: string, completed: boolean) => void;
  /** The leg hears a caller now. */
  readonly joined: (legId: string) => void;
  readonly tick: () => void;
  readonly summaries: () => readonly EdgePhoneSummary[];
};

export function createPhones(options: {
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly engine: MediaEngine;
  readonly sip: () => SipEndpoint;
  readonly log: Logger;
  readonly bindAddress: string;
  readonly publicAddress: string | undefined;
  /** IPv4 addresses of this machine now, loopback left out. */
  readonly ownAddresses: () => readonly string[];
  readonly agentMediaTimeoutMs: () => number;
  readonly report: (event: EdgeEvent) => void;
  readonly closeWebSocket: (flowId: string) => void;
  /** The leg has keys and consent: a call that waits for this person goes on. */
  readonly onLegReady: (phone: PhoneState, legId: string) => void;
  readonly onLegGone: (legId: string) => void;
}): Phones {
  const { clock, engine } = options;
  const phones = new Map<PhoneId, Phone>();
  const byFlow = new Map<string, PhoneId>();
  const byLeg = new Map<string, PhoneId>();
  const byDialog = new Map<string, PhoneId>();
  const flows = new Map<string, SipFlow>();
  const ringing = new Set<string>();

  const feed = (phone: Phone, event: PhoneEvent): void => {
    const step = stepPhone(phone.state, event);
    phone.state = step.state;
    for (const command of step.commands) execute(phone, command);
  };

  const execute = (phone: Phone, command: PhoneCommand): void => {
    const sip = options.sip();
    switch (command.kind) {
      case "closeLeg":
        engine.closeLeg(command.legId);
        byLeg.delete(command.legId);
        return;
      case "endDialog":
        byDialog.delete(command.dialogId);
        sip.run(sip.stack.dialogEnd(command.dialogId));
        return;
      case "closeFlow":
        byFlow.delete(command.flowId);
        flows.delete(command.flowId);
        options.closeWebSocket(command.flowId);
        return;
      case "report":
        options.report({
          kind: "phoneState",
          at: clock.now(),
          phoneId: phone.state.phoneId,
          personId: phone.state.personId,
          sessionId: phone.state.sessionId,
          registered: command.registered,
          proven: command.proven,
        });
        return;
      case "legReady":
        options.onLegReady(phone.state, command.legId);
        return;
      case "legGone":
        options.onLegGone(command.legId);
    }
  };

  const withLeg = (legId: string, run: (phone: Phone) => void): void => {
    const phoneId = byLeg.get(legId);
    const phone = phoneId === undefined ? undefined : phones.get(phoneId);
    if (phone !== undefined) run(phone);
  };

  return {
    open: (message) => {
      const at = clock.now();
      const mediaAddress = options.publicAddress ?? message.localAddress;
      const flow: SipFlow = {
        id: message.flowId,
        transport: "ws",
        local: { address: message.localAddress, port: 0 },
        remote: { address: message.remoteAddress, port: 0 },
      };
      flows.set(message.flowId, flow);
      byFlow.set(message.flowId, message.phoneId);
      const known = phones.get(message.phoneId);
      if (known === undefined) {
        phones.set(message.phoneId, {
          state: beginPhone({ phoneId: message.phoneId, personId: message.personId, sessionId: message.sessionId, flowId: message.flowId }),
          addressOfRecord: message.addressOfRecord,
          mediaAddress,
          reachedAddress: message.localAddress,
          sdpVersion: 1,
        });
      } else {
        known.addressOfRecord = message.addressOfRecord;
        known.mediaAddress = mediaAddress;
        known.reachedAddress = message.localAddress;
        feed(known, { kind: "flowOpened", at, flowId: message.flowId, sessionId: message.sessionId });
      }
      return flow;
    },

    closeFlow: (flowId) => {
      const phoneId = byFlow.get(flowId);
      byFlow.delete(flowId);
      flows.delete(flowId);
      const phone = phoneId === undefined ? undefined : phones.get(phoneId);
      // The media may outlive its WebSocket (core restarts, the network blinks): only the registration ends here.
      if (phone !== undefined) feed(phone, { kind: "flowClosed", at: clock.now(), flowId });
    },

    sessionEnded: (sessionId) => {
      for (const phone of phones.values()) feed(phone, { kind: "sessionEnded", at: clock.now(), sessionId });
    },

    byFlow: (flowId) => {
      const phoneId = byFlow.get(flowId);
      const phone = phoneId === undefined ? undefined : phones.get(phoneId);
      return phone === undefined ? null : { phoneId: phone.state.phoneId, addressOfRecord: phone.addressOfRecord };
    },
    flow: (flowId) => flows.get(flowId) ?? null,
    flowIds: () => [...flows.keys()],

    registered: (phoneId, registered) => {
      const phone = phones.get(phoneId);
      if (phone !== undefined) feed(phone, { kind: "registrationChanged", at: clock.now(), registered });
    },

    invite: async (event) => {
      const sip = options.sip();
      const phoneId = byFlow.get(event.flow.id);
      const phone = phoneId === undefined ? undefined : phones.get(phoneId);
      const offer = event.sdp === null ? null : readBrowserOffer(event.sdp);
      if (phone === undefined || event.sdp === null || offer === null) {
        sip.run(sip.stack.inviteReject(event.dialogId, { status: phone === undefined ? 403 : 488 }));
        return;
      }
      const legId = options.ids.next("leg");
      const place = browserMediaPlace({
        bindAddress: options.bindAddress,
        reachedAddress: phone.reachedAddress,
        mediaAddress: phone.mediaAddress,
        ownAddresses: options.ownAddresses(),
      });
      byDialog.set(event.dialogId, phone.state.phoneId);
      try {
        const opened = await engine.openWebrtcLeg({
          legId,
          ...place.listen,
          remote: offer,
          mediaTimeoutMs: options.agentMediaTimeoutMs(),
        });
        // Cancelled while the socket was opened: the browser was reloaded.
        if (!byDialog.has(event.dialogId)) {
          engine.closeLeg(legId);
          return;
        }
        const sdp = answerBrowser(event.sdp, {
          ...opened,
          address: phone.mediaAddress,
          alsoAt: place.alsoAt,
          sessionId: String(Math.trunc(clock.now())),
          version: phone.sdpVersion,
        });
        if (sdp === null) {
          engine.closeLeg(legId);
          byDialog.delete(event.dialogId);
          sip.run(sip.stack.inviteReject(event.dialogId, { status: 488 }));
          return;
        }
        byLeg.set(legId, phone.state.phoneId);
        engine.setPath(legId, { kind: "silence" });
        sip.run(sip.stack.inviteAccept(event.dialogId, { sdp }));
        feed(phone, { kind: "legOpened", at: clock.now(), legId, dialogId: event.dialogId });
      } catch (error) {
        options.log.error({ err: error }, "no media socket for a browser phone");
        byDialog.delete(event.dialogId);
        sip.run(sip.stack.inviteReject(event.dialogId, { status: 503 }));
      }
    },

    sipEvent: (event) => {
      const dialogId = "dialogId" in event ? event.dialogId : null;
      const phoneId = dialogId === null ? undefined : byDialog.get(dialogId);
      const phone = phoneId === undefined ? undefined : phones.get(phoneId);
      if (dialogId === null || phone === undefined) return false;
      const sip = options.sip();
      switch (event.kind) {
        case "inviteCancelled":
        case "dialogEnded":
          byDialog.delete(dialogId);
          feed(phone, { kind: "dialogEnded", at: clock.now(), dialogId });
          return true;
        case "reInviteReceived":
          // A change of network is a new standing connection from the browser: the old description stays as it is.
          sip.run(sip.stack.respond(event.transactionId, { status: 488 }));
          return true;
        case "referReceived":
          // An agent passes calls on by the desk, which asks first.
          sip.run(sip.stack.respond(event.transactionId, { status: 603 }));
          return true;
        case "requestReceived":
          // A browser changes its media by a new standing call, never inside one.
          sip.run(sip.stack.respond(event.transactionId, { status: event.request.method === "UPDATE" ? 488 : 501 }));
          return true;
        default:
          return true;
      }
    },

    keysStand: (legId) => withLeg(legId, (phone) => feed(phone, { kind: "keysStand", at: clock.now(), legId })),
    consentFresh: (legId) => withLeg(legId, (phone) => feed(phone, { kind: "consentFresh", at: clock.now(), legId })),
    legDied: (legId) => withLeg(legId, (phone) => feed(phone, { kind: "legDied", at: clock.now(), legId })),
    isPhoneLeg: (legId) => byLeg.has(legId),
    provenLeg: (phoneId) => {
      const state = phones.get(phoneId as PhoneId)?.state;
      return state?.proven === true ? (state.leg?.legId ?? null) : null;
    },
    ofLeg: (legId) => {
      const phoneId = byLeg.get(legId);
      const state = phoneId === undefined ? undefined : phones.get(phoneId)?.state;
      return state?.leg?.legId === legId ? state : null;
    },
    ring: (phoneId, audioId) => {
      const legId = phones.get(phoneId)?.state.leg?.legId;
      if (legId === undefined) return;
      ringing.add(legId);
      engine.setPath(legId, { kind: "sequence", token: "ring", items: [{ kind: "loop", audioId }] });
    },
    stopRinging: (phoneId) => {
      const legId = phones.get(phoneId)?.state.leg?.legId;
      // A leg that was joined to a caller meanwhile keeps what it hears.
      if (legId !== undefined && ringing.delete(legId)) engine.setPath(legId, { kind: "silence" });
    },
    announce: (phoneId, token, audioIds) => {
      const legId = phones.get(phoneId)?.state.leg?.legId;
      if (legId === undefined) return;
      ringing.add(legId);
      engine.setPath(legId, {
        kind: "sequence",
        token: ANNOUNCEMENT + token,
        items: audioIds.map((audioId) => ({ kind: "audio", audioId })),
      });
    },
    sequenceEnded: (legId, token, completed) => {
      if (!completed || !token.startsWith(ANNOUNCEMENT)) return;
      withLeg(legId, ({ state: { phoneId, personId } }) =>
        options.report({ kind: "phoneAnnounced", at: clock.now(), phoneId, personId, token: token.slice(ANNOUNCEMENT.length) }),
      );
    },
    joined: (legId) => {
      ringing.delete(legId);
    },
    tick: () => {
      for (const [phoneId, phone] of phones) {
        feed(phone, { kind: "ticked", at: clock.now() });
        if (phone.state.flowId === null && phone.state.leg === null) phones.delete(phoneId);
      }
    },
    summaries: () =>
      [...phones.values()].map(({ state }) => ({
        phoneId: state.phoneId,
        personId: state.personId,
        sessionId: state.sessionId,
        proven: state.proven,
      })),
  };
}
