// Where a browser's audio is met. Firefox never pairs its addresses with a loopback one of ours (RFC 8445 §5.1.1.1 leaves loopback out of
// the candidates), so a browser on this very machine is also told the machine's other addresses; nobody else is answered there.

import { isIP } from "node:net";

export const browserMediaLimits = { furtherAddressesMax: 4 } as const;

export type BrowserMediaPlace = {
  readonly listen: { readonly bindAddress: string; readonly sources?: readonly string[] };
  /** Further addresses to name in the description, besides the media address. */
  readonly alsoAt: readonly string[];
};

/**
 * Browsers of the local network come in by a further door of core, at an address that isn't the bound one: their audio is taken at the
 * same address. Only who holds the ICE password is heard there. `ownAddresses`: IPv4, without loopback.
 */
export function browserMediaPlace({
  bindAddress,
  reachedAddress,
  mediaAddress,
  ownAddresses,
}: {
  readonly bindAddress: string;
  /** Our address that the browser came by; no address where it isn't known. */
  readonly reachedAddress: string;
  /** What the browser is told. */
  readonly mediaAddress: string;
  readonly ownAddresses: readonly string[];
}): BrowserMediaPlace {
  const alsoAt = isLoopback4(mediaAddress) ? ownAddresses.slice(0, browserMediaLimits.furtherAddressesMax) : [];
  if (isWildcard(bindAddress)) return { listen: { bindAddress }, alsoAt };
  const address = isIP(reachedAddress) === 0 ? bindAddress : reachedAddress;
  if (alsoAt.length > 0 && isLoopback4(address))
    return { listen: { bindAddress: "0.0.0.0", sources: [mediaAddress, ...ownAddresses] }, alsoAt };
  return { listen: { bindAddress: address }, alsoAt: [] };
}

function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

function isLoopback4(address: string): boolean {
  return address.startsWith("127.");
}
