import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  createScimTestService,
  otherToken,
  createScimClient,
  enterpriseUrn,
  groupUrn,
  scimErrorOf,
  storePeople,
  userUrn,
  type ScimTestClient,
} from '../testing/scim-client.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

let service: TestService;
let scim: ScimTestClient;
beforeEach(async () => {
  ({ service, scim } = await createScimTestService());
});

describe('the service', () => {
  it('describes its capabilities and resources', async () => {
    expect((await scim.get('/ServiceProviderConfig')).body).toMatchObject({
      patch: { supported: true },
      bulk: { supported: false },
      filter: { supported: true, maxResults: 500 },
      sort: { supported: false },
      etag: { supported: true },
      changePassword: { supported: false },
    });
    expect((await scim.get('/ResourceTypes')).body.Resources.map(({ id }) => id)).toEqual(['User', 'Group']);
    expect((await scim.get('/ResourceTypes/User')).body).toMatchObject({
      endpoint: '/Users',
      schema: userUrn,
      schemaExtensions: [{ schema: enterpriseUrn }],
    });
    expect((await scim.get('/Schemas')).body.Resources.map(({ id }) => id)).toEqual([userUrn, enterpriseUrn, groupUrn]);
    expect((await scim.get(`/Schemas/${userUrn}`)).body).toMatchObject({
      name: 'User',
      attributes: expect.arrayContaining([
        expect.objectContaining({ name: 'userName', required: true, uniqueness: 'server' }),
        expect.objectContaining({ name: 'emails', multiValued: true }),
      ]),
    });
    expect(await scimErrorOf(scim.send('get', '/Schemas/none'))).toBe('404');
  });

  it('rejects unknown requests with SCIM errors', async () => {
    expect(await scimErrorOf(scim.send('post', '/Bulk', {}))).toBe('501');
    expect(await scimErrorOf(scim.send('get', '/Me'))).toBe('501');
    expect(await scimErrorOf(scim.send('get', '/Nonsense'))).toBe('404');
    expect(await scimErrorOf(scim.send('get', '/users'))).toBe('404');
    expect(await scimErrorOf(scim.send('put', '/Users', {}))).toBe('405');
    expect(await scimErrorOf(scim.send('post', '/ServiceProviderConfig', {}))).toBe('405');
  });

  it('rejects a client without a configured token before it reads the body', async () => {
    for (const token of [undefined, 'wrong', '']) {
      const stranger = createScimClient(service, token as string);
      if (token === undefined) {
        const answer = await createScimClient(service).send('get', '/Users', undefined, { 'sallyport-scim-token': '' });
        expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer realm="sallyport-scim"']);
        continue;
      }
      expect(await scimErrorOf(stranger.send('post', '/Users', { schemas: [userUrn], userName: 'x' }))).toBe('401');
      expect(await scimErrorOf(stranger.send('post', '/Users', '{"broken'))).toBe('401');
    }
    expect(service.events('directory.refused').length).toBeGreaterThan(3);
    expect(service.events('directory.refused')[0]!.data).toMatchObject({
      responseStatus: { code: 401 },
      sourceIPs: ['192.0.2.50'],
    });
    service.audit.full = true;
    const before = service.audit.records.length;
    expect(await scimErrorOf(createScimClient(service, 'wrong').send('get', '/Users'))).toBe('401');
    expect(service.audit.records).toHaveLength(before);
  });

  it('shows a token only its own source', async () => {
    const other = createScimClient(service, otherToken);
    const [mine, theirs] = [await scim.user('alice'), await other.user('alice')];
    const group = await scim.group('g', [mine.id]);
    expect((await other.get('/Users')).body.Resources.map(({ id }) => id)).toEqual([theirs.id]);
    for (const [method, path, body] of [
      ['get', `/Users/${mine.id}`],
      ['put', `/Users/${mine.id}`, { schemas: [userUrn], userName: 'x' }],
      ['delete', `/Users/${mine.id}`],
      ['get', `/Groups/${group.id}`],
      ['delete', `/Groups/${group.id}`],
    ] as const) {
      expect([method, path, await scimErrorOf(other.send(method, path, body))]).toEqual([method, path, '404']);
    }
    expect(
      await scimErrorOf(
        other.send('post', '/Groups', { schemas: [groupUrn], displayName: 'g', members: [{ value: mine.id }] }),
      ),
    ).toBe('400 invalidValue');
    expect(
      await scimErrorOf(
        scim.patch(`/Groups/${group.id}`, { op: 'add', path: 'members', value: [{ value: theirs.id }] }),
      ),
    ).toBe('400 invalidValue');
  });

  it('records who changed what, and changes nothing that cannot be recorded', async () => {
    const a = await scim.user('alice@example.com');
    await scim.group('developers', [a.id]);
    await scim.patch(`/Users/${a.id}`, { op: 'replace', path: 'active', value: false });
    expect(
      service
        .events('directory.changed')
        .map(({ data }) => [data.verb, data.user.username, data.sourceIPs, data.userAgent, data.sallyport.directory]),
    ).toEqual([
      [
        'create',
        'directory:okta',
        ['192.0.2.50'],
        'Okta SCIM Client 1.0.0',
        { source: 'scim', by: 'okta', kind: 'User', id: a.id, name: 'alice@example.com', active: true },
      ],
      [
        'create',
        'directory:okta',
        ['192.0.2.50'],
        'Okta SCIM Client 1.0.0',
        {
          source: 'scim',
          by: 'okta',
          kind: 'Group',
          id: expect.any(String),
          name: 'developers',
          added: ['alice@example.com'],
          addedCount: 1,
        },
      ],
      [
        'update',
        'directory:okta',
        ['192.0.2.50'],
        'Okta SCIM Client 1.0.0',
        { source: 'scim', by: 'okta', kind: 'User', id: a.id, name: 'alice@example.com', active: false },
      ],
    ]);
    service.audit.full = true;
    expect(await scimErrorOf(scim.send('post', '/Users', { schemas: [userUrn], userName: 'bob' }))).toBe('503');
    expect(await scimErrorOf(scim.send('delete', `/Users/${a.id}`))).toBe('503');
    expect((await scim.get('/Users')).body.totalResults).toBe(1);
  });

  it('does not exist if no source is pushed', async () => {
    const none = await createTestService();
    expect((await createScimClient(none).send('get', '/Users')).status).toBe(404);
  });
});

