/**
 * Returns the block of addresses that belongs to one client: an IPv4 address, or the /64 of an IPv6 address, because
 * every client has at least a whole /64. Accepts what `isIP` accepts.
 */
export function addressBlock(address: string): string {
  if (!address.includes(':')) return address;
  // A URL has one spelling for an address, and cannot contain a zone.
  const [head = '', tail] = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1).split('::');
  const [before, after] = [head, tail ?? ''].map((half) => (half === '' ? [] : half.split(':')));
  const words =
    tail === undefined
      ? before!
      : [...before!, ...Array.from({ length: 8 - before!.length - after!.length }, () => '0'), ...after!];
  // ::ffff:a.b.c.d is the IPv4-mapped form of the IPv4 address.
  if (words.slice(0, 5).every((word) => word === '0') && words[5] === 'ffff') {
    const [high, low] = [Number.parseInt(words[6]!, 16), Number.parseInt(words[7]!, 16)];
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  }
  return `${words.slice(0, 4).join(':')}::/64`;
}
