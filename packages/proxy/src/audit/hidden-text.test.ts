import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createHiddenText, ownerOf } from './hidden-text.ts';

const key = Buffer.from('k');
const hideFor = createHiddenText('hashed', key);
const [alice, bob] = ['alice', 'bob'].map((subject) => ownerOf({ issuer: 'https://idp.example.com', subject }, 'a-1'));

describe('the hash of a word', () => {
  it('is the same for one person, in every event and on every replica', () => {
    expect(hideFor(alice!).of('-psecret')).toBe(createHiddenText('hashed', key)(alice!).of('-psecret'));
    expect(hideFor(alice!).ofAll(['a', 'b'])).toEqual(['a', 'b'].map(hideFor(alice!).of));
  });

  it('cannot be found by trying: by a search, by a command of another person, by a query, or without a login', () => {
    const guess = 'secret';
    const hashOf = (text: string) => text.replace('hmac-sha256:', '');
    const all = [
      hideFor(alice!).of(guess),
      hideFor(alice!, 'search').of(guess),
      hideFor(bob!).of(guess),
      hideFor(bob!, 'search').of(guess),
      hideFor(ownerOf(undefined, 'a-1')).of(guess),
      hideFor(ownerOf(undefined, 'a-2')).of(guess),
      hideFor(alice!).ofQuery(guess),
      hideFor(bob!).ofQuery(guess),
      hideFor(alice!).ofToken(guess),
      createHmac('sha256', key)
        .update(JSON.stringify(['command', guess]))
        .digest('base64url'),
    ];
    expect(new Set(all.map(hashOf)).size).toBe(all.length);
  });

  it('of a token is the same for everyone, because it cannot be guessed', () => {
    expect(hideFor(alice!).ofToken('t')).toBe(createHiddenText('clear', key)(bob!, 'search').ofToken('t'));
  });

  it('is the word itself where commands are in clear', () => {
    const clear = createHiddenText('clear', key)(alice!);
    expect([clear.hashed, clear.of('sh'), clear.ofAll(['sh', '-c'])]).toEqual([false, 'sh', ['sh', '-c']]);
  });
});
