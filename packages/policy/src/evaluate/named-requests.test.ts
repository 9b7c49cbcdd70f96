import { describe, expect, it } from '@jest/globals';
import { compilePolicy } from '../compile/compile-policy.ts';
import { namedRequests } from './may-reach.ts';

function named(...rules: object[]): string[] {
  const result = compilePolicy(rules, { scope: 'test' });
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return namedRequests([result.policy]).map(({ method, path }) => `${method} ${path}`);
}
const allow = (operator: string, ...criteria: object[]) => ({ allow: { [operator]: criteria } });

describe('the requests that policies for a web application name', () => {
  it.each<[string, object[], string[]]>([
    ['no path', [allow('or', { groups: 'sre' })], []],
    ['one path', [allow('and', { groups: 'sre' }, { http_path: '/a' })], ['GET /a']],
    ['the beginning of paths', [allow('and', { http_path: { starts_with: '/a/' } })], ['GET /a/']],
    [
      'several paths and methods',
      [allow('and', { http_path: { in: ['/a', '/b'] } }, { http_method: { in: ['PUT', 'GET'] } })],
      ['PUT /a', 'GET /a', 'PUT /b', 'GET /b'],
    ],
    ['a method', [allow('or', { http_method: 'POST' })], ['POST /']],
    [
      'a path in each of two rules',
      [allow('and', { http_path: '/a' }), allow('or', { http_path: '/b' })],
      ['GET /a', 'GET /b'],
    ],
    ['a part of a path', [allow('and', { http_path: { contains: 'a' } })], []],
    ['what is no path', [allow('and', { http_path: 'a' })], []],
    ['what a path is not', [allow('and', { http_path: { not: '/a' } }), allow('not', { http_path: '/b' })], []],
    ['a path that is denied', [{ deny: { and: [{ http_path: '/a' }] } }], []],
  ])('are that for the front page and, for %s, %j: %j', (_what, rules, more) => {
    expect(named(...rules)).toEqual(['GET /', ...more]);
  });

  it('are a bounded number', () => {
    const paths = Array.from({ length: 1000 }, (_none, index) => `/${index}`);
    expect(named(allow('and', { http_path: { in: paths } }))).toHaveLength(32);
  });
});
