import { isIPv6 } from 'node:net';

/** Whom an address stands for where clients are counted: a machine that has an IPv6 address has 2^64 of them, so these count by their /64. */
export function addressKey(address: string | undefined): string {
  if (address === undefined || !isIPv6(address)) return address ?? 'unknown';
  // WHATWG URL writes an address in its one short form; the parts before :: are filled up to eight.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  return [...front, ...Array.from({ length: 8 - front.length - back.length }, () => '0'), ...back].slice(0, 4).join(':');
}
