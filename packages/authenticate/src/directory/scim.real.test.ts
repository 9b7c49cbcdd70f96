import { beforeEach, describe, expect, it } from '@jest/globals';
import { createBed, type Bed } from '../testing/test-bed.ts';
import {
  createScimClient,
  enterpriseUrn,
  groupUrn,
  scimSource,
  userUrn,
  withSources,
  type ScimClientOfTests,
} from '../testing/scim-client.ts';

let bed: Bed;
let scim: ScimClientOfTests;
const base = 'https://gate.example.com:8443/.sallyport/scim/v2';
beforeEach(async () => {
  bed = await createBed(
    withSources([scimSource(), scimSource({ id: 'other' }, 'another-token-that-is-long-enough-too', 'entra')], {
      groupSources: ['scim'],
    }),
  );
  scim = createScimClient(bed);
});
const fault = async (call: ReturnType<ScimClientOfTests['send']>) => {
  const { status, text, headers } = await call;
  expect(headers['content-type']).toContain('application/scim+json');
  const body = JSON.parse(text) as { schemas: string[]; status: string; scimType?: string; detail: string };
  expect(body).toMatchObject({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: String(status),
    detail: expect.any(String),
  });
  return `${status} ${body.scimType ?? ''}`.trim();
};

describe('users', () => {
  const whole = {
    schemas: [userUrn, enterpriseUrn],
    userName: 'alice@example.com',
    externalId: '00uA',
    active: true,
    displayName: 'Alice',
    name: { givenName: 'Alice', familyName: 'Liddell' },
    emails: [{ value: 'alice@example.com', type: 'work', primary: true }],
    [enterpriseUrn]: { department: 'R&D' },
  };

  it('are created, shown, replaced and deleted', async () => {
    const created = await scim.send('post', '/Users', whole);
    const user = JSON.parse(created.text) as { id: string; meta: object };
    expect(created.status).toBe(201);
    expect(created.headers).toMatchObject({ location: `${base}/Users/${user.id}`, etag: 'W/"1"' });
    expect(user).toEqual({
      ...whole,
      id: user.id,
      meta: {
        resourceType: 'User',
        created: expect.any(String),
        lastModified: expect.any(String),
        location: `${base}/Users/${user.id}`,
        version: 'W/"1"',
      },
    });
    expect((await scim.get(`/Users/${user.id}`)).body).toEqual(user);
    bed.clock.now += 1000;
    const replaced = await scim.send('put', `/Users/${user.id}`, {
      schemas: [userUrn],
      userName: 'alice@example.org',
      active: true,
    });
    expect(replaced.status).toBe(200);
    const after = (await scim.get(`/Users/${user.id}`)).body;
    expect(after).toMatchObject({ userName: 'alice@example.org', meta: { version: 'W/"2"' } });
    expect(after).not.toHaveProperty('displayName');
    expect(after.meta).not.toMatchObject({ lastModified: (user.meta as { created: string }).created });
    expect((await scim.send('delete', `/Users/${user.id}`)).status).toBe(204);
    expect(await fault(scim.send('get', `/Users/${user.id}`))).toBe('404');
    expect(await fault(scim.send('delete', `/Users/${user.id}`))).toBe('404');
  });

  it('have no two with one userName, in whatever case; look-alikes are others', async () => {
    const { id } = await scim.user('alice@example.com');
    expect(await fault(scim.send('post', '/Users', { ...whole, userName: 'ALICE@example.com' }))).toBe(
      '409 uniqueness',
    );
    const kelvin = await scim.user('ali\u212Ae@example.com');
    expect(
      await fault(scim.patch(`/Users/${kelvin.id}`, { op: 'replace', path: 'userName', value: 'Alice@example.com' })),
    ).toBe('409 uniqueness');
    expect(
      (await scim.patch(`/Users/${id}`, { op: 'replace', path: 'userName', value: 'Alice@example.com' })).status,
    ).toBe(200);
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, () => scim.send('post', '/Users', { schemas: [userUrn], userName: 'bob' })),
    );
    expect(outcomes.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409, 409, 409]);
  });

  it('take only what their schema names: nothing is assigned that nobody asked about', async () => {
    const { id } = await scim.user(
      'alice',
      JSON.parse(
        '{"id":"chosen","meta":{"version":"W/\\"9\\""},"groups":[{"value":"admins"}],"password":"s3cr3t","keys":["name:root"],"version":7,"__proto__":{"admin":true},"constructor":{"x":1},"active":"True","roles":["admin"]}',
      ) as object,
    );
    expect(id).not.toBe('chosen');
    const { body } = await scim.get(`/Users/${id}`);
    expect(Object.keys(body).toSorted()).toEqual(['active', 'id', 'meta', 'schemas', 'userName']);
    expect(body).toMatchObject({ active: true, meta: { version: 'W/"1"' } });
    expect(JSON.stringify(await bed.store.list('scim', 'people', 0, 10))).not.toMatch(/s3cr3t|root|admin/);
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });

  it('are patched whole or not at all, and only if something changes', async () => {
    const { id } = await scim.user('alice', { displayName: 'A' });
    const changed = await scim.patch(
      `/Users/${id}`,
      { op: 'Replace', path: 'active', value: 'False' },
      { op: 'replace', value: { displayName: 'Alice', id } },
    );
    expect([changed.status, JSON.parse(changed.text)]).toMatchObject([
      200,
      { active: false, displayName: 'Alice', meta: { version: 'W/"2"' } },
    ]);
    expect(
      (await scim.patch(`/Users/${id}`, { op: 'replace', path: 'displayName', value: 'Alice' })).headers['etag'],
    ).toBe('W/"2"');
    expect(
      await fault(
        scim.patch(
          `/Users/${id}`,
          { op: 'replace', path: 'displayName', value: 'B' },
          { op: 'replace', path: 'shoeSize', value: '7' },
        ),
      ),
    ).toBe('400 invalidPath');
    expect((await scim.get(`/Users/${id}`)).body).toMatchObject({ displayName: 'Alice' });
    // Who is deactivated does not come back because a client leaves it out.
    await scim.send('put', `/Users/${id}`, { schemas: [userUrn], userName: 'alice' });
    expect((await scim.get(`/Users/${id}`)).body).toMatchObject({ active: false });
  });

  it('of whom `active` is removed are kept out until it is said again, and it is not shown meanwhile', async () => {
    const { id } = await scim.user('alice');
    const removed = await scim.patch(`/Users/${id}`, { op: 'remove', path: 'active' });
    expect([removed.status, Object.hasOwn(JSON.parse(removed.text) as object, 'active')]).toEqual([200, false]);
    const [entry] = await bed.store.get('scim', 'people', [id]);
    expect(entry!.active).toBe(false);
    expect((await scim.get('/Users?filter=active%20eq%20true')).body.totalResults).toBe(0);
    await scim.send('put', `/Users/${id}`, { schemas: [userUrn], userName: 'alice', displayName: 'Alice' });
    expect(Object.hasOwn((await scim.get(`/Users/${id}`)).body, 'active')).toBe(false);
    expect((await bed.store.get('scim', 'people', [id]))[0]!.active).toBe(false);
    await scim.patch(`/Users/${id}`, { op: 'add', path: 'active', value: true });
    expect((await scim.get(`/Users/${id}`)).body).toMatchObject({ active: true, displayName: 'Alice' });
  });

  it('take an extension whole, with the schema named in it, and nothing else that it has not', async () => {
    const { id } = await scim.user('alice', { [enterpriseUrn]: { costCenter: '7', department: 'old' } });
    const whole = { schemas: [enterpriseUrn], department: 'Tea', manager: { value: 'x' } };
    for (const op of ['add', 'replace']) {
      const answer = await scim.patch(`/Users/${id}`, { op, path: enterpriseUrn, value: whole });
      expect([answer.status, JSON.parse(answer.text)]).toMatchObject([
        200,
        { [enterpriseUrn]: { costCenter: '7', department: 'Tea', manager: { value: 'x' } } },
      ]);
    }
    expect(
      (
        await scim.patch(`/Users/${id}`, {
          op: 'replace',
          value: { [enterpriseUrn]: { schemas: [enterpriseUrn], division: 'D' } },
        })
      ).status,
    ).toBe(200);
    expect(await fault(scim.patch(`/Users/${id}`, { op: 'add', path: enterpriseUrn, value: { shoeSize: '7' } }))).toBe(
      '400 invalidPath',
    );
    expect(await fault(scim.patch(`/Users/${id}`, { op: 'add', path: enterpriseUrn, value: 'Tea' }))).toBe(
      '400 invalidValue',
    );
    await scim.patch(`/Users/${id}`, { op: 'remove', path: enterpriseUrn });
    expect(Object.hasOwn((await scim.get(`/Users/${id}`)).body, enterpriseUrn)).toBe(false);
  });

  it('are searched by a body as by an address', async () => {
    await scim.user('alice', { title: 'Dr' });
    await scim.user('bob');
    await scim.group('sre');
    const search = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';
    const post = async (path: string, body: object | string, headers = {}) => {
      const {
        status,
        text,
        headers: { 'content-type': type },
      } = await scim.send('post', path, body, headers);
      return { status, type, body: JSON.parse(text) as Record<string, unknown> };
    };
    const found = await post('/Users/.search', {
      schemas: [search],
      filter: 'userName sw "a"',
      attributes: ['userName'],
      startIndex: 1,
      count: 10,
    });
    expect(found).toMatchObject({ status: 200, body: { totalResults: 1, Resources: [{ userName: 'alice' }] } });
    expect((found.body['Resources'] as object[]).map((one) => Object.keys(one).toSorted())).toEqual([
      ['id', 'schemas', 'userName'],
    ]);
    expect(await post('/Groups/.search', { schemas: [search], Filter: 'displayName eq "sre"' })).toMatchObject({
      status: 200,
      body: { totalResults: 1 },
    });
    const refusals: [string, object | string, number][] = [
      ['/.search', { schemas: [search] }, 501],
      ['/Users/.search', {}, 400],
      ['/Users/.search', [], 400],
      ['/Users/.search', { schemas: [search], filter: 7 }, 400],
      ['/Users/.search', { schemas: [search], filter: 'nonsense' }, 400],
      ['/Users/.search', { schemas: [search], count: '10' }, 400],
      ['/Users/.search', { schemas: [search], attributes: 'userName' }, 400],
      ['/Users/.search', '{', 400],
    ];
    for (const [path, body, status] of refusals)
      expect(await post(path, body)).toMatchObject({
        status,
        type: 'application/scim+json; charset=utf-8',
        body: {
          schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
          status: String(status),
          detail: expect.any(String),
        },
      });
    for (const attributes of [Array.from({ length: 500_000 }, () => ''), ['x'.repeat(9000)]])
      expect((await post('/Users/.search', { schemas: [search], attributes })).status).toBe(400);
    expect((await scim.send('get', '/.search')).status).toBe(405);
    expect((await scim.send('delete', '/Users/.search')).status).toBe(404);
  });

  it('are changed by many at once without losing anything', async () => {
    const { id } = await scim.user('alice');
    const names = ['title', 'nickName', 'userType', 'locale'];
    const outcomes = await Promise.all(
      names.map((path) => scim.patch(`/Users/${id}`, { op: 'add', path, value: path })),
    );
    expect(outcomes.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await scim.get(`/Users/${id}`)).body).toMatchObject(Object.fromEntries(names.map((name) => [name, name])));
  });

  it('keep to entity tags', async () => {
    const { id } = await scim.user('alice');
    const operation = (value: string) => ({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [{ op: 'replace', path: 'title', value }],
    });
    expect(await fault(scim.send('patch', `/Users/${id}`, operation('a'), { 'if-match': 'W/"7"' }))).toBe('412');
    expect((await scim.send('patch', `/Users/${id}`, operation('a'), { 'if-match': 'W/"7", W/"1"' })).status).toBe(200);
    expect((await scim.send('patch', `/Users/${id}`, operation('b'), { 'if-match': '*' })).status).toBe(200);
    expect((await scim.send('get', `/Users/${id}`, undefined, { 'if-none-match': 'W/"3"' })).status).toBe(304);
    expect((await scim.send('get', `/Users/${id}`, undefined, { 'if-none-match': 'W/"2"' })).status).toBe(200);
    expect(await fault(scim.send('delete', `/Users/${id}`, undefined, { 'if-match': 'W/"1"' }))).toBe('412');
    expect((await scim.send('delete', `/Users/${id}`, undefined, { 'if-match': 'W/"3"' })).status).toBe(204);
  });

  it.each<[string, object | string, string, Record<string, string>?]>([
    ['no schema', { userName: 'a' }, '400 invalidSyntax'],
    ['another schema', { schemas: [groupUrn], userName: 'a' }, '400 invalidSyntax'],
    ['no name', { schemas: [userUrn] }, '400 invalidValue'],
    ['an empty name', { schemas: [userUrn], userName: '' }, '400 invalidValue'],
    ['a name with blanks around', { schemas: [userUrn], userName: ' a' }, '400 invalidValue'],
    ['a name with a zero byte', { schemas: [userUrn], userName: 'a\0b' }, '400 invalidValue'],
    ['a list', [], '400 invalidSyntax'],
    ['no JSON', '{"schemas":', '400 invalidSyntax'],
    ['a string', '"x"', '400 invalidSyntax'],
    ['another type', { schemas: [userUrn], userName: 'a' }, '415', { 'content-type': 'text/plain' }],
    [
      'two primary addresses',
      {
        schemas: [userUrn],
        userName: 'a',
        emails: [
          { value: 'a', primary: true },
          { value: 'b', primary: 'True' },
        ],
      },
      '400 invalidValue',
    ],
    ['a name that is too long', { schemas: [userUrn], userName: 'x'.repeat(2000) }, '400 invalidValue'],
    ['an extension that is none', { schemas: [userUrn], userName: 'a', [enterpriseUrn]: 'x' }, '400 invalidValue'],
    [
      'too much',
      {
        schemas: [userUrn],
        userName: 'a',
        emails: Array.from({ length: 49 }, (_, n) => ({ value: `${n}${'x'.repeat(900)}` })),
      },
      '400 invalidValue',
    ],
  ])('are refused with %s', async (_what, body, expected, headers = {}) => {
    expect(await fault(scim.send('post', '/Users', body, headers))).toBe(expected);
    expect((await scim.get('/Users')).body.totalResults).toBe(0);
  });

  it('refuses bodies beyond its bound before it reads them all', async () => {
    expect(
      await fault(
        scim.send('post', '/Users', { schemas: [userUrn], userName: 'a', title: 'x'.repeat(5 * 1024 * 1024) }),
      ),
    ).toBe('413');
  });
});

