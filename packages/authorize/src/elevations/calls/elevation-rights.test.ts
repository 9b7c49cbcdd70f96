import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hashToken } from '@sallyport/kit';
import { compileConfigPolicies } from '../../policies/compile-policies.ts';
import { identityOf, loadedConfig } from '../../testing/authorize-rig.ts';
import { elevationsConfig, startElevationRig, type ElevationRig } from '../../testing/elevation-rig.ts';

let rig: ElevationRig;
let alice: string;
let bob: string;
beforeEach(async () => {
  rig = await startElevationRig();
  alice = await rig.logInAs('alice', 'developers');
  bob = await rig.logInAs('bob', 'sre');
});
afterEach(() => rig.close());

const codeOf = ({ status, body }: { status: number; body: Record<string, unknown> }) => body['code'] ?? status;
const request = (token: string, more: object = {}) =>
  rig.elevation(token, { action: 'request', asked: { ...rig.asked, ...more } });

describe('a request for an elevation', () => {
  it.each([
    ['too long', { durationMs: 3_600_001 }, 'bad-request'],
    ['without a reason', { reason: undefined }, 'bad-request'],
    ['with a blank reason', { reason: ' ' }, 'bad-request'],
    ['with an invisible reason', { reason: '\u200b\u2060\u3164' }, 'bad-request'],
    ['with another ticket', { ticket: 'JIRA-1' }, 'bad-request'],
    ['in a namespace that cannot exist', { namespace: 'team-$(touch pwned)' }, 'bad-request'],
    ['in a namespace with a bidirectional mark', { namespace: 'shop\u202e' }, 'bad-request'],
    ['on a cluster that cannot exist', { cluster: 'prod-eu;id' }, 'bad-request'],
    ['under a name that cannot exist', { name: 'prod-admin\u200b' }, 'bad-request'],
    ['for the past', { startsAt: 5 }, 'bad-request'],
    ['for a far start', { startsAt: Date.now() + 30 * 86_400_000 }, 'bad-request'],
    ['with an unknown member', { groups: ['system:masters'] }, 'bad-request'],
    ['without a time', { durationMs: 0 }, 'bad-request'],
    ['for a cluster that the entry does not cover', { cluster: 'dev' }, 'forbidden'],
  ])('%s is refused', async (_what, more, code) => {
    expect(codeOf(await request(alice, more))).toBe(code);
    expect(await rig.list(alice)).toEqual([]);
  });

  it('tells nobody what exists: unknown names, unknown clusters and missing rights are answered alike', async () => {
    const mallory = await rig.logInAs('mallory');
    const answers = await Promise.all(
      [{}, { name: 'none' }, { cluster: 'none' }, { name: 'one-namespace' }].map((more) => request(mallory, more)),
    );
    const texts = answers.map(({ body }, index) =>
      String(body['detail'])
        .replace(index === 1 ? 'none' : index === 3 ? 'one-namespace' : 'prod-admin', 'NAME')
        .replace(index === 2 ? 'cluster none' : 'cluster prod-eu', 'CLUSTER'),
    );
    expect(answers.map(codeOf)).toEqual(Array(4).fill('forbidden'));
    expect(new Set(texts).size).toBe(1);
  });

  it('that is open already is answered with the open one, so that a client can attach again', async () => {
    const first = await rig.request(alice);
    expect((await rig.request(alice, { reason: 'again' })).id).toBe(first.id);
    expect(codeOf(await request(alice, { durationMs: 700_000 }))).toBe('conflict');
    await rig.decide(alice, 'withdraw', first.id);
    expect((await rig.request(alice)).id).not.toBe(first.id);
  });

  it('needs a session', async () => {
    expect(codeOf(await request('spt_unknown'))).toBe('unauthenticated');
  });

  it('needs a person: no program can ask for one, decide about one or see one', async () => {
    const { id } = await rig.request(alice);
    for (const kind of ['workload', 'service-account', 'route'] as const) {
      const program = await rig.logIn(identityOf(`${kind}@example.com`, ['developers', 'sre']), { id: kind, kind });
      expect(codeOf(await request(program))).toBe('forbidden');
      for (const step of ['approve', 'withdraw'] as const)
        expect(codeOf(await rig.decide(program, step, id))).toBe('forbidden');
    }
    expect(await rig.view(alice, { action: 'show', id })).toMatchObject({ state: 'pending', approvals: [] });
  });
});

