import { createRouter } from "@allo/acd";
import type {
  AgentChangeCause,
  AgentView,
  OpenContact,
  Router,
  RouterCommand,
  RouterInput,
  RouterView,
  TimerName,
  WhyWaiting,
} from "@allo/acd";
import type { Clock, ContactId, Epoch, Instant, OrganisationId, PersonId, SessionId, Timers } from "@allo/kernel";
import { MINUTE_MS, SECOND_MS } from "@allo/kernel";
import { ApiError } from "../../platform/api-error.ts";
import type { Database } from "../../platform/db.ts";
import { createEventBus, type EventBus } from "../../platform/events.ts";
import type { PresenceEvent } from "../../platform/live.ts";
import type { Logger } from "../../platform/log.ts";
import { agentEventRecord, type LogRecord, type LogWriter } from "../contacts/index.ts";
import type { VoiceDirectory } from "./ports.ts";
import { routerConfig } from "./router-config.ts";
import {
  journalLastPosition,
  journalListAfter,
  journalRecord,
  snapshotDeleteBeforeInTx,
  snapshotFetchLast,
  snapshotRecord,
} from "./store/journal-store.ts";

export const routingLimits = {
  /** A desk closed for so long signs its agent out; until then the state stands. */
  presenceGraceMs: 60 * SECOND_MS,
  snapshotEveryInputs: 1_000,
  snapshotEveryMs: 5 * MINUTE_MS,
  snapshotsKept: 5,
  /** Who watches the floor hears of changes no more often. */
  viewThrottleMs: 100,
  /** Inputs kept while a router is being rebuilt. */
  heldInputsMax: 10_000,
} as const;

type WithoutAt<T> = T extends unknown ? Omit<T, "at"> : never;
export type RouterWish = WithoutAt<RouterInput>;
export type RoutingEvents = {
  /** What one input caused, in the order to be done. */
  commands: {
    readonly organisationId: OrganisationId;
    readonly commands: readonly RouterCommand[];
    readonly position: number;
    readonly at: Instant;
  };
  /** Something on the floor moved; at most once in `viewThrottleMs`. */
  viewChanged: { readonly organisationId: OrganisationId };
};

export type RoutingDeps = {
  readonly database: Database;
  readonly writer: LogWriter;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly epoch: Epoch;
  readonly directory: VoiceDirectory;
  readonly log: Logger;
};

type Mailbox = {
  readonly organisationId: OrganisationId;
  router: Router;
  position: number;
  /** Being rebuilt: inputs wait. */
  held: boolean;
  busy: boolean;
  readonly waiting: RouterWish[];
  readonly timers: Map<TimerName, () => void>;
  readonly causes: Map<PersonId, AgentChangeCause>;
  readonly agentSequence: Map<PersonId, number>;
  inputsSinceSnapshot: number;
  snapshotAt: Instant;
  cancelView: (() => void) | undefined;
  /** The view after `position`, made once. */
  seen: { readonly position: number; readonly view: RouterView } | undefined;
};

type Presence = { readonly organisationId: OrganisationId; readonly sessions: Set<SessionId>; cancelGrace: (() => void) | undefined };

export type Routing = ReturnType<typeof createRouting>;

