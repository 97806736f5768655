/** An IPv4 address seen through an IPv6 socket (RFC 4291 §2.5.5.2) is the IPv4 address. */
export function plainAddress(address: string): string {
  return address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address;
}
