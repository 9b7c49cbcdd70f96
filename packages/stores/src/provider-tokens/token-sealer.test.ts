import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createTokenSealer, type SealingKey } from './token-sealer.ts';

/** Any character. The one of fast-check first builds a table of all characters. */
const character = fc
  .integer({ min: 0, max: 0x10_f7ff })
  .map((code) => String.fromCodePoint(code < 0xd800 ? code : code + 0x800));

const key = (id: string): SealingKey => ({ id, key: randomBytes(32) });
const [old, fresh] = [key('2026-01'), key('2026-07')];

describe('a sealed text', () => {
  it('opens for its owner, and never looks the same twice', () => {
    const sealer = createTokenSealer([old]);
    fc.assert(
      fc.property(fc.string({ unit: character }), fc.string(), (text, of) => {
        const sealed = sealer.seal(text, of);
        expect(sealer.open(sealed, of)).toBe(text);
        expect(sealer.seal(text, of)).not.toBe(sealed);
      }),
    );
  });

  it('hides the text and names the key', () => {
    const sealed = createTokenSealer([old]).seal('refresh-token-in-clear', 'ses-1');
    expect(sealed.startsWith('1.2026-01.')).toBe(true);
    expect(Buffer.from(sealed.split('.')[2]!, 'base64url').toString('latin1')).not.toContain('refresh');
  });

  it('opens for no other owner', () => {
    const sealer = createTokenSealer([old]);
    const sealed = sealer.seal('secret', 'ses-1');
    for (const other of ['ses-2', '', 'ses-1\0', 'SES-1']) expect(sealer.open(sealed, other)).toBeUndefined();
  });

  it('does not open after a single bit was altered', () => {
    const sealer = createTokenSealer([old]);
    const [version, id, body] = sealer.seal('secret', 'ses-1').split('.') as [string, string, string];
    const bytes = Buffer.from(body, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const altered = Buffer.from(bytes);
      altered[bit >> 3]! ^= 1 << (bit & 7);
      expect(sealer.open(`${version}.${id}.${altered.toString('base64url')}`, 'ses-1')).toBeUndefined();
    }
    for (const cut of [
      '',
      '.',
      '1.2026-01.',
      '1.2026-01.AAAA',
      `2.${id}.${body}`,
      `1.other.${body}`,
      `1..${body}`,
      `${version}.${id}.${body}.x`,
      `${version}.${id}.${body.slice(0, 20)}`,
    ]) {
      expect(sealer.open(cut, 'ses-1')).toBeUndefined();
    }
  });

  it('is made with the first key, and opens with any key of the ring but not with a removed one', () => {
    const before = createTokenSealer([old]).seal('secret', 'ses-1');
    const rotated = createTokenSealer([fresh, old]);
    expect(rotated.open(before, 'ses-1')).toBe('secret');
    const after = rotated.seal('secret', 'ses-1');
    expect(after.startsWith('1.2026-07.')).toBe(true);
    const later = createTokenSealer([fresh]);
    expect([later.open(before, 'ses-1'), later.open(after, 'ses-1')]).toEqual([undefined, 'secret']);
    // The same name with other bytes is another key.
    expect(createTokenSealer([{ id: fresh.id, key: old.key }]).open(after, 'ses-1')).toBeUndefined();
  });
});
