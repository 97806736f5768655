import { BlockList } from "node:net";
import { describe, expect, it } from "vitest";
import { parseNetwork } from "./networks.ts";

describe("networks", () => {
  it.each([
    ["10.1.2.3/8", "10.0.0.0/8"],
    ["192.168.7.9", "192.168.7.9/32"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["172.16.255.255/12", "172.16.0.0/12"],
    [" 127.0.0.1/8 ", "127.0.0.0/8"],
    ["::1", "::1/128"],
    ["2001:DB8:0:0:1::7/64", "2001:db8::/64"],
    ["fe80::1:2:3:4/10", "fe80::/10"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6/128"],
    ["::/0", "::/0"],
    ["1:0:0:2:0:0:0:3/128", "1:0:0:2::3/128"],
  ])("reads %s as %s, which Node takes", (text, wanted) => {
    expect(parseNetwork(text)).toBe(wanted);
    const [address = "", bits = ""] = wanted.split("/");
    expect(() => {
      new BlockList().addSubnet(address, Number(bits), address.includes(":") ? "ipv6" : "ipv4");
    }).not.toThrow();
  });

  it.each([
    "",
    "10.0.0",
    "10.0.0.256",
    "10.0.0.1/33",
    "010.0.0.1",
    "10.0.0.0/8/8",
    "10.0.0.0/-1",
    "10.0.0.0/a",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7:8:9",
    "12345::",
    "::g",
    "::/129",
    "example.com",
    "::ffff:1.2.3.4",
    "1:2:3:4:5:6:7:8::",
  ])("refuses %s", (text) => {
    expect(parseNetwork(text)).toBeNull();
  });
});
