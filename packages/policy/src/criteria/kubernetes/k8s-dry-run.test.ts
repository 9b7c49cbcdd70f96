import { describe, expect, it } from '@jest/globals';
import { faultsOf, evaluateCriterion } from '../../testing/evaluate-criterion.ts';

const ask = (data: boolean, kubernetes: object | undefined) =>
  evaluateCriterion('k8s/dry_run', data, { kubernetes })[0];

describe('k8s/dry_run', () => {
  it('holds for dry runs of changes', () => {
    for (const verb of ['create', 'update', 'patch', 'delete', 'deletecollection']) {
      expect([
        ask(true, { verb, resource: 'pods', dryRun: true }),
        ask(false, { verb, resource: 'pods', dryRun: true }),
      ]).toEqual([true, false]);
      expect([ask(true, { verb, resource: 'pods' }), ask(false, { verb, resource: 'pods' })]).toEqual([false, true]);
    }
  });

  it('never holds for what takes effect at once, whatever the query says', () => {
    for (const [resource, subresource] of [
      ['pods', 'exec'],
      ['pods', 'attach'],
      ['pods', 'portforward'],
      ['pods', 'proxy'],
      ['nodes', 'proxy'],
      ['serviceaccounts', 'token'],
    ]) {
      expect([
        ask(true, { verb: 'create', resource, subresource, dryRun: true }),
        ask(false, { verb: 'create', resource, subresource, dryRun: true }),
      ]).toEqual([false, true]);
    }
    expect(ask(true, { verb: 'patch', resource: 'pods', subresource: 'ephemeralcontainers', dryRun: true })).toBe(true);
  });

  it('never holds for a Secret, which every response contains', () => {
    for (const verb of ['create', 'update', 'patch', 'delete', 'deletecollection'])
      expect([
        ask(true, { verb, resource: 'secrets', dryRun: true }),
        ask(false, { verb, resource: 'secrets', dryRun: true }),
      ]).toEqual([false, true]);
    expect(ask(true, { verb: 'patch', apiGroup: 'vault.example', resource: 'secrets', dryRun: true })).toBe(true);
  });

  it('does not hold if nothing is changed, or if the request is unknown', () => {
    expect([ask(true, { verb: 'get', dryRun: true }), ask(false, { verb: 'get', dryRun: true })]).toEqual([
      false,
      true,
    ]);
    expect([ask(true, { verb: 'create', dryRun: 'true' }), ask(true, undefined), ask(false, undefined)]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('takes true or false', () => {
    for (const data of ['All', 1, null]) expect(faultsOf('k8s/dry_run', data)).toHaveLength(1);
  });
});
