import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ProblemError } from '@sallyport/kit';
import { createBrowser } from '../testing/test-browser.ts';
import { throughProvider } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';
import { withSources } from '../testing/scim-client.ts';
import { createFakeApis } from '../testing/fake-apis.ts';

const kinds = ['okta', 'github', 'google'] as const;
type Kind = (typeof kinds)[number];
const sources: Record<Kind, object> = {
  okta: { kind: 'okta', url: 'https://corp.okta.com', token: 'okta-token' },
  github: { kind: 'github', organizations: ['acme'], tokenFile: 'github-token' },
  google: { kind: 'google', serviceAccountFile: 'google.json', admin: 'admin@example.com' },
};
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-sync-'));
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  writeFileSync(
    path.join(directory, 'google.json'),
    JSON.stringify({
      type: 'service_account',
      client_email: 'robot@project.iam.gserviceaccount.com',
      private_key: privateKey,
      private_key_id: 'k1',
    }),
  );
  writeFileSync(path.join(directory, 'github-token'), 'github-token\n');
});
afterAll(() => rmSync(directory, { recursive: true }));

let service: TestService;
let apis: ReturnType<typeof createFakeApis>;
const alice = { id: '7', login: 'alice@example.com' };
async function begin(kind: Kind, changes: object = {}) {
  apis = createFakeApis({
    people: [alice, ...Array.from({ length: 4 }, (_, n) => ({ id: String(n + 100), login: `p${n}@example.com` }))],
    groups: [
      { id: '1', name: 'sre', members: ['7', '100', '101'] },
      { id: '2', name: 'dev', members: ['102'] },
      { id: '3', name: 'ops, "x"', members: [] },
    ],
  });
  service = await createTestService(
    withSources([{ ...sources[kind], ...changes }], { groupSources: [kind, 'claims'] }),
    {
      apiFetch: apis.fetch,
      baseDir: directory,
    },
  );
  service.provider.lies = { claims: { sub: '7' } };
}
const sync = () => service.directory.syncs.values().next().value!.syncNow();
const logIn = async () => {
  const { status, text } = await throughProvider(service, '/.sallyport/login', undefined, createBrowser(service.app));
  return status === 302 ? (await service.sessions.list()).at(-1)! : `${status} ${text.replaceAll(/<[^>]*>/g, ' ')}`;
};
const groupsOf = async (session: Awaited<ReturnType<typeof logIn>>) => {
  if (typeof session === 'string') return session;
  const found = await service.sessions.read(session.id);
  return found.state === 'live'
    ? found.session.identity.groups
    : found.state === 'revoked'
      ? found.tombstone.reason
      : found.state;
};
const refused = (status: number, headers: Record<string, string> = {}, body: object = {}) =>
  new Response(JSON.stringify(body), { status, headers });

