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
