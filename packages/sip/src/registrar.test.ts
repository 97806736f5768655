import { utf8Encode } from "@allo/kernel";
import { describe, expect, it } from "vitest";
import { createRegistrar, parseMessage } from "./index.ts";
import type { SipFlow, SipRequest } from "./index.ts";

const flow = (id: string): SipFlow => ({
  id,
  transport: "ws",
  local: { address: "192.0.2.2", port: 80 },
  remote: { address: "192.0.2.1", port: 999 },
});
const identity = "sip:anna@allo";
const JSSIP = '<sip:q8rk@a1b2.invalid;transport=ws>;+sip.ice;reg-id=1;+sip.instance="<urn:uuid:1>";expires=600';

function request(contact: readonly string[], fields: { cseq?: number; to?: string; more?: string; callId?: string } = {}): SipRequest {
  const parsed = parseMessage(
    utf8Encode(
      `REGISTER sip:allo SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK1\r\nFrom: <sip:anna@allo>;tag=1\r\nTo: <${fields.to ?? identity}>\r\nCall-ID: ${
        fields.callId ?? "c"
      }\r\nCSeq: ${fields.cseq ?? 1} REGISTER\r\n${contact.map((value) => `Contact: ${value}\r\n`).join("")}${fields.more ?? ""}\r\n`,
    ),
  );
  if (!parsed.ok || parsed.message.kind !== "request") throw new Error("request does not parse");
  return parsed.message;
}

function registered() {
  const registrar = createRegistrar();
  const answer = registrar.register({ at: 0, request: request([JSSIP]), flow: flow("f1"), identity });
  return { registrar, answer };
}

describe("the registrar", () => {
  it("binds a browser's Contact to its flow and gives the same Contact back with what was granted", () => {
    const { registrar, answer } = registered();
    expect(answer.status).toBe(200);
    expect(answer.headers).toEqual([{ name: "Contact", value: JSSIP }]);
    expect(registrar.bindings(599_999, identity)).toMatchObject([
      { contact: "sip:q8rk@a1b2.invalid;transport=ws", instance: "<urn:uuid:1>", flow: { id: "f1" } },
    ]);
    expect(registrar.bindings(600_000, identity)).toEqual([]);
    expect(answer.changes.map((change) => change.kind)).toEqual(["bindingAdded"]);
  });

  it("refuses another address-of-record with 403, also one that hides behind escapes", () => {
    const { registrar } = registered();
    for (const to of ["sip:boris@allo", "sip:anna@elsewhere", "sip:anna%00@allo"]) {
      expect(registrar.register({ at: 0, request: request([JSSIP], { to }), flow: flow("f1"), identity }).status).toBe(403);
    }
    expect(
      registrar.register({ at: 0, request: request([JSSIP], { to: "sip:%61nna@allo", cseq: 2 }), flow: flow("f1"), identity }).status,
    ).toBe(200);
  });

  it("refuses an interval that is too short with 423 and Min-Expires, and cuts one that is too long", () => {
    const registrar = createRegistrar();
    expect(registrar.register({ at: 0, request: request(["<sip:a@h>;expires=5"]), flow: flow("f"), identity })).toMatchObject({
      status: 423,
      headers: [{ name: "Min-Expires", value: "30" }],
    });
    const long = registrar.register({ at: 0, request: request(["<sip:a@h>"], { more: "Expires: 999999\r\n" }), flow: flow("f"), identity });
    expect(long.headers).toEqual([{ name: "Contact", value: "<sip:a@h>;expires=3600" }]);
  });

  it("refuses an older CSeq of the same Call-ID, and takes one of another Call-ID", () => {
    const { registrar } = registered();
    expect(registrar.register({ at: 1, request: request([JSSIP]), flow: flow("f1"), identity }).status).toBe(500);
    const moved = registrar.register({ at: 1, request: request([JSSIP], { callId: "other" }), flow: flow("f2"), identity });
    expect(moved).toMatchObject({ status: 200, changes: [{ kind: "bindingRefreshed", binding: { flow: { id: "f2" } } }] });
    expect(registrar.bindings(2, identity)).toHaveLength(1);
  });

  it("replaces the binding of the same instance when its Contact changes", () => {
    const { registrar } = registered();
    const answer = registrar.register({ at: 1, request: request([JSSIP.replace("q8rk", "new")], { cseq: 2 }), flow: flow("f2"), identity });
    expect(answer.changes.map((change) => change.kind)).toEqual(["bindingRemoved", "bindingAdded"]);
    expect(registrar.bindings(2, identity).map((binding) => binding.contact)).toEqual(["sip:new@a1b2.invalid;transport=ws"]);
  });

  it("removes bindings by expires=0, by *, when the flow closes, on sign-out and in time", () => {
    const gone = (act: (registrar: ReturnType<typeof registered>["registrar"]) => readonly { readonly kind: string }[]) => {
      const { registrar } = registered();
      const changes = act(registrar);
      expect(registrar.bindings(1, identity)).toEqual([]);
      return changes.map((change) => ("reason" in change ? change.reason : change.kind));
    };
    const removing =
      (contact: string, more = "") =>
      (registrar: ReturnType<typeof registered>["registrar"]) =>
        registrar.register({ at: 1, request: request([contact], { cseq: 2, more }), flow: flow("f1"), identity }).changes;
    expect(gone(removing(JSSIP.replace("expires=600", "expires=0")))).toEqual(["unregistered"]);
    expect(gone(removing("*", "Expires: 0\r\n"))).toEqual(["unregistered"]);
    expect(gone((registrar) => registrar.flowClosed("f1"))).toEqual(["flowClosed"]);
    expect(gone((registrar) => registrar.identityRemoved(identity))).toEqual(["signedOut"]);
    expect(gone((registrar) => registrar.expire(registrar.nextExpiryAt() ?? 0))).toEqual(["expired"]);
  });

  it("refuses * with others or without Expires 0, Contacts with escaped headers, and more than bindingsPerAddressMax", () => {
    const registrar = createRegistrar({ bindingsPerAddressMax: 1 });
    const status = (contacts: readonly string[]) =>
      registrar.register({ at: 0, request: request(contacts), flow: flow("f"), identity }).status;
    expect([status(["*"]), status(["*", "<sip:a@h>"]), status(["<sip:a@h?Route=x>"]), status(["<sip:a@h>", "<sip:b@h>"])]).toEqual([
      400, 400, 400, 403,
    ]);
  });
});
