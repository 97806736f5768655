import { expect, test } from "vitest";
import { createLogger } from "./log.ts";

function logged(fields: object): Record<string, unknown> {
  const lines: string[] = [];
  createLogger({ role: "core", level: "info" }, { write: (line: string) => lines.push(line) }).info(fields, "said");
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? "") as Record<string, unknown>;
}

test("a line says when, which role and how grave", () => {
  expect(logged({ calls: 3 })).toMatchObject({
    level: "info",
    role: "core",
    msg: "said",
    calls: 3,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
  });
});

test("secrets, digits and personal data are removed, however deep the field stands", () => {
  const text = JSON.stringify(
    logged({
      password: "pa55",
      caller: { number: "+49301234" },
      request: { headers: { cookie: "sid=1", authorization: "Basic x" } },
      digits: "4711",
    }),
  );
  for (const secret of ["pa55", "+49301234", "sid=1", "Basic x", "4711"]) expect(text).not.toContain(secret);
});

test("what is below the level isn't written", () => {
  const lines: string[] = [];
  createLogger({ role: "core", level: "warn" }, { write: (line: string) => lines.push(line) }).info("quiet");
  expect(lines).toEqual([]);
});
