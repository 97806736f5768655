import { createRouter } from "@allo/acd";
import { Id } from "@allo/contract";
import type { ContactId, PersonId, ProjectId, QueueId } from "@allo/kernel";
import { Value } from "typebox/value";
import { expect, it } from "vitest";
import { routerEpoch } from "./service.ts";

it("gives offers ids that the API takes, whatever the machine is called", () => {
  const router = createRouter({ epoch: routerEpoch({ node: "a-very.long_machine-name.of.some.data-centre.example", epoch: 123_456 }) });
  const queue = "que_a" as QueueId;
  const agent = "per_ann" as PersonId;
  const limits = { ringTimeoutMs: 1_000, waitMaxMs: 1_000, sizeMax: 1, wrapUpMs: 0, wrapUpExtensionMs: 0, missedRingsMax: 2, priority: 0 };
  const rules = { declineCountsAsMissed: true, talkingMax: null, notReadyCountsAsSignedIn: true };
  const agents = [{ agent, memberships: [{ queue, level: 3 as const }], skills: [] }];
  router.handle({ kind: "configured", at: 1, queues: [{ id: queue, projectId: "prj_a" as ProjectId, ...limits, ...rules }], agents });
  router.handle({ kind: "agentSignedIn", at: 2, agent, mediaProven: true });
  router.handle({ kind: "readyRequested", at: 3, agent });
  const contact = "con_1" as ContactId;
  const commands = router.handle({ kind: "contactQueued", at: 4, contact, queue, enqueuedAt: 4, priority: 0, requirements: [] });
  const offer = commands.find((command) => command.kind === "offer");
  expect(Value.Check(Id, offer?.offer), offer?.offer).toBe(true);
  expect(String(offer?.offer).length).toBeLessThanOrEqual(30); // and room for the digits of many offers
});
