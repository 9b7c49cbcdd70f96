import { beforeEach, describe, expect, it } from '@jest/globals';
import { ProblemError } from '@sallyport/kit';
import { createScimTestService, groupUrn, type ScimTestClient } from '../testing/scim-client.ts';
import type { TestService } from '../testing/test-service.ts';

let service: TestService;
let scim: ScimTestClient;
beforeEach(async () => {
  ({ service, scim } = await createScimTestService());
});

const unanswered = () => new ProblemError('sessions-unavailable', 'The session store cannot be reached.');

/** Lets the store fail in one call of `name`, the `nth` from now: before it takes effect, or after. */
function failOnce(name: 'put' | 'remove' | 'changeMembers', nth: number, when: 'before' | 'after'): void {
  const { store } = service;
  const original = store[name].bind(store) as (...args: unknown[]) => Promise<unknown>;
  let calls = 0;
  Object.assign(store, {
    [name]: async (...args: unknown[]) => {
      calls += 1;
      if (calls !== nth) return original(...args);
      if (when === 'after') await original(...args);
      throw unanswered();
    },
  });
}

/** What the events say of an entry: the code, the numbers of members, and whether it is certain. */
const eventsOf = (id: string) =>
  service
    .events('directory.changed')
    .filter(({ data }) => data.sallyport.directory?.id === id)
    .map(({ data }) => {
      const { detail, directory } = data.sallyport;
      const { name, active, addedCount: added, removedCount: removed } = directory!;
      const certainty = detail === undefined ? 'whole' : detail.includes('may have been') ? 'perhaps' : 'part';
      return { verb: data.verb, code: data.responseStatus!.code, certainty, name, active, added, removed };
    });

async function storePeople(count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_none, n) => `p${n}`);
  for (const id of ids)
    await service.store.put(
      'scim',
      'people',
      { id, keys: [`name:${id}`], active: true, body: { userName: id }, version: 1, createdAt: 0, changedAt: 0 },
      { expected: undefined },
    );
  return ids;
}

describe('members of a group, while the store fails halfway', () => {
  const add = (id: string, ids: string[]) =>
    scim.patch(`/Groups/${id}`, { op: 'add', path: 'members', value: ids.map((value) => ({ value })) });

  it.each(['before', 'after'] as const)('are all on record: it fails %s its second write', async (when) => {
    const ids = await storePeople(600);
    const { id } = await scim.group('admins');
    failOnce('changeMembers', 2, when);
    expect((await add(id, ids)).status).toBe(503);
    expect(await service.store.memberIds('scim', id)).toHaveLength(when === 'after' ? 600 : 500);
    const [created, ...failed] = eventsOf(id);
    expect(created).toMatchObject({ verb: 'create', certainty: 'whole' });
    const about = { verb: 'update', code: 503, name: 'admins', active: undefined, removed: undefined };
    expect(failed).toEqual([
      { ...about, certainty: 'perhaps', added: 100 },
      { ...about, certainty: 'part', added: 500 },
    ]);
    expect((await add(id, ids)).status).toBe(204);
    expect(await service.store.memberIds('scim', id)).toHaveLength(600);
    expect(eventsOf(id).slice(3)).toEqual(
      when === 'after' ? [] : [{ ...about, code: 200, certainty: 'whole', added: 100 }],
    );
  });

  it('are on record if the group is created with them', async () => {
    const ids = await storePeople(600);
    failOnce('changeMembers', 2, 'before');
    const members = ids.map((value) => ({ value }));
    const { status } = await scim.send('post', '/Groups', { schemas: [groupUrn], displayName: 'admins', members });
    expect(status).toBe(503);
    const { entries } = await service.store.list('scim', 'groups', 0, 1);
    expect(eventsOf(entries[0]!.id)).toMatchObject([
      { verb: 'create', certainty: 'perhaps', added: 100 },
      { verb: 'create', certainty: 'part', added: 500 },
    ]);
  });

  it('are on record if the group is deleted, and if its deletion is not answered', async () => {
    const ids = await storePeople(600);
    const { id } = await scim.group('admins', ids);
    failOnce('changeMembers', 2, 'after');
    expect((await scim.send('delete', `/Groups/${id}`)).status).toBe(503);
    expect(eventsOf(id).slice(1)).toMatchObject([
      { verb: 'delete', code: 503, certainty: 'perhaps', removed: 100 },
      { verb: 'delete', code: 503, certainty: 'part', removed: 500 },
    ]);
    failOnce('remove', 1, 'after');
    expect((await scim.send('delete', `/Groups/${id}`)).status).toBe(503);
    expect(eventsOf(id).slice(3)).toMatchObject([{ verb: 'delete', code: 503, certainty: 'perhaps', name: 'admins' }]);
  });

  it('are on record with the new name of the group, if a user to add disappears after it was written', async () => {
    const [first, second] = (await storePeople(2)) as [string, string];
    const { id } = await scim.group('before', [first]);
    const { store } = service;
    const put = store.put.bind(store);
    store.put = async (...args) => {
      const outcome = await put(...args);
      await store.remove('scim', 'people', second);
      return outcome;
    };
    const { status } = await scim.patch(
      `/Groups/${id}`,
      { op: 'replace', path: 'displayName', value: 'after' },
      { op: 'add', path: 'members', value: [{ value: second }] },
    );
    expect(status).toBe(400);
    expect(eventsOf(id).slice(1)).toMatchObject([{ verb: 'update', code: 400, certainty: 'part', name: 'after' }]);
  });
});

describe('a change that the store makes but does not answer', () => {
  it('of a user is on record as one that may have been made', async () => {
    const { id } = await scim.user('alice', { active: false });
    const activate = () => scim.patch(`/Users/${id}`, { op: 'replace', path: 'active', value: true });
    failOnce('put', 1, 'after');
    expect((await activate()).status).toBe(503);
    expect(eventsOf(id).slice(1)).toMatchObject([
      { verb: 'update', code: 503, certainty: 'perhaps', name: 'alice', active: true },
    ]);
    expect((await activate()).status).toBe(200);
    expect(eventsOf(id)).toHaveLength(2);
    failOnce('remove', 1, 'after');
    expect((await scim.send('delete', `/Users/${id}`)).status).toBe(503);
    expect(eventsOf(id).slice(2)).toMatchObject([{ verb: 'delete', code: 503, certainty: 'perhaps', active: false }]);
  });

  it('of the name of a group is on record with the new name', async () => {
    const { id } = await scim.group('before');
    failOnce('put', 1, 'after');
    const rename = () => scim.patch(`/Groups/${id}`, { op: 'replace', path: 'displayName', value: 'after' });
    expect((await rename()).status).toBe(503);
    expect((await rename()).status).toBe(204);
    expect(eventsOf(id).slice(1)).toMatchObject([{ verb: 'update', code: 503, certainty: 'perhaps', name: 'after' }]);
  });

  it('is not on record if a condition was not met', async () => {
    const [alice, bob] = [await scim.user('alice'), await scim.user('bob')];
    const { status } = await scim.patch(`/Users/${bob.id}`, { op: 'replace', path: 'userName', value: 'alice' });
    expect(status).toBe(409);
    expect(eventsOf(bob.id)).toHaveLength(1);
    expect(eventsOf(alice.id)).toHaveLength(1);
  });
});