describe('an elevation', () => {
  it('gives nothing to an agent of the person who holds it, and an agent can use none (A33)', async () => {
    const { id } = await rig.request(alice);
    expect(await rig.decide(bob, 'approve', id)).toMatchObject({ status: 200 });
    expect((await rig.tryDelete(alice)).decision.effect).toBe('allow');
    const [login] = await rig.sessions.find([hashToken(alice)]);
    if (login?.state !== 'live') throw new Error('not live');
    const agent = await rig.logIn(login.session.identity, {
      id: 'agent',
      kind: 'agent',
      expiresAt: login.session.expiresAt,
      idleMs: 86_400_000,
      parent: { id: login.session.id, hash: hashToken(alice) },
      agent: { name: 'bot', scope: { clusters: ['prod-eu'], verbs: ['delete'], secrets: false, shell: true } },
    });
    const refused = await rig.tryDelete(agent);
    expect(refused).toMatchObject({ decision: { effect: 'deny', rule: 'cluster/prod-eu[1].deny.and' } });
    expect(refused.elevations).toBeUndefined();
    expect(refused.problem?.detail).not.toContain('sallyport elevate');
    expect(codeOf(await request(agent))).toBe('forbidden');
    expect(codeOf(await rig.decide(agent, 'revoke', id))).toBe('forbidden');
  });
});

describe('the groups of an active elevation', () => {
  it('give no right to ask for another, to see one, to approve or to review', async () => {
    const [entry] = elevationsConfig.elevations;
    const admins = { groups: ['admins'] };
    const review = { by: admins, within: '1h' };
    const second = { ...entry, name: 'second', requesters: { groups: ['sre'] }, approvers: admins, review };
    const third = { ...entry, name: 'third', groups: ['auditors'], requesters: admins };
    const elevations = [entry, second, third];
    rig.policies.swap(compileConfigPolicies(loadedConfig({ ...elevationsConfig, elevations })).snapshot);
    const { id } = await rig.request(alice);
    await rig.decide(bob, 'approve', id);
    expect((await rig.tryDelete(alice)).decision.effect).toBe('allow');
    expect(codeOf(await request(alice, { name: 'third' }))).toBe('forbidden');
    const root = await rig.logInAs('root', 'admins');
    const other = await rig.request(bob, { name: 'second' });
    expect(codeOf(await rig.decide(alice, 'approve', other.id))).toBe('not-found');
    expect(codeOf(await rig.decide(root, 'approve', other.id))).toBe(200);
    const comment = { action: 'review', id: other.id, asked: { comment: 'seen' } };
    expect(codeOf(await rig.elevation(alice, comment))).toBe('not-found');
    expect(codeOf(await rig.elevation(root, comment))).toBe(200);
    expect((await rig.list(alice, true)).map(({ id: listed }) => listed)).toEqual([id]);
  });
});

