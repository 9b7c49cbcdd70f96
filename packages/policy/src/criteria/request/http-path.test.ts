import { describe, expect, it } from '@jest/globals';
import { judge } from '../../testing/judge.ts';

describe('http_path', () => {
  it('holds where the matcher does, logged in or not', () => {
    expect(judge('http_path', { starts_with: '/public/' }, { request: { path: '/public/x' } })).toEqual([
      true,
      'http-path-ok',
    ]);
    expect(judge('http_path', '/public', { request: { path: '/public/x' } })).toEqual([
      false,
      'http-path-unauthorized',
    ]);
  });

  it('matches nothing where there is no path', () => {
    expect(judge('http_path', { not: '/' }, {})).toEqual([false, 'http-path-unauthorized']);
  });

  it("does not count a slash at the end of a cluster's path, and compares every other one as Pomerium does", () => {
    const request = { path: '/clusters/dev/api/v1/secrets/' };
    expect(
      judge('http_path', { ends_with: '/secrets' }, { request, kubernetes: { path: '/api/v1/secrets/' } }),
    ).toEqual([true, 'http-path-ok']);
    expect(judge('http_path', { ends_with: '/secrets' }, { request })).toEqual([false, 'http-path-unauthorized']);
  });
});
