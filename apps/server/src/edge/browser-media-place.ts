// Where a browser's audio is met. Firefox never pairs its addresses with a loopback one of ours (RFC 8445 §5.1.1.1 leaves loopback out of
// the candidates), so a browser on this very machine is also told the machine's other addresses; nobody else is answered there.

export const browserMediaLimits = { furtherAddressesMax: 4 } as const;

export type BrowserMediaPlace = {
  readonly listen: { readonly bindAddress: string; readonly sources?: readonly string[] };
  /** Further addresses to name in the description, besides the media address. */
  readonly alsoAt: readonly string[];
};

/** `ownAddresses`: IPv4, without loopback. */
export function browserMediaPlace({
  bindAddress,
  mediaAddress,
  ownAddresses,
}: {
  readonly bindAddress: string;
  readonly mediaAddress: string;
  readonly ownAddresses: readonly string[];
}): BrowserMediaPlace {
  const alsoAt = isLoopback4(mediaAddress) ? ownAddresses.slice(0, browserMediaLimits.furtherAddressesMax) : [];
  if (alsoAt.length > 0 && isLoopback4(bindAddress))
    return { listen: { bindAddress: "0.0.0.0", sources: [mediaAddress, ...ownAddresses] }, alsoAt };
  return { listen: { bindAddress }, alsoAt: bindAddress === "0.0.0.0" || bindAddress === "::" ? alsoAt : [] };
}

function isLoopback4(address: string): boolean {
  return address.startsWith("127.");
}
