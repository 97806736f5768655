import { rolePermissions, type ContactRow, type FloorState, type LostCall, type Me, type Queue } from "@allo/contract";
import { createMemoryHistory } from "@tanstack/react-router";
import { configure, render } from "@testing-library/react";
import { vi } from "vitest";
import { App } from "../app/app.tsx";
import { showLanguage } from "../i18n/language.ts";
import { agentMe } from "./desk-fixtures.ts";
import { FakeServer } from "./fake-server.ts";

// A room is fetched when it is entered: on a busy machine that alone takes longer than the usual second.
configure({ asyncUtilTimeout: 8_000 });
vi.setConfig({ testTimeout: 30_000 });

/** Someone who may enter every room, without a desk of their own. */
export const administratorMe: Me = {
  ...agentMe,
  roles: ["administrator"],
  permissions: rolePermissions.administrator.filter((each) => each !== "desk.work"),
};

export const supportQueue: Queue = {
  queueId: "que_1aaa",
  names: { en: "Support", ru: "Поддержка", fa: "پشتیبانی" },
  projectId: "prj_1aaa",
  retired: false,
  version: 1,
  memberCount: 1,
  greetingWords: { en: "", ru: "", fa: "" },
  ringTimeoutSeconds: 20,
  waitMaxSeconds: 1_800,
  sizeMax: 100,
  wrapUpSeconds: 60,
  wrapUpExtensionSeconds: 60,
  missedRingsMax: 2,
  priority: 0,
  serviceLevelSeconds: 20,
  recordCalls: true,
  recordFrom: "agent",
  recordHold: false,
  maskKeysPaused: true,
  fieldPauseSeconds: 120,
  recordOutgoing: "off",
  recordOutside: false,
  recorderId: null,
  musicAudioId: "music.main",
  requirements: [],
  autoAnswer: false,
  holdReminderSeconds: 60,
  holdReminderEverySeconds: 30,
};

export function contactRow(contactId: string, change: Partial<ContactRow> = {}): ContactRow {
  return {
    contactId,
    projectId: "prj_1aaa",
    channel: "voice",
    state: "closed",
    startedAt: 1_000,
    endedAt: 60_000,
    callerNumber: "+74951234567",
    customerId: null,
    customerName: null,
    queueId: "que_1aaa",
    numberId: "num_1aaa",
    language: "en",
    agentId: "per_2aaa",
    agentName: "Olga",
    outcome: "answered",
    direction: "in",
    cause: { by: "caller", why: "hungUp" },
    waitMs: 12_000,
    talkMs: 30_000,
    holdMs: null,
    wrapUpMs: 5_000,
    coded: true,
    notCoded: false,
    wrapUpCodeId: null,
    recordingId: null,
    ...change,
  };
}

export function lostCall(lostCallId: string, change: Partial<LostCall> = {}): LostCall {
  return {
    lostCallId,
    projectId: "prj_1aaa",
    callerNumber: "+74951234567",
    customerId: null,
    customerName: null,
    queueId: "que_1aaa",
    lastAt: 1_000,
    waitMs: 61_000,
    callCount: 2,
    attempts: 0,
    cause: { by: "caller", why: "abandoned" },
    owedSince: null,
    state: "open",
    settledAt: null,
    settledByName: null,
    reason: null,
    contactIds: ["con_1aaa"],
    version: 4,
    ...change,
  };
}

export function floorState(now: number): FloorState {
  const today = {
    offered: 12,
    answered: 9,
    abandoned: 2,
    shortAbandoned: 1,
    refused: 0,
    systemDisconnected: 0,
    answeredInTarget: 8,
    serviceLevel: 0.83,
    asaMs: 14_000,
    ahtMs: null,
    longestWaitMs: 50_000,
    serviceLevelSeconds: 20,
  };
  return {
    at: now,
    timeZone: "Europe/Moscow",
    queues: [
      {
        queueId: "que_1aaa",
        projectId: "prj_1aaa",
        names: supportQueue.names,
        waiting: 2,
        oldestQueuedAt: now - 65_000,
        agentsReady: 0,
        agentsTalking: 1,
        agentsWrapUp: 0,
        agentsNotReady: 1,
        today,
      },
    ],
    agents: [
      {
        personId: "per_2aaa",
        name: "Olga",
        state: "talking",
        since: now - 5_000,
        reasonId: null,
        pendingReasonId: null,
        systemCause: null,
        held: false,
        reachable: true,
        contactId: "con_1aaa",
        queueId: "que_1aaa",
        queueIds: ["que_1aaa"],
      },
      {
        personId: "per_3aaa",
        name: "Pavel",
        state: "ready",
        since: now - 9_000,
        reasonId: null,
        pendingReasonId: null,
        systemCause: null,
        held: false,
        reachable: false,
        contactId: null,
        queueId: null,
        queueIds: ["que_1aaa"],
      },
    ],
    parked: [],
    passedOn: [],
    waiting: [
      {
        contactId: "con_9aaa",
        queueId: "que_1aaa",
        queuedAt: now - 65_000,
        why: [
          { personId: "per_2aaa", code: "talking" },
          { personId: "per_3aaa", code: "mediaNotProven" },
        ],
      },
    ],
  };
}

/** A server in memory with the lists that every room reads; the caller installs it and opens a room. */
export async function prepareRooms(me: Me = administratorMe): Promise<FakeServer> {
  // happy-dom has no fonts to wait for.
  if (!("fonts" in document)) Object.assign(document, { fonts: new EventTarget() });
  // It lays nothing out either: lists would be of no height, and draw no row.
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(900);
  // Mantine prints the whole document where a menu has nothing to focus, which is always so here.
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  localStorage.clear();
  await showLanguage("en");
  const server = new FakeServer();
  server.me = me;
  server.on("queuesList", () => ({ body: { items: [supportQueue] } }));
  return server;
}

export function openRoom(address: string): void {
  render(<App history={createMemoryHistory({ initialEntries: [address] })} />);
}
