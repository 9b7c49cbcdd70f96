import { describe, expect, it } from '@jest/globals';
import { faultsOf, evaluateCriterion, warningsOf } from '../../testing/evaluate-criterion.ts';

const verb = (name: string) => ({ kubernetes: { verb: name } });

describe('k8s/verb', () => {
  it('takes a verb, a list of verbs or a matcher', () => {
    for (const data of ['get', ['get', 'list'], { in: ['get', 'list'] }, { not: 'delete' }])
      expect(evaluateCriterion('k8s/verb', data, verb('get'))).toEqual([true, 'k8s-verb-ok']);
    for (const data of ['list', ['list'], [], { not: 'get' }])
      expect(evaluateCriterion('k8s/verb', data, verb('get'))).toEqual([false, 'k8s-verb-unauthorized']);
  });

  it('matches nothing without a verb', () => {
    for (const input of [{}, verb('')])
      expect(evaluateCriterion('k8s/verb', { not: 'x' }, input)).toEqual([false, 'k8s-verb-unauthorized']);
  });

  it('warns that * is not a verb', () => {
    expect(warningsOf('k8s/verb', '*')[0]).toMatch(/matches nothing/);
    expect(warningsOf('k8s/verb', ['get', '*'])[0]).toMatch(/matches nothing/);
  });

  it('reports the item of a list that is not a string', () => {
    expect(faultsOf('k8s/verb', ['get', 1])).toEqual(['k8s/verb.1: must be a string, not a number']);
  });
});
