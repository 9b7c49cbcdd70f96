import { describe, expect, it } from '@jest/globals';
import { isShellEquivalent } from './shell-equivalent.ts';

const csr = { apiGroup: 'certificates.k8s.io', resource: 'certificatesigningrequests' };

describe('a shell equivalent', () => {
  it.each([
    { resource: 'pods', subresource: 'exec', verb: 'get' },
    { resource: 'nodes', subresource: 'proxy', verb: 'get' },
    { resource: 'serviceaccounts', subresource: 'token', verb: 'create' },
    { resource: 'nodes', requestVerb: 'proxy', verb: 'proxy' },
    { apiGroup: 'example.com', resource: 'widgets', verb: 'proxy' },
    { ...csr, verb: 'create' },
    { ...csr, verb: 'patch', upsert: true },
    { ...csr, subresource: 'approval', verb: 'update' },
    { ...csr, subresource: 'approval', verb: 'patch' },
    { apiGroup: 'certificates.k8s.io', resource: 'podcertificaterequests', verb: 'create' },
  ])('is %j', (asked) => {
    expect(isShellEquivalent(asked)).toBe(true);
  });

  it.each([
    { resource: 'pods', subresource: 'log', verb: 'get' },
    { resource: 'pods', verb: 'create' },
    { apiGroup: 'example.com', resource: 'pods', subresource: 'exec', verb: 'create' },
    {},
    { resource: 'serviceaccounts', verb: 'get' },
    { ...csr, verb: 'get' },
    { ...csr, verb: 'patch' },
    { ...csr, verb: 'delete' },
    { ...csr, subresource: 'status', verb: 'update' },
    { resource: 'certificatesigningrequests', verb: 'create' },
  ])('is not %j', (asked) => {
    expect(isShellEquivalent(asked)).toBe(false);
  });
});