describe('groups', () => {
  it('are created with members, shown with them or without, changed and deleted', async () => {
    const [a, b, c] = [await scim.user('a'), await scim.user('b'), await scim.user('c')];
    const group = await scim.group('platform, "core"', [a.id, b.id], { externalId: 'x-1' });
    expect(group).toMatchObject({
      displayName: 'platform, "core"',
      externalId: 'x-1',
      members: [a.id, b.id].toSorted().map((value) => ({
        value,
        $ref: expect.stringMatching(new RegExp(`^https://.*/scim/v2/Users/${value}$`)),
        type: 'User',
      })),
    });
    expect((await scim.get(`/Groups/${group.id}?excludedAttributes=members`)).body).not.toHaveProperty('members');
    expect(Object.keys((await scim.get(`/Groups/${group.id}?attributes=displayName`)).body).toSorted()).toEqual([
      'displayName',
      'id',
      'schemas',
    ]);
    const patched = await scim.patch(
      `/Groups/${group.id}`,
      { op: 'add', path: 'members', value: [{ value: c.id }] },
      { op: 'Remove', path: 'members', value: [{ value: a.id }] },
      { op: 'replace', value: { id: group.id, displayName: 'core' } },
    );
    expect(patched.status).toBe(204);
    expect((await scim.get(`/Groups/${group.id}`)).body).toMatchObject({
      displayName: 'core',
      members: [b.id, c.id].toSorted().map((value) => ({ value })),
    });
    const replaced = await scim.send('put', `/Groups/${group.id}`, {
      schemas: [groupUrn],
      displayName: 'core',
      members: [{ value: a.id }],
    });
    expect(JSON.parse(replaced.text)).toMatchObject({ members: [{ value: a.id }] });
    expect((await scim.get(`/Users/${a.id}?attributes=groups`)).body).toMatchObject({
      groups: [{ value: group.id, display: 'core', type: 'direct' }],
    });
    expect((await scim.send('delete', `/Groups/${group.id}`)).status).toBe(204);
    expect(await fault(scim.send('get', `/Groups/${group.id}`))).toBe('404');
    expect(await bed.store.groupIds('scim', a.id)).toEqual([]);
  });

  it('have another entity tag when their members are others', async () => {
    const a = await scim.user('a');
    const { id, meta } = await scim.group('g');
    await scim.patch(`/Groups/${id}`, { op: 'add', path: 'members', value: [{ value: a.id }] });
    expect((await scim.get(`/Groups/${id}`)).body.meta.version).not.toBe(meta.version);
    expect(
      await fault(
        scim.send('put', `/Groups/${id}`, { schemas: [groupUrn], displayName: 'g' }, { 'if-match': meta.version }),
      ),
    ).toBe('412');
    await scim.send('delete', `/Users/${a.id}`);
    expect((await scim.get(`/Groups/${id}`)).body).not.toHaveProperty('members');
  });

  it('are not made or changed for somebody who does not exist, nor for a group', async () => {
    const a = await scim.user('a');
    expect(
      await fault(
        scim.send('post', '/Groups', {
          schemas: [groupUrn],
          displayName: 'g',
          members: [{ value: a.id }, { value: 'ghost' }],
        }),
      ),
    ).toBe('400 invalidValue');
    expect((await scim.get('/Groups')).body.totalResults).toBe(0);
    const group = await scim.group('g', [a.id]);
    expect(
      await fault(scim.patch(`/Groups/${group.id}`, { op: 'replace', path: 'members', value: [{ value: 'ghost' }] })),
    ).toBe('400 invalidValue');
    expect(
      await fault(
        scim.patch(`/Groups/${group.id}`, { op: 'add', path: 'members', value: [{ value: group.id, type: 'Group' }] }),
      ),
    ).toBe('400 invalidValue');
    expect(await bed.store.memberIds('scim', group.id)).toEqual([a.id]);
    expect(await fault(scim.send('post', '/Groups', { schemas: [groupUrn], displayName: 'bad\nname' }))).toBe(
      '400 invalidValue',
    );
    expect(await fault(scim.patch('/Groups/none', { op: 'add', path: 'members', value: [{ value: a.id }] }))).toBe(
      '404',
    );
  });

  it('of three thousand are made, shown and emptied', async () => {
    const ids = Array.from({ length: 3000 }, (_, n) => `p${n}`);
    await Promise.all(
      ids.map((id) =>
        bed.store.put(
          'scim',
          'people',
          { id, keys: [`name:${id}`], active: true, body: { userName: id }, version: 1, createdAt: 0, changedAt: 0 },
          { expected: undefined },
        ),
      ),
    );
    const { id } = await scim.group('all', ids);
    expect(await bed.store.memberIds('scim', id)).toHaveLength(3000);
    expect((await scim.get(`/Groups/${id}`)).body['members']).toHaveLength(3000);
    await scim.patch(`/Groups/${id}`, { op: 'replace', path: 'members', value: [{ value: 'p7' }] });
    expect(await bed.store.memberIds('scim', id)).toEqual(['p7']);
    const [event] = bed.events('directory.changed').slice(-1);
    expect(event!.data.sallyport.directory).toMatchObject({
      source: 'scim',
      by: 'okta',
      kind: 'Group',
      name: 'all',
      removedCount: 2999,
    });
    expect(event!.data.sallyport.directory!.removed).toHaveLength(20);
  });
});

