import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { binaryHeader } from '../testing/proxy-header.ts';
import { readProxyHeader } from './read-proxy-header.ts';

const text = (line: string) => Buffer.from(`${line}\r\n`);
const ip4 = [192, 0, 2, 7];
const ip6 = [0x20, 0x01, 0x0d, 0xb8, ...Array<number>(11).fill(0), 1];
const mapped = [...Array<number>(10).fill(0), 0xff, 0xff, ...ip4];
const good: [string, Buffer, string | undefined][] = [
  ['version 1, IPv4', text('PROXY TCP4 192.0.2.7 198.51.100.1 40000 443'), '192.0.2.7'],
  ['version 1, IPv6', text('PROXY TCP6 2001:db8::1 2001:db8::2 0 65535'), '2001:db8::1'],
  ['version 2, IPv4', binaryHeader({ family: 0x11, source: ip4 }), '192.0.2.7'],
  ['version 2, IPv6', binaryHeader({ family: 0x21, source: ip6 }), '2001:db8::1'],
  ['version 1, IPv6 in capitals', text('PROXY TCP6 2001:DB8:0:0:0:0:0:1 ::2 1 2'), '2001:db8::1'],
  ['version 1, mapped IPv4', text('PROXY TCP6 ::FFFF:192.0.2.7 ::2 1 2'), '192.0.2.7'],
  ['version 2, mapped IPv4', binaryHeader({ family: 0x21, source: mapped }), '192.0.2.7'],
  ['version 2 with further fields', binaryHeader({ family: 0x11, source: ip4, more: 200 }), '192.0.2.7'],
  ['version 2, of the load balancer itself', binaryHeader({ command: 0x20, family: 0x11, source: ip4 }), undefined],
  ['version 2, of itself, without addresses', binaryHeader({ command: 0x20, family: 0, source: [] }), undefined],
];

describe('a header of the PROXY protocol', () => {
  it.each(good)('is read: %s', (_what, bytes, address) => {
    expect(readProxyHeader(bytes)).toEqual({ length: bytes.length, address });
    expect(readProxyHeader(Buffer.concat([bytes, Buffer.from('GET / HTTP/1.1')]))).toEqual({
      length: bytes.length,
      address,
    });
  });

  it.each(good)('is incomplete until its last byte: %s', (_what, bytes) => {
    for (let length = 0; length < bytes.length; length += 1)
      expect(readProxyHeader(bytes.subarray(0, length))).toBe('incomplete');
  });

  it.each([
    ['TLS', Buffer.from([0x16, 3, 1, 2, 0])],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n')],
    ['another method', Buffer.from('PROPFIND / HTTP/1.1\r\n')],
    ['a client that is unknown', text('PROXY UNKNOWN')],
    ['a client that is unknown, with addresses', text('PROXY UNKNOWN 192.0.2.7 198.51.100.1 1 2')],
    ['an IPv6 address for IPv4', text('PROXY TCP4 2001:db8::1 198.51.100.1 1 2')],
    ['an address with a zone', text('PROXY TCP6 fe80::1%eth0\u0000 ::1 1 2')],
    ['an address with a zone and nothing else', text('PROXY TCP6 fe80::1%eth0 ::1 1 2')],
    ['a leading zero', text('PROXY TCP4 192.0.2.07 198.51.100.1 1 2')],
    ['a port that is too large', text('PROXY TCP4 192.0.2.7 198.51.100.1 1 65536')],
    ['two blanks', text('PROXY TCP4  192.0.2.7 198.51.100.1 1 2')],
    ['a missing port', text('PROXY TCP4 192.0.2.7 198.51.100.1 1')],
    ['a line without an end', Buffer.from(`PROXY TCP4 ${'1'.repeat(200)}`)],
    ['another version', binaryHeader({ command: 0x11, family: 0x11, source: ip4 })],
    ['an unknown command', binaryHeader({ command: 0x22, family: 0x11, source: ip4 })],
    ['a client without a family', binaryHeader({ family: 0, source: [] })],
    ['a local socket', binaryHeader({ family: 0x31, source: Array<number>(216).fill(0) })],
    ['UDP', binaryHeader({ family: 0x12, source: ip4 })],
    ['too few bytes for its family', binaryHeader({ family: 0x21, source: ip4 })],
    ['more than anything adds', binaryHeader({ family: 0x11, source: ip4, more: 5000 })],
  ])('is not what these bytes are: %s', (_what, bytes) => {
    expect(readProxyHeader(bytes)).toBeUndefined();
  });

  it('never reads further than the bytes that came, nor throws', () => {
    const start = fc.constantFrom(
      Buffer.from('PROXY TCP4 '),
      binaryHeader({ family: 0x21, source: ip6 }).subarray(0, 14),
    );
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 300 }), (head, rest) => {
        const bytes = Buffer.concat([head, rest]);
        const header = readProxyHeader(bytes);
        if (typeof header === 'object') expect(header.length).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});
