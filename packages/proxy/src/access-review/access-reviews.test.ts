import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { ClusterAnswer, AskRecorded } from '../upstream/ask-cluster.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { createAccessReviews, type AccessReviews, type ReviewAttributes } from './access-reviews.ts';

const dev = {
  name: 'dev',
  allowSystem: { names: new Set(['system:monitoring']), accountsOf: new Set() },
} as unknown as Upstream;
const alice = {
  user: 'alice@example.com',
  uid: 'u1',
  groups: ['developers'],
  extra: { 'sallyport.dev/session': ['ses_1'] },
};
const deletePod: ReviewAttributes = {
  resourceAttributes: { verb: 'delete', group: '', resource: 'pods', namespace: 'prod', name: 'web' },
};
const question = { cluster: dev, impersonation: alice, attributes: deletePod };
const answerOf = (status: number, body: unknown): ClusterAnswer => ({
  status,
  header: () => undefined,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const review = (allowed: unknown, more = {}) =>
  answerOf(201, { kind: 'SelfSubjectAccessReview', status: { allowed, ...more } });

type Asked = Parameters<AskRecorded>;
/** Creates reviews whose cluster answers as `answer` says. */
function create(answer: () => ClusterAnswer | Promise<ClusterAnswer> = () => review(true), limits?: object) {
  const asked: Asked[] = [];
  const clock = { now: 1000 };
  const reviews = createAccessReviews({
    clock: () => clock.now,
    ask: async (...call) => {
      asked.push(call);
      return answer();
    },
    ...(limits ? { limits: { running: 8, waiting: 8, perPerson: 8, ...limits } } : {}),
  });
  return { reviews, asked, clock };
}
const asPerson = (reviews: AccessReviews, more: object, attributes: ReviewAttributes = deletePod) =>
  reviews.mayPerson({ ...question, impersonation: { ...alice, ...more }, attributes });

afterEach(() => void jest.useRealTimers());

describe('a review', () => {
  it('is sent as the person, and its event says who asked about whom', async () => {
    const { reviews, asked } = create();
    const groups = ['developers', 'cn=a,ou=b', 'ä'];
    expect(await asPerson(reviews, { groups })).toBe('allowed');
    const [[upstream, request, about]] = asked as [Asked];
    expect(upstream).toBe(dev);
    expect(request).toMatchObject({ method: 'POST', path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews' });
    expect(JSON.parse(request.body!)).toEqual({
      kind: 'SelfSubjectAccessReview',
      apiVersion: 'authorization.k8s.io/v1',
      spec: deletePod,
    });
    expect(request.headers).toEqual([
      'Accept',
      'application/json',
      'Content-Type',
      'application/json',
      'Impersonate-User',
      'alice@example.com',
      'Impersonate-Uid',
      'u1',
      'Impersonate-Group',
      'developers',
      'Impersonate-Group',
      'cn=a,ou=b',
      'Impersonate-Group',
      Buffer.from('ä').toString('latin1'),
      'Impersonate-Extra-sallyport.dev%2Fsession',
      'ses_1',
    ]);
    expect(about).toEqual({
      verb: 'create',
      user: { username: 'gateway:access-review' },
      impersonatedUser: { username: 'alice@example.com', uid: 'u1', groups, extra: alice.extra },
      objectRef: { apiGroup: 'authorization.k8s.io', apiVersion: 'v1', resource: 'selfsubjectaccessreviews' },
      detail: 'The gateway asked whether the user may delete pods "web" in the namespace prod.',
    });
  });

  it.each([
    ['allowed', review(true)],
    ['refused', review(false)],
    ['refused', review(true, { denied: true })],
    ['unknown', review('true')],
    ['unknown', review(1)],
    ['unknown', answerOf(200, { kind: 'SelfSubjectAccessReview', status: { allowed: true } })],
    ['unknown', answerOf(201, { kind: 'SubjectAccessReview', status: { allowed: true } })],
    ['unknown', answerOf(201, { kind: 'SelfSubjectAccessReview' })],
    ['unknown', answerOf(201, '{"kind":"SelfSubjectAccessReview","status":{"allowed":true}')],
    ['unknown', answerOf(201, 'null')],
    ['unknown', answerOf(401, { kind: 'Status' })],
    ['unknown', answerOf(403, { kind: 'SelfSubjectAccessReview', status: { allowed: true } })],
    ['unknown', answerOf(500, '')],
  ])('is %s for %j', async (expected, answer) => {
    expect(await create(() => answer).reviews.mayPerson(question)).toBe(expected);
  });

  it('is unknown if the cluster cannot be asked, or the request could not be recorded', async () => {
    const { reviews } = create(() => Promise.reject(new Error('away')));
    expect(await reviews.mayPerson(question)).toBe('unknown');
    expect(await reviews.rulesOfPerson({ ...question, namespace: 'prod' })).toBeUndefined();
  });

  it.each([
    ['a system group', { groups: ['developers', 'system:masters'] }],
    ['a system group in capitals', { groups: ['SYSTEM:masters'] }],
    ['a system user', { user: 'system:admin' }],
    ['no user', { user: ' ' }],
    ['a line break', { groups: ['a\r\nImpersonate-Group: system:masters'] }],
  ])('with %s is unknown, and never sent', async (_what, more) => {
    const { reviews, asked } = create();
    expect(await asPerson(reviews, more)).toBe('unknown');
    expect(asked).toEqual([]);
    expect(await asPerson(reviews, { groups: ['system:monitoring'] })).toBe('allowed');
  });

  it('can ask for all rules in a namespace', async () => {
    const status = {
      resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
      nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }],
      incomplete: false,
    };
    const { reviews, asked } = create(() => answerOf(201, { kind: 'SelfSubjectRulesReview', status }));
    expect(await reviews.rulesOfPerson({ ...question, namespace: 'prod' })).toEqual({
      resourceRules: [{ ...status.resourceRules[0], resourceNames: [] }],
      nonResourceRules: status.nonResourceRules,
      incomplete: false,
    });
    expect(asked[0]![1]).toMatchObject({ path: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews' });
    expect(JSON.parse(asked[0]![1].body!)).toMatchObject({ spec: { namespace: 'prod' } });
  });
});

describe('an answer', () => {
  it('is used again for the same identity and question only', async () => {
    const { reviews, asked } = create();
    for (let times = 0; times < 3; times += 1) await reviews.mayPerson(question);
    expect(asked).toHaveLength(1);
    const other: ReviewAttributes = { resourceAttributes: { ...deletePod.resourceAttributes, verb: 'get' } };
    await reviews.mayPerson({ ...question, attributes: other });
    await reviews.mayPerson({ ...question, attributes: { nonResourceAttributes: { path: '/metrics', verb: 'get' } } });
    await reviews.mayPerson({ ...question, cluster: { ...dev } });
    for (const more of [
      { user: 'bob@example.com' },
      { uid: 'u2' },
      { groups: [] },
      { groups: ['developers', 'sre'] },
      { groups: ['developers,sre'] },
      { extra: {} },
      { extra: { 'sallyport.dev/session': ['ses_2'] } },
      { extra: { ...alice.extra, 'sallyport.dev/elevation': ['e1'] } },
    ])
      await asPerson(reviews, more);
    expect(asked).toHaveLength(12);
  });

  it('is used for five seconds from the question, and a missing one for one second', async () => {
    let answer = review(true);
    const { reviews, asked, clock } = create(() => answer);
    await reviews.mayPerson(question);
    answer = review(false);
    clock.now += 4999;
    expect(await reviews.mayPerson(question)).toBe('allowed');
    clock.now += 2;
    expect(await reviews.mayPerson(question)).toBe('refused');
    clock.now += 5001;
    answer = answerOf(500, '');
    expect(await reviews.mayPerson(question)).toBe('unknown');
    answer = review(true);
    clock.now += 999;
    expect(await reviews.mayPerson(question)).toBe('unknown');
    clock.now += 2;
    expect(await reviews.mayPerson(question)).toBe('allowed');
    expect(asked).toHaveLength(4);
  });

  it('is shared by those who ask at the same time', async () => {
    const { reviews, asked } = create();
    const all = await Promise.all(Array.from({ length: 50 }, () => reviews.mayPerson(question)));
    expect(new Set(all)).toEqual(new Set(['allowed']));
    expect(asked).toHaveLength(1);
  });
});

describe('the number of reviews', () => {
  /** A cluster that answers when it is told to. */
  function createSlow(limits: object) {
    const answers: (() => void)[] = [];
    const made = create(() => new Promise((resolve) => answers.push(() => resolve(review(true)))), limits);
    return { ...made, answers };
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  it('is bounded for each cluster, and those who wait are served in order', async () => {
    const { reviews, asked, answers } = createSlow({ running: 2, waiting: 2 });
    const all = Array.from({ length: 6 }, (_, index) => asPerson(reviews, { uid: `u${index}` }));
    await settle();
    expect(asked).toHaveLength(2);
    expect(await Promise.all(all.slice(4))).toEqual(['unknown', 'unknown']);
    const elsewhere = reviews.mayPerson({ ...question, cluster: { ...dev } });
    await settle();
    expect(asked).toHaveLength(3);
    for (let index = 0; index < 5; index += 1) {
      answers[index]!();
      await settle();
    }
    expect(await Promise.all([...all.slice(0, 4), elsewhere])).toEqual(Array.from({ length: 5 }, () => 'allowed'));
    expect(asked.map(([, { headers }]) => headers[headers.indexOf('Impersonate-Uid') + 1])).toEqual([
      'u0',
      'u1',
      'u1',
      'u2',
      'u3',
    ]);
  });

  it('is bounded for each person, so that one does not keep out the others', async () => {
    const { reviews, asked } = createSlow({ perPerson: 2 });
    const ask = (index: number, uid: string) =>
      asPerson(reviews, { uid }, { nonResourceAttributes: { path: `/${index}`, verb: 'get' } });
    const greedy = Array.from({ length: 20 }, (_, index) => ask(index, 'greedy'));
    expect(await Promise.all(greedy.slice(2))).toEqual(Array.from({ length: 18 }, () => 'unknown'));
    void ask(1, 'other');
    await settle();
    expect(asked).toHaveLength(3);
  });

  it('does not shrink with those who waited in vain', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const { reviews, asked, answers } = createSlow({ running: 1, perPerson: 2 });
    const first = asPerson(reviews, { groups: ['a'] });
    const second = asPerson(reviews, { groups: ['b'] });
    await settle();
    jest.advanceTimersByTime(2001);
    expect(await second).toBe('unknown');
    answers[0]!();
    expect(await first).toBe('allowed');
    for (const group of ['c', 'd', 'e']) {
      const next = asPerson(reviews, { groups: [group] });
      await settle();
      answers.at(-1)!();
      expect(await next).toBe('allowed');
    }
    expect(asked).toHaveLength(4);
  });
});
