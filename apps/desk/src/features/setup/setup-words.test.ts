import { i18n } from "@lingui/core";
import { beforeAll, describe, expect, it } from "vitest";
import { ApiProblem } from "../../api/problem.ts";
import { showLanguage } from "../../i18n/language.ts";
import { auditAction, auditDifferences } from "./audit-words.ts";
import { promptProblem } from "./prompt-problem.ts";
import { allNames, showQueueValue, type ShowWords } from "./queue-words.ts";
import { draftOf, emptyCustomer, updateOf, writeOf } from "../customers/customer-draft.ts";

beforeAll(() => showLanguage("en"));
const words: ShowWords = {
  seconds: (value) => `${String(value)} s`,
  count: String,
  yesNo: (value) => (value ? "yes" : "no"),
  names: allNames,
  audio: (id) => id,
  skill: () => "Persian",
  project: (id) => id,
  recordFrom: (value) => value,
  recorder: (id) => id ?? "nowhere",
  outgoing: (value) => value,
  none: "none",
};

describe("settings as short texts", () => {
  it("are written by what they are", () => {
    expect([
      showQueueValue("waitMaxSeconds", 900, words),
      showQueueValue("sizeMax", 5, words),
      showQueueValue("recordCalls", false, words),
      showQueueValue("requirements", [], words),
      showQueueValue("requirements", [{ skillId: "skl_1aaa", level: 3 }], words),
      showQueueValue("names", { en: "Sales", ru: "Продажи", fa: "" }, words),
      showQueueValue("musicAudioId", "music.main", words),
      showQueueValue("recorderId", "rcd_1aaa", words),
      showQueueValue("recorderId", null, words),
    ]).toEqual(["900 s", "5", "no", "none", "Persian 3", "Sales / Продажи", "music.main", "rcd_1aaa", "nowhere"]);
  });
});

describe("the audit list", () => {
  it("names what was done, and an action it doesn't know by its own name", () => {
    expect([i18n._(auditAction("queue.change")), i18n._(auditAction("moon.land"))]).toEqual(["Changed a queue", "moon.land"]);
  });
  it("shows only what differs", () => {
    expect(auditDifferences({ a: 1, b: "x", c: [1] }, { a: 2, b: "x", d: true })).toEqual([
      { key: "a", before: "1", after: "2" },
      { key: "c", before: "[1]", after: undefined },
      { key: "d", before: undefined, after: "true" },
    ]);
    expect(auditDifferences(null, { a: 1 })).toEqual([{ key: "a", before: undefined, after: "1" }]);
  });
});

describe("a file that can't be used", () => {
  const problem = (code: string, field: string) =>
    new ApiProblem({ status: 400, code, detail: null, fields: [{ path: "file", code: field, message: "" }] });
  it("is told by what is wrong with it, and otherwise left to the usual sentence", () => {
    const said = promptProblem(problem("audioInvalid", "notWav"));
    expect(said === null ? "" : i18n._(said)).toContain("not a WAV file");
    expect([
      promptProblem(problem("audioInvalid", "odd")),
      promptProblem(problem("internal", "notWav")),
      promptProblem(new Error("x")),
    ]).toEqual([null, null, null]);
  });
});

describe("a customer's card as a form", () => {
  it("keeps own fields apart, and sends only what was changed", () => {
    const draft = {
      ...draftOf({ ...emptyCustomer, name: "Peter", fields: { fld_1: "1024" } }, ["fld_1", "fld_2"]),
      "field:fld_2": " ۱۲ ",
    } as const;
    expect(writeOf(draft)).toEqual({ name: "Peter", note: "", language: null, identities: [], fields: { fld_1: "1024", fld_2: "12" } });
    expect(updateOf(draft, { "field:fld_2": " ۱۲ " })).toEqual({ fields: { fld_1: "1024", fld_2: "12" } });
    expect(updateOf(draft, { name: "Peter" })).toEqual({ name: "Peter" });
  });
});
