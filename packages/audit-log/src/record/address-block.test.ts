import { isIP } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addressBlock } from './anonymous-group.ts';

describe('the block of an address', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8::5', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::ffff:0a01:0203', '10.1.2.3'],
    ['2001:db8:0:0:1::', '2001:db8:0:0::/64'],
  ])('of %s is %s', (address, block) => {
    expect(addressBlock(address)).toBe(block);
  });

  it('is the same for all addresses of a /64, however they are written', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (address, host) => {
        fc.pre(isIP(address) === 6);
        const block = addressBlock(address);
        if (!block.endsWith('::/64')) return;
        const words = [48n, 32n, 16n, 0n].map((shift) =>
          ((host >> shift) & 0xffffn).toString(16).padStart(4, '0').toUpperCase(),
        );
        expect(addressBlock(`${block.slice(0, -'::/64'.length)}:${words.join(':')}`)).toBe(
          block.startsWith('0:0:0:0') && words[0] === '0000' && words[1] === 'FFFF' ? expect.any(String) : block,
        );
      }),
    );
  });
});