describe.each(kinds)('a directory synced from %s', (kind) => {
  const sre = kind === 'github' ? 'acme/sre' : 'sre';
  const dev = kind === 'github' ? 'acme/dev' : 'dev';
  const everyone = kind === 'github' ? ['acme'] : [];
  beforeEach(() => begin(kind));

  it('is read page by page, and determines the groups of users', async () => {
    expect(await sync()).toMatchObject({ people: 5, changedPeople: 5, added: kind === 'github' ? 9 : 4 });
    expect(apis.state.calls.length).toBeGreaterThan(6);
    expect(await groupsOf(await logIn())).toEqual([...everyone, sre]);
    expect(await service.store.list(kind, 'groups', 0, 10)).toMatchObject({ total: 3 + everyone.length });
    expect(service.events('directory.changed')).toMatchObject([
      {
        data: {
          verb: 'read',
          sallyport: { directory: { source: kind, by: 'reading' }, detail: expect.stringContaining('5 people') },
        },
      },
    ]);
  });

  it('updates sessions after a change, and writes nothing without one', async () => {
    await sync();
    const session = await logIn();
    service.clock.now += 300_000;
    expect(await sync()).toMatchObject({ changedPeople: 0, changedGroups: 0, added: 0, removed: 0 });
    expect(service.events('directory.changed')).toHaveLength(1);
    Object.assign(apis.state.groups[0]!, { members: ['100'], updated: '2026-02-01T00:00:00.000Z' });
    Object.assign(apis.state.groups[1]!, { members: ['102', '7'], updated: '2026-02-01T00:00:00.000Z' });
    expect(await sync()).toMatchObject({ added: 1, removed: 2 });
    await service.directory.reconciler.runDue();
    expect(await groupsOf(session)).toEqual([...everyone, dev]);
    apis.state.groups.splice(1, 1);
    await sync();
    await service.directory.reconciler.runDue();
    expect(await groupsOf(session)).toEqual(everyone);
    expect(await service.store.touchedCount(kind)).toBe(0);
  });

  it('requests only what may have changed', async () => {
    await sync();
    const first = apis.state.calls.length;
    apis.state.calls.length = 0;
    await sync();
    const members = apis.state.calls.filter((call) =>
      /groups\/\w+\/(users|members)|teams\/.*members/.test(call),
    ).length;
    if (kind === 'okta') expect(members).toBe(0);
    if (kind === 'github') expect(apis.state.unchanged).toBeGreaterThan(2);
    expect(apis.state.calls.length).toBeLessThanOrEqual(first);
  });

  it('no longer knows people who were removed from it', async () => {
    await sync();
    const session = await logIn();
    apis.state.people.shift();
    for (const group of apis.state.groups)
      Object.assign(group, { members: group.members.filter((id) => id !== '7'), updated: '2026-02-01T00:00:00.000Z' });
    await sync();
    await service.directory.reconciler.runDue();
    expect(await groupsOf(session)).toEqual(['developers']);
  });

  it('keeps its state when a page cannot be read, and refuses logins when that state is too old', async () => {
    await sync();
    const session = await logIn();
    apis.state.groups[0]!.members = [];
    apis.state.groups[0]!.updated = '2026-02-01T00:00:00.000Z';
    apis.state.people.length = 1;
    apis.state.intercept = (url) =>
      /users|members/.test(url.pathname) && /after=|page=|pageToken=|groups\//.test(url.href)
        ? refused(500)
        : undefined;
    await expect(sync()).rejects.toMatchObject({ name: 'ApiFailure', status: 500 });
    await service.directory.reconciler.runDue();
    expect(await groupsOf(session)).toEqual([...everyone, sre]);
    service.clock.now += 24 * 3_600_000 - 300_000;
    expect(await groupsOf(await logIn())).toEqual([...everyone, sre]);
    service.clock.now += 400_000;
    expect(await groupsOf(await logIn())).toMatch(/^503 .*could not be read for too long/s);
  });

  it('respects the wait that a rate limit states', async () => {
    const from = service.clock.now;
    let limits = 2;
    apis.state.intercept = (url) => {
      if (url.hostname !== 'oauth2.googleapis.com') limits -= 1;
      if (limits < 0 || url.hostname === 'oauth2.googleapis.com') return undefined;
      if (kind === 'okta')
        return refused(429, {
          'x-rate-limit-limit': '600',
          'x-rate-limit-remaining': '0',
          'x-rate-limit-reset': String(Math.ceil(service.clock.now / 1000) + 20),
        });
      if (kind === 'github')
        return refused(403, {
          'x-ratelimit-remaining': '0',
          'x-ratelimit-reset': String(Math.ceil(service.clock.now / 1000) + 20),
        });
      return refused(429, { 'retry-after': '20' });
    };
    await sync();
    expect(service.clock.now - from).toBeGreaterThanOrEqual(39_000);
    expect(service.clock.now - from).toBeLessThan(45_000);
  });

  it.each<[string, () => Response]>([
    ['a redirect', () => refused(302, { location: 'https://evil.example/' })],
    ['JSON of another form', () => refused(200, {}, { surprise: true })],
    ['text that is not JSON', () => new Response('<html>')],
    ['403', () => refused(403)],
    ['401', () => refused(401)],
    ['too large', () => new Response('x'.repeat(2 * 1024 * 1024))],
    [
      'a next page elsewhere',
      () =>
        refused(
          200,
          { link: '<https://evil.example/api/v1/users>; rel="next"' },
          kind === 'google' ? { nextPageToken: '', users: 7 } : [],
        ),
    ],
    [
      'a next page that never ends',
      () =>
        kind === 'google'
          ? refused(200, {}, { nextPageToken: 'same' })
          : refused(
              200,
              {
                link: `<${kind === 'okta' ? 'https://corp.okta.com/api/v1/users?limit=200&search=lastUpdated%20gt%20%221970-01-01T00%3A00%3A00.000Z%22' : 'https://api.github.com/orgs/acme/members?per_page=100'}>; rel="next"`,
              },
              [],
            ),
    ],
  ])('changes nothing if the answer is %s', async (_what, answer) => {
    apis.state.intercept = (url) => (url.hostname === 'oauth2.googleapis.com' ? undefined : answer());
    await expect(sync()).rejects.toBeInstanceOf(Error);
    expect(await service.store.lastSync(kind)).toBeUndefined();
    expect(apis.state.calls.join()).not.toContain('evil');
  });

  it('refuses logins before the first sync', async () => {
    expect(await groupsOf(await logIn())).toMatch(/^503 .*has not been read yet/s);
  });

  it('takes an empty list of people for an error', async () => {
    await sync();
    apis.state.people.length = 0;
    for (const group of apis.state.groups) group.members = [];
    await expect(sync()).rejects.toThrow('no people at all');
    expect((await service.store.list(kind, 'people', 0, 10)).total).toBe(5);
  });

  it('reads only the configured groups', async () => {
    await begin(kind, { groups: [kind === 'github' ? 'acme/s*' : 's*', 'none'] });
    await sync();
    expect((await service.store.list(kind, 'groups', 0, 10)).entries.map(({ body }) => body['displayName'])).toEqual([
      sre,
    ]);
  });

  it('is synced by one replica at a time, and by another if that one stops', async () => {
    const source = service.directory.syncs.get(kind)!;
    expect(await Promise.all([source.syncIfDue(), source.syncIfDue(), source.syncIfDue()])).toEqual([
      true,
      false,
      false,
    ]);
    service.clock.now += 200_000;
    expect(await source.syncIfDue()).toBe(false);
    service.clock.now += 200_000;
    expect(await source.syncIfDue()).toBe(true);
  });

  it('is retried with growing pauses while it is down, and reports that to operators', async () => {
    const source = service.directory.syncs.get(kind)!;
    apis.state.intercept = (url) => (url.hostname === 'oauth2.googleapis.com' ? undefined : refused(403));
    expect(await source.syncIfDue()).toBe(true);
    expect(await source.syncIfDue()).toBe(false);
    service.clock.now += 6000;
    expect(await source.syncIfDue()).toBe(true);
    service.clock.now += 6000;
    expect(await source.syncIfDue()).toBe(false);
    apis.state.intercept = undefined;
    service.clock.now += 10_000;
    expect(await source.syncIfDue()).toBe(true);
    const metrics = await service.metrics.metrics();
    expect(metrics).toContain(`sallyport_directory_readings_total{source="${kind}",outcome="failed"} 2`);
    expect(metrics).toContain(`sallyport_directory_readings_total{source="${kind}",outcome="read"} 1`);
    expect(metrics).toContain(`sallyport_directory_people{source="${kind}"} 5`);
    const log = service.lines.join('\n');
    expect(log).toContain('directory sync failed');
    expect(log + JSON.stringify(service.audit.records)).not.toMatch(/okta-token|github-token|google-\d|PRIVATE KEY/);
  });
});

