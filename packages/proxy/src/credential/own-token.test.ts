import process from 'node:process';
import { describe, expect, it } from '@jest/globals';
import { ProblemError } from '@sallyport/kit';
import fc from 'fast-check';
import { containsOwnToken, refuseOwnToken, withoutTokens } from './own-token.ts';

const token = `spt_${'Ab0-_'.repeat(9).slice(0, 43)}`;
const device = `spd_${'z'.repeat(43)}`;
const signed = `eyJhbGciOiJFZERTQSIsImtpZCI6${'IjEi'.repeat(3)}.${'eyJ'.repeat(5)}.${'s'.repeat(86)}`;
const application = `spa_eyJhbGciOiJFUzI1NiIsImtpZCI6${'IjEi'.repeat(3)}.${'eyJ'.repeat(5)}.${'s'.repeat(86)}`;
const tokens: [string, string][] = [
  ['a session token', token],
  ['a device token', device],
  ['a signed token', signed],
  ['an application token', application],
];

const escaped = (char: string, lower = false) => {
  const hex = char.charCodeAt(0).toString(16).padStart(2, '0');
  return `%${lower ? hex : hex.toUpperCase()}`;
};
const all = (text: string, lower = false) => Array.from(text, (char) => escaped(char, lower)).join('');
const times = (count: number, encode: (text: string) => string) => (text: string) =>
  Array.from({ length: count }).reduce<string>(encode, text);
const percents = (text: string) => text.replaceAll('%', '%25');

const spellings: [string, (text: string) => string][] = [
  ['plain', (text) => text],
  ['encoded', (text) => all(text)],
  ['encoded in lower case', (text) => all(text, true)],
  ['in part', (text) => text.replaceAll('_', '%5F').replaceAll('z', '%7a')],
  ['its first character', (text) => escaped(text[0]!) + text.slice(1)],
  ['its last character', (text) => text.slice(0, -1) + escaped(text.at(-1)!)],
  ['its second character', (text) => text[0]! + escaped(text[1]!) + text.slice(2)],
  ['twice', (text) => percents(all(text))],
  ['three times', times(2, (text) => percents(all(text)))],
  ['twenty times', (text) => times(20, percents)(all(text))],
  ['with the digits of its escapes encoded', (text) => all(text).replaceAll('5', '%35').replaceAll('7', '%37')],
  ['with all of its escapes encoded', (text) => all(all(text))],
  ['after a percent sign that would absorb its first character', (text) => `%251${escaped(text[0]!)}${text.slice(1)}`],
];

describe.each(tokens)('%s in an address', (_what, secret) => {
  it.each(spellings)('is refused, and its token is not recorded, %s', (_how, spell) => {
    for (const address of [
      `/api/v1/pods?token=${spell(secret)}`,
      `/clusters/${spell(secret)}/api`,
      `/a/${spell(secret)}/b?c=%zz`,
      spell(secret),
      `/%2${spell(secret)}%`,
    ]) {
      expect(containsOwnToken(address)).toBe(true);
      expect(() => refuseOwnToken(address)).toThrow(ProblemError);
      const shown = withoutTokens(address);
      expect(containsOwnToken(shown)).toBe(false);
      expect(shown).toContain('[redacted]');
      expect(decodeLeniently(shown)).not.toContain(secret.slice(5));
      const seen: string[] = [];
      const withHash = withoutTokens(address, (one) => {
        seen.push(one);
        return 'hash';
      });
      expect(withHash).toBe(shown.replaceAll('[redacted]', '[redacted:hash]'));
      expect(new Set(seen)).toEqual(new Set([secret]));
    }
  });
});

