/** An address as four words of 32 bits. IPv4 is represented as IPv4-mapped IPv6 (RFC 4291, 2.5.5.2). */
type IpWords = Uint32Array;

const mappedPrefix = 0xffff;
const dot = 46;
const colon = 58;
const zero = 48;
const nine = 57;

/**
 * Parses `a.b.c.d` from `start` to the end; -1 if it is not an address. Leading zeros are refused, because some parsers
 * read them as octal.
 */
function parseIpv4(text: string, start: number): number {
  let word = 0;
  let octets = 0;
  let at = start;
  while (octets < 4) {
    let octet = 0;
    let digits = 0;
    for (; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code < zero || code > nine) break;
      if (digits > 0 && octet === 0) return -1;
      octet = octet * 10 + code - zero;
      digits += 1;
      if (octet > 255) return -1;
    }
    if (digits === 0) return -1;
    word = word * 256 + octet;
    octets += 1;
    if (octets < 4) {
      if (text.charCodeAt(at) !== dot) return -1;
      at += 1;
    }
  }
  return at === text.length ? word : -1;
}

function hexValue(code: number): number {
  if (code >= zero && code <= nine) return code - zero;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

const groups = new Uint16Array(8);

/** Moves the groups after `::` to the end and fills the gap. Returns false if the number of groups is wrong. */
function closeGap(count: number, gap: number): boolean {
  if (gap < 0) return count === 8;
  if (count > 7) return false;
  const behind = count - gap;
  for (let index = 0; index < behind; index += 1) groups[7 - index] = groups[count - 1 - index]!;
  groups.fill(0, gap, 8 - behind);
  return true;
}

function parseIpv6Groups(text: string): boolean {
  let count = 0;
  let gap = -1;
  let at = 0;
  if (text.charCodeAt(0) === colon) {
    if (text.charCodeAt(1) !== colon) return false;
    gap = 0;
    at = 2;
  }
  while (at < text.length) {
    if (count === 8) return false;
    const start = at;
    let value = 0;
    for (let digit = 0; at < text.length && (digit = hexValue(text.charCodeAt(at))) >= 0; at += 1)
      value = value * 16 + digit;
    if (at === start || at - start > 4) return false;
    if (text.charCodeAt(at) === dot) {
      const word = count <= 6 ? parseIpv4(text, start) : -1;
      if (word < 0) return false;
      groups[count] = word >>> 16;
      groups[count + 1] = word & 0xffff;
      return closeGap(count + 2, gap);
    }
    groups[count] = value;
    count += 1;
    if (at === text.length) break;
    if (text.charCodeAt(at) !== colon) return false;
    at += 1;
    if (text.charCodeAt(at) === colon) {
      if (gap >= 0) return false;
      gap = count;
      at += 1;
    } else if (at === text.length) {
      return false;
    }
  }
  return closeGap(count, gap);
}

/** Parses an IP address into `words`. Returns false if the text is not an address. Allocates nothing. */
export function parseIp(text: string, words: IpWords): boolean {
  // The longest form of an address has 45 characters.
  if (text.length > 45) return false;
  if (!text.includes(':')) {
    const word = parseIpv4(text, 0);
    if (word < 0) return false;
    words[0] = 0;
    words[1] = 0;
    words[2] = mappedPrefix;
    words[3] = word;
    return true;
  }
  if (!parseIpv6Groups(text)) return false;
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