describe('lists', () => {
  const names = async (path: string) => {
    const { status, body } = await scim.get(path);
    expect(status).toBe(200);
    return body.Resources.map((one) => String(one['userName'] ?? one['displayName']));
  };
  const filter = (text: string) => `filter=${encodeURIComponent(text)}`;

  it('are paged', async () => {
    for (let n = 1; n <= 7; n += 1) await scim.user(`u${n}`);
    expect((await scim.get('/Users?startIndex=3&count=2')).body).toMatchObject({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
      totalResults: 7,
      itemsPerPage: 2,
      startIndex: 3,
      Resources: [{ userName: 'u3' }, { userName: 'u4' }],
    });
    expect(await names('/Users?startIndex=7&count=100')).toEqual(['u7']);
    expect(await names('/Users?startIndex=0&count=1')).toEqual(['u1']);
    expect(await names('/Users?startIndex=8')).toEqual([]);
    expect((await scim.get('/Users?count=0')).body).toMatchObject({ totalResults: 7, itemsPerPage: 0, Resources: [] });
    expect(await names('/Users?count=-5')).toEqual([]);
    expect(await names(`/Users?${filter('userName sw "u"')}&startIndex=6&count=5`)).toEqual(['u6', 'u7']);
    expect(
      (await scim.get(`/Users?${filter('userName sw "u" and not (userName eq "u1")')}&count=2`)).body,
    ).toMatchObject({ totalResults: 6, itemsPerPage: 2 });
    for (const query of ['startIndex=x', 'count=1.5', 'count=99999999999'])
      expect(await fault(scim.send('get', `/Users?${query}`))).toBe('400 invalidValue');
  });

  it('find users by what clients ask for', async () => {
    const alice = await scim.user('Alice@example.com', {
      externalId: '00uA',
      emails: [{ value: 'a@example.com', type: 'work' }],
    });
    await scim.user('bob', { externalId: '00uB', emails: [{ value: 'b@example.com' }], active: false });
    for (const text of [
      'userName eq "alice@EXAMPLE.com"',
      'externalId eq "00uA"',
      `id eq "${alice.id}"`,
      'emails.value eq "A@example.com"',
      'emails[type eq "work"].value eq "a@example.com"',
      'userName co "lice"',
      'externalId eq "00uA" and active eq true',
      'active eq true',
      'emails pr and userName ne "bob"',
    ])
      expect([text, await names(`/Users?${filter(text)}`)]).toEqual([text, ['Alice@example.com']]);
    for (const text of [
      'userName eq "alice"',
      'externalId eq "00ua"',
      'externalId eq "00uA" and active eq false',
      `id eq "${alice.id}" and userName eq "bob"`,
    ])
      expect([text, await names(`/Users?${filter(text)}`)]).toEqual([text, []]);
    expect(
      (await scim.get(`/Users?${filter('userName eq "bob"')}&attributes=userName,emails.value`)).body.Resources,
    ).toEqual([{ schemas: [userUrn], id: expect.any(String), userName: 'bob', emails: [{ value: 'b@example.com' }] }]);
    expect(
      (await scim.get(`/Users?${filter('userName eq "bob"')}&excludedAttributes=emails,meta,nonsense`)).body.Resources,
    ).toEqual([{ schemas: [userUrn], id: expect.any(String), externalId: '00uB', userName: 'bob', active: false }]);
    expect(await fault(scim.send('get', `/Users?${filter('userName is "x"')}`))).toBe('400 invalidFilter');
    expect(await fault(scim.send('get', `/Users?${filter(`userName eq "${'x'.repeat(5000)}"`)}`))).toBe(
      '400 invalidFilter',
    );
  });

  it('find groups by name and by member, without showing members unless asked', async () => {
    const [a, b] = [await scim.user('a'), await scim.user('b')];
    const one = await scim.group('one', [a.id, b.id]);
    await scim.group('two', [b.id]);
    expect(await names(`/Groups?${filter('displayName eq "ONE"')}&excludedAttributes=members`)).toEqual(['one']);
    expect(await names(`/Groups?${filter(`members.value eq "${a.id}"`)}`)).toEqual(['one']);
    expect(await names(`/Groups?${filter(`members eq "${b.id}" and displayName sw "t"`)}`)).toEqual(['two']);
    expect(
      await names(`/Groups?${filter(`id eq "${one.id}" and members eq "${a.id}"`)}&excludedAttributes=members`),
    ).toEqual(['one']);
    expect(await names(`/Groups?${filter(`id eq "${one.id}" and members eq "nobody"`)}`)).toEqual([]);
    expect(await names(`/Groups?${filter(`members[value eq "${a.id}"]`)}`)).toEqual(['one']);
    expect((await scim.get('/Groups')).body.Resources.map((group) => (group['members'] as unknown[]).length)).toEqual([
      2, 1,
    ]);
    for (const text of [
      `not (members eq "${a.id}")`,
      `members eq "${a.id}" or displayName eq "two"`,
      'members pr',
      'members.display eq "x"',
      'members co "a"',
    ])
      expect([text, await fault(scim.send('get', `/Groups?${filter(text)}`))]).toEqual([text, '400 invalidFilter']);
  });
});

