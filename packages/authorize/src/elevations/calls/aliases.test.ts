import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Identity } from '@sallyport/contracts';
import { createDirectoryStore, type DirectoryStore } from '@sallyport/directory';
import { ProblemError } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { identityOf } from '../../testing/authorize-rig.ts';
import { elevationsConfig, startElevationRig, type ElevationRig } from '../../testing/elevation-rig.ts';

const provider = (id: string, more: object = {}) => ({
  id,
  issuer: `https://${id}.example.com`,
  clientId: 'c',
  clientSecret: 's',
  ...more,
});
const okta = { kind: 'okta', url: 'https://example.okta.com', token: 't' };
const scim = {
  kind: 'scim',
  tokens: [{ id: 't', sha256: 'ab'.repeat(32) }],
  match: { claim: 'sub', attribute: 'externalId' },
};
const identity = (more: object[] = []) => ({
  directory: { sources: [scim, { ...scim, id: 'second', tokens: [{ ...scim.tokens[0], id: 'u' }] }, ...more] },
  providers: [
    provider('corp', { groupSources: ['scim', 'claims'] }),
    provider('other', { prefix: { user: 'other:' } }),
    provider('third', { groupSources: ['second', 'scim', 'claims'] }),
  ],
});
const [prodAdmin] = elevationsConfig.elevations;
const config = (more: object = {}, sources: object[] = []) => ({
  ...elevationsConfig,
  identity: identity(sources),
  elevations: [
    { ...prodAdmin, ...more },
    {
      name: 'break-glass',
      clusters: ['*'],
      groups: ['admins'],
      requesters: { groups: ['developers'] },
      approvals: 0,
      review: { by: { groups: ['sre'] } },
    },
  ],
});

let rig: ElevationRig;
let directory: DirectoryStore;
let alice: string;
let logins = 0;
const start = async (more: object = {}, sources: object[] = []) => {
  directory = createDirectoryStore({ redis: undefined, now: Date.now });
  rig = await startElevationRig({ config: config(more, sources), directory });
  alice = await logIn('alice', {}, ['developers']);
};
beforeEach(() => start());
afterEach(() => rig.close());

const day = 86_400_000;
/** Logs an account in, whose names say nothing about other accounts unless given. */
const logIn = (name: string, more: Partial<Identity> = {}, groups = ['sre']) => {
  const of = identityOf(`${name}@example.com`, groups, { issuer: 'https://corp.example.com', subject: name, ...more });
  return rig.logIn(of, { id: `s-${(logins += 1)}`, expiresAt: Date.now() + day, idleMs: day });
};
const elsewhere = (name: string, more: Partial<Identity> = {}): Partial<Identity> => ({
  provider: 'third',
  issuer: 'https://third.example.com',
  user: name,
  email: `${name}@third.example.com`,
  ...more,
});
const link = (keys: string[], source = 'scim') => {
  const entry = { id: `e${(logins += 1)}`, keys, active: true, body: {}, version: 1, createdAt: 1, changedAt: 1 };
  return directory.put(source, 'people', entry, { expected: undefined });
};
const approve = async (token: string, id: string) => {
  const { status, body } = await rig.decide(token, 'approve', id);
  return status === 200 ? (body['elevation'] as { state: string }).state : body['code'];
};
const effect = async (token: string) => (await rig.tryDelete(token)).decision.effect;

type Attack = [string, Partial<Identity>, () => Promise<unknown>];
const attacks: Attack[] = [
  ['has the same verified address at another provider', elsewhere('a', { email: 'alice@example.com' }), async () => {}],
  ['has it in capitals', elsewhere('a', { email: 'ALICE@EXAMPLE.COM' }), async () => {}],
  ['has it with a tag', elsewhere('a', { email: 'alice+x@example.com' }), async () => {}],
  ['has it with an invisible character', elsewhere('a', { email: 'al\u{AD}ice@example.com' }), async () => {}],
  ['has it as the user name', elsewhere('alice@example.com', { email: 'x@y' }), async () => {}],
  [
    'has it as the user name behind the prefix of the provider',
    { provider: 'other', issuer: 'https://other.example.com', user: 'other:alice@example.com', email: 'x@y' },
    async () => {},
  ],
  ['is a second address of the same entry', elsewhere('a'), () => link(['id:alice', 'email:a@third.example.com'])],
  ['is the user name of the same entry', elsewhere('smith'), () => link(['email:alice@example.com', 'name:smith'])],
  [
    'is the other account that the source knows by its ID',
    { issuer: 'https://third.example.com', provider: 'third', subject: 'alice', user: 'x', email: 'x@y' },
    async () => {},
  ],
  [
    'is linked over two entries of one source',
    elsewhere('a'),
    async () => {
      await link(['id:alice', 'email:shared@example.com']);
      await link(['name:someone', 'email:Shared@example.com', 'email:a@third.example.com']);
    },
  ],
  [
    'is linked over two sources',
    elsewhere('a'),
    async () => {
      await link(['email:alice@example.com', 'email:asmith@example.com']);
      await link(['name:asmith@example.com', 'email:a@third.example.com'], 'second');
    },
  ],
];