describe('a decision about an elevation', () => {
  it('is never an approval of one’s own request, under any alias (A35)', async () => {
    const { id } = await rig.request(alice);
    const aliases = [
      alice,
      await rig.logIn(identityOf('a2', ['sre'], { email: 'ALICE@example.com' })),
      await rig.logIn(identityOf('Alice@Example.com', ['sre'], { issuer: 'https://other.example.com', subject: '7' })),
    ];
    for (const token of aliases) expect(codeOf(await rig.decide(token, 'approve', id))).toBe('forbidden');
    expect(await rig.view(alice, { action: 'show', id })).toMatchObject({ state: 'pending', approvals: [] });
  });

  it('of someone without a right to it is answered as if it did not exist', async () => {
    const { id } = await rig.request(alice);
    const mallory = await rig.logInAs('mallory');
    for (const action of ['approve', 'deny', 'withdraw', 'revoke'])
      expect(codeOf(await rig.decide(mallory, action, id))).toBe('not-found');
    expect(codeOf(await rig.elevation(mallory, { action: 'show', id }))).toBe('not-found');
    expect(await rig.list(mallory, true)).toEqual([]);
  });

  it('of an auditor can end a right, and never give one', async () => {
    const carol = await rig.logInAs('carol', 'auditors');
    const { id } = await rig.request(alice);
    expect(codeOf(await rig.decide(carol, 'approve', id))).toBe('forbidden');
    await rig.decide(bob, 'approve', id);
    expect(await rig.list(carol)).toMatchObject([{ id, may: ['revoke'] }]);
    expect(codeOf(await rig.decide(carol, 'revoke', id))).toBe(200);
  });

  it('is not taken twice, nor after the end (A35)', async () => {
    const { id } = await rig.request(alice);
    await rig.decide(alice, 'withdraw', id);
    expect(codeOf(await rig.decide(bob, 'approve', id))).toBe('conflict');
    const second = await rig.request(alice);
    await rig.decide(bob, 'approve', second.id);
    const recorded = rig.published.length;
    expect(codeOf(await rig.decide(bob, 'approve', second.id))).toBe(200);
    expect((await rig.view(alice, { action: 'show', id: second.id })).approvals).toHaveLength(1);
    expect(rig.published).toHaveLength(recorded);
    expect(codeOf(await rig.decide(await rig.logInAs('eve', 'sre'), 'approve', second.id))).toBe('conflict');
    await rig.decide(bob, 'revoke', second.id);
    expect(codeOf(await rig.decide(bob, 'approve', second.id))).toBe('conflict');
    expect((await rig.tryDelete(alice)).decision.effect).toBe('deny');
  });

  it('comes too late once the time for it is up', async () => {
    const { id } = await rig.request(alice);
    rig.advance(3_600_000);
    expect(codeOf(await rig.decide(bob, 'approve', id))).toBe('conflict');
  });

  it('is the only one of many approvals at the same time', async () => {
    const { id } = await rig.request(alice);
    const others = await Promise.all([1, 2, 3, 4].map((index) => rig.logInAs(`sre${index}`, 'sre')));
    const codes = await Promise.all(others.map(async (token) => codeOf(await rig.decide(token, 'approve', id))));
    expect(codes.filter((code) => code === 200)).toHaveLength(1);
    expect(codes.filter((code) => code === 'conflict')).toHaveLength(3);
    expect((await rig.view(alice, { action: 'show', id })).approvals).toHaveLength(1);
  });
});

describe('an extension', () => {
  const extend = (token: string, id: string, more: object = {}) =>
    rig.elevation(token, { action: 'extend', id, asked: { durationMs: 300_000, reason: 'not done', ...more } });

  it('goes to the same approvers, adds to the end, and is possible once', async () => {
    const { id } = await rig.request(alice);
    expect(codeOf(await extend(alice, id))).toBe('conflict');
    const active = await rig.view(bob, { action: 'approve', id, asked: {} });
    expect(codeOf(await extend(alice, id, { reason: '\u200b' }))).toBe('bad-request');
    const asked = await extend(alice, id);
    expect(asked.body).toMatchObject({ elevation: { state: 'pending', extends: id } });
    const extension = (asked.body['elevation'] as { id: string }).id;
    expect(codeOf(await rig.decide(alice, 'approve', extension))).toBe('forbidden');
    expect(await rig.view(bob, { action: 'approve', id: extension, asked: {} })).toMatchObject({
      state: 'active',
      expiresAt: active.expiresAt! + 300_000,
    });
    rig.advance(600_001);
    expect((await rig.tryDelete(alice)).decision.effect).toBe('allow');
    expect(codeOf(await extend(alice, extension))).toBe('conflict');
    rig.advance(300_000);
    expect((await rig.tryDelete(alice)).decision.effect).toBe('deny');
  });

  it('ends with what it extends, and is for the holder only', async () => {
    const { id } = await rig.request(alice);
    await rig.decide(bob, 'approve', id);
    expect(codeOf(await extend(bob, id))).toBe('forbidden');
    const extension = ((await extend(alice, id)).body['elevation'] as { id: string }).id;
    await rig.decide(bob, 'approve', extension);
    await rig.decide(bob, 'revoke', id);
    expect((await rig.tryDelete(alice)).decision.effect).toBe('deny');
  });
});