/** Returns what a reader that decodes repeatedly makes of a text. */
function decodeLeniently(text: string): string {
  for (let at = 0, current = text; ; at += 1) {
    const next = current.replace(/%([0-9A-Fa-f]{2})/g, (_all, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (next === current || at > 30) return next;
    current = next;
  }
}

describe('an address without a token', () => {
  it('stays unchanged, whatever is encoded in it', () => {
    for (const address of [
      '/api/v1/pods?labelSelector=app%3Dweb',
      '/%',
      '/%2',
      '/%zz',
      `/spt_${'a'.repeat(42)}%2e`,
      '/x?a=%25%2573pt_',
      '/100%25',
    ]) {
      expect(containsOwnToken(address)).toBe(false);
      expect(withoutTokens(address)).toBe(address);
    }
    fc.assert(fc.property(fc.stringMatching(/^[a-c%0-9+&=/-]{0,200}$/), (text) => withoutTokens(text) === text));
  });

  it('keeps the text around a token', () => {
    expect(withoutTokens(`/a%20b?x=${all(token)}&y=%2F&z=${device}&s=${percents(all(signed))}%20.`)).toBe(
      '/a%20b?x=spt_[redacted]&y=%2F&z=spd_[redacted]&s=jwt_[redacted]%20.',
    );
  });

  it.each([(text: string) => text, all, percents])(
    'is recorded without the JWT of a workload, which is not refused: applications have JWTs of their own',
    (spell) => {
      const jwt = ['{"alg":"RS256","kid":"1"}', '{"iss":"https://ci.example.com"}', 'a signature of 32 bytes or more']
        .map((part) => Buffer.from(part).toString('base64url'))
        .join('.');
      for (const around of [`/x/${spell(jwt)}/y`, `/x?id_token=${spell(jwt)}&z=1`, spell(jwt)]) {
        expect(containsOwnToken(around)).toBe(false);
        expect(withoutTokens(around)).toBe(around.replace(spell(jwt), 'jwt_[redacted]'));
      }
    },
  );

  it('is hashed a few times at most, however many tokens it has', () => {
    const hashes: string[] = [];
    const shown = withoutTokens(`/x?${`${token}&`.repeat(1000)}`, (one) => `${hashes.push(one)}`);
    expect(hashes).toHaveLength(16);
    expect(shown).toContain('spt_[redacted:16]&spt_[redacted]&');
    expect(containsOwnToken(shown)).toBe(false);
  });

  it('takes time linear in its length, however often it is encoded', () => {
    // A decoder that works in passes would need 16,000, each two characters shorter.
    const address = `/%${'25'.repeat(16_000)}41${'%25'.repeat(10_000)}`;
    const before = process.cpuUsage().user;
    expect(containsOwnToken(address)).toBe(false);
    expect(process.cpuUsage().user - before).toBeLessThan(500_000);
  });
});

describe('an address that is made to take a long time', () => {
  const head = 'eyJhbGciOiJFZERTQSIsImtpZCI6';
  it.each([
    ['starts only', head.repeat(2200)],
    ['starts and a dot', `${head.repeat(2000)}.${'a'.repeat(4000)}`],
    ['many of both', `${head.repeat(9)}.${'a'.repeat(300)}.b.`.repeat(110)],
    ['starts before long parts', `${head.repeat(9)}.${'a'.repeat(4000)}`.repeat(14)],
    ['escapes', '%25'.repeat(20_000)],
    ['starts of application tokens', 'spa_'.repeat(16_000)],
    ['parts of application tokens', `spa_${'a'.repeat(250)}.${'b'.repeat(4000)}`.repeat(15)],
    ['starts of the JWTs of others', 'eyJ'.repeat(20_000)],
    ['heads of the JWTs of others', `${'eyJ'.repeat(150)}.a.`.repeat(120)],
    ['a JWT of another whose signature is too short', `eyJhbGciOiJub25l.eyJ${'a'.repeat(8000)}.b/`.repeat(7)],
    ['short tokens', `spt_${'a'.repeat(42)}.`.repeat(1300)],
  ])('of %s is read in a time that is linear in its length', (_what, text) => {
    // Time of the processor, because the test may have to wait for it. The first tries are slower, before compilation.
    let best = Infinity;
    for (let tries = 0; tries < 5; tries += 1) {
      const before = process.cpuUsage().user;
      expect(containsOwnToken(`/x?${text}`)).toBe(false);
      expect(withoutTokens(`/x?${text}`)).toHaveLength(text.length + 3);
      best = Math.min(best, process.cpuUsage().user - before);
    }
    expect(best).toBeLessThan(80_000);
  });
});
