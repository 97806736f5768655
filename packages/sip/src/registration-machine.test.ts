import { describe, expect, it } from "vitest";
import { readRegisterOutcome, registrationLimits, stepRegistration } from "./index.ts";
import type { RegisterOutcome, RegistrationCommand, RegistrationEvent, RegistrationState } from "./index.ts";
import { createResponse } from "./serialize.ts";
import { createRequest } from "./serialize.ts";
import { parseNameAddr, parseUri } from "./uri.ts";

const granted: RegisterOutcome = { status: 200, expiresSeconds: 600, minExpiresSeconds: null, retryAfterSeconds: null };
const said = (status: number, fields: Partial<RegisterOutcome> = {}): RegisterOutcome => ({
  ...granted,
  expiresSeconds: null,
  status,
  ...fields,
});

function machine() {
  let state: RegistrationState = { kind: "stopped" };
  return {
    get state() {
      return state;
    },
    step(event: RegistrationEvent): readonly RegistrationCommand[] {
      const out = stepRegistration(state, event);
      state = out.state;
      return out.commands;
    },
    start(at = 0) {
      return this.step({ kind: "started", at, expiresSeconds: 600 });
    },
    answer(response: RegisterOutcome, at = 0, chance = 0.5) {
      return this.step({ kind: "answered", at, response, chance });
    },
  };
}

describe("our registration with a carrier", () => {
  it("sip-rtp 6.6.7: registers, and asks again before the time granted is over", () => {
    const it = machine();
    expect(it.start()).toContainEqual({ kind: "sendRegister", expiresSeconds: 600 });
    const [timer] = it.answer(granted, 1_000);
    expect(it.state).toEqual({ kind: "registered", expiresSeconds: 600, until: 601_000 });
    expect(timer).toEqual({ kind: "armTimer", afterMs: 525_000 });
    expect(it.step({ kind: "timerFired", at: 526_000 })).toContainEqual({ kind: "sendRegister", expiresSeconds: 600 });
    expect(it.state).toMatchObject({ kind: "asking", until: 601_000 });
  });

  it("asks at once with the time that a 423 names, and does not follow one that is out of all proportion", () => {
    const it = machine();
    it.start();
    expect(it.answer(said(423, { minExpiresSeconds: 1_800 }))).toContainEqual({ kind: "sendRegister", expiresSeconds: 1_800 });
    it.answer(said(423, { minExpiresSeconds: 2 ** 31 }));
    expect(it.state).toMatchObject({ kind: "waiting", trouble: "carrierRefused", status: 423 });
  });

  it("doubles its pause after each failure up to five minutes, spread by chance, and begins anew once registered", () => {
    const it = machine();
    const pauses: number[] = [];
    it.start();
    for (let i = 0; i < 9; i += 1) {
      const [timer] = it.step({ kind: "failed", at: 0, cause: "noAnswer", chance: 0.999_999 });
      pauses.push(timer?.kind === "armTimer" ? timer.afterMs : -1);
      it.step({ kind: "timerFired", at: 0 });
    }
    expect(pauses).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000]);
    it.answer(granted);
    it.step({ kind: "timerFired", at: 0 });
    expect(it.step({ kind: "failed", at: 0, cause: "noAnswer", chance: 0 })).toEqual([{ kind: "armTimer", afterMs: 2_500 }]);
  });

  it("keeps to itself for a minute after refused credentials, and to the Retry-After of a busy carrier", () => {
    const refused = machine();
    refused.start();
    const [first] = refused.answer(said(403), 0, 0.999_999);
    expect(first).toEqual({ kind: "armTimer", afterMs: registrationLimits.refusedRetryMsMin });
    expect(refused.state).toMatchObject({ trouble: "credentialsRefused", status: 403 });
    const busy = machine();
    busy.start();
    expect(busy.answer(said(503, { retryAfterSeconds: 120 }))).toEqual([{ kind: "armTimer", afterMs: 120_000 }]);
  });

  it("stays registered while only the refresh fails, and no longer than it was granted", () => {
    const it = machine();
    it.start();
    it.answer(granted, 0);
    it.step({ kind: "timerFired", at: 525_000 });
    it.step({ kind: "failed", at: 560_000, cause: "noAnswer", chance: 0 });
    expect(it.state).toMatchObject({ kind: "waiting", until: 600_000 });
    it.step({ kind: "timerFired", at: 599_000 });
    it.step({ kind: "failed", at: 631_000, cause: "noAnswer", chance: 0 });
    expect(it.state).toMatchObject({ kind: "waiting", until: null });
  });

  it("takes its registration back when it stops", () => {
    const it = machine();
    it.start();
    it.answer(granted);
    expect(it.step({ kind: "stopped", at: 1 })).toContainEqual({ kind: "sendRegister", expiresSeconds: 0 });
    it.answer(granted);
    expect(it.state).toEqual({ kind: "stopped" });
  });

  it("reads the time granted to its own Contact among several, else that of Expires", () => {
    const request = createRequest({
      method: "REGISTER",
      uri: parseUri("sip:carrier.example") as never,
      vias: [],
      from: parseNameAddr("<sip:a@carrier.example>;tag=1") as never,
      to: parseNameAddr("<sip:a@carrier.example>") as never,
      callId: "c",
      cseq: 1,
    });
    const answer = (headers: readonly { name: string; value: string }[]) =>
      readRegisterOutcome(createResponse(request, 200, { headers }), "sip:a@192.0.2.1:5060");
    expect(
      answer([{ name: "Contact", value: "<sip:a@192.0.2.9:5060>;expires=30, <sip:a@192.0.2.1:5060>;expires=300" }]).expiresSeconds,
    ).toBe(300);
    expect(answer([{ name: "Expires", value: "120" }]).expiresSeconds).toBe(120);
    expect(answer([]).expiresSeconds).toBeNull();
  });
});
