import { isIpv4, parseIp, type IpWords } from './parse-ip.ts';

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
