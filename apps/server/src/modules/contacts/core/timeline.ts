import type { TimelineItem } from "@allo/contract";
import { unreachable } from "@allo/kernel";
import type { PersonId } from "@allo/kernel";
import type { ContactEventBody } from "./events.ts";

export type TimelineLine = { readonly item: TimelineItem; readonly actorId: PersonId | null };

/** What a person may read of an event: null where it is the machine's own business. */
export function timelineLine(body: ContactEventBody): TimelineLine | null {
  switch (body.kind) {
    case "contactArrived": {
      const { numberId, queueId, language, policy, caller, test } = body;
      return line({
        kind: body.kind,
        details: {
          numberId,
          queueId,
          language,
          recorded: policy.record,
          callerHidden: caller === "anonymous",
          test: test !== undefined,
          outbound: body.outbound !== undefined,
        },
      });
    }
    case "dialled":
      return line({ kind: body.kind, details: {} }, body.agentId);
    case "calleeRinging":
    case "callAnswered":
    case "digitPressed":
    case "contactRecovered":
      return line({ kind: body.kind, details: {} });
    case "greetingEnded":
      return line({ kind: body.kind, details: { completed: body.completed } });
    case "contactQueued":
      return line({ kind: body.kind, details: { queueId: body.queueId, position: body.position } });
    case "contactRefused":
    case "waitExpired":
      return line({ kind: body.kind, details: { cause: body.cause } });
    case "callEnded":
      return line({ kind: body.kind, details: { cause: body.cause, figures: body.figures } });
    case "offered": {
      const { offerId, queueId, expiresAt, journalPosition, reason } = body;
      return line({ kind: body.kind, details: { offerId, queueId, expiresAt, journalPosition, reason } }, body.agentId);
    }
    case "offerWithdrawn":
      return line({ kind: body.kind, details: { offerId: body.offerId, cause: body.cause } }, body.agentId);
    case "offerAccepted":
      return line({ kind: body.kind, details: { offerId: body.offerId } }, body.agentId);
    case "bridged":
      return line({ kind: body.kind, details: { offerId: body.offerId } }, body.agentId);
    case "bridgeFailed":
      return line({ kind: body.kind, details: { offerId: body.offerId, reason: body.reason } }, body.agentId);
    case "requeued":
      return line({ kind: body.kind, details: { queueId: body.queueId, cause: body.cause } });
    case "held":
    case "resumed":
    case "agentMediaLost":
    case "agentMediaRestored":
    case "agentDetached":
      return line({ kind: body.kind, details: {} }, body.agentId);
    case "agentTurned":
      return line({ kind: body.kind, details: { to: body.to } }, body.agentId);
    case "partyInvited":
      return line(
        {
          kind: body.kind,
          details: {
            personId: body.personId,
            how: body.how,
            reason: body.reason ?? null,
            isMentor: body.place === "mentor",
            outside: body.outside !== undefined,
          },
        },
        body.by,
      );
    case "passedOn":
      return line({ kind: body.kind, details: {} }, body.agentId);
    case "endOrdered":
      return line({ kind: body.kind, details: { reason: body.reason } }, body.by);
    case "parked":
      return line({ kind: body.kind, details: { slot: body.slot } }, body.agentId);
    case "pickedUp":
    case "parkRecalled":
    case "parkExpired":
      return line({ kind: body.kind, details: {} }, body.agentId);
    case "mentorAsked":
      return line({ kind: body.kind, details: { asks: body.asks } }, body.agentId);
    case "helpAsked":
      return line({ kind: body.kind, details: { about: body.about } }, body.agentId);
    case "helpWithdrawn":
      return line({ kind: body.kind, details: {} }, body.agentId);
    case "callerVerified":
      return line({ kind: body.kind, details: { how: body.how, passed: body.passed } }, body.agentId);
    case "abuseStepped":
      return line({ kind: body.kind, details: { step: body.step } }, body.agentId);
    case "partyOffered":
    case "partyMuted":
      return null;
    case "partyJoined":
      return line({ kind: body.kind, details: {} }, body.personId);
    case "partySeated":
      return line({ kind: body.kind, details: { place: body.place } }, body.personId);
    case "partyLeft":
      return line({ kind: body.kind, details: { why: body.why } }, body.personId);
    case "handedOver":
      return line({ kind: body.kind, details: { toAgentId: body.toAgentId, how: body.how } }, body.agentId);
    case "transferred":
      return line({ kind: body.kind, details: { queueId: body.queueId } }, body.agentId);
    case "customerMoved":
      return line({ kind: body.kind, details: { how: body.how } }, body.by);
    case "soundReported":
      return line({ kind: body.kind, details: { findings: body.findings } }, body.agentId);
    case "muted":
      return line({ kind: body.kind, details: { muted: body.muted } }, body.agentId);
    case "recordingPrepared":
      return null;
    case "recordingStarted":
      return line({ kind: body.kind, details: { recordingId: body.recordingId } });
    case "recordingPaused":
      return line(
        { kind: body.kind, details: { recordingId: body.recordingId, paused: body.paused, reason: body.reason ?? "agent" } },
        body.agentId,
      );
    case "keysMasked":
      return line({ kind: body.kind, details: { masked: body.masked } }, body.agentId);
    case "recordingSaved":
      return line({ kind: body.kind, details: { recordingId: body.recordingId, durationMs: body.durationMs } });
    case "recordingFailed":
      return line({ kind: body.kind, details: { recordingId: body.recordingId, reason: body.reason } });
    case "copyStarted":
      return line({ kind: body.kind, details: { recorderId: body.recorderId, again: body.again } });
    case "copyFailed":
      return line({ kind: body.kind, details: { recorderId: body.recorderId, why: body.why, status: body.status } });
    case "copyEnded":
      return line({ kind: body.kind, details: { recorderId: body.recorderId, whole: body.whole } });
    case "wrapUpStarted":
    case "wrapUpExtended":
      return line({ kind: body.kind, details: { until: body.until } }, body.agentId);
    case "wrapUpEnded":
      return line({ kind: body.kind, details: { how: body.how } }, body.agentId);
    case "contactCoded":
      return line({ kind: body.kind, details: { wrapUpCodeId: body.wrapUpCodeId } }, body.agentId);
    case "noteAdded":
      return line({ kind: body.kind, details: { noteId: body.noteId } }, body.authorId);
    case "customerTied":
      return line({ kind: body.kind, details: { customerId: body.customerId } }, body.by);
    case "contactClosed":
      return line({ kind: body.kind, details: { cause: body.cause, outcome: body.outcome } });
    default:
      return unreachable(body);
  }
}

function line(item: TimelineItem, actorId: PersonId | null = null): TimelineLine {
  return { item, actorId };
}
