import type { ContactId } from "@allo/kernel";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { helpListSql } from "../modules/contacts/help/help-store.ts";
import { contactRowListSql } from "../modules/contacts/lookback/contact-row-store.ts";
import { ORGANISATION } from "../modules/telephony/fixtures/voice-world.ts";
import { LookbackWorld } from "./fixtures/lookback-world.ts";

let world: LookbackWorld;
beforeEach(async () => {
  world = await LookbackWorld.create();
});
afterEach(async () => {
  await world?.close();
});

/** Ann talks, asks for a lead, who comes after so long or not at all; the caller hangs up. */
async function helpedCall(name: string, afterMs: number | null): Promise<ContactId> {
  const { voice } = world;
  const call = await voice.callIn(name);
  await voice.soon(() => voice.desk("ann").state === "ringing");
  await voice.answer("ann");
  const { contactId } = voice.contactOf(call);
  await voice.call("callHelp", "ann", { contactId }, { asks: true });
  voice.time.advance(afterMs ?? 5_000);
  if (afterMs !== null) {
    await voice.call("callMonitor", "lea", { contactId }, { mode: "whisper" });
    await voice.soon(() => voice.contactOf(call).helps[0]?.how === "answered");
  }
  voice.edge.hangUp(call);
  await voice.soon(() => voice.desk("ann").state === "wrapUp");
  await voice.call("wrapUpFinish", "ann", { contactId }, { wrapUpCodeId: "wuc_done", note: "" });
  await voice.soon(() => voice.contactOf(call).phase.kind === "closed");
  return contactId;
}

describe("help requests", () => {
  it("stand on the board while they are open, and in the list with how soon a lead came", async () => {
    const { voice } = world;
    await voice.ready("ann");
    await voice.ready("lea");
    const lead = world.principal("lea");
    const from = voice.time.now();
    const call = await voice.callIn("cal_0");
    await voice.soon(() => voice.desk("ann").state === "ringing");
    await voice.answer("ann");
    const open = voice.contactOf(call).contactId;
    await voice.call("callHelp", "ann", { contactId: open }, { asks: true });
    const board = await world.call("helpBoardGet", lead);
    expect(board.open).toMatchObject([{ contactId: open, agentName: "Name of per_ann", about: "help" }]);
    // Neither another organisation's nor another project's.
    expect((await world.call("helpBoardGet", world.stranger())).open).toEqual([]);
    expect((await world.call("helpBoardGet", world.principal("lea", "lead", { projectIds: [] }))).open).toEqual([]);
    await voice.call("callHelp", "ann", { contactId: open }, { asks: false });
    expect((await world.call("helpBoardGet", lead)).open).toEqual([]);
    voice.edge.hangUp(call);
    await voice.soon(() => voice.desk("ann").state === "wrapUp");
    await voice.call("wrapUpFinish", "ann", { contactId: open }, { wrapUpCodeId: "wuc_done", note: "" });

    const quick = await helpedCall("cal_1", 9_000);
    const slow = await helpedCall("cal_2", 40_000);
    const vain = await helpedCall("cal_3", null);
    await world.settled();
    const page = await world.call("helpList", lead, { query: { limit: 3 } });
    expect(page.items.map(({ contactId, how, answeredByName }) => [contactId, how, answeredByName])).toEqual([
      [vain, "talkEnded", null],
      [slow, "answered", "Name of per_lea"],
      [quick, "answered", "Name of per_lea"],
    ]);
    const rest = await world.call("helpList", lead, { query: { limit: 3, cursor: page.nextCursor } });
    expect([rest.items.map(({ how }) => how), rest.nextCursor]).toEqual([["withdrawn"], null]);
    const figures = await world.call("helpFiguresGet", lead, { query: { from, to: voice.time.now() + 1 } });
    expect(figures).toMatchObject({ asked: 4, answered: 2, unanswered: 2, medianMs: 9_000, p90Ms: 40_000 });
    expect((await world.call("helpList", world.stranger())).items).toEqual([]);

    // Made again from the log, they are the same.
    await world.back.help.clear(ORGANISATION);
    await world.back.follower.replay(ORGANISATION);
    expect(await world.call("helpList", lead, { query: { limit: 3 } })).toEqual(page);
  });

  it("are told live to whoever watches", async () => {
    const { voice } = world;
    await voice.ready("ann");
    const source = world.sources.get("help");
    const key = source?.key(world.principal("lea")) ?? "";
    expect(source?.allowed(world.principal("ann", "agent"))).toBe(false);
    const call = await voice.callIn("cal_1");
    await voice.soon(() => voice.desk("ann").state === "ringing");
    await voice.answer("ann");
    await voice.call("callHelp", "ann", { contactId: voice.contactOf(call).contactId }, { asks: true });
    const said = (): unknown[] => world.published.filter((each) => each.topic === "help" && each.key === key).map(({ patch }) => patch);
    await voice.soon(() => said().length > 0);
    expect(said().at(-1)).toMatchObject({ op: "replace", state: { open: [{ agentId: "per_ann" }] } });
  });

  it("a period has an end after its beginning, and is no longer than a quarter", async () => {
    const lead = world.principal("lea");
    await expect(world.call("helpFiguresGet", lead, { query: { from: 5, to: 5 } })).rejects.toMatchObject({ status: 400 });
    await expect(world.call("helpFiguresGet", lead, { query: { from: 0, to: 93 * 86_400_000 } })).rejects.toMatchObject({ status: 400 });
  });

  it("calls that were noticed are found by what was noticed, each by its index", async () => {
    const { voice } = world;
    await voice.ready("ann");
    const call = await voice.callIn("cal_1");
    await voice.soon(() => voice.desk("ann").state === "ringing");
    await voice.answer("ann");
    const { contactId } = voice.contactOf(call);
    await voice.call("callAbuse", "ann", { contactId }, { step: "reported" });
    voice.edge.hangUp(call);
    await voice.soon(() => voice.desk("ann").state === "wrapUp");
    await world.settled();
    const lead = world.principal("lea");
    const found = await world.call("contactsList", lead, { query: { mark: "abuse" } });
    expect(found.items).toMatchObject([{ contactId, marks: ["abuse"] }]);
    expect((await world.call("contactsList", lead, { query: { mark: "loudness" } })).items).toEqual([]);

    const plan = async ({ sql, values }: { readonly sql: string; readonly values: readonly unknown[] }): Promise<string> => {
      const rows = await voice.database.withScope({ organisationId: ORGANISATION, projectIds: "*" }, async (tx) => {
        await tx.query("set local enable_seqscan = off");
        return tx.query<{ "QUERY PLAN": string }>(`explain ${sql}`, values);
      });
      return rows.map((row) => row["QUERY PLAN"]).join("\n");
    };
    expect(await plan(contactRowListSql({ after: null, limit: 50, mark: "abuse" }))).toContain("contact_row_abuse");
    expect(await plan(contactRowListSql({ after: null, limit: 50, mark: "talkOver" }))).toContain("contact_row_talk_over");
    expect(await plan(helpListSql({ after: null, from: null, to: null, limit: 50 }))).toContain("help_request_by_time");
  });
});
