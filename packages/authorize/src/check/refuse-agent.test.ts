import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AgentScope, Session } from '@sallyport/contracts';
import { hashToken } from '@sallyport/kit';
import { checkOf, identityOf, kubernetes, sampleConfig, startRig } from '../testing/authorize-rig.ts';

const dev = { kind: 'cluster', name: 'dev' } as const;
const read: AgentScope = {
  clusters: ['dev', 'shut'],
  verbs: ['get', 'list', 'watch'],
  namespaces: ['dev'],
  secrets: false,
  shell: false,
};
const alice = identityOf('alice@example.com', ['developers', 'sre']);
let rig: Awaited<ReturnType<typeof startRig>>;
let person: string;
beforeEach(async () => {
  rig = await startRig({
    config: { ...sampleConfig, api: { policy: { machines: [{ allow: { or: [{ groups: 'sre' }] } }] } } },
  });
  person = await rig.logIn(alice, { id: 'login' });
});
afterEach(() => rig.close());

const agentOf = (scope: Partial<AgentScope> = {}, more: Partial<Session> = {}) =>
  rig.logIn(alice, {
    id: `agent-${Math.random()}`,
    kind: 'agent',
    expiresAt: Date.now() + 3_000_000,
    idleMs: 3_000_000,
    parent: { id: 'login', hash: hashToken(person) },
    agent: { name: 'bot', scope: { ...read, ...scope } },
    ...more,
  });
type Asked = Parameters<typeof kubernetes>[0];
const ask = async (token: string, asked: Asked, target: Parameters<typeof checkOf>[1] = dev) =>
  (await rig.ask(checkOf(token, target, { kubernetes: kubernetes(asked) })))[0]!;
const verdict = async (token: string, asked: Asked, target?: Parameters<typeof checkOf>[1]) => {
  const { decision } = await ask(token, asked, target);
  return decision.effect === 'allow' ? 'allow' : decision.rule;
};

