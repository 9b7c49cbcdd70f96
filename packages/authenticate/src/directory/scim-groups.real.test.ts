import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  createScimTestService,
  groupUrn,
  scimErrorOf,
  storePeople,
  userUrn,
  type ScimTestClient,
} from '../testing/scim-client.ts';
import { identityOf, logIn } from '../testing/test-refresh.ts';
import type { TestService } from '../testing/test-service.ts';

let service: TestService;
let scim: ScimTestClient;
beforeEach(async () => {
  ({ service, scim } = await createScimTestService());
});

describe('groups', () => {
  it('are created with members, shown with or without them, changed and deleted', async () => {
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
    expect(await scimErrorOf(scim.send('get', `/Groups/${group.id}`))).toBe('404');
    expect(await service.store.groupIds('scim', a.id)).toEqual([]);
  });

  it('change their entity tag when their members change', async () => {
    const a = await scim.user('a');
    const { id, meta } = await scim.group('g');
    await scim.patch(`/Groups/${id}`, { op: 'add', path: 'members', value: [{ value: a.id }] });
    expect((await scim.get(`/Groups/${id}`)).body.meta.version).not.toBe(meta.version);
    expect(
      await scimErrorOf(
        scim.send('put', `/Groups/${id}`, { schemas: [groupUrn], displayName: 'g' }, { 'if-match': meta.version }),
      ),
    ).toBe('412');
    await scim.send('delete', `/Users/${a.id}`);
    expect((await scim.get(`/Groups/${id}`)).body).not.toHaveProperty('members');
  });

  it('that are renamed give the new name to a user who joins at the same time', async () => {
    const alice = await scim.user('alice@example.com');
    const { id } = await scim.group('before');
    const session = await logIn(service);
    const { store } = service;
    const put = store.put.bind(store);
    store.put = async (...args) => {
      store.put = put;
      await scim.patch(`/Groups/${id}`, { op: 'add', path: 'members', value: [{ value: alice.id }] });
      expect((await identityOf(service, session)).groups).toEqual(['before']);
      return put(...args);
    };
    await scim.patch(`/Groups/${id}`, { op: 'replace', path: 'displayName', value: 'after' });
    expect((await identityOf(service, session)).groups).toEqual(['after']);
  });

  it('reject members that do not exist or are groups', async () => {
    const a = await scim.user('a');
    expect(
      await scimErrorOf(
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
      await scimErrorOf(
        scim.patch(`/Groups/${group.id}`, { op: 'replace', path: 'members', value: [{ value: 'ghost' }] }),
      ),
    ).toBe('400 invalidValue');
    expect(
      await scimErrorOf(
        scim.patch(`/Groups/${group.id}`, { op: 'add', path: 'members', value: [{ value: group.id, type: 'Group' }] }),
      ),
    ).toBe('400 invalidValue');
    expect(await service.store.memberIds('scim', group.id)).toEqual([a.id]);
    expect(await scimErrorOf(scim.send('post', '/Groups', { schemas: [groupUrn], displayName: 'bad\nname' }))).toBe(
      '400 invalidValue',
    );
    expect(
      await scimErrorOf(scim.patch('/Groups/none', { op: 'add', path: 'members', value: [{ value: a.id }] })),
    ).toBe('404');
  });

  it('with three thousand members are created, shown and emptied', async () => {
    const ids = Array.from({ length: 3000 }, (_, n) => `p${n}`);
    await storePeople(service, ids);
    const { id } = await scim.group('all', ids);
    expect(await service.store.memberIds('scim', id)).toHaveLength(3000);
    expect((await scim.get(`/Groups/${id}`)).body['members']).toHaveLength(3000);
    await scim.patch(`/Groups/${id}`, { op: 'replace', path: 'members', value: [{ value: 'p7' }] });
    expect(await service.store.memberIds('scim', id)).toEqual(['p7']);
    const [event] = service.events('directory.changed').slice(-1);
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
      expect(await scimErrorOf(scim.send('get', `/Users?${query}`))).toBe('400 invalidValue');
  });

  it('find users by the filters that clients send', async () => {
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
    expect(await scimErrorOf(scim.send('get', `/Users?${filter('userName is "x"')}`))).toBe('400 invalidFilter');
    expect(await scimErrorOf(scim.send('get', `/Users?${filter(`userName eq "${'x'.repeat(5000)}"`)}`))).toBe(
      '400 invalidFilter',
    );
  });

  it('find groups by name and by member', async () => {
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
      expect([text, await scimErrorOf(scim.send('get', `/Groups?${filter(text)}`))]).toEqual([
        text,
        '400 invalidFilter',
      ]);
  });
});
