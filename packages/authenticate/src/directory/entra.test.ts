import { beforeEach, describe, expect, it } from '@jest/globals';
import { createBed, createBrowser, throughProvider, type Bed } from '../testing/test-bed.ts';
import { createFakeApis } from '../testing/fake-apis.ts';
import { withSources } from '../testing/scim-client.ts';

const oid = '11111111-2222-3333-4444-555555555555';
const overage = {
  groups: undefined,
  _claim_names: { groups: 'src1' },
  _claim_sources: { src1: { endpoint: `https://graph.windows.net/evil/users/${oid}/getMemberObjects` } },
  oid,
};
let bed: Bed;
let apis: ReturnType<typeof createFakeApis>;
async function begin(changes: object = {}) {
  apis = createFakeApis({ memberObjects: { [oid]: ['g-2', 'g-1', 'g-2'] } });
  bed = await createBed(
    withSources(
      [{ kind: 'entra', tenant: 'example.com', clientId: 'graph', clientSecret: 'graph-secret', ...changes }],
      { groupSources: ['entra'] },
    ),
    { apiFetch: apis.fetch },
  );
}
beforeEach(() => begin());
const logIn = async () => {
  const { status, text } = await throughProvider(bed, '/.sallyport/login', undefined, createBrowser(bed.app));
  return status === 302
    ? (await bed.sessions.list()).at(-1)!.identity.groups
    : `${status} ${text.replaceAll(/<[^>]*>/g, ' ')}`;
};
const graphCalls = () => apis.state.calls.filter((call) => call.includes('getMemberObjects')).length;

describe('groups of Entra', () => {
  it('come from the token if it has them, and Graph is not queried', async () => {
    bed.provider.lies = { claims: { groups: ['b', 'a'], oid } };
    expect(await logIn()).toEqual(['a', 'b']);
    expect(apis.state.calls).toEqual([]);
  });

  it('come from Graph if the token has only a reference, whose address is not followed', async () => {
    bed.provider.lies = { claims: overage };
    expect(await logIn()).toEqual(['g-1', 'g-2']);
    expect(apis.state.calls).toEqual([
      'POST /example.com/oauth2/v2.0/token',
      `POST /v1.0/users/${oid}/getMemberObjects`,
    ]);
    bed.provider.lies = { claims: { groups: undefined, hasgroups: true, oid } };
    expect(await logIn()).toEqual(['g-1', 'g-2']);
    expect(apis.state.calls.filter((call) => call.includes('token'))).toHaveLength(1);
  });

  it('always come from Graph if so configured', async () => {
    await begin({ when: 'always' });
    bed.provider.lies = { claims: { groups: ['from-token'], oid } };
    expect(await logIn()).toEqual(['g-1', 'g-2']);
  });

  it('are empty if the token has neither groups nor a reference', async () => {
    bed.provider.lies = { claims: { groups: undefined, oid } };
    expect(await logIn()).toEqual([]);
    expect(apis.state.calls).toEqual([]);
  });

  it('are queried again at a refresh, which updates every session of the user', async () => {
    bed.provider.lies = { claims: overage };
    await logIn();
    bed.clock.now += 300_000;
    await logIn();
    apis.state.memberObjects[oid] = ['g-3'];
    bed.clock.now += 300_000;
    expect(await bed.refresher.runDue()).toBe(1);
    await bed.directory.reconciler.runDue();
    expect((await bed.sessions.list()).map(({ identity }) => identity.groups)).toEqual([['g-3'], ['g-3']]);
  });

  it('are unknown while Graph is down: logins are refused and refreshes retried', async () => {
    bed.provider.lies = { claims: overage };
    await logIn();
    apis.state.intercept = (url) =>
      url.hostname === 'graph.microsoft.com' ? new Response('{}', { status: 503 }) : undefined;
    expect(await logIn()).toMatch(/^503 .*cannot be reached at the moment/s);
    bed.clock.now += 600_000;
    await bed.refresher.runDue();
    expect(await bed.sessions.list()).toMatchObject([{ identity: { groups: ['g-1', 'g-2'] } }]);
    expect((await bed.keeping.tokens.read((await bed.sessions.list())[0]!.id))!.failures).toBe(1);
    apis.state.intercept = undefined;
    bed.clock.now += 60_000;
    await bed.refresher.runDue();
    expect((await bed.keeping.tokens.read((await bed.sessions.list())[0]!.id))!.failures).toBe(0);
    expect(bed.lines.join()).not.toMatch(/graph-secret|graph-token/);
  });

  it('of a user whom Graph does not know end the login', async () => {
    apis.state.memberObjects = {};
    bed.provider.lies = { claims: overage };
    expect(await logIn()).toContain('deactivated');
  });

  it.each([
    ['no id', undefined],
    ['a path', '../groups'],
    ['a number', 7],
    ['a user name', 'alice'],
  ])('are refused with %s as the object id', async (_what, id) => {
    bed.provider.lies = { claims: { ...overage, oid: id } };
    expect(await logIn()).toContain('no valid object id');
    expect(graphCalls()).toBe(0);
  });
});
