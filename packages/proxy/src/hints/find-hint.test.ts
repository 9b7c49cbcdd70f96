import { describe, expect, it, jest } from '@jest/globals';
import type { ElevationCandidates } from '@sallyport/contracts';
import { parseRequestTarget, readRequestInfo } from '@sallyport/kubernetes';
import type { AccessReviews, ReviewAnswer } from '../access-review/access-reviews.ts';
import type { Allowed, ClusterExchange } from '../exchange/exchange.ts';
import { alice, allow } from '../testing/gateway-rig.ts';
import { createFindHint } from './find-hint.ts';

type Question = Parameters<AccessReviews['mayPerson']>[0];
const prodAdmin = { groups: ['prod-admins'], sentence: 'run: sallyport elevate prod-admin' };
const ops = { groups: ['ops', 'developers'], sentence: 'run: sallyport elevate ops' };
const pod = '/api/v1/namespaces/prod/pods/web';

function exchangeOf(
  target = pod,
  more: { method?: string; contentTypes?: string[]; uid?: string } = {},
): Allowed<ClusterExchange> {
  const { method = 'DELETE', contentTypes, uid = 'u1' } = more;
  const parsed = parseRequestTarget(target);
  if (!parsed.ok) throw new Error(parsed.reason);
  const asked = readRequestInfo({ ...parsed, method, hasBody: false, ...(contentTypes ? { contentTypes } : {}) });
  return {
    kind: 'cluster',
    asked,
    upstream: { name: 'prod' },
    check: { request: { path: target } },
    answer: allow({ ...alice, uid }),
  } as unknown as Allowed<ClusterExchange>;
}

/** Creates the search. The cluster allows what has one of the groups of `allowed`. */
function create(
  options: { candidates?: ElevationCandidates['candidates']; allowed?: string[]; unknown?: boolean } = {},
) {
  const { candidates = [prodAdmin, ops], allowed = ['prod-admins', 'ops'], unknown = false } = options;
  const clock = { now: 1000 };
  const [asked, reviewed]: [unknown[], Question[]] = [[], []];
  const find = createFindHint({
    clock: () => clock.now,
    async candidates(check) {
      asked.push(check);
      return { candidates };
    },
    reviews: {
      async mayPerson(question): Promise<ReviewAnswer> {
        reviewed.push(question);
        if (unknown) return 'unknown';
        return question.impersonation.groups.some((group) => allowed.includes(group)) ? 'allowed' : 'refused';
      },
    },
  });
  return { find, asked, reviewed, clock };
}

