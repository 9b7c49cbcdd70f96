import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { elevationListSchema } from '@sallyport/contracts';
import { until } from '@sallyport/kit/testing';
import { createMemoryElevationStore } from '@sallyport/stores';
import { compileConfigPolicies } from '../../policies/compile-policies.ts';
import { identityOf, loadedConfig } from '../../testing/authorize-rig.ts';
import { elevationsConfig, startElevationRig, type ElevationRig } from '../../testing/elevation-rig.ts';

const hourMs = 3_600_000;
const breakGlass = {
  name: 'break-glass',
  clusters: ['*'],
  groups: ['admins'],
  requesters: { groups: ['developers'] },
  approvals: 0,
  review: { by: { groups: ['reviewers', 'developers'] }, within: '2h' },
};
const withEntry = (entry: object) => ({ ...elevationsConfig, elevations: [{ ...breakGlass, ...entry }] });

let rig: ElevationRig;
let alice: string;
let carol: string;
beforeEach(async () => {
  rig = await startElevationRig({ config: withEntry({}) });
  alice = await rig.logInAs('alice', 'developers');
  carol = await rig.logInAs('carol', 'reviewers');
});
afterEach(() => rig.close());

const begin = async (more: object = {}) => rig.request(alice, { name: 'break-glass', ...more });
const review = (token: string, id: string, asked: object = { comment: 'INC-7, seen' }) =>
  rig.elevation(token, { action: 'review', id, asked });
const toReview = async (token: string) =>
  elevationListSchema.parse((await rig.elevation(token, { action: 'list', all: false, toReview: true })).body)
    .elevations;
const codeOf = ({ status, body }: { status: number; body: Record<string, unknown> }) => body['code'] ?? status;
const warned = (text: string) => rig.lines.filter(({ level, msg }) => level === 40 && msg === text);
const typesOf = (of: ElevationRig) => of.published.map(({ type }) => type);
const ended = (id: string) => async () => (await rig.view(alice, { action: 'show', id })).state !== 'active';
const value = async (name: string) => (await rig.metrics.getSingleMetric(name)!.get()).values[0]!.value;

describe('break-glass', () => {
  it('begins at once, and is loud: a warning in the log, a mark in every event and answer, and who must review', async () => {
    const active = await begin();
    expect(active).toMatchObject({
      state: 'active',
      breakGlass: true,
      review: { groups: ['reviewers', 'developers'], dueAt: active.expiresAt! + 2 * hourMs, overdue: false },
    });
    expect(warned('break-glass is active')).toMatchObject([
      { elevation: active.id, name: 'break-glass', cluster: 'prod-eu', user: 'alice@example.com', groups: ['admins'] },
    ]);
    expect((await rig.tryDelete(alice)).elevations).toMatchObject([{ id: active.id, breakGlass: true }]);
    expect(rig.published.map(({ data }) => data.sallyport.elevation?.breakGlass)).toEqual([true, true]);
    expect(await value('sallyport_elevations_break_glass_active')).toBe(1);
    rig.advance(600_001);
    await until(() => warned('break-glass has ended').length === 1);
    expect(await value('sallyport_elevations_break_glass_active')).toBe(0);
  });

  it('has no mark if it needed an approval', async () => {
    const more = { approvals: 1, approvers: { groups: ['sre'] } };
    rig.policies.swap(compileConfigPolicies(loadedConfig(withEntry(more))).snapshot);
    const { id, breakGlass: marked } = await begin();
    await rig.decide(await rig.logInAs('bob', 'sre'), 'approve', id);
    expect(marked).toBe(false);
    expect((await rig.tryDelete(alice)).elevations![0]).not.toHaveProperty('breakGlass');
    expect(rig.lines.filter(({ level }) => level === 40)).toEqual([]);
  });

  it('does not begin while the audit log is away, and says so', async () => {
    rig.log.away = true;
    const asked = { ...rig.asked, name: 'break-glass' };
    expect((await rig.elevation(alice, { action: 'request', asked })).body).toMatchObject({
      code: 'audit-unavailable',
    });
    expect((await rig.tryDelete(alice)).decision.effect).toBe('deny');
    expect(warned('break-glass is active')).toEqual([]);
  });
});