describe('the service', () => {
  it('says what it is able to do, and what its resources look like', async () => {
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
    expect(await fault(scim.send('get', '/Schemas/none'))).toBe('404');
  });

  it('refuses what it does not know in its own words', async () => {
    expect(await fault(scim.send('post', '/Bulk', {}))).toBe('501');
    expect(await fault(scim.send('get', '/Me'))).toBe('501');
    expect(await fault(scim.send('get', '/Nonsense'))).toBe('404');
    expect(await fault(scim.send('get', '/users'))).toBe('404');
    expect(await fault(scim.send('put', '/Users', {}))).toBe('405');
    expect(await fault(scim.send('post', '/ServiceProviderConfig', {}))).toBe('405');
  });

  it('lets nobody in without a token of the configuration, and reads no body of theirs', async () => {
    for (const token of [undefined, 'wrong', '']) {
      const stranger = createScimClient(bed, token as string);
      if (token === undefined) {
        const answer = await createScimClient(bed).send('get', '/Users', undefined, { 'sallyport-scim-token': '' });
        expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer realm="sallyport-scim"']);
        continue;
      }
      expect(await fault(stranger.send('post', '/Users', { schemas: [userUrn], userName: 'x' }))).toBe('401');
      expect(await fault(stranger.send('post', '/Users', '{"broken'))).toBe('401');
    }
    expect(bed.events('directory.refused').length).toBeGreaterThan(3);
    expect(bed.events('directory.refused')[0]!.data).toMatchObject({
      responseStatus: { code: 401 },
      sourceIPs: ['192.0.2.50'],
    });
    bed.audit.full = true;
    const before = bed.audit.records.length;
    expect(await fault(createScimClient(bed, 'wrong').send('get', '/Users'))).toBe('401');
    expect(bed.audit.records).toHaveLength(before);
  });

  it('shows a token its own source and no other', async () => {
    const other = createScimClient(bed, 'another-token-that-is-long-enough-too');
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
      expect([method, path, await fault(other.send(method, path, body))]).toEqual([method, path, '404']);
    }
    expect(
      await fault(
        other.send('post', '/Groups', { schemas: [groupUrn], displayName: 'g', members: [{ value: mine.id }] }),
      ),
    ).toBe('400 invalidValue');
    expect(
      await fault(scim.patch(`/Groups/${group.id}`, { op: 'add', path: 'members', value: [{ value: theirs.id }] })),
    ).toBe('400 invalidValue');
  });

  it('changes nothing that could not be recorded, and records who changed what', async () => {
    const a = await scim.user('alice@example.com');
    await scim.group('developers', [a.id]);
    await scim.patch(`/Users/${a.id}`, { op: 'replace', path: 'active', value: false });
    expect(
      bed
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
    bed.audit.full = true;
    expect(await fault(scim.send('post', '/Users', { schemas: [userUrn], userName: 'bob' }))).toBe('503');
    expect(await fault(scim.send('delete', `/Users/${a.id}`))).toBe('503');
    expect((await scim.get('/Users')).body.totalResults).toBe(1);
  });

  it('is not there where no source is pushed', async () => {
    const none = await createBed();
    expect((await createScimClient(none).send('get', '/Users')).status).toBe(404);
  });
});

describe('bodies that are made to hurt', () => {
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
  ])('are refused or passed over quickly: %s', async (_what, body) => {
    const from = performance.now();
    const { status } = await scim.send('post', '/Users', body);
    expect([201, 400, 413]).toContain(status);
    expect(performance.now() - from).toBeLessThan(3000);
    expect((await scim.send('get', '/ServiceProviderConfig')).status).toBe(200);
  });

  it('with very many operations are refused before they are read', async () => {
    const Operations = Array(50_000).fill({ op: 'add', path: 'emails[value eq "x"].display', value: 'x' });
    const { id } = await scim.user('alice');
    expect(
      await fault(
        scim.send('patch', `/Users/${id}`, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations }),
      ),
    ).toBe('413');
  });
});
