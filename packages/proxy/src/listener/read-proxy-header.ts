import { isIPv4, isIPv6 } from 'node:net';

/**
 * What a header of the PROXY protocol says. Without an address, the connection is one of the load balancer itself, such as
 * a health check.
 */
export type ProxyHeader = { length: number; address: string | undefined };

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
/** Version 1 ends within so many bytes, CRLF included. */
const maxText = 107;
/** The fixed part of version 2. */
const fixedLength = 16;
/** How much may follow it. The addresses have 36 bytes at most; the rest is what load balancers add. */
const maxRest = 4096;
const local = 0x20;
const proxied = 0x21;
const [tcp4, tcp6] = [0x11, 0x21];

const textForm = /^PROXY (TCP4|TCP6) (\S+) (\S+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})$/;

/** Returns an address in the form that sockets report: the shortest one (RFC 5952), and IPv4 as such also if mapped. */
function addressOf(text: string): string | undefined {
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const short = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short) ?? [];
  if (high === undefined || low === undefined) return short;
  const first = Number.parseInt(high, 16);
  const last = Number.parseInt(low, 16);
  return [first >> 8, first & 0xff, last >> 8, last & 0xff].join('.');
}

function readText(bytes: Buffer): ProxyHeader | 'incomplete' | undefined {
  const end = bytes.subarray(0, maxText).indexOf('\r\n');
  if (end === -1) return bytes.length < maxText ? 'incomplete' : undefined;
  const line = bytes.toString('latin1', 0, end);
  const [, family, from, to, ...ports] = textForm.exec(line) ?? [];
  const isAddress = family === 'TCP4' ? isIPv4 : isIPv6;
  if (from === undefined || !isAddress(from) || !isAddress(to!)) return undefined;
  const address = addressOf(from);
  if (address === undefined || ports.some((port) => Number(port) > 65_535)) return undefined;
  return { length: end + 2, address };
}

function readAddress(family: number, bytes: Buffer): string | undefined {
  if (family === tcp4 && bytes.length >= 12) return bytes.subarray(0, 4).join('.');
  if (family !== tcp6 || bytes.length < 36) return undefined;
  const groups = Array.from({ length: 8 }, (_none, index) => bytes.readUInt16BE(2 * index).toString(16));
  return addressOf(groups.join(':'));
}

function readBinary(bytes: Buffer): ProxyHeader | 'incomplete' | undefined {
  if (bytes.length < fixedLength) return 'incomplete';
  const command = bytes[12]!;
  const family = bytes[13]!;
  const rest = bytes.readUInt16BE(14);
  if ((command !== local && command !== proxied) || rest > maxRest) return undefined;
  const length = fixedLength + rest;
  if (bytes.length < length) return 'incomplete';
  if (command === local) return { length, address: undefined };
  const address = readAddress(family, bytes.subarray(fixedLength, length));
  return address === undefined ? undefined : { length, address };
}

/**
 * Reads the header of the PROXY protocol, version 1 or 2, at the beginning of a connection (haproxy.org, "The PROXY
 * protocol", 2.1 and 2.2). Returns undefined if these bytes do not begin one that names a client of a TCP connection: a
 * client that is `UNKNOWN` would be taken for the load balancer.
 */
export function readProxyHeader(bytes: Buffer): ProxyHeader | 'incomplete' | undefined {
  const start = bytes.subarray(0, signature.length);
  if (signature.subarray(0, start.length).equals(start))
    return start.length < signature.length ? 'incomplete' : readBinary(bytes);
  return 'PROXY '.startsWith(bytes.toString('latin1', 0, 6)) ? readText(bytes) : undefined;
}
