export { routerLimits } from "./limits.ts";
export { createRouter } from "./router.ts";
export type {
  AgentChangeCause, AgentConfig, AgentSnapshot, AgentState, AgentView, ContactPhase, ContactSnapshot, IgnoredWhy, Level,
  NotReadyReason, OfferReason, OfferWithdrawCause, OpenContact, PassedOverCode, PendingState, QueueConfig, QueueView, Router,
  RouterCommand, RouterInput, RouterOptions, RouterSnapshot, RouterView, SkillLevel, SkillRequirement, SystemReason, TimerName,
  WhyWaiting,
} from "./router-types.ts";
