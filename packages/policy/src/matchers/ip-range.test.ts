import { BlockList, isIP, SocketAddress } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileIpRange, parseIp } from './ip-range.ts';

function read(text: string): string | undefined {
  const words = new Uint32Array(4);
  return parseIp(text, words) ? [...words].map((word) => word.toString(16).padStart(8, '0')).join('') : undefined;
}

describe('parsing an IP address', () => {
  it('accepts exactly what Node.js accepts', () => {
    const piece = fc.constantFrom(
      '0',
      '1',
      '12',
      '255',
      '256',
      '007',
      'ffff',
      '10000',
      'g',
      '.',
      ':',
      '::',
      '%',
      ' ',
      '1.2.3.4',
    );
    const junk = fc.array(piece, { maxLength: 17 }).map((all) => all.join(''));
    fc.assert(
      fc.property(fc.oneof(junk, fc.ipV4(), fc.ipV6(), fc.string({ maxLength: 12 })), (text) => {
        expect({ text, read: read(text) !== undefined }).toEqual({
          text,
          read: isIP(text) !== 0 && !text.includes('%'),
        });
      }),
      { numRuns: 1500 },
    );
  });

  it('parses the value', () => {
    expect(read('1.2.3.4')).toBe('00000000000000000000ffff01020304');
    expect(read('::')).toBe('0'.repeat(32));
    expect(read('2001:db8::ff')).toBe('20010db80000000000000000000000ff');
    expect(read('1:2:3:4:5:6:7:8')).toBe('00010002000300040005000600070008');
    expect(read('1::')).toBe('0001'.padEnd(32, '0'));
    expect(read('64:ff9b::1.2.3.4')).toBe('0064ff9b000000000000000001020304');
    expect(read('1:2:3:4:5:6:1.2.3.4')).toBe('00010002000300040005000601020304');
    for (const text of ['1:2:3:4:5:6:7:1.2.3.4', '1:2:3:4:5:6:7::8:9', '1::2::3', ':1', '1:', '1:2', ':::', '12345::'])
      expect(read(text)).toBe(undefined);
  });

  it('assigns addresses to ranges as BlockList does', () => {
    const v4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }));
    const v6 = fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }));
    const near = (base: string) => fc.constantFrom(base, base.replace(/[0-9a-f](?=[^0-9a-f]*$)/i, '1'));
    fc.assert(
      fc.property(
        fc
          .oneof(v4, v6)
          .chain(([base, prefix]) =>
            fc.tuple(fc.constant(base), fc.constant(prefix), fc.oneof(near(base), fc.ipV4(), fc.ipV6())),
          ),
        ([base, prefix, address]) => {
          const family = isIP(base) === 4 ? 'ipv4' : 'ipv6';
          const other = isIP(address) === 4 ? 'ipv4' : 'ipv6';
          const words = new Uint32Array(4);
          if (!parseIp(address, words)) return;
          // BlockList allows mapped addresses in IPv6 ranges. Here they are only IPv4.
          if (isMapped(base) || isMapped(address) || family !== other) return;
          const list = new BlockList();
          list.addSubnet(base, prefix, family);
          expect(compileIpRange(`${base}/${prefix}`)!(words)).toBe(
            list.check(new SocketAddress({ address, family: other })),
          );
        },
      ),
      { numRuns: 1000 },
    );
  });
});

const isMapped = (text: string) => read(text)?.startsWith('00000000000000000000ffff') === true && text.includes(':');