describe('an agent', () => {
  it('does what its person and its scope allow, under the name of both', async () => {
    const answer = await ask(await agentOf(), { verb: 'list' });
    expect(answer).toMatchObject({
      decision: { effect: 'allow', rule: 'cluster/dev[0].allow.or' },
      session: { kind: 'agent' },
      agent: { name: 'bot', id: answer.session!.id },
      identity: { user: 'alice@example.com' },
      impersonation: {
        user: 'alice@example.com',
        extra: { 'sallyport.dev/agent': ['bot'], 'sallyport.dev/session': [answer.session!.id] },
      },
    });
  });

  it('never has what its person does not have', async () => {
    const token = await agentOf({ clusters: ['dev', 'shut'], verbs: ['get', 'delete'] });
    expect(await verdict(token, {}, { kind: 'cluster', name: 'shut' })).toBe('default-deny');
    expect(await verdict(token, { verb: 'delete', name: 'web' })).toBe('cluster/dev[1].deny.and');
    await rig.store.update('login', (one) => ({ ...one, identity: { ...one.identity, groups: [] } }));
    expect(await verdict(token, {})).toBe('default-deny');
  });

  it.each<[string, Asked]>([
    ['verbs', { verb: 'delete', name: 'web' }],
    ['verbs', { verb: 'create' }],
    ['verbs', { upgrade: true, resource: 'widgets', apiGroup: 'example.com', subresource: 'console', name: 'a' }],
    ['shell', { verb: 'create', requestVerb: 'get', subresource: 'exec', name: 'web' }],
    ['shell', { subresource: 'proxy', name: 'web' }],
    ['shell', { resource: 'services', subresource: 'proxy', name: 'web' }],
    ['shell', { resource: 'widgets', apiGroup: 'example.com', subresource: 'proxy', name: 'web' }],
    ['shell', { resource: 'nodes', subresource: 'proxy', namespace: '', name: 'n' }],
    ['secrets', { resource: 'secrets', name: 'key' }],
    ['secrets', { resource: 'secrets', verb: 'list' }],
    ['namespaces', { namespace: 'prod' }],
    ['namespaces', { namespace: '', verb: 'list' }],
    ['namespaces', { namespace: '', verb: 'list', fieldSelector: 'metadata.namespace=dev' }],
    ['namespaces', { namespace: '', resource: 'nodes', namespaced: false, name: 'n' }],
    ['impersonate', { impersonate: ['user:bob@example.com'] }],
    ['paths', { isResourceRequest: false, path: '/metrics', resource: '', namespace: '' }],
    ['paths', { isResourceRequest: false, path: '/apix', resource: '', namespace: '' }],
    ['paths', { isResourceRequest: false, path: '/version', verb: 'post', resource: '', namespace: '' }],
  ])('is refused outside of its %s: %j', async (part, asked) => {
    const answer = await ask(await agentOf(), asked);
    expect(answer).toMatchObject({
      decision: { effect: 'deny', rule: `agent/bot.${part}`, reasons: [] },
      problem: { code: 'forbidden', detail: expect.stringMatching(/^agent "bot" may not do this: /) },
      agent: { name: 'bot' },
    });
    expect(answer).not.toHaveProperty('impersonation');
  });

  it('reads logs, its namespace, and what clients need to find their way', async () => {
    const token = await agentOf();
    expect(await verdict(token, { subresource: 'log', name: 'web' })).toBe('allow');
    expect(await verdict(token, { resource: 'namespaces', name: 'dev' })).toBe('allow');
    for (const path of ['/api', '/apis', '/apis/apps/v1', '/openapi/v3', '/version', '/healthz'])
      expect(await verdict(token, { isResourceRequest: false, path, resource: '', namespace: '' })).toBe('allow');
  });

  it('is refused on other clusters, whether or not they exist', async () => {
    const token = await agentOf();
    for (const name of ['open', 'none'])
      expect(await verdict(token, {}, { kind: 'cluster', name })).toBe('agent/bot.clusters');
  });

  it('has Secrets and a shell only where they are named, and then by its verbs', async () => {
    const secrets = await agentOf({ secrets: true });
    expect(await verdict(secrets, { resource: 'secrets', name: 'key' })).toBe('allow');
    expect(await verdict(secrets, { resource: 'secrets', verb: 'update', name: 'key' })).toBe('agent/bot.verbs');
    const writer = await agentOf({ secrets: true, verbs: ['update'] });
    expect(await verdict(writer, { resource: 'secrets', verb: 'update', name: 'key' })).toBe('agent/bot.verbs');
    const exec = { verb: 'create', requestVerb: 'get', subresource: 'exec', name: 'web' };
    expect(await verdict(await agentOf({ shell: true }), exec)).toBe('agent/bot.verbs');
    expect(await verdict(await agentOf({ shell: true, verbs: ['create'] }), exec)).toBe('allow');
  });

  it('has all namespaces where none is named', async () => {
    const token = await agentOf({ namespaces: undefined });
    expect(await verdict(token, { namespace: '', verb: 'list' })).toBe('allow');
    expect(await verdict(token, { namespace: 'prod' })).toBe('allow');
  });

  it('reads nothing with a scope that cannot be read, or without one', async () => {
    const faulty = await agentOf({}, { agent: { name: 'bot', scope: { verbs: ['get'] } as unknown as AgentScope } });
    expect(await verdict(faulty, {})).toBe('agent/bot.scope');
    expect(await verdict(await agentOf({}, { agent: undefined }), {})).toBe('agent/.scope');
  });

  it('uses no elevation, and reaches nothing of the API but what tells who it is', async () => {
    const token = await agentOf();
    const own = async (method: string, path: string, target: Parameters<typeof checkOf>[1] = { kind: 'self' }) => {
      const [answer] = await rig.ask(
        checkOf(token, target, { request: { method, path, host: 'gate', ip: '10.0.0.9' } }),
      );
      return answer!.decision.effect === 'allow' ? 'allow' : answer!.decision.rule;
    };
    expect(await own('GET', '/.sallyport/me')).toBe('allow');
    expect(await own('GET', '/.sallyport/api/v1/clusters')).toBe('allow');
    for (const [method, path] of [
      ['POST', '/.sallyport/logout'],
      ['GET', '/.sallyport/api/v1/sessions'],
      ['POST', '/.sallyport/api/v1/agents'],
      ['POST', '/.sallyport/api/v1/elevations'],
      ['POST', '/.sallyport/me'],
    ] as const)
      expect(await own(method, path)).toBe('agent/bot.api');
    expect(await own('GET', '/.sallyport/api/v1/agents', { kind: 'api', area: 'machines' })).toBe('agent/bot.api');
  });
});

describe('the clusters of an agent', () => {
  it('are those of its scope that its person has', async () => {
    const token = await agentOf({ clusters: ['dev', 'shut'] });
    const response = await fetch(`${rig.url}/v1/clusters`, {
      method: 'POST',
      headers: { authorization: await rig.credential() },
      body: JSON.stringify({ credential: { kind: 'token', hash: hashToken(token) } }),
    });
    expect(await response.json()).toEqual({ clusters: ['dev'] });
  });
});
