import { BlockList, isIP } from 'node:net';

/** Converts the IPv4-mapped form (::ffff:10.0.0.1), which dual-stack sockets report for IPv4 peers. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

/** Creates the function that reports whether an address is in one of these blocks (CIDR). */
export function createIsTrusted(blocks: readonly string[]): (address: string) => boolean {
  const trusted = new BlockList();
  for (const cidr of blocks) {
    const [address = '', bits = ''] = cidr.split('/');
    trusted.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4');
  }
  return (given) => {
    const address = plain(given);
    const family = isIP(address);
    return family !== 0 && trusted.check(address, family === 6 ? 'ipv6' : 'ipv4');
  };
}

/**
 * Creates the reader of client addresses. The client is the peer or, behind trusted proxies (CIDRs), the nearest hop in
 * X-Forwarded-For that is not one of them.
 */
export function createClientAddress(
  trustedProxies: readonly string[],
): (peer: string | undefined, forwardedFor: string | undefined) => string {
  const isTrusted = createIsTrusted(trustedProxies);
  return (peer, forwardedFor) => {
    let address = plain(peer ?? '');
    if (trustedProxies.length === 0 || forwardedFor === undefined || !isTrusted(address)) return address;
    for (const hop of forwardedFor
      .split(',')
      .map((one) => plain(one.trim()))
      .reverse()) {
      if (isIP(hop) === 0) return address; // what is listed before an unreadable hop cannot be trusted
      address = hop;
      if (!isTrusted(hop)) return address;
    }
    return address;
  };
}
