/* Why this agent and why not the others, compact enough to stand in the log with each offer. */
import { must } from "@allo/kernel";
import type { Instant, PersonId } from "@allo/kernel";
import { hasMissed, isAtCapacity, isSkipped, qualifies, unavailableCode } from "./floor.ts";
import type { Agent, Contact, Queue } from "./floor.ts";
import { routerLimits } from "./limits.ts";
import type { OfferReason, PassedOverCode } from "./router-types.ts";

type Chosen = { readonly queue: Queue; readonly contact: Contact; readonly agent: Agent; readonly at: Instant };

/** To be asked before the chosen agent begins to ring. The cost is bounded unless the contact has requirements. */
export function explainOffer({ queue, contact, agent, at }: Chosen): OfferReason {
  if (contact.onlyAgent !== null) {
    const level = agent.memberships.get(queue.config.id) ?? 1;
    const again = hasMissed(contact, agent.id);
    return { level, idleMs: at - agent.idleSince, eligible: 1, again, passedOver: [], passedOverRest: 0 };
  }
  const passedOver: { agent: PersonId; code: PassedOverCode }[] = [];
  const listed = new Set<Agent>([agent]);
  const list = (other: Agent): void => {
    if (listed.has(other)) return;
    listed.add(other);
    passedOver.push({ agent: other.id, code: passedOverCode(queue, contact, other, agent) });
  };
  for (const other of queue.available.entries) {
    if (other === agent || passedOver.length >= routerLimits.passedOverMax) break;
    list(other); // available and ahead in rank, yet not chosen: what people ask about first
  }
  for (const other of queue.members) {
    if (passedOver.length >= routerLimits.passedOverMax) break;
    list(other);
  }
  return {
    level: must(agent.memberships.get(queue.config.id), "only a member is chosen"),
    idleMs: at - agent.idleSince,
    eligible: countEligible(queue, contact),
    again: hasMissed(contact, agent.id),
    passedOver,
    passedOverRest: queue.members.length - 1 - passedOver.length,
  };
}

/** What keeps each member from a waiting contact; or the one agent whom it is for. */
export function explainWaiting(queue: Queue, contact: Contact, only: Agent | undefined): { agent: PersonId; code: PassedOverCode }[] {
  if (contact.onlyAgent !== null)
    return [{ agent: contact.onlyAgent, code: only === undefined ? "offline" : (unavailableCode(only) ?? "missedThisContact") }];
  return queue.members.map((agent) => ({ agent: agent.id, code: standingCode(queue, contact, agent) ?? "queueAtCapacity" }));
}

function passedOverCode(queue: Queue, contact: Contact, other: Agent, chosen: Agent): PassedOverCode {
  const code = standingCode(queue, contact, other) ?? (hasMissed(contact, other.id) ? "missedThisContact" : null);
  if (code !== null && code !== "queueAtCapacity") return code;
  const level = (agent: Agent): number => agent.memberships.get(queue.config.id) ?? 0;
  return level(other) < level(chosen) ? "lowerLevel" : "shorterIdle";
}

function standingCode(queue: Queue, contact: Contact, agent: Agent): PassedOverCode | null {
  if (!agent.memberships.has(queue.config.id)) return "notMember";
  const unavailable = unavailableCode(agent);
  if (unavailable !== null) return unavailable;
  if (!qualifies(agent, contact.requirements)) return "lacksSkill";
  if (isSkipped(contact, agent.id)) return "missedThisContact";
  return isAtCapacity(queue) ? "queueAtCapacity" : null;
}

function countEligible(queue: Queue, contact: Contact): number {
  if (contact.requirements.length === 0 && contact.missedBy.length === 0) return queue.available.size;
  let count = 0;
  for (const agent of queue.available.entries) if (qualifies(agent, contact.requirements) && !isSkipped(contact, agent.id)) count += 1;
  return count;
}
