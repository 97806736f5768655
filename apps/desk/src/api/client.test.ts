import { i18n } from "@lingui/core";
import { afterEach, describe, expect, it } from "vitest";
import { showLanguage } from "../i18n/language.ts";
import { apiAddress, callApi, setApiPorts } from "./client.ts";
import { ApiProblem } from "./problem.ts";
import { knownProblemCodes, problemSentence } from "./problem-sentences.ts";

type Call = { readonly url: string; readonly init: RequestInit };
let restore = (): void => undefined;
afterEach(() => restore());

function answering(make: () => Response | Promise<Response>): { calls: Call[]; signedOut: () => number } {
  const calls: Call[] = [];
  let signedOut = 0;
  restore = setApiPorts({
    fetch: (url, init) => {
      calls.push({ url: String(url), init: init ?? {} });
      return Promise.resolve().then(make);
    },
    onSignedOut: () => (signedOut += 1),
  });
  return { calls, signedOut: () => signedOut };
}
const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => null,
    (failure: unknown) => failure,
  );

describe("calling the contract's routes", () => {
  it("puts parameters in the path, the query behind it, the body as JSON", async () => {
    const { calls } = answering(() => json({}));
    await callApi("contactMute", { params: { contactId: "con_a/b" }, body: { muted: true } });
    await callApi("customersSearch", { query: { q: "Анна", limit: 5, cursor: "" } });
    expect(calls[0]).toMatchObject({
      url: "/api/v1/contacts/con_a%2Fb/mute",
      init: { method: "POST", body: '{"muted":true}', credentials: "same-origin" },
    });
    expect(calls[1]?.url).toBe("/api/v1/customers?q=%D0%90%D0%BD%D0%BD%D0%B0&limit=5");
    expect(apiAddress("recordingAudio", { params: { recordingId: "rec_1aaa" } })).toBe("/api/v1/recordings/rec_1aaa/audio");
  });
  it("takes 204 for an answer", async () => {
    answering(() => new Response(null, { status: 204 }));
    expect(await callApi("sessionDelete", {})).toBeUndefined();
  });
  it("makes a problem of a refusal, with its fields", async () => {
    answering(() =>
      json(
        { type: "about:blank", title: "", status: 422, code: "invalidInput", fields: [{ path: "email", code: "format", message: "…" }] },
        422,
      ),
    );
    const failure = await failureOf(callApi("sessionCreate", { body: { email: "x", password: "y" } }));
    expect(failure).toMatchObject({ name: "ApiProblem", status: 422, code: "invalidInput", fields: [{ path: "email" }] });
  });
  it("makes a problem of a proxy's page and of a network that is away", async () => {
    answering(() => new Response("<html>", { status: 502 }));
    expect(await failureOf(callApi("deskGet", {}))).toMatchObject({ status: 502, code: "http502" });
    answering(() => Promise.reject(new TypeError("failed")));
    expect(await failureOf(callApi("deskGet", {}))).toMatchObject({ status: 0, code: "unreachable" });
  });
  it("tells that the session ended, but not when a password was wrong", async () => {
    const inside = answering(() => json({ code: "unauthenticated" }, 401));
    await failureOf(callApi("deskGet", {}));
    expect(inside.signedOut()).toBe(1);
    const outside = answering(() => json({ code: "wrongCredentials" }, 401));
    await failureOf(callApi("sessionCreate", { body: { email: "a@b", password: "x" } }));
    expect(outside.signedOut()).toBe(0);
  });
});

describe("the sentence of a failure", () => {
  it.each(["en", "ru", "fa"] as const)("is there for every code, and for codes nobody knows, in %s", async (language) => {
    await showLanguage(language, null);
    const facts = { status: 500, detail: null, fields: [] };
    const said = knownProblemCodes.map((code) => problemSentence(i18n, new ApiProblem({ ...facts, code })));
    expect(new Set(said).size).toBe(knownProblemCodes.length);
    expect(problemSentence(i18n, new ApiProblem({ ...facts, code: "neverHeard", status: 403 }))).toBe(
      problemSentence(i18n, new ApiProblem({ ...facts, code: "forbidden" })),
    );
    expect(problemSentence(i18n, new Error("bug"))).toBe(problemSentence(i18n, new ApiProblem({ ...facts, code: "internal" })));
  });
});
