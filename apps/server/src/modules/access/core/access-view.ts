import type { AccessAddress, AccessState } from "@allo/contract";

export type Door = { readonly address: string; readonly port: number };

export type Surroundings = {
  readonly bind: string;
  readonly port: number;
  /** Addresses of this machine that others can reach. */
  readonly outside: readonly string[];
  readonly isStoredReachable: boolean;
  readonly plan: { readonly base: "none" | "given" | "local"; readonly acme: { readonly name: string } | null };
  /** Where browsers and public authorities knock: 443 and 80. */
  readonly knownPorts: readonly number[];
};

/** Loopback by its literal forms: the setting is an address. */
export function isLoopbackBind(bind: string): boolean {
  return bind === "::1" || bind.startsWith("127.");
}

/** The doors to keep open beside the bound address. */
export function wantedDoors({ bind, port, outside, isStoredReachable, plan, knownPorts }: Surroundings): readonly Door[] {
  if (plan.base === "none") return [];
  const isInside = isLoopbackBind(bind);
  const isOpened = isStoredReachable || plan.acme !== null;
  const own = isInside && isOpened ? outside.map((address) => ({ address, port })) : [];
  if (plan.acme === null) return own;
  const further = knownPorts.filter((each) => each !== port);
  return [...own, ...(isInside ? outside : [bind]).flatMap((address) => further.map((each) => ({ address, port: each })))];
}

export type ViewInput = {
  readonly bind: string;
  readonly port: number;
  readonly mode: AccessState["mode"];
  readonly outside: readonly string[];
  readonly open: readonly Door[];
  readonly publicName: string | null;
  readonly origins: readonly string[];
  readonly covers: (host: string) => boolean;
};

/** Addresses by which browsers reach the program, the best one first. */
export function addressesOf({ bind, port, mode, outside, open, publicName, origins, covers }: ViewInput): readonly AccessAddress[] {
  const isWildcard = bind === "0.0.0.0" || bind === "::";
  const scheme = mode === "none" ? "http" : "https";
  const listened = outside.filter(
    (address) =>
      address === bind ||
      (isWildcard && (bind === "::" || !address.includes(":"))) ||
      open.some((door) => door.address === address && door.port === port),
  );
  const isPlainPort = open.some((door) => door.port === 443) || port === 443;
  const isOpen = listened.length > 0;
  return [
    ...(publicName !== null && isOpen
      ? [
          {
            url: `https://${publicName}${isPlainPort ? "" : `:${port}`}/`,
            kind: "publicName" as const,
            isSecure: covers(publicName),
            isCovered: covers(publicName),
          },
        ]
      : []),
    ...origins.map((origin) => ({
      url: `${origin}/`,
      kind: "elsewhere" as const,
      isSecure: origin.startsWith("https:"),
      isCovered: true,
    })),
    ...listened
      .toSorted((a, b) => Number(a.includes(":")) - Number(b.includes(":")))
      .map((address) => ({
        url: `${scheme}://${hostInUrl(address)}:${port}/`,
        kind: "localNetwork" as const,
        isSecure: mode !== "none" && covers(address),
        isCovered: mode === "none" || covers(address),
      })),
    ...(isLoopbackBind(bind) || isWildcard
      ? [{ url: `http://localhost:${port}/`, kind: "thisMachine" as const, isSecure: true, isCovered: true }]
      : []),
  ];
}

/** The page that installs the authority, by the first address of the local network. */
export function installUrl({ outside, port }: { readonly outside: readonly string[]; readonly port: number }): string | null {
  const address = outside.find((each) => !each.includes(":")) ?? outside[0];
  return address === undefined ? null : `http://${hostInUrl(address)}:${port}/install`;
}

function hostInUrl(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
