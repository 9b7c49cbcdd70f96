import { afterEach, describe, expect, it } from '@jest/globals';
import { checkOf, identityOf, kubernetes, startRig } from '../testing/authorize-rig.ts';

type Rig = Awaited<ReturnType<typeof startRig>>;
let rig: Rig;
let sessions = 0;
afterEach(() => rig.close());

const cluster = {
  name: 'dev',
  server: 'https://10.0.0.1:6443',
  token: 't',
  impersonate: {
    groups: ['dev*', 'ops', 'system:*'],
    allowSystem: ['system:serviceaccount:shop:*', 'system:serviceaccount:other:one', 'system:monitoring'],
  },
  policy: [
    { allow: { or: [{ groups: 'developers' }] } },
    { allow: { and: [{ groups: 'sre' }, { 'k8s/impersonate': { not: 'user:nobody' } }] } },
    { deny: { or: [{ 'k8s/impersonate': ['user:root', 'group:ops'] }] } },
  ],
};
const config = { gateway: { url: 'http://127.0.0.1:8443' }, clusters: [cluster] };
const target = { kind: 'cluster', name: 'dev' } as const;

async function ask(impersonate: string[] | undefined, groups: string[], user = 'bob@example.com') {
  sessions += 1;
  const token = await rig.logIn(identityOf(user, groups), { id: `session-${sessions}` });
  const [answer] = await rig.ask(
    checkOf(token, target, { kubernetes: kubernetes(impersonate ? { impersonate } : {}) }),
  );
  return answer!;
}

describe('a check of a request that asks to act as another', () => {
  it('answers with the person and with the other, whose extras name the person', async () => {
    rig = await startRig({ config });
    const answer = await ask(['user:carol', 'group:developers', 'uid:7', 'extra:team=a'], ['sre', 'developers']);
    expect(answer).toMatchObject({
      decision: { effect: 'allow', rule: 'cluster/dev[1].allow.and' },
      identity: { user: 'bob@example.com' },
      impersonation: { user: 'bob@example.com', groups: ['developers'], droppedGroups: ['sre'] },
      actsAs: { user: 'carol', uid: '7', groups: ['developers'], droppedGroups: [] },
    });
    expect(answer.actsAs!.extra).toEqual({
      team: ['a'],
      'sallyport.dev/session': [`session-${sessions}`],
      'sallyport.dev/actor': ['bob@example.com', answer.impersonation!.uid],
    });
  });

  it('sends no uid and no group that the request does not name', async () => {
    rig = await startRig({ config });
    const { actsAs } = await ask(['serviceaccount:shop/web'], ['sre']);
    expect(actsAs).toMatchObject({ user: 'system:serviceaccount:shop:web', uid: '', groups: [] });
    expect(await ask(undefined, ['developers'])).not.toHaveProperty('actsAs');
  });

  it('is denied by default, in words that name whom it asks to act as', async () => {
    rig = await startRig({ config });
    const answer = await ask(['user:carol', 'group:developers'], ['developers']);
    expect(answer).toMatchObject({
      decision: { effect: 'deny', rule: 'default-deny' },
      problem: {
        detail: expect.stringMatching(
          /does not allow bob@example\.com to get pods .* as "user:carol" with "group:developers" \(criteria: .*k8s\/impersonate/,
        ),
      },
    });
    expect([answer.impersonation, answer.actsAs]).toEqual([undefined, undefined]);
  });

  it('is denied if a deny rule covers one of the names', async () => {
    rig = await startRig({ config });
    for (const impersonate of [['user:root'], ['user:carol', 'group:ops']])
      expect(await ask(impersonate, ['sre'])).toMatchObject({
        decision: { effect: 'deny', rule: 'cluster/dev[2].deny.or' },
      });
  });

  it.each([
    [['user:system:admin'], /is reserved for Kubernetes itself/],
    [['user:SYSTEM:admin'], /is reserved for Kubernetes itself/],
    [['serviceaccount:kube-system/default'], /is reserved for Kubernetes itself/],
    [['serviceaccount:other/two'], /is reserved for Kubernetes itself/],
    [['user:carol', 'group:security'], /the group "security" is not sent/],
    [['user:carol', 'group:system:masters'], /the group "system:masters" is not sent/],
    [['user:carol', 'group:system:serviceaccount:shop:web'], /is not sent/],
    [['group:developers'], /does not name one user/],
    [['user:carol', 'user:dave'], /does not name one user/],
    [['user:carol', 'extra:sallyport.dev/actor=root'], /does not name one user/],
  ])('is refused by the settings of the cluster, whatever the policy says: %j', async (impersonate, why) => {
    rig = await startRig({ config });
    const answer = await ask(impersonate, ['sre']);
    expect(answer).toMatchObject({
      decision: { effect: 'deny', rule: 'cluster/dev.impersonate' },
      problem: { code: 'forbidden', detail: expect.stringMatching(why) },
    });
    expect(answer).not.toHaveProperty('actsAs');
  });

  it('can be one of the names that are listed', async () => {
    rig = await startRig({ config });
    for (const impersonate of [
      ['serviceaccount:other/one'],
      ['user:system:monitoring'],
      ['user:carol', 'group:system:monitoring'],
    ])
      expect((await ask(impersonate, ['sre'])).decision.effect).toBe('allow');
  });

  it('does not let a ServiceAccount through as the name or the group of a person', async () => {
    rig = await startRig({ config });
    for (const user of ['system:serviceaccount:shop:web', 'system:serviceaccount:shop:*'])
      expect((await ask(undefined, ['developers'], user)).decision).toMatchObject({
        effect: 'deny',
        rule: 'cluster/dev.impersonate',
      });
    const names = ['system:serviceaccount:shop:web', 'system:serviceaccount:shop:*'];
    expect((await ask(undefined, ['developers', ...names])).impersonation).toMatchObject({
      groups: ['developers'],
      droppedGroups: names,
    });
  });

  it.each([[[]], ['user:a'], [[1]], [Array.from({ length: 33 }, () => 'user:a')]])(
    'with %j is malformed',
    async (value) => {
      rig = await startRig({ config });
      const check = checkOf(await rig.logIn(identityOf('bob@example.com')), target);
      const body = JSON.stringify({ checks: [{ ...check, kubernetes: { ...check.kubernetes, impersonate: value } }] });
      expect((await rig.post(body)).status).toBe(400);
    },
  );
});