describe('a review', () => {
  it('is by a reviewer, once, during the elevation or after it, with its event', async () => {
    for (const after of [false, true]) {
      const { id } = await begin();
      if (after) {
        rig.advance(600_001);
        await until(ended(id));
      }
      expect(await toReview(carol)).toMatchObject([{ id, may: after ? ['review'] : ['revoke', 'review'] }]);
      const asked = { verdict: 'unjustified', comment: 'no incident' };
      expect((await review(carol, id, asked)).body).toMatchObject({
        elevation: {
          state: after ? 'expired' : 'active',
          review: { done: { user: 'carol@example.com', verdict: 'unjustified', comment: 'no incident' } },
        },
      });
      expect(codeOf(await review(await rig.logInAs('dora', 'reviewers'), id))).toBe('conflict');
      expect(await toReview(carol)).toEqual([]);
      expect(rig.published.at(-1)).toMatchObject({
        type: 'elevation.reviewed',
        data: {
          user: { username: 'carol@example.com' },
          sallyport: {
            detail: 'no incident',
            identity: { sub: 'sub-carol@example.com' },
            elevation: { id, user: 'alice@example.com', review: { verdict: 'unjustified' } },
          },
        },
      });
      await rig.decide(alice, 'revoke', id);
    }
    expect(warned('an elevation was reviewed as unjustified')).toHaveLength(2);
  });

  it('is never by the holder, under any alias', async () => {
    const { id } = await begin();
    const aliases = [
      alice,
      await rig.logIn(identityOf('a2', ['reviewers'], { email: 'ALICE@example.com' })),
      await rig.logIn(
        identityOf('Alice@Example.com', ['reviewers'], { issuer: 'https://other.example.com', subject: '7' }),
      ),
    ];
    for (const token of aliases) expect(codeOf(await review(token, id))).toBe('forbidden');
    expect((await rig.view(alice, { action: 'show', id })).review).not.toHaveProperty('done');
    expect(await toReview(alice)).toEqual([]);
  });

  it('of someone without a right to it is answered as if there were no such elevation', async () => {
    const { id } = await begin();
    const mallory = await rig.logInAs('mallory');
    const [one, none] = [await review(mallory, id), await review(mallory, 'none')];
    expect([codeOf(one), one.body['detail']]).toEqual(['not-found', none.body['detail']]);
    expect(codeOf(await rig.elevation(mallory, { action: 'show', id }))).toBe('not-found');
    expect(await toReview(mallory)).toEqual([]);
    expect(codeOf(await review(await rig.logInAs('frank', 'auditors'), id))).toBe('forbidden');
  });

  it.each([
    ['without a comment', {}],
    ['with a blank comment', { comment: ' \n' }],
    ['with an invisible comment', { comment: '\u200b\u00ad\ufeff' }],
    ['with a comment that is too long', { comment: 'x'.repeat(1025) }],
    ['with another verdict', { comment: 'x', verdict: 'fine' }],
    ['with an unknown member', { comment: 'x', by: 'bob@example.com' }],
  ])('%s is refused', async (_what, asked) => {
    const { id } = await begin();
    expect(codeOf(await review(carol, id, asked))).toBe('bad-request');
    expect(await toReview(carol)).toHaveLength(1);
  });

  it('is not needed where the configuration did not ask for it at the time of the request', async () => {
    rig.policies.swap(compileConfigPolicies(loadedConfig(withEntry({ review: undefined }))).snapshot);
    const { id, review: none } = await begin();
    rig.policies.swap(compileConfigPolicies(loadedConfig(withEntry({}))).snapshot);
    expect(none).toBeUndefined();
    expect(codeOf(await review(carol, id))).toBe('not-found');
  });

  it('is by those whom the policy in force names, and by privileged people if it names none', async () => {
    const { id } = await begin();
    const policy = { by: [{ allow: { and: [{ groups: 'reviewers' }, { max_age: '5m' }] } }] };
    rig.policies.swap(compileConfigPolicies(loadedConfig(withEntry({ review: policy }))).snapshot);
    // Her login has no time, so it counts as old.
    expect(await toReview(carol)).toMatchObject([{ id, may: [], freshLogin: { acrValues: [] } }]);
    expect((await review(carol, id)).body).toMatchObject({
      code: 'forbidden',
      detail: expect.stringContaining('sallyport login --max-age 0s'),
    });
    const fresh = await rig.logIn(identityOf('erin', ['reviewers'], { authTime: Math.floor(Date.now() / 1000) }));
    expect(await toReview(fresh)).toMatchObject([{ id, review: { overdue: false } }]);
    const frank = await rig.logInAs('frank', 'auditors');
    expect(await toReview(frank)).toEqual([]);
    rig.policies.swap(compileConfigPolicies(loadedConfig({ ...elevationsConfig, elevations: [] })).snapshot);
    await until(ended(id));
    expect(await toReview(frank)).toMatchObject([{ id }]);
    expect(codeOf(await review(frank, id))).toBe(200);
  });

  it('is stored while the audit log is away, and recorded later', async () => {
    const { id } = await begin();
    rig.log.away = true;
    expect((await review(carol, id)).body).toMatchObject({ elevation: { unrecorded: true, review: { done: {} } } });
    rig.log.away = false;
    rig.advance(2500);
    await until(() => typesOf(rig).includes('elevation.reviewed'));
    expect(typesOf(rig).filter((type) => type === 'elevation.reviewed')).toHaveLength(1);
  });

  it('is one of several at the same time, and does not get lost against a revocation', async () => {
    const { id } = await begin();
    const reviewers = await Promise.all([1, 2, 3, 4].map((index) => rig.logInAs(`reviewer${index}`, 'reviewers')));
    const [revoked, ...codes] = await Promise.all([
      rig.decide(alice, 'revoke', id).then(codeOf),
      ...reviewers.map(async (token) => codeOf(await review(token, id))),
    ]);
    expect([revoked, codes.filter((code) => code === 200).length]).toEqual([200, 1]);
    expect(codes.filter((code) => code === 'conflict')).toHaveLength(3);
    expect(await rig.view(alice, { action: 'show', id })).toMatchObject({ state: 'revoked', review: { done: {} } });
  });
});

