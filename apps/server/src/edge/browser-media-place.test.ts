import { describe, expect, it } from "vitest";
import { browserMediaPlace } from "./browser-media-place.ts";

const ownAddresses = ["192.0.2.7", "10.0.0.7"];

describe("where a browser's audio is met", () => {
  it("is also at the machine's other addresses for a browser of this machine, and answers only this machine there", () => {
    expect(browserMediaPlace({ bindAddress: "127.0.0.1", reachedAddress: "127.0.0.1", mediaAddress: "127.0.0.1", ownAddresses })).toEqual({
      listen: { bindAddress: "0.0.0.0", sources: ["127.0.0.1", "192.0.2.7", "10.0.0.7"] },
      alsoAt: ownAddresses,
    });
  });

  it("is open to all networks where Allo is", () => {
    expect(browserMediaPlace({ bindAddress: "0.0.0.0", reachedAddress: "127.0.0.1", mediaAddress: "127.0.0.1", ownAddresses })).toEqual({
      listen: { bindAddress: "0.0.0.0" },
      alsoAt: ownAddresses,
    });
  });

  it.each([
    { why: "a browser elsewhere", reached: "192.0.2.7", bindAddress: "0.0.0.0", mediaAddress: "192.0.2.7", own: ownAddresses },
    { why: "one address to listen on", reached: "192.0.2.7", bindAddress: "192.0.2.7", mediaAddress: "127.0.0.1", own: ownAddresses },
    { why: "a machine without a network", reached: "127.0.0.1", bindAddress: "127.0.0.1", mediaAddress: "127.0.0.1", own: [] },
  ])("is one address for $why", ({ bindAddress, reached, mediaAddress, own }) => {
    expect(browserMediaPlace({ bindAddress, reachedAddress: reached, mediaAddress, ownAddresses: own })).toEqual({
      listen: { bindAddress },
      alsoAt: [],
    });
  });

  it("is where a browser of the local network came by, and the bound address where that isn't known", () => {
    const place = (reachedAddress: string) =>
      browserMediaPlace({ bindAddress: "127.0.0.1", reachedAddress, mediaAddress: "192.0.2.7", ownAddresses });
    expect(place("192.0.2.7")).toEqual({ listen: { bindAddress: "192.0.2.7" }, alsoAt: [] });
    expect(place("desk.example.com")).toEqual({ listen: { bindAddress: "127.0.0.1" }, alsoAt: [] });
  });
});
