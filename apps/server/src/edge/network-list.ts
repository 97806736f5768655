// A set of networks in CIDR form, asked by address.
import { BlockList, isIP } from "node:net";
import { plainAddress } from "../platform/plain-address.ts";

export type NetworkList = { readonly has: (address: string) => boolean; readonly add: (network: string) => void };

export function createNetworkList(networks: readonly string[] = []): NetworkList {
  const list = new BlockList();
  const add = (network: string): void => {
    const [address = "", bits] = network.split("/");
    const family = isIP(address);
    if (family === 0) return;
    const type = family === 4 ? "ipv4" : "ipv6";
    if (bits === undefined) list.addAddress(address, type);
    else list.addSubnet(address, Number(bits), type);
  };
  for (const network of networks) add(network);
  return {
    add,
    has: (address) => {
      const plain = plainAddress(address);
      const family = isIP(plain);
      return family !== 0 && list.check(plain, family === 4 ? "ipv4" : "ipv6");
    },
  };
}
