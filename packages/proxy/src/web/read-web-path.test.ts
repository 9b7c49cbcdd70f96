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
  '/a%255cadmin',
  '/%252fadmin',
  '/a%252f%252fadmin',
  '/a%252f',
  '/a%252f;x%252fadmin',
  '/admin%25252fx',
  '/%253bx/admin',
  '/a%250ab',
  '/a%25250ab',
  '/a%25c0%25afadmin',
  '/%25c0%25ae%25c0%25ae/admin',
  '/%25e0%2580%25ae./admin',
  '/public/%e2%80%a5/admin',
  '/public/%ef%bc%8e./admin',
  '/public/%25ef%25bc%258e%252e/admin',
  '/public/..%ef%bc%8fadmin',
  '/public/a%ef%bc%8f..%ef%bc%bcadmin',
  '/public/%e2%80%a4/admin',
];
/** What some readers cut off or remove behind a dot segment, once escaped. */
const behindDots = [
  '%00',
  '%01',
  '%09',
  '%0a',
  '%0d',
  '%1f',
  '%20',
  '%23',
  '%2f',
  '%3b',
  '%3f',
  '%5c',
  '%7f',
  '%85',
  '%a0',
  '%c0%af',
  '%c2%85',
  '%c2%a0',
  '%e2%80%8b',
  '%e2%80%a8',
  '%e3%80%80',
  '%ef%bb%bf',
  '+',
  '%2b',
];
const isAccepted = (target: string, allowEncodedSlashes: boolean) => {
  try {
    return readWebPath(target, { allowEncodedSlashes }) !== undefined;
  } catch {
    return false;
  }
};
const escapedAgain = (text: string) => text.replaceAll('%', '%25');
const accepted = [
  ['/a;x=1/b', '/a;x=1/b'],
  ['/;jsessionid=1', '/;jsessionid=1'],
  ['/job/feature%252Ffix', '/job/feature%2Ffix'],
  ['/.well-known/..x/x..', '/.well-known/..x/x..'],
  ['/100%25/x', '/100%/x'],
  ['/%2e%2ex', '/..x'],
  ['/100%25beef/50%25de%20x', '/100%beef/50%de x'],
  ['/;filter=100%25', '/;filter=100%'],
  ['/..%C3%A9', '/..é'],
  ['/.%F0%9F%90%99', '/.\u{1f419}'],
  ['/.+x/c++', '/.+x/c++'],
  ['/+/+1/++', '/+/+1/++'],
  ['/%ef%bc%a1%ef%bc%8f%ef%bc%a2/etc%e2%80%a6', '/Ａ／Ｂ/etc…'],
];

describe('a path to a web application', () => {
  it.each(refused)('%s is refused, because some readers find another path in it', (target) => {
    expect(() => readWebPath(target)).toThrow(/path/i);
  });

  it.each(['..', '.', '%2e%2E', '%252e.'])(
    'with %s is refused whatever follows that a reader may cut off or remove, however often it is escaped',
    (dots) => {
      const ends = behindDots.flatMap((end) => [end, escapedAgain(end), escapedAgain(escapedAgain(end))]);
      const targets = ends.flatMap((end) => [
        `/public/${dots}${end}/admin`,
        `/public/${dots}${end}`,
        ...(/\+|2b$/.test(end) ? [] : [`/public/${dots}${end}x/admin`]),
      ]);
      for (const begin of ['%20', '%2520', '%25C2%25A0', '%E2%80%8B', '+', '%2b', '%252B', '++%20'])
        targets.push(`/public/${begin}${dots}/admin`);
      expect(targets.filter((target) => isAccepted(target, false) || isAccepted(target, true))).toEqual([]);
    },
  );

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
    '/admin%25252Fx',
    '/a%2Fb%25252Fc',
    '/a%2F%252e%252e',
    '/a%2F;x%2Fadmin',
    '/a%2F%253bx%2Fadmin',
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
