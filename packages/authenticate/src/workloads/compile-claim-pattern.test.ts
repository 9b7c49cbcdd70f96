import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileClaimPattern } from './compile-workloads.ts';

const matches = (pattern: string, text: string) => compileClaimPattern(pattern)(text);

describe('a pattern of a claim', () => {
  it.each([
    ['refs/heads/*', 'refs/heads/main', true],
    ['refs/heads/*', 'refs/heads/', true],
    ['refs/heads/*', 'refs/heads/a/b', false],
    ['refs/heads/release-*', 'refs/heads/release-1', true],
    ['example/*', 'example/shop', true],
    ['example/*', 'example/shop/x', false],
    ['example/*', 'example-evil/shop', false],
    ['repo:example/*', 'repo:example/shop:ref:refs/heads/main', false],
    ['repo:example/*', 'repo:example/shop:pull_request', false],
    ['repo:example/*:ref:refs/heads/main', 'repo:example/shop:ref:refs/heads/main', true],
    ['repo:example/*:ref:refs/heads/main', 'repo:example/shop:environment:x:ref:refs/heads/main', false],
    ['system:serviceaccount:ci:*', 'system:serviceaccount:ci:deployer', true],
    ['system:serviceaccount:*:deployer', 'system:serviceaccount:a:b:deployer', false],
    ['a*b*c', 'aXbXbXc', true],
    ['a*a', 'a', false],
    ['*', 'a.b+c', true],
    ['*', '', true],
    ['a.c', 'abc', false],
    ['main', 'main\n', false],
  ])('%s and %j: %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  it('matches like the regular expression it stands for', () => {
    const letters = fc.stringMatching(/^[ab/:*]{0,8}$/).filter((text) => !text.includes('**'));
    fc.assert(
      fc.property(letters, fc.stringMatching(/^[ab/:]{0,10}$/), (pattern, text) => {
        expect(matches(pattern, text)).toBe(new RegExp(`^${pattern.replaceAll('*', '[^/:]*')}$`).test(text));
      }),
      { numRuns: 2000 },
    );
  });
});
