import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  createScimTestService,
  enterpriseUrn,
  groupUrn,
  scimErrorOf,
  userUrn,
  scimBaseUrl,
  type ScimTestClient,
} from '../testing/scim-client.ts';
import type { TestService } from '../testing/test-service.ts';

let service: TestService;
let scim: ScimTestClient;
beforeEach(async () => {
  ({ service, scim } = await createScimTestService());
});

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
    expect(created.headers).toMatchObject({ location: `${scimBaseUrl}/Users/${user.id}`, etag: 'W/"1"' });
    expect(user).toEqual({
      ...whole,
      id: user.id,
      meta: {
        resourceType: 'User',
        created: expect.any(String),
        lastModified: expect.any(String),
        location: `${scimBaseUrl}/Users/${user.id}`,
        version: 'W/"1"',
      },
    });
    expect((await scim.get(`/Users/${user.id}`)).body).toEqual(user);
    service.clock.now += 1000;
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
    expect(await scimErrorOf(scim.send('get', `/Users/${user.id}`))).toBe('404');
    expect(await scimErrorOf(scim.send('delete', `/Users/${user.id}`))).toBe('404');
  });

  it('have unique user names in any case; look-alikes are different names', async () => {
    const { id } = await scim.user('alice@example.com');
    expect(await scimErrorOf(scim.send('post', '/Users', { ...whole, userName: 'ALICE@example.com' }))).toBe(
      '409 uniqueness',
    );
    const kelvin = await scim.user('ali\u212Ae@example.com');
    expect(
      await scimErrorOf(
        scim.patch(`/Users/${kelvin.id}`, { op: 'replace', path: 'userName', value: 'Alice@example.com' }),
      ),
    ).toBe('409 uniqueness');
    expect(
      (await scim.patch(`/Users/${id}`, { op: 'replace', path: 'userName', value: 'Alice@example.com' })).status,
    ).toBe(200);
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, () => scim.send('post', '/Users', { schemas: [userUrn], userName: 'bob' })),
    );
    expect(outcomes.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409, 409, 409]);
  });

  it('accept only the attributes of their schema: a client cannot set any others', async () => {
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
    expect(JSON.stringify(await service.store.list('scim', 'people', 0, 10))).not.toMatch(/s3cr3t|root|admin/);
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });

  it('are patched atomically, and only if something changes', async () => {
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
      await scimErrorOf(
        scim.patch(
          `/Users/${id}`,
          { op: 'replace', path: 'displayName', value: 'B' },
          { op: 'replace', path: 'shoeSize', value: '7' },
        ),
      ),
    ).toBe('400 invalidPath');
    expect((await scim.get(`/Users/${id}`)).body).toMatchObject({ displayName: 'Alice' });
    // A deactivated user is not activated by a client that omits `active`.
    await scim.send('put', `/Users/${id}`, { schemas: [userUrn], userName: 'alice' });
    expect((await scim.get(`/Users/${id}`)).body).toMatchObject({ active: false });
  });

  it('cannot log in after `active` is removed until it is set again, and are shown without it', async () => {
    const { id } = await scim.user('alice');
    const removed = await scim.patch(`/Users/${id}`, { op: 'remove', path: 'active' });
    expect([removed.status, Object.hasOwn(JSON.parse(removed.text) as object, 'active')]).toEqual([200, false]);
    const [entry] = await service.store.get('scim', 'people', [id]);
    expect(entry!.active).toBe(false);
    expect((await scim.get('/Users?filter=active%20eq%20true')).body.totalResults).toBe(0);
    await scim.send('put', `/Users/${id}`, { schemas: [userUrn], userName: 'alice', displayName: 'Alice' });
    expect(Object.hasOwn((await scim.get(`/Users/${id}`)).body, 'active')).toBe(false);
    expect((await service.store.get('scim', 'people', [id]))[0]!.active).toBe(false);
    await scim.patch(`/Users/${id}`, { op: 'add', path: 'active', value: true });
    expect((await scim.get(`/Users/${id}`)).body).toMatchObject({ active: true, displayName: 'Alice' });
  });

  it('accept an extension as a whole, with its schema named in it, but no unknown attributes', async () => {
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
    expect(
      await scimErrorOf(scim.patch(`/Users/${id}`, { op: 'add', path: enterpriseUrn, value: { shoeSize: '7' } })),
    ).toBe('400 invalidPath');
    expect(await scimErrorOf(scim.patch(`/Users/${id}`, { op: 'add', path: enterpriseUrn, value: 'Tea' }))).toBe(
      '400 invalidValue',
    );
    await scim.patch(`/Users/${id}`, { op: 'remove', path: enterpriseUrn });
    expect(Object.hasOwn((await scim.get(`/Users/${id}`)).body, enterpriseUrn)).toBe(false);
  });

  it('are searched by a request body as by a query string', async () => {
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

  it('are changed by concurrent requests without losing a change', async () => {
    const { id } = await scim.user('alice');
    const names = ['title', 'nickName', 'userType', 'locale'];
    const outcomes = await Promise.all(
      names.map((path) => scim.patch(`/Users/${id}`, { op: 'add', path, value: path })),
    );
    expect(outcomes.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await scim.get(`/Users/${id}`)).body).toMatchObject(Object.fromEntries(names.map((name) => [name, name])));
  });

  it('honour entity tags', async () => {
    const { id } = await scim.user('alice');
    const operation = (value: string) => ({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [{ op: 'replace', path: 'title', value }],
    });
    expect(await scimErrorOf(scim.send('patch', `/Users/${id}`, operation('a'), { 'if-match': 'W/"7"' }))).toBe('412');
    expect((await scim.send('patch', `/Users/${id}`, operation('a'), { 'if-match': 'W/"7", W/"1"' })).status).toBe(200);
    expect((await scim.send('patch', `/Users/${id}`, operation('b'), { 'if-match': '*' })).status).toBe(200);
    expect((await scim.send('get', `/Users/${id}`, undefined, { 'if-none-match': 'W/"3"' })).status).toBe(304);
    expect((await scim.send('get', `/Users/${id}`, undefined, { 'if-none-match': 'W/"2"' })).status).toBe(200);
    expect(await scimErrorOf(scim.send('delete', `/Users/${id}`, undefined, { 'if-match': 'W/"1"' }))).toBe('412');
    expect((await scim.send('delete', `/Users/${id}`, undefined, { 'if-match': 'W/"3"' })).status).toBe(204);
  });

  it.each<[string, object | string, string, Record<string, string>?]>([
    ['no schema', { userName: 'a' }, '400 invalidSyntax'],
    ['another schema', { schemas: [groupUrn], userName: 'a' }, '400 invalidSyntax'],
    ['no name', { schemas: [userUrn] }, '400 invalidValue'],
    ['an empty name', { schemas: [userUrn], userName: '' }, '400 invalidValue'],
    ['spaces around the name', { schemas: [userUrn], userName: ' a' }, '400 invalidValue'],
    ['a name with a zero byte', { schemas: [userUrn], userName: 'a\0b' }, '400 invalidValue'],
    ['a list', [], '400 invalidSyntax'],
    ['a body that is not JSON', '{"schemas":', '400 invalidSyntax'],
    ['a string', '"x"', '400 invalidSyntax'],
    ['another content type', { schemas: [userUrn], userName: 'a' }, '415', { 'content-type': 'text/plain' }],
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
    [
      'an extension that is not an object',
      { schemas: [userUrn], userName: 'a', [enterpriseUrn]: 'x' },
      '400 invalidValue',
    ],
    [
      'a resource that is too large',
      {
        schemas: [userUrn],
        userName: 'a',
        emails: Array.from({ length: 49 }, (_, n) => ({ value: `${n}${'x'.repeat(900)}` })),
      },
      '400 invalidValue',
    ],
  ])('are rejected with %s', async (_what, body, expected, headers = {}) => {
    expect(await scimErrorOf(scim.send('post', '/Users', body, headers))).toBe(expected);
    expect((await scim.get('/Users')).body.totalResults).toBe(0);
  });

  it('reject a body over the limit before reading all of it', async () => {
    expect(
      await scimErrorOf(
        scim.send('post', '/Users', { schemas: [userUrn], userName: 'a', title: 'x'.repeat(5 * 1024 * 1024) }),
      ),
    ).toBe('413');
  });
});
