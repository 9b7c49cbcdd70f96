import { describe, expect, it } from '@jest/globals';
import { evaluateCriterion } from '../../testing/evaluate-criterion.ts';

describe('http_method', () => {
  it('holds if the matcher does, logged in or not', () => {
    expect(evaluateCriterion('http_method', 'GET', { request: { method: 'GET' } })).toEqual([true, 'http-method-ok']);
    expect(evaluateCriterion('http_method', { in: ['GET', 'HEAD'] }, { request: { method: 'POST' } })).toEqual([
      false,
      'http-method-unauthorized',
    ]);
  });

  it('matches nothing without a method', () => {
    expect(evaluateCriterion('http_method', { not: 'GET' }, {})).toEqual([false, 'http-method-unauthorized']);
  });
});

describe('http_path', () => {
  it('holds if the matcher does, logged in or not', () => {
    expect(evaluateCriterion('http_path', { starts_with: '/public/' }, { request: { path: '/public/x' } })).toEqual([
      true,
      'http-path-ok',
    ]);
    expect(evaluateCriterion('http_path', '/public', { request: { path: '/public/x' } })).toEqual([
      false,
      'http-path-unauthorized',
    ]);
  });

  it('matches nothing without a path', () => {
    expect(evaluateCriterion('http_path', { not: '/' }, {})).toEqual([false, 'http-path-unauthorized']);
  });

  it("ignores a slash at the end of a cluster's path, and compares every other path as Pomerium does", () => {
    const request = { path: '/clusters/dev/api/v1/secrets/' };
    expect(
      evaluateCriterion('http_path', { ends_with: '/secrets' }, { request, kubernetes: { path: '/api/v1/secrets/' } }),
    ).toEqual([true, 'http-path-ok']);
    expect(evaluateCriterion('http_path', { ends_with: '/secrets' }, { request })).toEqual([
      false,
      'http-path-unauthorized',
    ]);
  });
});
