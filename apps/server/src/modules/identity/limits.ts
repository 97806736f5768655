import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "@allo/kernel";

/** Nobody asked for so long: the session lapses. Longer than a shift's longest break, shorter than the night. */
export const sessionLimits = {
  idleMs: 9 * HOUR_MS,
  absoluteMs: 3 * DAY_MS,
  /** An answer about a session is believed for so long before the database is asked again. */
  believedMs: 10 * SECOND_MS,
  cachedMax: 20_000,
  sweepEveryMs: MINUTE_MS,
} as const;

export const linkLimits = { invitationMs: 7 * DAY_MS, resetMs: DAY_MS, setupMs: DAY_MS } as const;

/**
 * Failed attempts within the window; the next is refused until the oldest is out of it. Kept in memory: a restart forgets them, which
 * costs an attacker more (nobody outside can cause one) than a write for each attempt would cost us.
 */
export const throttleLimits = {
  windowMs: 15 * MINUTE_MS,
  /** One address guessing at one account. */
  perAccountAndAddressMax: 6,
  /** All addresses guessing at one account. */
  perAccountMax: 40,
  /** One address guessing at many accounts. */
  perAddressMax: 60,
  /** What is counted at once; beyond it the oldest is forgotten. */
  countersMax: 50_000,
} as const;

/** Argon2id as OWASP's password storage sheet has it: 19 MiB, two passes. */
export const passwordLimits = {
  memoryKib: 19_456,
  passes: 2,
  parallelism: 1,
  tagBytes: 32,
  saltBytes: 16,
  atOnceMax: 3,
  waitingMax: 60,
} as const;

export const peopleLimits = { pageDefault: 50, peoplePerOrganisationMax: 20_000 } as const;

/** An organisation's own roles. `holdersShownMax`: names that the list of roles gives for each. */
export const roleLimits = { rolesPerOrganisationMax: 100, holdersShownMax: 100 } as const;
