import { BlockList, isIP } from 'node:net';

// Where a name must not lead: this machine, its links, and what is no single host. BlockList takes an IPv4 address that
// is written as IPv6 (::ffff:127.0.0.1) for the IPv4 address.
const closed = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 3],
] as const)
  closed.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of [
  // Unspecified, loopback, and IPv4 addresses in an obsolete form.
  ['::', 96],
  // The same IPv4 networks behind NAT64 (RFC 6052).
  ['64:ff9b::', 104],
  ['64:ff9b::7f00:0', 104],
  ['64:ff9b::a9fe:0', 112],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  closed.addSubnet(network, bits, 'ipv6');

/**
 * Reports whether a name may lead to an address. A name that leads to the machine itself or to its link, where the
 * services of clouds give out credentials, is an attack with DNS or a mistake.
 */
export function mayNameLeadTo(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && !closed.check(address, version === 4 ? 'ipv4' : 'ipv6');
}
