import { SocketAddress } from "node:net";
import { networkInterfaces } from "node:os";
import fc from "fast-check";
import { expect, test } from "vitest";
import { AF_INET, AF_INET6, readAddress, readPort, SOCKET_ADDRESS_BYTES, writeSocketAddress } from "./socket-address.ts";

const view = new DataView(new ArrayBuffer(SOCKET_ADDRESS_BYTES + 3));

test("every address comes back as Node writes it", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 0, max: 65_535 }), (address, port) => {
      const family = address.includes(":") ? AF_INET6 : AF_INET;
      expect(writeSocketAddress(view, 3, { address, port }, family)).toBe(family === AF_INET ? 16 : 28);
      const node = new SocketAddress({ address, family: family === AF_INET ? "ipv4" : "ipv6", port });
      expect(readPort(view, 3)).toBe(port);
      // libc writes the deprecated ::1.2.3.4 with dots, RFC 5952 does not ask for it.
      if (!/^::[^:]*\./.test(node.address) || node.address.startsWith("::ffff:")) expect(readAddress(view, 3)).toBe(node.address);
    }),
  );
});

test.each([
  ["127.0.0.1", AF_INET6],
  ["::1", AF_INET],
  ["example.invalid", AF_INET],
  ["1.2.3", AF_INET],
  ["1.2.3.4.5", AF_INET],
  ["", AF_INET6],
  ["::1::2", AF_INET6],
] as const)("%s is nothing of family %i", (address, family) => {
  expect(writeSocketAddress(view, 0, { address, port: 1 }, family)).toBe(0);
});

test.each([-1, 65_536, 1.5, Number.NaN])("%d is no port", (port) => {
  expect(writeSocketAddress(view, 0, { address: "127.0.0.1", port }, AF_INET)).toBe(0);
});

test("a link-local address keeps its zone", () => {
  const entry = Object.entries(networkInterfaces())
    .flatMap(([name, entries]) => (entries ?? []).map((found) => ({ name, ...found })))
    .find((found) => found.family === "IPv6" && found.scopeid !== 0);
  const [zone, scope] = entry === undefined ? ["7", 7] : [entry.name, entry.scopeid];
  expect(writeSocketAddress(view, 0, { address: `fe80::1%${zone}`, port: 1 }, AF_INET6)).toBe(28);
  expect(view.getUint32(24, true)).toBe(scope);
  expect(readAddress(view, 0)).toBe(`fe80::1%${zone}`);
});