describe('people in a synced directory', () => {
  it.each([
    ['SUSPENDED', 'deactivated'],
    ['DEPROVISIONED', 'deactivated'],
    ['LOCKED_OUT', ['sre']],
    ['PASSWORD_EXPIRED', ['sre']],
  ] as const)('with the Okta status %s: %j', async (status, outcome) => {
    await begin('okta');
    await sync();
    const session = await logIn();
    apis.state.people[0] = { ...alice, status };
    await sync();
    await service.directory.reconciler.runDue();
    expect(await groupsOf(session)).toEqual(outcome);
  });

  it('suspended at Google are deactivated; external people can be members, groups cannot', async () => {
    await begin('google');
    apis.state.groups[0]!.members = ['7', 'foreign', 'group:x'];
    await sync();
    const session = await logIn();
    const [group] = await service.store.find('google', 'groups', 'name:sre');
    expect(await service.store.memberIds('google', group!.id)).toEqual(['7', 'foreign']);
    apis.state.people[0] = { ...alice, suspended: true };
    await sync();
    await service.directory.reconciler.runDue();
    expect(await groupsOf(session)).toBe('deactivated');
  });

  it('are not put in groups with unusable names, which are logged', async () => {
    await begin('okta');
    apis.state.groups.push(
      { id: '9', name: 'bad\nname', members: ['7'] },
      { id: '10', name: ' system:masters', members: ['7'] },
    );
    expect(await sync()).toMatchObject({ skippedGroups: ['bad\nname', ' system:masters'] });
    expect(await groupsOf(await logIn())).toEqual(['sre']);
    expect(service.lines.join()).toContain('whose names cannot be used');
  });

  it('who return are back in their groups, even if the groups report no change of members', async () => {
    await begin('okta');
    await sync();
    const [gone] = apis.state.people.splice(0, 1);
    await sync();
    expect(await groupsOf(await logIn())).toEqual(['developers']);
    apis.state.people.push(gone!);
    await sync();
    expect(await groupsOf(await logIn())).toEqual(['sre']);
  });

  it('whom a sync removes are on record, and what a sync changed before it failed', async () => {
    await begin('okta');
    const { store } = service;
    const changeMembers = store.changeMembers.bind(store);
    store.changeMembers = async (...args) => {
      await changeMembers(...args);
      throw new ProblemError('sessions-unavailable', 'The session store cannot be reached.');
    };
    await expect(sync()).rejects.toThrow(ProblemError);
    const recorded = () =>
      service.events('directory.changed').map(({ data }) => [data.responseStatus!.code, data.sallyport.detail]);
    expect(recorded()).toEqual([
      [503, expect.stringMatching(/failed.* may have changed.*changed: 5 people, 1 groups/)],
    ]);
    store.changeMembers = changeMembers;
    await sync();
    apis.state.people.splice(4, 1);
    await sync();
    expect(recorded().slice(2)).toEqual([[200, expect.stringContaining('changed: 1 people')]]);
  });

  it('are matched by e-mail address if so configured', async () => {
    await begin('okta', { match: { claim: 'email', attribute: 'login' } });
    service.provider.lies = {};
    await sync();
    expect(await groupsOf(await logIn())).toEqual(['sre']);
  });
});
