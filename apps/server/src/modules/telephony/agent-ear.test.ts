import type { Project, Queue } from "@allo/contract";
import { describe, expect, it } from "vitest";
import { announcementOf, holdReminderOf } from "./agent-ear.ts";

const project = { projectId: "prj_1", name: "Bank", inHouse: false, nameAudioId: null, retired: false, version: 1 } satisfies Project;
const queue = {
  queueId: "que_1",
  projectId: "prj_1",
  autoAnswer: true,
  holdReminderSeconds: 45,
  holdReminderEverySeconds: 20,
} as Queue;

describe("what an agent hears of a contact before it connects", () => {
  it("is the ring where the queue's calls are answered by a press, and where the queue is gone", () => {
    expect(announcementOf({ queues: [{ ...queue, autoAnswer: false }], projects: [project] }, "que_1")).toBeNull();
    expect(announcementOf({ queues: [queue], projects: [project] }, "que_2")).toBeNull();
    expect(announcementOf(null, "que_1")).toBeNull();
  });

  it("is a tone and the project's own name, or the shipped sentence where it has none", () => {
    expect(announcementOf({ queues: [queue], projects: [project] }, "que_1")).toEqual(["tone.accept", "agent.incoming"]);
    expect(announcementOf({ queues: [queue], projects: [{ ...project, nameAudioId: "name.bank" }] }, "que_1")).toEqual([
      "tone.accept",
      "name.bank",
    ]);
  });
});

describe("the reminder of a customer on hold", () => {
  it("comes as the queue says, and not at all where it wants none", () => {
    expect(holdReminderOf({ queues: [queue] }, "que_1")).toEqual({ afterMs: 45_000, everyMs: 20_000, audioId: "tone.reminder" });
    expect(holdReminderOf({ queues: [{ ...queue, holdReminderSeconds: 0 }] }, "que_1")).toBeNull();
    expect(holdReminderOf({ queues: [] }, "que_1")).toBeNull();
  });
});
