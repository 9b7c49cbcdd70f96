import { describe, expect, it } from '@jest/globals';
import type { GatewayCall, GatewayClient } from '../../gateway/gateway-client.ts';
import { readOnlyClient } from './read-only-client.ts';

const sent: GatewayCall[] = [];
const client = readOnlyClient(
  {
    address: { origin: 'https://gate', scheme: 'https', authority: 'gate' },
    call: (call) => Promise.resolve((sent.push(call), { status: 200, headers: {}, body: {} })),
    stream: (call) => Promise.resolve((sent.push(call), { status: 200, headers: {}, body: {} })),
  } satisfies GatewayClient,
  new AbortController().signal,
);

describe('the client of the tools', () => {
  it.each([
    ['GET', '/.sallyport/api/v1/clusters'],
    ['GET', '/clusters/dev/api'],
    ['GET', '/clusters/dev/openapi/v3/apis/apps/v1'],
    ['GET', '/clusters/dev/apis/apps/v1/namespaces/dev/deployments?limit=1'],
    ['GET', '/clusters/dev/api/v1/nodes/node-1'],
    ['GET', '/clusters/dev/api/v1/namespaces/dev/pods/web-1/log?tailLines=1'],
    ['POST', '/.sallyport/api/v1/policy/can-i'],
    ['POST', '/clusters/dev/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'],
  ] as const)('sends %s %s', async (method, path) => {
    await client.call({ method, path });
    expect(sent.at(-1)).toMatchObject({ method, path, signal: expect.anything() });
  });

  it.each([
    ['DELETE', '/clusters/dev/api/v1/namespaces/dev/pods/web-1'],
    ['POST', '/clusters/dev/api/v1/namespaces/dev/pods'],
    ['POST', '/clusters/dev/api/v1/namespaces/dev/pods/web-1/exec?command=sh'],
    ['POST', '/.sallyport/api/v1/policy/reload'],
    ['POST', '/.sallyport/api/v1/policy/can-i?x=1'],
    ['POST', '/.sallyport/api/v1/policy/explain'],
    ['POST', '/.sallyport/logout'],
    ['GET', '/.sallyport/logout'],
    ['GET', '/clusters/dev/api/v1/namespaces/dev/pods/web-1/exec?command=sh'],
    ['GET', '/clusters/dev/api/v1/namespaces/dev/pods/web-1/portforward'],
    ['GET', '/clusters/dev/api/v1/nodes/node-1/proxy/run'],
    ['GET', '/clusters/dev/api/v1/namespaces/dev/services/web/proxy'],
    ['GET', '/clusters/dev/api/v1/watch/pods'],
    ['GET', '/clusters/dev/api/v1/namespaces/dev/pods/../secrets/shop'],
    ['GET', '/clusters/dev/api/v1/namespaces/dev/pods/%2e%2e/secrets'],
    ['GET', 'https://elsewhere/clusters/dev/api'],
    ['GET', '//elsewhere/clusters/dev/api'],
  ] as const)('refuses %s %s', async (method, path) => {
    const before = sent.length;
    await expect(client.call({ method, path })).rejects.toThrow('not among the requests');
    await expect(client.stream({ method, path }, 1)).rejects.toThrow('not among the requests');
    expect(sent).toHaveLength(before);
  });
});
