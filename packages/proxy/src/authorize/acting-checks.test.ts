import { describe, expect, it } from '@jest/globals';
import type { Check, CheckAnswer } from '@sallyport/contracts';
import type { ReviewAnswer } from '../access-review/access-reviews.ts';
import { allow, alice } from '../testing/gateway-rig.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { createActingChecks } from './acting-checks.ts';

const targets = ['user:bob', 'uid:1', 'group:dev', 'extra:example.com/team=x'];
const bob = {
  user: 'bob',
  uid: '1',
  groups: ['dev'],
  extra: { 'example.com/team': ['x'], 'sallyport.dev/session': ['s'], 'sallyport.dev/actor': ['alice', 'u'] },
  droppedGroups: [],
};

function create(
  answer: CheckAnswer = { ...allow(), actsAs: bob },
  may: (resource: string) => ReviewAnswer = () => 'allowed',
) {
  const asked: object[] = [];
  const client = createActingChecks({
    client: { check: async () => answer },
    upstreamOf: (name) => (name === 'dev' ? ({ name } as Upstream) : undefined),
    reviews: {
      mayPerson: async ({ attributes, impersonation }) => {
        if (!('resourceAttributes' in attributes)) throw new Error('not about a resource');
        asked.push({ as: impersonation.user, ...attributes.resourceAttributes });
        return may(attributes.resourceAttributes.resource);
      },
    },
  });
  const check = (impersonate?: string[], cluster = 'dev') =>
    client.check({
      target: { kind: 'cluster', name: cluster },
      kubernetes: impersonate ? { impersonate } : {},
    } as unknown as Check);
  return { asked, check };
}

describe('a request that asks to act as another', () => {
  it('needs the right of the person to impersonate each name, as the API server asks for it', async () => {
    const { asked, check } = create();
    expect(await check(targets)).toMatchObject({ decision: { effect: 'allow' }, actsAs: { user: 'bob' } });
    const right = { as: alice.user, verb: 'impersonate', version: 'v1' };
    const authentication = { ...right, group: 'authentication.k8s.io' };
    expect(asked).toEqual([
      { ...right, group: '', resource: 'users', name: 'bob' },
      { ...right, group: '', resource: 'groups', name: 'dev' },
      { ...authentication, resource: 'uids', name: '1' },
      { ...authentication, resource: 'userextras', subresource: 'example.com/team', name: 'x' },
    ]);
  });

  it('as a ServiceAccount needs it in the namespace', async () => {
    const web = { ...bob, user: 'system:serviceaccount:shop:web', uid: '', groups: [], extra: {} };
    const { asked, check } = create({ ...allow(), actsAs: web });
    await check(['serviceaccount:shop/web']);
    expect(asked).toMatchObject([{ group: '', resource: 'serviceaccounts', namespace: 'shop', name: 'web' }]);
  });

  it.each([
    ['refused', 'forbidden'],
    ['unknown', 'service-unavailable'],
  ] as const)('is refused if one of them is %s, and no more is asked', async (answer, code) => {
    const { asked, check } = create(undefined, (resource) => (resource === 'groups' ? answer : 'allowed'));
    const refused = await check(targets);
    expect(refused).toMatchObject({
      decision: { effect: 'deny', rule: 'cluster/dev.rbac' },
      identity: { user: alice.user },
      problem: { code, detail: expect.stringContaining('impersonate groups "dev"') },
    });
    expect([refused.actsAs, refused.impersonation, asked.length]).toEqual([undefined, undefined, 2]);
  });

  it.each([
    ['authorize did not read whom it names', { ...allow() }],
    ['authorize names another', { ...allow(), actsAs: { ...bob, user: 'root' } }],
    ['authorize adds a group', { ...allow(), actsAs: { ...bob, groups: ['dev', 'ops'] } }],
    ['authorize leaves out a group', { ...allow(), actsAs: { ...bob, groups: [] } }],
    ['authorize adds an extra', { ...allow(), actsAs: { ...bob, extra: { ...bob.extra, scopes: ['all'] } } }],
    [
      'authorize does not say who asks',
      { ...allow(), impersonation: undefined, actsAs: bob } as unknown as CheckAnswer,
    ],
  ])('is refused if %s', async (_what, answer) => {
    const { asked, check } = create(answer);
    await expect(check(targets)).rejects.toMatchObject({ code: 'forbidden' });
    expect(asked).toEqual([]);
  });

  it('is refused at a cluster that is gone', async () => {
    await expect(create().check(targets, 'gone')).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('that the policy refuses is no reason to ask the cluster', async () => {
    const denied = { ...allow(), decision: { ...allow().decision, effect: 'deny' as const } };
    const { asked, check } = create(denied);
    expect(await check(targets)).toBe(denied);
    expect(asked).toEqual([]);
  });
});

it('asks the cluster nothing about a request as oneself, and passes on the same answer', async () => {
  const answer = allow();
  const { asked, check } = create(answer);
  expect(await check()).toBe(answer);
  expect(asked).toEqual([]);
});
