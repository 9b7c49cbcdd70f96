import { isIPv4, isIPv6 } from 'node:net';

/** An address as four words of 32 bits. IPv4 is represented as IPv4-mapped IPv6 (RFC 4291, 2.5.5.2). */
type IpWords = Uint32Array;

const mappedPrefix = 0xffff;

/** Reads `a.b.c.d` as one word. */
const wordOf4 = (text: string): number => text.split('.').reduce((word, octet) => word * 256 + Number(octet), 0);

/** Reads groups of 16 bits, of which the last two can be written as IPv4. */
function groupsOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return Number.parseInt(group, 16);
    const word = wordOf4(group);
    return [word >>> 16, word & 0xffff];
  });
}

/** Parses an IP address into `words`. Returns false if the text is not an address. A zone is not part of an address. */
export function parseIp(text: string, words: IpWords): boolean {
  if (isIPv4(text)) {
    words.set([0, 0, mappedPrefix, wordOf4(text)]);
    return true;
  }
  if (text.includes('%') || !isIPv6(text)) return false;
  const [before = [], after = []] = text.split('::').map(groupsOf);
  const groups = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
  for (let index = 0; index < 4; index += 1) words[index] = groups[index * 2]! * 0x10000 + groups[index * 2 + 1]!;
  return true;
}

/** Reports whether an address is IPv4, written as such or mapped into IPv6. */
function isIpv4(words: IpWords): boolean {
  return words[0] === 0 && words[1] === 0 && words[2] === mappedPrefix;
}

/** Reports whether the address is in the range. */
export type IpRange = (address: IpWords) => boolean;

function maskOf(prefix: number): IpWords {
  const mask = new Uint32Array(4);
  for (let bit = 0; bit < prefix; bit += 1) mask[bit >>> 5] = (mask[bit >>> 5]! | (0x80000000 >>> (bit & 31))) >>> 0;
  return mask;
}

/**
 * Compiles an address or a CIDR range, ignoring host bits. Returns undefined if the text is neither. No IPv6 range, not
 * even `::/0`, contains an IPv4 address.
 */
export function compileIpRange(text: string): IpRange | undefined {
  const slash = text.indexOf('/');
  const base = new Uint32Array(4);
  if (!parseIp(slash < 0 ? text : text.slice(0, slash), base)) return undefined;
  const written4 = !text.includes(':');
  const bits = written4 ? 32 : 128;
  const length = slash < 0 ? String(bits) : text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d{0,2})$/.test(length) || Number(length) > bits) return undefined;
  const prefix = Number(length) + (written4 ? 96 : 0);
  const mask = maskOf(prefix);
  const of4 = isIpv4(base) && prefix >= 96;
  for (let index = 0; index < 4; index += 1) base[index] = (base[index]! & mask[index]!) >>> 0;
  return (address) => {
    if (isIpv4(address) !== of4) return false;
    for (let index = 0; index < 4; index += 1) if ((address[index]! & mask[index]!) >>> 0 !== base[index]) return false;
    return true;
  };
}
