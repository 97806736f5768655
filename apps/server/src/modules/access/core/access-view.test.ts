import { describe, expect, it } from "vitest";
import { addressesOf, installUrl, wantedDoors, type Surroundings, type ViewInput } from "./access-view.ts";

const around: Surroundings = {
  bind: "127.0.0.1",
  port: 8080,
  outside: ["192.168.1.5", "fd00::2"],
  isStoredReachable: false,
  plan: { base: "none", acme: null },
  knownPorts: [80, 443],
};
const local = { base: "local", acme: null } as const;
const acme = { base: "local", acme: { name: "desk.example.com" } } as const;

describe("doors beside the bound address", () => {
  it("are none at first, nor without HTTPS", () => {
    expect(wantedDoors(around)).toEqual([]);
    expect(wantedDoors({ ...around, isStoredReachable: true })).toEqual([]);
  });
  it("stand at every address of the machine once it is let in", () => {
    expect(wantedDoors({ ...around, isStoredReachable: true, plan: local })).toEqual([
      { address: "192.168.1.5", port: 8080 },
      { address: "fd00::2", port: 8080 },
    ]);
  });
  it("aren't needed where the bound address is reached already", () => {
    expect(wantedDoors({ ...around, bind: "0.0.0.0", isStoredReachable: true, plan: local })).toEqual([]);
  });
  it("stand where authorities and browsers knock, once there is a public name", () => {
    expect(wantedDoors({ ...around, bind: "0.0.0.0", plan: acme })).toEqual([
      { address: "0.0.0.0", port: 80 },
      { address: "0.0.0.0", port: 443 },
    ]);
    expect(wantedDoors({ ...around, bind: "0.0.0.0", port: 443, plan: acme })).toEqual([{ address: "0.0.0.0", port: 80 }]);
    expect(wantedDoors({ ...around, outside: ["192.168.1.5"], plan: acme })).toHaveLength(3);
  });
});

describe("addresses by which browsers come", () => {
  const view: ViewInput = {
    bind: "127.0.0.1",
    port: 8080,
    mode: "none",
    outside: around.outside,
    open: [],
    publicName: null,
    origins: [],
    covers: () => true,
  };
  it("are this machine's own at first", () => {
    expect(addressesOf(view)).toEqual([{ url: "http://localhost:8080/", kind: "thisMachine", isSecure: true, isCovered: true }]);
  });
  it("name every door, and whether its certificate does", () => {
    const open = [
      { address: "192.168.1.5", port: 8080 },
      { address: "fd00::2", port: 8080 },
    ];
    const found = addressesOf({ ...view, mode: "local", open, covers: (host) => host !== "fd00::2" });
    expect(found.map(({ url, isSecure }) => [url, isSecure])).toEqual([
      ["https://192.168.1.5:8080/", true],
      ["https://[fd00::2]:8080/", false],
      ["http://localhost:8080/", true],
    ]);
  });
  it("have no microphone in plain HTTP from elsewhere", () => {
    expect(addressesOf({ ...view, bind: "192.168.1.5" })).toEqual([
      { url: "http://192.168.1.5:8080/", kind: "localNetwork", isSecure: false, isCovered: true },
    ]);
  });
  it("begin with the public name, without a port where browsers need none", () => {
    const open = [{ address: "0.0.0.0", port: 443 }];
    const found = addressesOf({ ...view, bind: "0.0.0.0", mode: "acme", open, publicName: "desk.example.com" });
    expect(found[0]).toMatchObject({ url: "https://desk.example.com/", kind: "publicName" });
    expect(addressesOf({ ...view, bind: "0.0.0.0", mode: "acme", publicName: "desk.example.com" })[0]?.url).toBe(
      "https://desk.example.com:8080/",
    );
  });
});

it("gives the install page an address that phones can open", () => {
  expect(installUrl({ outside: ["fd00::2", "192.168.1.5"], port: 8080 })).toBe("http://192.168.1.5:8080/install");
  expect(installUrl({ outside: ["fd00::2"], port: 8080 })).toBe("http://[fd00::2]:8080/install");
  expect(installUrl({ outside: [], port: 8080 })).toBeNull();
});
