import { BlockList, isIP } from 'node:net';
import type { Shown } from './route-code.ts';

/**
 * Reports whether two addresses can be of one browser. A browser may reach one host by IPv4 and another by IPv6, which
 * says nothing. Of IPv6 addresses the network counts, because browsers change the rest.
 */
function canBeOne(one: string, other: string): boolean {
  if (isIP(one) !== isIP(other)) return true;
  if (isIP(one) !== 6) return one === other;
  const network = new BlockList();
  network.addSubnet(one, 64, 'ipv6');
  return network.check(other, 'ipv6');
}

/** Reports whether a browser shows itself as one did before. What is known of one only counts as a difference. */
export function showsTheSame(before: Shown, now: Shown): boolean {
  const [one, other] = [before.clientAddress, now.clientAddress];
  if ((before.userAgent ?? '') !== (now.userAgent ?? '')) return false;
  return one === undefined || other === undefined ? one === other : canBeOne(one, other);
}
