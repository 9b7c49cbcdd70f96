import { describe, expect, it } from '@jest/globals';
import { evaluateCriterion } from '../../testing/evaluate-criterion.ts';

const ask = (method: string | undefined, headers: unknown) =>
  evaluateCriterion('cors_preflight', true, { request: { method, headers: headers as Record<string, string> } });

describe('cors_preflight', () => {
  it('holds for OPTIONS with both headers, with names in any case', () => {
    for (const headers of [
      { Origin: 'https://a', 'Access-Control-Request-Method': 'GET' },
      { origin: 'https://a', 'access-control-request-method': 'GET' },
    ])
      expect(ask('OPTIONS', headers)).toEqual([true, 'cors-request']);
  });

  it('does not hold without one of them', () => {
    const both = { Origin: 'https://a', 'Access-Control-Request-Method': 'GET' };
    for (const [method, headers] of [
      ['GET', both],
      ['options', both],
      [undefined, both],
      ['OPTIONS', { Origin: 'x' }],
      ['OPTIONS', { ...both, Origin: '' }],
      ['OPTIONS', null],
      ['OPTIONS', undefined],
      ['OPTIONS', 'Origin'],
    ] as const) {
      expect(ask(method, headers)).toEqual([false, 'non-cors-request']);
    }
  });
});