describe('a second account of the requester', () => {
  it.each(attacks)('that %s cannot approve', async (_how, account, prepare) => {
    await prepare();
    const { id } = await rig.request(alice);
    const alias = await logIn('zed', { subject: 'zed', ...account });
    expect(await approve(alias, id)).toBe('forbidden');
    expect(await effect(alice)).toBe('deny');
    expect(await approve(await logIn('bob'), id)).toBe('active');
  });

  it.each(attacks)('that %s cannot review', async (_how, account, prepare) => {
    await prepare();
    const { id } = await rig.request(alice, { name: 'break-glass' });
    const alias = await logIn('zed', { subject: 'zed', ...account });
    const review = { action: 'review', id, asked: { comment: 'all good' } };
    expect((await rig.elevation(alias, review)).body).toMatchObject({ code: 'forbidden' });
    expect((await rig.elevation(await logIn('bob'), review)).status).toBe(200);
  });

  it('cannot approve an extension', async () => {
    const { id } = await rig.request(alice);
    expect(await approve(await logIn('bob'), id)).toBe('active');
    await link(['id:alice', 'name:a']);
    const extension = await rig.view(alice, { action: 'extend', id, asked: { durationMs: 1000, reason: 'more' } });
    expect(await approve(await logIn('zed', elsewhere('a')), extension.id)).toBe('forbidden');
  });

  it('is found by an entry that comes after the request', async () => {
    const alias = await logIn('zed', elsewhere('a'));
    const { id } = await rig.request(alice);
    await link(['id:alice', 'name:a']);
    expect(await approve(alias, id)).toBe('forbidden');
  });

  it('is found by the key of the request, though the requester is not logged in any more', async () => {
    const { id } = await rig.request(alice);
    for (const { id: session } of await rig.sessions.list({ issuer: 'https://corp.example.com', subject: 'alice' }))
      await rig.sessions.revoke(session, { by: 'test', reason: 'logout' });
    await link(['id:alice', 'name:a']);
    expect(await approve(await logIn('zed', elsewhere('a')), id)).toBe('forbidden');
  });

  it('is found by an address that the requester has only in a later login', async () => {
    const { id } = await rig.request(alice);
    await logIn('alice', { email: 'a@third.example.com' }, ['developers']);
    expect(await approve(await logIn('zed', elsewhere('a')), id)).toBe('forbidden');
  });

  it('ends what it has approved, if that becomes known before the start', async () => {
    const { id } = await rig.request(alice, { startsAt: Date.now() + 60_000 });
    expect(await approve(await logIn('zed', elsewhere('a')), id)).toBe('approved');
    await link(['id:alice', 'name:a']);
    rig.advance(60_001);
    await until(async () => (await rig.view(alice, { action: 'show', id })).state === 'revoked');
    expect(await effect(alice)).toBe('deny');
    await until(async () => rig.published.some(({ type }) => type === 'elevation.revoked'));
    expect(rig.published.map(({ type }) => type)).not.toContain('elevation.activated');
    expect(rig.published.at(-1)!.data.sallyport.detail).toMatch(/under another account/);
  });

  it('ends what it has approved, if that becomes known while the audit log is away', async () => {
    const { id } = await rig.request(alice);
    rig.log.away = true;
    expect(await approve(await logIn('zed', elsewhere('a')), id)).toBe('audit-unavailable');
    await link(['id:alice', 'name:a']);
    rig.log.away = false;
    rig.advance(3000);
    await until(async () => (await rig.view(alice, { action: 'show', id })).state === 'revoked');
    expect(await effect(alice)).toBe('deny');
  });
});

