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
const graphCalls = () => apis.world.calls.filter((call) => call.includes('getMemberObjects')).length;

describe('groups of Entra', () => {
  it('are those of the token where they are in it; Graph is not asked', async () => {
    bed.provider.lies = { claims: { groups: ['b', 'a'], oid } };
    expect(await logIn()).toEqual(['a', 'b']);
    expect(apis.world.calls).toEqual([]);
  });

  it('are asked for where the token has only a reference, whose address is not followed', async () => {
    bed.provider.lies = { claims: overage };
    expect(await logIn()).toEqual(['g-1', 'g-2']);
    expect(apis.world.calls).toEqual([
      'POST /example.com/oauth2/v2.0/token',
      `POST /v1.0/users/${oid}/getMemberObjects`,
    ]);
    bed.provider.lies = { claims: { groups: undefined, hasgroups: true, oid } };
    expect(await logIn()).toEqual(['g-1', 'g-2']);
    expect(apis.world.calls.filter((call) => call.includes('token'))).toHaveLength(1);
  });

  it('are always asked for where the configuration says so', async () => {
    await begin({ when: 'always' });
    bed.provider.lies = { claims: { groups: ['from-token'], oid } };
    expect(await logIn()).toEqual(['g-1', 'g-2']);
  });

  it('are none where the token has neither groups nor a reference', async () => {
    bed.provider.lies = { claims: { groups: undefined, oid } };
    expect(await logIn()).toEqual([]);
    expect(apis.world.calls).toEqual([]);
  });

  it('are asked for again at a refresh, and then change every session of the person', async () => {
    bed.provider.lies = { claims: overage };
    await logIn();
    bed.clock.now += 300_000;
    await logIn();
    apis.world.memberObjects[oid] = ['g-3'];
    bed.clock.now += 300_000;
    expect(await bed.refresher.runDue()).toBe(1);
    await bed.directory.reconciler.runDue();
    expect((await bed.sessions.list()).map(({ identity }) => identity.groups)).toEqual([['g-3'], ['g-3']]);
  });

  it('are not believed to be none when Graph is away: nobody logs in, and sessions are asked about again', async () => {
    bed.provider.lies = { claims: overage };
    await logIn();
    apis.world.intercept = (url) =>
      url.hostname === 'graph.microsoft.com' ? new Response('{}', { status: 503 }) : undefined;
    expect(await logIn()).toMatch(/^503 .*cannot be reached at the moment/s);
    bed.clock.now += 600_000;
    await bed.refresher.runDue();
    expect(await bed.sessions.list()).toMatchObject([{ identity: { groups: ['g-1', 'g-2'] } }]);
    expect((await bed.keeping.tokens.read((await bed.sessions.list())[0]!.id))!.failures).toBe(1);
    apis.world.intercept = undefined;
    bed.clock.now += 60_000;
    await bed.refresher.runDue();
    expect((await bed.keeping.tokens.read((await bed.sessions.list())[0]!.id))!.failures).toBe(0);
    expect(bed.lines.join()).not.toMatch(/graph-secret|graph-token/);
  });

  it('of somebody whom Graph does not know end the login', async () => {
    apis.world.memberObjects = {};
    bed.provider.lies = { claims: overage };
    expect(await logIn()).toContain('deactivated');
  });

  it.each([
    ['no id', undefined],
    ['a path', '../groups'],
    ['a number', 7],
    ['another form', 'alice'],
  ])('are refused with %s in the token', async (_what, id) => {
    bed.provider.lies = { claims: { ...overage, oid: id } };
    expect(await logIn()).toContain('no valid object id');
    expect(graphCalls()).toBe(0);
  });
});