/** One serial mailbox per organisation: an input is journalled, decided, and only then acted on. */
export function createRouting(deps: RoutingDeps) {
  const { database, writer, clock, timers, epoch, directory, log } = deps;
  const mailboxes = new Map<OrganisationId, Mailbox>();
  const presence = new Map<PersonId, Presence>();
  const proven = new Map<PersonId, boolean>();
  const epochText = routerEpoch(epoch);
  const events: EventBus<RoutingEvents> = createEventBus((error, kind) =>
    log.error({ err: error, kind }, "a listener of routing events failed"),
  );

  const makeMailbox = (organisationId: OrganisationId, router: Router, position: number): Mailbox => ({
    organisationId,
    router,
    position,
    held: true,
    busy: false,
    waiting: [],
    timers: new Map(),
    causes: new Map(),
    agentSequence: new Map(),
    inputsSinceSnapshot: 0,
    snapshotAt: clock.now(),
    cancelView: undefined,
    seen: undefined,
  });

  const of = (organisationId: OrganisationId): Mailbox => {
    const known = mailboxes.get(organisationId);
    if (known !== undefined) return known;
    // An organisation that was made a moment ago: there is nothing to rebuild.
    const mailbox = makeMailbox(organisationId, createRouter({ epoch: epochText }), 0);
    mailboxes.set(organisationId, mailbox);
    mailbox.held = false;
    const config = configured(mailbox);
    if (config !== null) consume(mailbox, config);
    return mailbox;
  };

  const look = (mailbox: Mailbox): RouterView => {
    if (mailbox.seen?.position !== mailbox.position) mailbox.seen = { position: mailbox.position, view: mailbox.router.view() };
    return mailbox.seen.view;
  };

  const configured = (mailbox: Mailbox): RouterWish | null => {
    const config = directory.config(mailbox.organisationId);
    if (config === null) return null;
    const online = [...presence]
      .filter(([, { organisationId }]) => organisationId === mailbox.organisationId)
      .map(([personId]) => personId);
    return { kind: "configured", ...routerConfig(config, online) };
  };

  /** Takes one input in. The commands it caused; null where it has to wait its turn. */
  const consume = (mailbox: Mailbox, wish: RouterWish): readonly RouterCommand[] | null => {
    if (mailbox.held || mailbox.busy) {
      if (mailbox.waiting.length >= routingLimits.heldInputsMax)
        throw new ApiError("starting", 503, "The router is being rebuilt", undefined, 2);
      mailbox.waiting.push(wish);
      return null;
    }
    mailbox.busy = true;
    try {
      const commands = step(mailbox, wish);
      for (let next = mailbox.waiting.shift(); next !== undefined; next = mailbox.waiting.shift()) step(mailbox, next);
      return commands;
    } finally {
      mailbox.busy = false;
    }
  };

  const step = (mailbox: Mailbox, wish: RouterWish): readonly RouterCommand[] => {
    const at = clock.now();
    const input = { ...wish, at } as RouterInput;
    mailbox.position += 1;
    const { organisationId, position } = mailbox;
    const commands = mailbox.router.handle(input);
    writer.append([journalRecord({ organisationId, position, at }, epoch, input), ...agentRecords(mailbox, commands, at)]);
    for (const command of commands) runTimer(mailbox, command);
    events.emit("commands", { organisationId, commands, position, at });
    if (commands.some(({ kind }) => kind !== "inputIgnored" && kind !== "armTimer" && kind !== "cancelTimer")) announce(mailbox);
    considerSnapshot(mailbox, at);
    return commands;
  };

  const agentRecords = (mailbox: Mailbox, commands: readonly RouterCommand[], at: Instant): readonly LogRecord[] =>
    commands.flatMap((command) => {
      if (command.kind !== "agentChanged" && command.kind !== "missedRing" && command.kind !== "reachableChanged") return [];
      const { kind, agent, ...payload } = command;
      noteCause(mailbox, command);
      const sequence = (mailbox.agentSequence.get(agent) ?? 0) + 1;
      mailbox.agentSequence.set(agent, sequence);
      return [
        agentEventRecord({
          organisationId: mailbox.organisationId,
          personId: agent,
          sequence,
          at,
          schemaVersion: 1,
          writer: epoch,
          kind,
          payload: { ...payload, journalPosition: mailbox.position },
        }),
      ];
    });

  const runTimer = (mailbox: Mailbox, command: RouterCommand): void => {
    if (command.kind !== "armTimer" && command.kind !== "cancelTimer") return;
    const { timer, token } = command;
    mailbox.timers.get(timer)?.();
    mailbox.timers.delete(timer);
    if (command.kind === "cancelTimer") return;
    const cancel = timers.arm(Math.max(0, command.due - clock.now()), () => {
      mailbox.timers.delete(timer);
      consume(mailbox, { kind: "timerFired", timer, token });
    });
    mailbox.timers.set(timer, cancel);
  };

  const announce = (mailbox: Mailbox): void => {
    mailbox.cancelView ??= timers.arm(routingLimits.viewThrottleMs, () => {
      mailbox.cancelView = undefined;
      events.emit("viewChanged", { organisationId: mailbox.organisationId });
    });
  };

  const considerSnapshot = (mailbox: Mailbox, at: Instant): void => {
    mailbox.inputsSinceSnapshot += 1;
    if (mailbox.inputsSinceSnapshot < routingLimits.snapshotEveryInputs && at - mailbox.snapshotAt < routingLimits.snapshotEveryMs) return;
    takeSnapshot(mailbox, at);
  };

  const takeSnapshot = (mailbox: Mailbox, at: Instant): void => {
    mailbox.inputsSinceSnapshot = 0;
    mailbox.snapshotAt = at;
    const { organisationId, position, router } = mailbox;
    const { committed } = writer.append([snapshotRecord({ organisationId, position, at }, router.snapshot())]);
    committed
      .then(() =>
        database.withScope({ organisationId, projectIds: "*" }, (tx) => snapshotDeleteBeforeInTx(tx, routingLimits.snapshotsKept)),
      )
      .catch((error: unknown) => log.warn({ err: error }, "old router snapshots could not be let go"));
  };

  /** The router as it was: the last snapshot and the journal after it. A journal that can't be replayed gives an empty router, which recovery fills. */
  const rebuild = async (organisationId: OrganisationId): Promise<Mailbox> => {
    const stored = await database.withScope({ organisationId, projectIds: "*" }, async (tx) => {
      const snapshot = await snapshotFetchLast(tx);
      return { snapshot, inputs: await journalListAfter(tx, snapshot?.position ?? 0), last: await journalLastPosition(tx) };
    });
    const last = Math.max(stored.last, stored.snapshot?.position ?? 0);
    try {
      const router = createRouter({ epoch: epochText, ...(stored.snapshot === null ? {} : { snapshot: stored.snapshot.snapshot }) });
      const mailbox = makeMailbox(organisationId, router, last);
      for (const { input } of stored.inputs) for (const command of router.handle(input)) noteCause(mailbox, command);
      return mailbox;
    } catch (error) {
      log.error({ err: error, organisationId }, "the router's journal can't be replayed: beginning with an empty router");
      return makeMailbox(organisationId, createRouter({ epoch: epochText }), last);
    }
  };

  const noteCause = (mailbox: Mailbox, command: RouterCommand): void => {
    if (command.kind === "agentChanged" && command.from !== command.to) mailbox.causes.set(command.agent, command.cause);
  };

  const signIn = (personId: PersonId, organisationId: OrganisationId): void => {
    const mailbox = of(organisationId);
    if (mailbox.router.agent(personId) === undefined) {
      const config = configured(mailbox);
      if (config !== null) consume(mailbox, config);
    }
    consume(mailbox, { kind: "agentSignedIn", agent: personId, mediaProven: proven.get(personId) ?? false });
  };

  const signOut = (personId: PersonId): void => {
    const known = presence.get(personId);
    if (known === undefined) return;
    known.cancelGrace?.();
    presence.delete(personId);
    consume(of(known.organisationId), { kind: "agentSignedOut", agent: personId });
  };

  const armGrace = (personId: PersonId, known: Presence): void => {
    known.cancelGrace?.();
    known.cancelGrace = timers.arm(routingLimits.presenceGraceMs, () => signOut(personId));
  };

  directory.onChanged(({ organisationId }) => {
    const mailbox = of(organisationId);
    const config = configured(mailbox);
    if (config !== null) consume(mailbox, config);
  });

  return {
    events,

    /** Rebuilds every organisation's router. Inputs wait until `recover` has said what is still there. */
    async restore(): Promise<void> {
      for (const organisationId of directory.organisations()) {
        const mailbox = await rebuild(organisationId);
        mailboxes.set(organisationId, mailbox);
        for (const { agent, state } of mailbox.router.view().agents) {
          if (state.kind === "offline") continue;
          const known: Presence = { organisationId, sessions: new Set(), cancelGrace: undefined };
          presence.set(agent, known);
          armGrace(agent, known); // whose desk doesn't come back is signed out
        }
      }
    },

    /** What the edges still hold; the router goes on from here. */
    recover(organisationId: OrganisationId, openContacts: readonly OpenContact[]): void {
      const mailbox = of(organisationId);
      const wasHeld = mailbox.held;
      mailbox.held = false;
      const early = mailbox.waiting.splice(0);
      const config = wasHeld ? configured(mailbox) : null;
      // An empty engine knows no queue to take a contact back into; one that was rebuilt first learns which calls are gone.
      const isEmpty = look(mailbox).queues.length === 0;
      if (isEmpty && config !== null) consume(mailbox, config);
      consume(mailbox, { kind: "epochRecovered", epoch: epochText, openContacts });
      if (!isEmpty && config !== null) consume(mailbox, config);
      for (const wish of early) consume(mailbox, wish);
      takeSnapshot(mailbox, clock.now());
    },

    /** Takes an input in and gives what it caused at once; null while the router is busy with another (its commands come by event). */
    submit: (organisationId: OrganisationId, wish: RouterWish): readonly RouterCommand[] | null => consume(of(organisationId), wish),
    isHeld: (organisationId: OrganisationId): boolean => mailboxes.get(organisationId)?.held ?? false,

    view: (organisationId: OrganisationId): RouterView => look(of(organisationId)),
    whyWaiting: (organisationId: OrganisationId, contactId: ContactId): WhyWaiting | undefined =>
      of(organisationId).router.whyWaiting(contactId),
    agent: (organisationId: OrganisationId, personId: PersonId): AgentView | undefined => of(organisationId).router.agent(personId),
    /** Who made the agent's last change, and why. */
    causeOf: (organisationId: OrganisationId, personId: PersonId): AgentChangeCause | undefined => of(organisationId).causes.get(personId),
    organisationOf: (personId: PersonId): OrganisationId | undefined => presence.get(personId)?.organisationId,

    /** A person's desk opened in a first tab, or closed in the last. */
    presence({ personId, sessionId, organisationId, online }: PresenceEvent): void {
      const known = presence.get(personId) ?? { organisationId, sessions: new Set<SessionId>(), cancelGrace: undefined };
      if (online) {
        presence.set(personId, known);
        known.sessions.add(sessionId);
        known.cancelGrace?.();
        known.cancelGrace = undefined;
        signIn(personId, organisationId);
        return;
      }
      if (!presence.has(personId)) return;
      known.sessions.delete(sessionId);
      if (known.sessions.size === 0) armGrace(personId, known);
    },

    /** Signed out or blocked: no grace. A talk goes on to its end. */
    sessionEnded({ personId, sessionId }: { readonly personId: PersonId; readonly sessionId: SessionId }): void {
      const known = presence.get(personId);
      if (known === undefined) return;
      known.sessions.delete(sessionId);
      if (known.sessions.size === 0) signOut(personId);
    },

    /** The media path of a person's phone, as the edge proves it. */
    mediaPath(personId: PersonId, isProven: boolean): void {
      proven.set(personId, isProven);
      const known = presence.get(personId);
      if (known !== undefined) consume(of(known.organisationId), { kind: "mediaPath", agent: personId, proven: isProven });
    },

    /** Leaves a snapshot behind, so that the next start has little to replay. */
    close(): void {
      for (const mailbox of mailboxes.values()) {
        for (const cancel of mailbox.timers.values()) cancel();
        mailbox.cancelView?.();
        if (!mailbox.held) takeSnapshot(mailbox, clock.now());
        mailbox.held = true;
      }
      for (const known of presence.values()) known.cancelGrace?.();
    },
  };
}

const NODE_CHARS_MAX = 12;

/** The part of an offer's id that no other start shares: short, and made of what an id may hold. */
export function routerEpoch({ node, epoch }: Epoch): string {
  return `${node.replaceAll(/[^0-9a-zA-Z]/g, "").slice(0, NODE_CHARS_MAX)}e${epoch}`;
}