describe('hostile bodies', () => {
  it.each([
    [
      'very deep',
      `{"schemas":["${userUrn}"],"userName":"deep","name":${'{"name":'.repeat(100_000)}1${'}'.repeat(100_000)}}`,
    ],
    [
      'very deep lists',
      `{"schemas":["${userUrn}"],"userName":"deep","emails":${'['.repeat(500_000)}${']'.repeat(500_000)}}`,
    ],
    [
      'a million members',
      `{"schemas":["${userUrn}"],"userName":"wide","emails":[${Array(400_000).fill('{}').join(',')}]}`,
    ],
  ])('are rejected or ignored quickly: %s', async (_what, body) => {
    const from = performance.now();
    const { status } = await scim.send('post', '/Users', body);
    expect([201, 400, 413]).toContain(status);
    expect(performance.now() - from).toBeLessThan(20_000);
    expect((await scim.send('get', '/ServiceProviderConfig')).status).toBe(200);
  });

  it('with too many operations are rejected before they are read', async () => {
    const Operations = Array(50_000).fill({ op: 'add', path: 'emails[value eq "x"].display', value: 'x' });
    const { id } = await scim.user('alice');
    expect(
      await scimErrorOf(
        scim.send('patch', `/Users/${id}`, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations }),
      ),
    ).toBe('413');
  });

  it('that compare ten thousand members again and again are rejected; by their ids they are changed', async () => {
    const ids = Array.from({ length: 10_000 }, (_none, n) => `p${n}`);
    await storePeople(service, ids);
    const { id } = await scim.group('all', ids);
    const filter = Array.from({ length: 64 }, (_none, n) => `value co "x${n}"`).join(' or ');
    const many = (operation: (n: number) => object) => Array.from({ length: 1000 }, (_none, n) => operation(n));
    const scans = many(() => ({ op: 'remove', path: `members[${filter}]` }));
    expect(await scimErrorOf(scim.patch(`/Groups/${id}`, ...scans))).toBe('413');
    expect(await service.store.memberIds('scim', id)).toHaveLength(10_000);
    const removals = many((n) => ({ op: 'remove', path: `members[value eq "p${n}"]` }));
    expect((await scim.patch(`/Groups/${id}`, ...removals)).status).toBe(204);
    expect(await service.store.memberIds('scim', id)).toHaveLength(9000);
    const additions = many((n) => ({ op: 'add', path: 'members', value: [{ value: `p${n}` }] }));
    expect((await scim.patch(`/Groups/${id}`, ...additions)).status).toBe(204);
    expect(await service.store.memberIds('scim', id)).toHaveLength(10_000);
  });
});
