import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startMcp, type McpRig } from '../testing/mcp-rig.ts';

const traps = [
  '../secrets/shop',
  '..',
  '.',
  '../../../../.sallyport/logout',
  'web-1/../../secrets/shop',
  'web-1/exec',
  'web-1/log?follow=true',
  'web-1?watch=true',
  'web-1#x',
  'web-1%2f..%2f..%2fsecrets%2fshop',
  '%2e%2e',
  'web-1;x',
  'web-1\\..\\..',
  'web-1\r\nX-Injected: 1',
  'web-1\u0000',
  ' web-1',
  '',
  '*',
  '-w',
  '__proto__',
  'a'.repeat(300),
];
const resources = [
  'pods/web-1/exec',
  'pods/exec',
  'pods/log',
  'services/proxy',
  'serviceaccounts/token',
  'nodes/proxy',
];

/** A correct call of each tool. */
const calls: Record<string, Record<string, unknown>> = {
  clusters: {},
  get: { cluster: 'dev', resource: 'pods', name: 'web-1', namespace: 'dev', field: 'spec' },
  list: { cluster: 'dev', resource: 'pods', namespace: 'dev', labelSelector: 'a=b', fieldSelector: 'c=d' },
  logs: { cluster: 'dev', pod: 'web-1', namespace: 'dev', container: 'web', tailLines: 5 },
  events: { cluster: 'dev', namespace: 'dev', kind: 'Pod', name: 'web-1' },
  explain: { cluster: 'dev', resource: 'deployments', field: 'spec' },
  can_i: { cluster: 'dev', verb: 'get', resource: 'pods', subresource: 'log', namespace: 'dev', name: 'web-1' },
};

/** What may reach the gateway: paths of tools with these names, exactly as they are. */
const harmless = [
  /^GET \/\.sallyport\/api\/v1\/clusters$/,
  /^GET \/clusters\/dev\/apis?$/,
  /^GET \/clusters\/dev\/api\/v1\/namespaces\/dev\/(pods|events)(\/web-1(\/log)?)?$/,
  /^GET \/clusters\/dev\/openapi\/v3\/apis\/apps\/v1$/,
  /^POST \/\.sallyport\/api\/v1\/policy\/can-i$/,
  /^POST \/clusters\/dev\/apis\/authorization\.k8s\.io\/v1\/selfsubjectaccessreviews$/,
];

const known = new Set([
  'limit',
  'labelSelector',
  'fieldSelector',
  'includeObject',
  'container',
  'tailLines',
  'limitBytes',
]);

let mcp: McpRig;
beforeEach(async () => {
  mcp = await startMcp();
});
afterEach(() => mcp.end());

describe('arguments that try to get out of a tool', () => {
  it.each(Object.entries(calls))('reach nothing else by the tool %s', async (tool, correct) => {
    for (const [name, value] of Object.entries(correct))
      for (const trap of [...traps, ...resources, 7, null, ['web-1'], { toString: 'web-1' }])
        if (trap !== value) await mcp.call(tool, { ...correct, [name]: trap });
    for (const more of [
      { method: 'DELETE' },
      { path: '/api/v1/secrets' },
      { headers: {} },
      { 'Impersonate-User': 'root' },
    ])
      expect(await mcp.call(tool, { ...correct, ...more })).toMatchObject({ isError: true });
    expect(await mcp.call(tool, { ...correct, cluster: '../dev' })).toMatchObject({ isError: true });
    const reached = [...new Set(mcp.gateway.calls)];
    expect(reached.filter((call) => !harmless.some((one) => one.test(call)))).toEqual([]);
    // A selector can say anything, but only as the value of its own parameter.
    const parameters = mcp.gateway.raw.flatMap((one) => [
      ...new URL((JSON.parse(one) as { url: string }).url, 'http://gateway').searchParams.keys(),
    ]);
    expect([...new Set(parameters)].filter((one) => !known.has(one))).toEqual([]);
  });

  it('reach no path by what a cluster says that it serves', async () => {
    for (const resource of ['trap', 'dots', 'pods'])
      await mcp.call('list', { cluster: 'dev', resource, namespace: 'dev' });
    expect(mcp.asked.filter((one) => !one.startsWith('GET /api'))).toEqual([]);
    expect(mcp.asked.some((one) => one.includes('secrets') || one.includes('..'))).toBe(false);
  });

  it('show no Secret, by whatever name', async () => {
    for (const resource of ['secrets', 'secret', 'Secret', 'SECRETS'])
      for (const given of [
        { tool: 'list', more: {} },
        { tool: 'get', more: { name: 'shop' } },
      ]) {
        const { text, isError } = await mcp.call(given.tool, {
          cluster: 'dev',
          resource,
          namespace: 'dev',
          ...given.more,
        });
        expect([isError, text]).toEqual([true, expect.stringContaining('this server shows no Secrets')]);
      }
    expect(mcp.asked.filter((one) => one.includes('secrets'))).toEqual([]);
  });

  it('are refused for a resource that cannot be read so', async () => {
    const texts = async (given: Record<string, unknown>, tool = 'get') => (await mcp.call(tool, given)).text;
    expect(await texts({ cluster: 'dev', resource: 'bindings', namespace: 'dev' }, 'list')).toContain('offers no list');
    expect(await texts({ cluster: 'dev', resource: 'nodes', name: 'n', namespace: 'dev' })).toContain(
      'Omit the namespace',
    );
    expect(await texts({ cluster: 'dev', resource: 'pods', name: 'web-1' })).toContain('Name the namespace');
    expect(await texts({ cluster: 'dev', resource: 'gears', name: 'x' })).toContain('serves no resource "gears"');
    expect(await texts({ resource: 'pods', name: 'web-1', namespace: 'dev' })).toContain('no cluster is given');
  });
});
