import { describe, expect, it } from '@jest/globals';
import { readWebPath } from './read-web-path.ts';

const refused = [
  '/a/..;/admin',
  '/a/..;x=1/admin',
  '/a/.;/admin',
  '/a/%2e%2e;/admin',
  '/a/..%3B/admin',
  '/a/..%20/admin',
  '/a/..;',
  '/;/admin',
  '/;x=1/admin',
  '/%3bx/admin',
  '/a/%252e%252e/admin',
  '/a/%25252e./admin',
  '/a%252f..%252fadmin',
  '/a%255c..%255cadmin',
];
const accepted = [
  ['/a;x=1/b', '/a;x=1/b'],
  ['/;jsessionid=1', '/;jsessionid=1'],
  ['/job/feature%252Ffix', '/job/feature%2Ffix'],
  ['/.well-known/..x/x..', '/.well-known/..x/x..'],
  ['/100%25/x', '/100%/x'],
  ['/%2e%2ex', '/..x'],
];

describe('a path to a web application', () => {
  it.each(refused)('%s is refused, because some readers find another path in it', (target) => {
    expect(() => readWebPath(target)).toThrow(/path/i);
  });

  it.each([
    ['/api/v4/projects/group%2Fproject/issues', '/api/v4/projects/group%2Fproject/issues'],
    ['/a%2fb%2Fc', '/a%2Fb%2Fc'],
    ['/%61%2Fb%20c', '/a%2Fb c'],
    ['/a/b', '/a/b'],
  ])('%s is judged as %s where escaped slashes are allowed', (target, path) => {
    expect(readWebPath(target, { allowEncodedSlashes: true })).toBe(path);
    if (/%2f/i.test(target)) expect(() => readWebPath(target)).toThrow(/slash/);
  });

  it.each([
    '/%2Fadmin',
    '/a%2F',
    '/a%2F%2Fadmin',
    '/a%2F..%2Fadmin',
    '/a%2F%2e%2e%2Fadmin',
    '/a%2F..;%2Fadmin',
    '/..%2Fadmin',
    '/a%252Fb',
    '/a%2F%252e%252e',
    '/a%5cb',
    '/a%2F%00',
    '/a%2F%ff',
  ])('%s is refused also where escaped slashes are allowed', (target) => {
    expect(() => readWebPath(target, { allowEncodedSlashes: true })).toThrow(/path/i);
  });

  it.each(accepted)('%s is judged as %s', (target, path) => {
    expect(readWebPath(target)).toBe(path);
  });
});
