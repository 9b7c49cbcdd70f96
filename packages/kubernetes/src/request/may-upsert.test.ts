import { describe, expect, it } from '@jest/globals';
import { mayUpsert } from './may-upsert.ts';
import { parseRequestTarget } from './parse-request-target.ts';
import { readRequestInfo } from './read-request-info.ts';

function upserts(method: string, target: string, contentTypes?: string[]): boolean {
  const parsed = parseRequestTarget(target);
  if (!parsed.ok) throw new Error(parsed.reason);
  return mayUpsert(readRequestInfo({ method, ...parsed }), contentTypes);
}

const pod = '/api/v1/namespaces/dev/pods/web';
const binding = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/evil';
const custom = '/apis/example.com/v1/namespaces/dev/widgets/a';
const apply = 'application/apply-patch+yaml';

describe('what may create an object with another verb', () => {
  it.each([
    [binding, [apply]],
    [pod, ['application/apply-patch+cbor']],
    [pod, ['Application/Apply-Patch+YAML; charset=utf-8']],
    [custom, [apply]],
    [`${custom}/status`, [apply]],
    ['/api/v1/namespaces/dev/services/web/status', [apply]],
    ['/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/p/status', [apply]],
    // Uncertain types fail closed: none, an unknown one, two of them.
    [pod, []],
    [pod, ['application/future-patch+json']],
    [pod, ['application/merge-patch+json', apply]],
    [pod, [apply, 'application/merge-patch+json']],
  ])('PATCH %s as %j', (target, types) => {
    expect(upserts('PATCH', target, types)).toBe(true);
  });

  it.each([
    'application/json-patch+json',
    'application/merge-patch+json',
    'application/strategic-merge-patch+json',
    'application/strategic-merge-patch+json; charset=utf-8',
  ])('not PATCH as %s', (type) => {
    expect(upserts('PATCH', pod, [type])).toBe(false);
  });

  it.each([
    '/apis/coordination.k8s.io/v1/namespaces/dev/leases/a',
    binding,
    '/api/v1/namespaces/dev/services/web',
    '/api/v1/namespaces/dev/services/web/status',
    '/apis/events.k8s.io/v1/namespaces/dev/events/e',
    custom,
    '/apis/apps/v1beta9/namespaces/dev/deployments/d',
  ])('PUT %s', (target) => {
    expect(upserts('PUT', target)).toBe(true);
  });

  it.each([
    pod,
    `${pod}/status`,
    '/apis/apps/v1/namespaces/dev/deployments/d',
    '/api/v1/namespaces/dev/services/web/proxy/x',
    '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/p/status',
    '/healthz',
  ])('not PUT %s', (target) => {
    expect(upserts('PUT', target)).toBe(false);
  });

  it('not other verbs, or an apply to a subresource of a built-in kind', () => {
    for (const method of ['GET', 'POST', 'DELETE']) expect(upserts(method, custom, [apply])).toBe(false);
    expect(upserts('PATCH', `${pod}/status`, [apply])).toBe(false);
  });
});