describe('an address that the provider of an account has not verified', () => {
  const unverified = (name: string, more: Partial<Identity> = {}) => {
    const { email: _email, ...of } = identityOf(name, ['sre'], { ...elsewhere(name), subject: name, ...more });
    return rig.logIn(of, { id: `s-${(logins += 1)}`, expiresAt: Date.now() + day, idleMs: day });
  };
  const claimed: [string, Partial<Identity>][] = [
    ['as its address', { asserted: ['Alice@Example.com'] }],
    ['as its preferred_username', { asserted: [], claims: { preferred_username: 'alice@example.com' } }],
    ['as its upn', { asserted: [], claims: { upn: 'alice@example.com' } }],
    ['among others', { asserted: ['x@example.com', 'alice+2@example.com'] }],
  ];

  it.each(claimed)(
    'keeps an account that has that of the requester %s from approving and reviewing',
    async (_how, more) => {
      const [{ id }, glass] = [await rig.request(alice), await rig.request(alice, { name: 'break-glass' })];
      const alias = await unverified('zed', more);
      expect(await approve(alias, id)).toBe('forbidden');
      const review = { action: 'review', id: glass.id, asked: { comment: 'all good' } };
      expect((await rig.elevation(alias, review)).body).toMatchObject({ code: 'forbidden' });
      expect(await approve(await logIn('bob'), id)).toBe('active');
      const extension = await rig.view(alice, { action: 'extend', id, asked: { durationMs: 1000, reason: 'more' } });
      expect(await approve(alias, extension.id)).toBe('forbidden');
    },
  );

  it('keeps the account of the requester from approving what was asked with it', async () => {
    const asks = await unverified('zed', { groups: ['developers'], asserted: ['alice@example.com'] });
    const { id } = await rig.request(asks);
    const approver = await logIn('alice', {}, ['sre']);
    expect(await approve(approver, id)).toBe('forbidden');
    expect(await approve(await logIn('bob'), id)).toBe('active');
  });

  it('does not make one person of two others', async () => {
    const { id } = await rig.request(alice);
    await unverified('eve', { asserted: ['alice@example.com', 'bob@example.com'] });
    expect(await approve(await logIn('bob'), id)).toBe('active');
  });

  it('is in no answer and in no event', async () => {
    const asks = await unverified('zed', { groups: ['developers', 'sre'], asserted: ['planted@example.com'] });
    const { id } = await rig.request(asks);
    const answers = [await rig.decide(asks, 'approve', id), await rig.decide(await logIn('bob'), 'approve', id)];
    const check = await rig.tryDelete(asks);
    expect(JSON.stringify([answers, check, rig.published, rig.lines])).not.toContain('planted');
  });

  it('is not known of a login of an earlier version, which neither approves nor reviews', async () => {
    const [{ id }, glass] = [await rig.request(alice), await rig.request(alice, { name: 'break-glass' })];
    const old = await unverified('old');
    const { status, body } = await rig.decide(old, 'approve', id);
    expect([status, body['detail']]).toEqual([403, expect.stringContaining('Log in again')]);
    const review = { action: 'review', id: glass.id, asked: { comment: 'all good' } };
    expect((await rig.elevation(old, review)).status).toBe(403);
    const asks = await unverified('older', { groups: ['developers'] });
    const second = await rig.request(asks);
    const refused = await rig.decide(await logIn('bob'), 'approve', second.id);
    expect([refused.status, refused.body['detail']]).toEqual([409, expect.stringContaining('requested again')]);
    expect(await approve(await unverified('new', { asserted: [] }), id)).toBe('active');
  });
});

