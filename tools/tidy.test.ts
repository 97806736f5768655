import { expect, test } from "vitest";
import { rfcMap } from "./rfc-map.ts";
import { tidy } from "./tidy.ts";

/** A path of the machine, put together here so that this file doesn't hold one. */
const MACHINE = ["", "work"].join("/");

const adrIndex = { path: "docs/adr/README.md", text: "# Decisions\n" };

test.each([
  ["packages/acd/src/a.ts", "// TODO later\n", "TODO"],
  ["apps/server/src/a.ts", "const q = `select * from t`;\n", "select * from"],
  ["packages/acd/src/a.ts", "// @ts-ignore\n", "@ts-ignore"],
  ["packages/acd/src/a.test.ts", "test.only('x', () => {})\n", "test.only("],
  ["docs/A.md", `# A\nsee ${MACHINE}/main/x\n`, `${MACHINE}/m`],
  ["packages/acd/src/utils.ts", "", "named after nothing"],
  ["packages/acd/src/BigThing.ts", "", "kebab-case"],
  ["packages/acd/src/a.slow.test.ts", "", ".slow"],
  ["packages/acd/src/a.test.ts", "test.skip('x', () => {})\n", "switched off"],
  ["apps/server/migrations/1_x.sql", "", "NNNN_module_what"],
  ["docs/A.md", "# A\n# B\n", "2 first headings"],
  ["docs/A.md", "# A\n[b](b.md)\n", "links to b.md"],
  ["docs/adr/0009-x.md", "# X\n", "isn't linked"],
  ["packages/acd/package.json", '{"dependencies":{"pg":"^8.0.0"}}', "pin it"],
])("%s with %j is found", (path, text, words) => {
  const problems = tidy([adrIndex, { path, text }]);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(words);
});

test("two migrations with one number are found", () => {
  const files = ["0001_acd_a.sql", "0001_acd_b.sql"].map((name) => ({ path: `apps/server/migrations/${name}`, text: "" }));
  expect(tidy([adrIndex, ...files])).toHaveLength(1);
});

test("SQL on a neighbour's tables is found, on one's own isn't", () => {
  const files = [
    { path: "apps/server/src/modules/cases/store/a.ts", text: "sql`select id from customers.profile`" },
    { path: "apps/server/src/modules/customers/store/a.ts", text: "sql`select id from customers.profile`" },
  ];
  expect(tidy([adrIndex, ...files])).toEqual([expect.stringContaining("modules/cases/store/a.ts has SQL on another module's tables")]);
});

test("the columns of a function's result need no names", () => {
  expect(tidy([adrIndex, { path: "apps/server/src/a.ts", text: "sql`select * from identity.login_find($1)`" }])).toEqual([]);
});

test("a tidy tree has no problems", () => {
  expect(
    tidy([
      { path: "docs/adr/README.md", text: "# Decisions\n[one](0001-one.md)\n" },
      { path: "docs/adr/0001-one.md", text: "# One\n```sh\n# not a heading\n```\n" },
      { path: "packages/acd/src/offer.ts", text: "// TODO(#12): after the lease\nexport const a = 1;\n" },
      { path: "package.json", text: '{"dependencies":{"a":"1.2.3","b":"npm:c@7.0.2"}}' },
    ]),
  ).toEqual([]);
});

test("a page of rows and tests that the tests' names have left behind is found, a true one isn't", () => {
  const tests = { path: "packages/sip/src/a.test.ts", text: 'it("sip-rtp 6.1.7: answers to the source", () => {});' };
  expect(tidy([adrIndex, tests])).toEqual([expect.stringContaining("docs/rfc-map.md is stale")]);
  const page = rfcMap([tests]) ?? "";
  expect(page).toContain("### 6.1.7\n\n- `packages/sip/src/a.test.ts`: answers to the source");
  expect(tidy([adrIndex, tests, { path: "docs/rfc-map.md", text: page }])).toEqual([]);
});