describe('a changed review in the configuration', () => {
  it('is another policy, with a version of its own', () => {
    const version = (review: unknown) => compileConfigPolicies(loadedConfig(withEntry({ review }))).snapshot.version;
    const by = { groups: ['reviewers'] };
    const versions = [undefined, { by }, { by, within: '2h' }, { by: { groups: ['others'] } }].map(version);
    expect(new Set(versions).size).toBe(4);
    expect(version({ by, within: '24h' })).toBe(versions[1]);
  });

  it('with a faulty policy is refused at its place', () => {
    const review = { by: [{ allow: { or: [{ nonsense: 1 }] } }] };
    expect(() => compileConfigPolicies(loadedConfig(withEntry({ review })))).toThrow(/elevations\.0\.review\.by/);
  });
});

describe('a review that is overdue', () => {
  it('is an event once over all replicas, a metric, and open until it is there', async () => {
    const store = createMemoryElevationStore({ now: () => Date.now() });
    const rigs: ElevationRig[] = [];
    for (let replica = 0; replica < 3; replica += 1)
      rigs.push(await startElevationRig({ config: withEntry({}), store }));
    await rig.close();
    rig = rigs[0]!;
    alice = await rig.logInAs('alice', 'developers');
    carol = await rig.logInAs('carol', 'reviewers');
    const { id, expiresAt } = await begin();
    for (const one of rigs) one.advance(600_001 + 2 * hourMs);
    const overdue = () =>
      rigs.flatMap((one) => one.published).filter(({ type }) => type === 'elevation.review-overdue');
    await until(() => overdue().length > 0);
    await until(async () => (await store.read(id))!.unrecorded.length === 0);
    for (const one of rigs) one.advance(10 * hourMs);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(new Set(overdue().map((one) => one.id)).size).toBe(1);
    expect((await store.read(id))!.events).toBe(4);
    expect(overdue()[0]!.data.sallyport.elevation).toMatchObject({
      id,
      breakGlass: true,
      review: { dueAt: new Date(expiresAt! + 2 * hourMs).toISOString() },
    });
    const lines = rigs.flatMap((one) => one.lines).filter(({ msg }) => msg === 'the review of an elevation is overdue');
    expect(lines).toHaveLength(1);
    await until(async () => (await value('sallyport_elevations_reviews_overdue')) === 1);
    expect(await toReview(carol)).toMatchObject([{ id, review: { overdue: true } }]);
    expect(await rig.list(carol)).toMatchObject([{ id, may: ['review'] }]);
    expect(codeOf(await review(carol, id))).toBe(200);
    await until(async () => (await value('sallyport_elevations_reviews_overdue')) === 0);
    expect([await value('sallyport_elevations_to_review'), await rig.list(carol)]).toEqual([0, []]);
    for (const one of rigs.slice(1)) await one.close();
  });
});