describe('one approver with two accounts', () => {
  beforeEach(async () => {
    await rig.close();
    await start({ approvals: 2 });
  });

  it('approves once', async () => {
    await link(['id:bob', 'name:b2']);
    const { id } = await rig.request(alice);
    expect(await approve(await logIn('bob'), id)).toBe('pending');
    expect(await approve(await logIn('zed', elsewhere('b2')), id)).toBe('conflict');
    expect(await approve(await logIn('carol'), id)).toBe('active');
  });

  it('does not count twice, if that becomes known before the last approval', async () => {
    const { id } = await rig.request(alice);
    expect(await approve(await logIn('zed', elsewhere('a')), id)).toBe('pending');
    await link(['id:alice', 'name:a']);
    expect(await approve(await logIn('bob'), id)).toBe('pending');
    expect(rig.lines.filter(({ msg }) => String(msg).includes('does not count'))).toMatchObject([
      { elevation: id, approver: 'a' },
    ]);
    expect(await approve(await logIn('carol'), id)).toBe('active');
  });
});

describe('where it cannot be told who is the same person', () => {
  const brokenRig = async (broken: Partial<Pick<DirectoryStore, 'find' | 'lastSync'>>, sources: object[] = []) => {
    await rig.close();
    await start({}, sources);
    await rig.close();
    rig = await startElevationRig({ config: config({}, sources), directory: { ...directory, ...broken } });
    alice = await logIn('alice', {}, ['developers']);
  };
  const away = () =>
    Promise.reject(new ProblemError('sessions-unavailable', 'The session store cannot be reached. Try again.'));

  it('an approval and a review are refused with 503, and nothing is stored', async () => {
    await brokenRig({ find: away });
    const [{ id }, glass] = [await rig.request(alice), await rig.request(alice, { name: 'break-glass' })];
    const bob = await logIn('bob');
    expect(await rig.decide(bob, 'approve', id)).toMatchObject({ status: 503, body: { code: 'sessions-unavailable' } });
    const review = { action: 'review', id: glass.id, asked: { comment: 'all good' } };
    expect((await rig.elevation(bob, review)).status).toBe(503);
    expect(await rig.view(alice, { action: 'show', id })).toMatchObject({ state: 'pending', approvals: [] });
    // What takes rights away, or gives none, needs no directory.
    expect((await rig.decide(bob, 'deny', id)).status).toBe(200);
    expect((await rig.decide(alice, 'revoke', glass.id)).status).toBe(200);
  });

  it('an approval is refused while a source has not been read, and says which', async () => {
    await brokenRig({}, [okta]);
    const { id } = await rig.request(alice);
    const { status, body } = await rig.decide(await logIn('bob'), 'approve', id);
    expect([status, body['code']]).toEqual([503, 'service-unavailable']);
    expect(body['detail']).toMatch(/the directory okta has not been read yet/);
  });

  it('an approval is refused while a source is outdated', async () => {
    const lastSync = async () => ({ at: Date.now() - 2 * day, people: 1, groups: 1 });
    await brokenRig({ lastSync }, [okta]);
    const { id } = await rig.request(alice);
    const { status, body } = await rig.decide(await logIn('bob'), 'approve', id);
    expect([status, body['detail']]).toEqual([503, expect.stringContaining('okta could not be read for too long')]);
  });

  it('nothing that is approved begins', async () => {
    let broken = false;
    await brokenRig({ find: (...asked) => (broken ? away() : directory.find(...asked)) });
    const { id } = await rig.request(alice, { startsAt: Date.now() + 1000 });
    expect(await approve(await logIn('bob'), id)).toBe('approved');
    broken = true;
    rig.advance(1001);
    await until(async () => rig.lines.some(({ msg }) => String(msg).includes('none begins until this works again')));
    expect(await effect(alice)).toBe('deny');
    broken = false;
    await until(async () => (await effect(alice)) === 'allow');
  });

  it('an approval is refused for a name that too many share', async () => {
    for (let count = 0; count < 60; count += 1) await link([`name:n${count}`, 'email:alice@example.com']);
    const { id } = await rig.request(alice);
    const { status, body } = await rig.decide(await logIn('bob'), 'approve', id);
    expect([status, body['detail']]).toEqual([403, expect.stringContaining('Contact the operator')]);
  });
});

it('what identifies other accounts of a person is in no answer and no event', async () => {
  await link(['id:alice', 'name:a']);
  const { id } = await rig.request(alice);
  const bob = await logIn('bob');
  const { body } = await rig.decide(bob, 'approve', id);
  expect(JSON.stringify([body, rig.published])).not.toMatch(/aliases|id:alice|id:bob/);
  expect((await rig.elevation(bob, { action: 'list', all: true })).status).toBe(200);
});