describe('a hint', () => {
  it('names the first elevation with whose groups the cluster would allow the request', async () => {
    const { find, reviewed } = create();
    expect(await find(exchangeOf())).toBe(prodAdmin.sentence);
    expect(reviewed.map(({ impersonation }) => impersonation)).toEqual([
      alice,
      { ...alice, groups: ['developers', 'prod-admins'] },
    ]);
    const attributes = {
      resourceAttributes: {
        verb: 'delete',
        group: '',
        version: 'v1',
        resource: 'pods',
        namespace: 'prod',
        name: 'web',
      },
    };
    expect(reviewed.map((one) => one.attributes)).toEqual([attributes, attributes]);
    expect(await create({ allowed: ['ops'] }).find(exchangeOf())).toBe(ops.sentence);
  });

  it('is not given if none would help, or if the cluster does not tell', async () => {
    expect(await create({ allowed: [] }).find(exchangeOf())).toBeUndefined();
    expect(await create({ unknown: true }).find(exchangeOf())).toBeUndefined();
  });

  it('is not given where something else than authorization refused: the caller may do it already', async () => {
    const { find, reviewed } = create({ allowed: ['developers'] });
    expect(await find(exchangeOf())).toBeUndefined();
    expect(reviewed).toHaveLength(1);
  });

  it('asks the cluster nothing for someone who can ask for nothing', async () => {
    const { find, reviewed } = create({ candidates: [] });
    expect(await find(exchangeOf())).toBeUndefined();
    expect(reviewed).toEqual([]);
  });

  it('says that an active elevation does not give the right, unless another one does', async () => {
    const elevated = exchangeOf();
    elevated.answer!.elevations = [{ id: 'e', name: 'logs', expiresAt: 1, approvers: [] }];
    expect(await create({ candidates: [] }).find(elevated)).toBe(
      'Your elevation logs is active, but does not give the right to this.',
    );
    expect(await create().find(elevated)).toBe(prodAdmin.sentence);
    expect(await create({ candidates: [], allowed: ['developers'] }).find(elevated)).toBeUndefined();
  });

  it('asks about every verb of an apply, and about a path that is no resource', async () => {
    const apply = create();
    await apply.find(exchangeOf(pod, { method: 'PATCH', contentTypes: ['application/apply-patch+yaml'] }));
    expect(new Set(apply.reviewed.map(({ attributes }) => JSON.stringify(attributes).split('"')[5]))).toEqual(
      new Set(['patch', 'create']),
    );
    const path = create();
    await path.find(exchangeOf('/metrics', { method: 'GET' }));
    expect(path.reviewed[0]!.attributes).toEqual({ nonResourceAttributes: { path: '/metrics', verb: 'get' } });
  });

  it('is not looked for where the request acts as another, whose groups an elevation does not change', async () => {
    const { find, asked } = create();
    const acting = exchangeOf();
    acting.answer!.actsAs = { ...alice, user: 'bob@example.com' };
    expect(await find(acting)).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it('is not looked for behind a proxied path', async () => {
    const { find, asked } = create();
    expect(await find(exchangeOf(`${pod}/proxy/admin`))).toBeUndefined();
    expect(asked).toEqual([]);
  });
});

describe('a client that is refused again and again', () => {
  it('gets the same hint from memory for five seconds, and no hint for half a minute', async () => {
    const { find, asked, reviewed, clock } = create();
    for (let times = 0; times < 100; times += 1) expect(await find(exchangeOf())).toBe(prodAdmin.sentence);
    expect([asked.length, reviewed.length]).toEqual([1, 2]);
    clock.now += 5001;
    await find(exchangeOf());
    expect(asked).toHaveLength(2);
    const none = create({ allowed: [] });
    await none.find(exchangeOf());
    none.clock.now += 29_000;
    await none.find(exchangeOf());
    expect(none.asked).toHaveLength(1);
    none.clock.now += 1001;
    await none.find(exchangeOf());
    expect(none.asked).toHaveLength(2);
  });

  it('is looked into at most twenty times a minute, without an effect on others', async () => {
    const { find, asked, clock } = create();
    const answers: (string | undefined)[] = [];
    for (let index = 0; index < 100; index += 1) answers.push(await find(exchangeOf(`${pod}-${index}`)));
    expect(answers.filter(Boolean)).toHaveLength(20);
    expect(asked).toHaveLength(20);
    expect(await find(exchangeOf(pod, { uid: 'u2' }))).toBe(prodAdmin.sentence);
    clock.now += 60_001;
    expect(await find(exchangeOf())).toBe(prodAdmin.sentence);
  });
});

describe('the search', () => {
  it('is over after a second and a half, and never rejects', async () => {
    jest.useFakeTimers();
    try {
      const reviews = { mayPerson: async () => 'refused' as const };
      const find = createFindHint({ clock: () => 1, reviews, candidates: () => new Promise(() => {}) });
      const hint = find(exchangeOf());
      await jest.advanceTimersByTimeAsync(1501);
      expect(await hint).toBeUndefined();
      const failing = createFindHint({ clock: () => 1, reviews, candidates: () => Promise.reject(new Error('away')) });
      expect(await failing(exchangeOf())).toBeUndefined();
    } finally {
      jest.useRealTimers();
    }
  });

  it('runs for at most sixteen refusals at a time', async () => {
    let asked = 0;
    const find = createFindHint({
      clock: () => 1,
      reviews: { mayPerson: async () => 'refused' as const },
      candidates: () => new Promise(() => (asked += 1)),
    });
    const all = Array.from({ length: 40 }, (_, index) => find(exchangeOf(pod, { uid: `u${index}` })));
    expect(await Promise.all(all.slice(16))).toEqual(Array.from({ length: 24 }, () => undefined));
    expect(asked).toBe(16);
  });
});
