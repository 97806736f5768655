import { describe, expect, it } from "vitest";
import { createThrottle } from "./throttle.ts";

const limits = { windowMs: 1_000, perAccountAndAddressMax: 2, perAccountMax: 4, perAddressMax: 6, countersMax: 100 };
const attempt = (account: string, address: string, at: number) => ({ account, address, at });

describe("throttling of signing in", () => {
  it("refuses the next attempt of one address at one account, and says how long to wait", () => {
    const throttle = createThrottle(limits);
    expect(throttle.begin(attempt("a", "1", 0)).ok).toBe(true);
    expect(throttle.begin(attempt("a", "1", 100)).ok).toBe(true);
    expect(throttle.begin(attempt("a", "1", 200))).toEqual({ ok: false, retryAfterMs: 800 });
    expect(throttle.begin(attempt("a", "2", 200)).ok).toBe(true); // the owner elsewhere still gets in
    expect(throttle.begin(attempt("a", "1", 1_001)).ok).toBe(true);
  });

  it("counts an account over all addresses and an address over all accounts", () => {
    const throttle = createThrottle(limits);
    for (const address of ["1", "2", "3", "4"]) expect(throttle.begin(attempt("a", address, 0)).ok).toBe(true);
    expect(throttle.begin(attempt("a", "5", 1)).ok).toBe(false);
    for (const account of ["b", "c", "d", "e", "f", "g"]) expect(throttle.begin(attempt(account, "9", 2)).ok).toBe(true);
    expect(throttle.begin(attempt("h", "9", 3)).ok).toBe(false);
  });

  it("forgives what came before a success from the same address", () => {
    const throttle = createThrottle(limits);
    throttle.begin(attempt("a", "1", 0));
    throttle.begin(attempt("a", "1", 1));
    throttle.succeeded(attempt("a", "1", 1));
    expect(throttle.begin(attempt("a", "1", 2)).ok).toBe(true);
    expect(throttle.begin(attempt("a", "1", 3)).ok).toBe(true);
    expect(throttle.begin(attempt("a", "1", 4)).ok).toBe(false);
  });

  it("holds no more counters than its limit", () => {
    const throttle = createThrottle({ ...limits, countersMax: 3 });
    throttle.begin(attempt("a", "1", 0));
    throttle.begin(attempt("a", "1", 0));
    throttle.begin(attempt("b", "2", 0));
    expect(throttle.begin(attempt("a", "1", 1)).ok).toBe(true); // the oldest was forgotten
  });
});
