import { utf8Decode } from "@allo/kernel";
import { describe, expect, it } from "vitest";
import { createDigitRelay, digitRelayLimits } from "./digit-relay.ts";

function relaying(send: (nth: number) => string | null = (nth) => `t${nth}`) {
  const sent: string[] = [];
  const sounded: string[] = [];
  const waits: { readonly ms: number; readonly go: () => void }[] = [];
  const relay = createDigitRelay({
    send: (body) => {
      sent.push(utf8Decode(body.bytes).split("\r\n")[0] ?? "");
      return send(sent.length);
    },
    wait: (ms, then) => void waits.push({ ms, go: then }),
    sound: (digits) => void sounded.push(digits),
  });
  return { relay, sent, sounded, waits, pass: () => waits.shift()?.go() };
}

describe("keys by SIP INFO", () => {
  it("go one at a time, the next when the last was answered and a moment has passed; a comma waits", () => {
    const { relay, sent, waits, pass } = relaying();
    relay.press("1,b x");
    expect(sent).toEqual(["Signal=1"]);
    relay.answered("another", 200);
    relay.answered("t1", 200);
    expect([sent.length, waits.map((each) => each.ms)]).toEqual([1, [digitRelayLimits.pauseMs]]);
    pass();
    expect(waits.map((each) => each.ms)).toEqual([digitRelayLimits.commaMs]);
    relay.press("#");
    pass();
    expect(sent).toEqual(["Signal=1", "Signal=B"]);
    relay.answered("t2", null);
    pass();
    expect(sent).toEqual(["Signal=1", "Signal=B", "Signal=#"]);
  });

  it("are sounded from the one on that the carrier refuses, and from then on", () => {
    const { relay, sent, sounded } = relaying();
    relay.press("12");
    relay.answered("t1", 415);
    relay.press("3");
    expect([sent, sounded]).toEqual([["Signal=1"], ["12", "3"]]);
  });

  it("are sounded where nothing can be sent", () => {
    const { relay, sounded } = relaying(() => null);
    relay.press("9");
    expect(sounded).toEqual(["9"]);
  });
});
