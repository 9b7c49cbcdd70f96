import { beforeEach, describe, expect, it } from '@jest/globals';
import { createBrowser } from '../testing/test-browser.ts';
import { throughProvider } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';
import { createFakeApis } from '../testing/fake-apis.ts';
import { withSources } from '../testing/scim-client.ts';

const oid = '11111111-2222-3333-4444-555555555555';
const overage = {
  groups: undefined,
  _claim_names: { groups: 'src1' },
  _claim_sources: { src1: { endpoint: `https://graph.windows.net/evil/users/${oid}/getMemberObjects` } },
  oid,
};
let service: TestService;
let apis: ReturnType<typeof createFakeApis>;
async function begin(changes: object = {}) {
  apis = createFakeApis({ memberObjects: { [oid]: ['g-2', 'g-1', 'g-2'] } });
  service = await createTestService(
    withSources(
      [{ kind: 'entra', tenant: 'example.com', clientId: 'graph', clientSecret: 'graph-secret', ...changes }],
      { groupSources: ['entra'] },
    ),
    { apiFetch: apis.fetch },
  );
}
beforeEach(() => begin());
const logIn = async () => {
  const { status, text } = await throughProvider(service, '/.sallyport/login', undefined, createBrowser(service.app));
  return status === 302
    ? (await service.sessions.list()).at(-1)!.identity.groups
    : `${status} ${text.replaceAll(/<[^>]*>/g, ' ')}`;
};
const graphCalls = () => apis.state.calls.filter((call) => call.includes('getMemberObjects')).length;

describe('groups of Entra', () => {
  it('come from the token if it has them, and Graph is not queried', async () => {
    service.provider.lies = { claims: { groups: ['b', 'a'], oid } };
    expect(await logIn()).toEqual(['a', 'b']);
    expect(apis.state.calls).toEqual([]);
  });

  it('come from Graph if the token has only a reference, whose address is not followed', async () => {
    service.provider.lies = { claims: overage };
    expect(await logIn()).toEqual(['g-1', 'g-2']);
    expect(apis.state.calls).toEqual([
      'POST /example.com/oauth2/v2.0/token',
      `POST /v1.0/users/${oid}/getMemberObjects`,
    ]);
    service.provider.lies = { claims: { groups: undefined, hasgroups: true, oid } };
    expect(await logIn()).toEqual(['g-1', 'g-2']);
    expect(apis.state.calls.filter((call) => call.includes('token'))).toHaveLength(1);
  });

  it('always come from Graph if so configured', async () => {
    await begin({ when: 'always' });
    service.provider.lies = { claims: { groups: ['from-token'], oid } };
    expect(await logIn()).toEqual(['g-1', 'g-2']);
  });

  it('are empty if the token has neither groups nor a reference', async () => {
    service.provider.lies = { claims: { groups: undefined, oid } };
    expect(await logIn()).toEqual([]);
    expect(apis.state.calls).toEqual([]);
  });

  it('are queried again at a refresh, which updates every session of the user', async () => {
    service.provider.lies = { claims: overage };
    await logIn();
    service.clock.now += 300_000;
    await logIn();
    apis.state.memberObjects[oid] = ['g-3'];
    service.clock.now += 300_000;
    expect(await service.refresher.runDue()).toBe(1);
    await service.directory.reconciler.runDue();
    expect((await service.sessions.list()).map(({ identity }) => identity.groups)).toEqual([['g-3'], ['g-3']]);
  });

  it('are unknown while Graph is down: logins are refused and refreshes retried', async () => {
    service.provider.lies = { claims: overage };
    await logIn();
    apis.state.intercept = (url) =>
      url.hostname === 'graph.microsoft.com' ? new Response('{}', { status: 503 }) : undefined;
    expect(await logIn()).toMatch(/^503 .*cannot be reached at the moment/s);
    service.clock.now += 600_000;
    await service.refresher.runDue();
    expect(await service.sessions.list()).toMatchObject([{ identity: { groups: ['g-1', 'g-2'] } }]);
    expect((await service.tokenStorage.tokens.read((await service.sessions.list())[0]!.id))!.failures).toBe(1);
    apis.state.intercept = undefined;
    service.clock.now += 60_000;
    await service.refresher.runDue();
    expect((await service.tokenStorage.tokens.read((await service.sessions.list())[0]!.id))!.failures).toBe(0);
    expect(service.lines.join()).not.toMatch(/graph-secret|graph-token/);
  });

  it('of a user whom Graph does not know end the login', async () => {
    apis.state.memberObjects = {};
    service.provider.lies = { claims: overage };
    expect(await logIn()).toContain('deactivated');
  });

  it.each([
    ['no id', undefined],
    ['a path', '../groups'],
    ['a number', 7],
    ['a user name', 'alice'],
  ])('are refused with %s as the object id', async (_what, id) => {
    service.provider.lies = { claims: { ...overage, oid: id } };
    expect(await logIn()).toContain('no valid object id');
    expect(graphCalls()).toBe(0);
  });
});
