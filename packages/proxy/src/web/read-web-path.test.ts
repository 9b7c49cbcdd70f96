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

  it.each(accepted)('%s is judged as %s', (target, path) => {
    expect(readWebPath(target)).toBe(path);
  });
});
