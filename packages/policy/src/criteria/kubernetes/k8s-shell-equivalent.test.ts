import { describe, expect, it } from '@jest/globals';
import { faultsOf, evaluateCriterion } from '../../testing/evaluate-criterion.ts';

const ask = (data: boolean, kubernetes: object | undefined) =>
  evaluateCriterion('k8s/shell_equivalent', data, { kubernetes })[0];
const resource = (text: string, verb = 'create') => {
  const [name, subresource = ''] = text.split('/');
  return { verb, isResourceRequest: true, apiGroup: '', resource: name, subresource };
};

describe('k8s/shell_equivalent', () => {
  it.each([
    'pods/exec',
    'pods/attach',
    'pods/ephemeralcontainers',
    'pods/portforward',
    'pods/proxy',
    'services/proxy',
    'nodes/proxy',
    'serviceaccounts/token',
  ])('covers %s with any verb', (text) => {
    for (const verb of ['create', 'get', 'patch', 'delete', ''])
      expect([ask(true, resource(text, verb)), ask(false, resource(text, verb))]).toEqual([true, false]);
  });

  it('covers requests for certificates and their approval', () => {
    const csr = { ...resource('certificatesigningrequests'), apiGroup: 'certificates.k8s.io' };
    for (const one of [csr, { ...csr, verb: 'patch', subresource: 'approval' }])
      expect([ask(true, one), ask(false, one)]).toEqual([true, false]);
    for (const one of [
      { ...csr, verb: 'list' },
      { ...csr, apiGroup: '' },
      { ...csr, verb: 'get', subresource: 'status' },
    ])
      expect([ask(true, one), ask(false, one)]).toEqual([false, true]);
  });

  it('covers the old API for proxying, without a subresource', () => {
    expect(
      ask(true, { verb: 'proxy', requestVerb: 'proxy', isResourceRequest: true, resource: 'nodes', subresource: '' }),
    ).toBe(true);
  });

  it('does not cover anything else', () => {
    for (const one of [
      resource('pods'),
      resource('pods/log', 'get'),
      resource('nodes'),
      resource('services/status'),
      resource('serviceaccounts'),
      resource('deployments/exec'),
      { ...resource('pods/exec'), apiGroup: 'metrics.example' },
      { isResourceRequest: false, path: '/healthz' },
      resource('constructor/name'),
    ]) {
      expect([ask(true, one), ask(false, one)]).toEqual([false, true]);
    }
  });

  it('matches neither true nor false if the request is unknown', () => {
    for (const one of [undefined, {}, { verb: 'get' }, { isResourceRequest: true, resource: '' }])
      expect([ask(true, one), ask(false, one)]).toEqual([false, false]);
  });

  it('takes true or false', () => {
    for (const data of ['true', 1, null, {}]) expect(faultsOf('k8s/shell_equivalent', data)).toHaveLength(1);
  });
});
