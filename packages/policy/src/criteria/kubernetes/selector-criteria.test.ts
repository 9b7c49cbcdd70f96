import { describe, expect, it } from '@jest/globals';
import { evaluateCriterion } from '../../testing/evaluate-criterion.ts';

describe.each([
  ['k8s/label_selector', 'labelSelector'],
  ['k8s/field_selector', 'fieldSelector'],
])('%s', (key, member) => {
  const reason = key.replace('/', '-').replaceAll('_', '-');
  const ask = (data: unknown, verb: string, selector?: string) =>
    evaluateCriterion(key, data, { kubernetes: { verb, [member]: selector } });

  it('compares the text of the selector', () => {
    for (const verb of ['list', 'watch', 'deletecollection'])
      expect(ask('app=web', verb, 'app=web')).toEqual([true, `${reason}-ok`]);
    expect(ask('app=web', 'list', 'app=web2')).toEqual([false, `${reason}-unauthorized`]);
    expect(ask({ contains: 'app=web' }, 'list', 'app=web2')).toEqual([true, `${reason}-ok`]);
  });

  it('matches nothing for requests whose selector the API server ignores', () => {
    for (const verb of ['get', 'create', 'update', 'patch', 'delete', ''])
      expect(ask({ not: 'x' }, verb, 'app=web')).toEqual([false, `${reason}-unauthorized`]);
    expect(evaluateCriterion(key, 'app=web', { kubernetes: { [member]: 'app=web' } })).toEqual([
      false,
      `${reason}-unauthorized`,
    ]);
  });

  it('matches nothing if there is none', () => {
    for (const selector of [undefined, ''])
      expect(ask({ not: 'x' }, 'list', selector)).toEqual([false, `${reason}-unauthorized`]);
    expect(evaluateCriterion(key, { not: 'x' }, {})).toEqual([false, `${reason}-unauthorized`]);
  });
});
