import { describe, expect, it } from '@jest/globals';
import { isAuthorizedAsCreate } from './is-authorized-as-create.ts';

describe('a request that must also be allowed as a create', () => {
  it.each([
    { resource: 'nodes', subresource: 'proxy', verb: 'get' },
    { resource: 'nodes', verb: 'proxy', requestVerb: 'proxy' },
    { resource: 'pods', subresource: 'proxy', verb: 'get', upgrade: true },
    { resource: 'services', verb: 'proxy', requestVerb: 'proxy', upgrade: true },
    { resource: 'leases', apiGroup: 'coordination.k8s.io', verb: 'update', upsert: true },
  ])('is %j', (asked) => {
    expect(isAuthorizedAsCreate(asked)).toBe(true);
  });

  it.each([
    { resource: 'nodes', verb: 'get' },
    { resource: 'nodes', apiGroup: 'metrics.k8s.io', subresource: 'proxy', verb: 'get' },
    { resource: 'pods', subresource: 'proxy', verb: 'get' },
    { resource: 'pods', verb: 'watch', upgrade: true },
    { resource: 'pods', verb: 'patch', upsert: false },
    { resource: 'nodes', subresource: 'proxy', verb: 'create' },
    {},
  ])('is not %j', (asked) => {
    expect(isAuthorizedAsCreate(asked)).toBe(false);
  });
});
