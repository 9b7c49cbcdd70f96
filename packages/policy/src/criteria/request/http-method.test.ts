import { describe, expect, it } from '@jest/globals';
import { judge } from '../../testing/judge.ts';

describe('http_method', () => {
  it('holds where the matcher does, logged in or not', () => {
    expect(judge('http_method', 'GET', { request: { method: 'GET' } })).toEqual([true, 'http-method-ok']);
    expect(judge('http_method', { in: ['GET', 'HEAD'] }, { request: { method: 'POST' } })).toEqual([
      false,
      'http-method-unauthorized',
    ]);
  });

  it('matches nothing where there is no method', () => {
    expect(judge('http_method', { not: 'GET' }, {})).toEqual([false, 'http-method-unauthorized']);
  });
});
