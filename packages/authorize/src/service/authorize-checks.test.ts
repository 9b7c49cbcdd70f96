import { describe, expect, it } from '@jest/globals';
import { hashToken, ProblemError } from '@sallyport/kit';
import type { SessionStore } from '@sallyport/stores';
import { compileConfigPolicies } from '../policies/compile-policies.ts';
import {
  checkOf,
  identityOf,
  kubernetes,
  sampleConfig,
  loadedConfig,
  sessionOf,
  throwingPolicy,
} from '../testing/authorize-rig.ts';
import { useRigs } from '../testing/use-rigs.ts';

const start = useRigs();
const dev = { kind: 'cluster', name: 'dev' } as const;

describe('a check of a cluster', () => {
  it('allows what the policy allows, with session, identity without claims, and impersonation', async () => {
    const rig = await start();
    const token = await rig.logIn(
      identityOf('alice@example.com', ['developers', 'cn=a,ou=b', 'other', 'system:masters', 'system:nodes']),
    );
    const [answer] = await rig.ask(checkOf(token, dev));
    expect(answer).toMatchObject({
      decision: {
        effect: 'allow',
        rule: 'cluster/dev[0].allow.or',
        reasons: ['groups-ok'],
        policyVersion: rig.policies.current().version,
      },
      session: { id: 'id-alice@example.com', kind: 'cli' },
      identity: { user: 'alice@example.com', issuer: 'https://idp.example.com' },
      impersonation: {
        user: 'alice@example.com',
        groups: ['developers', 'cn=a,ou=b', 'system:masters'],
        droppedGroups: ['other', 'system:nodes'],
      },
    });
    expect(JSON.stringify(answer)).not.toContain('secret');
    expect(answer).not.toHaveProperty('problem');
  });

  it('denies by default, says so, and sends no impersonation', async () => {
    const rig = await start();
    const [answer] = await rig.ask(checkOf(await rig.logIn(identityOf('mallory@example.com')), dev));
    expect(answer).toMatchObject({
      decision: { effect: 'deny', rule: 'default-deny' },
      identity: { user: 'mallory@example.com' },
      problem: {
        code: 'forbidden',
        detail:
          'There is no cluster "dev" that you may use. Run "sallyport clusters" to list yours, or ask your operator for access.',
      },
    });
    expect(answer).not.toHaveProperty('impersonation');
    expect(JSON.stringify(answer)).not.toContain('developers');
  });

  it('is denied if a deny rule holds, and names the rule', async () => {
    const rig = await start();
    const [answer] = await rig.ask(
      checkOf(await rig.logIn(identityOf('alice', ['developers'])), dev, {
        kubernetes: kubernetes({ verb: 'delete' }),
      }),
    );
    expect(answer).toMatchObject({
      decision: { effect: 'deny', rule: 'cluster/dev[1].deny.and', reasons: ['k8s-verb-ok'] },
      problem: { code: 'forbidden' },
    });
  });

  it('uses the cluster of the target, whatever the attributes claim', async () => {
    const config = {
      ...sampleConfig,
      clusters: [
        { ...sampleConfig.clusters[0], policy: { allow: { or: [{ 'k8s/cluster': 'open' }] } } },
        sampleConfig.clusters[1],
      ],
    };
    const rig = await start({ config });
    const token = await rig.logIn(identityOf('alice'));
    const claimed = { ...kubernetes(), cluster: 'open' };
    expect((await rig.ask(checkOf(token, dev, { kubernetes: claimed })))[0]!.decision.effect).toBe('deny');
  });

  it('admits only users who are logged in, even if the policy says accept', async () => {
    const rig = await start();
    const target = { kind: 'cluster', name: 'open' } as const;
    const [nobody, unknown, mallory] = await rig.ask(
      checkOf(undefined, target),
      checkOf('spt_unknown', target),
      checkOf(await rig.logIn(identityOf('mallory')), target),
    );
    expect(nobody).toMatchObject({ decision: { effect: 'authenticate' }, problem: { code: 'unauthenticated' } });
    expect(unknown).toMatchObject({ decision: { effect: 'authenticate' }, problem: { code: 'unauthenticated' } });
    expect(mallory!.decision.effect).toBe('allow');
  });

  it('distinguishes unknown clusters only for users who are logged in', async () => {
    const rig = await start();
    const nowhere = { kind: 'cluster', name: 'nowhere' } as const;
    for (const token of [undefined, 'spt_unknown']) {
      const [known, unknown] = await rig.ask(checkOf(token, dev), checkOf(token, nowhere));
      expect(unknown).toEqual(known);
    }
    const [answer] = await rig.ask(checkOf(await rig.logIn(identityOf('alice', ['developers'])), nowhere));
    expect(answer).toMatchObject({ decision: { effect: 'deny' }, cluster: 'unknown', problem: { code: 'forbidden' } });
    for (const name of ['__proto__', 'constructor', ''])
      expect(
        (await rig.ask(checkOf(await rig.logIn(identityOf(`a${name}`)), { kind: 'cluster', name })))[0]!.cluster,
      ).toBe('unknown');
  });

  it('refuses everyone on a cluster without a policy', async () => {
    const rig = await start();
    const [answer] = await rig.ask(
      checkOf(await rig.logIn(identityOf('alice', ['developers'])), { kind: 'cluster', name: 'shut' }),
    );
    expect(answer!.decision).toMatchObject({ effect: 'deny', rule: 'default-deny' });
  });

  it("refuses a user with one of Kubernetes' own names", async () => {
    const rig = await start();
    const [answer] = await rig.ask(checkOf(await rig.logIn(identityOf('system:admin', ['developers'])), dev));
    expect(answer).toMatchObject({
      decision: { effect: 'deny', rule: 'cluster/dev.impersonate' },
      problem: { code: 'forbidden', detail: expect.stringContaining('reserved for Kubernetes itself') },
    });
    expect(answer).not.toHaveProperty('impersonation');
  });
});

describe('a check of a session', () => {
  it('says that a session was ended', async () => {
    const rig = await start();
    const token = await rig.logIn(identityOf('alice', ['developers']));
    expect((await rig.ask(checkOf(token, dev)))[0]!.decision.effect).toBe('allow');
    await rig.store.revoke('id-alice', { by: 'alice', reason: 'logout' });
    const [answer] = await rig.ask(checkOf(token, dev));
    expect(answer).toMatchObject({
      decision: { effect: 'authenticate' },
      problem: { code: 'unauthenticated', detail: 'This session was ended. Log in again.' },
    });
    expect(answer).not.toHaveProperty('identity');
  });

  it("does not rely on the store's clock for an expired session", async () => {
    const session = sessionOf(identityOf('alice', ['developers']), { expiresAt: Date.now() - 1 });
    const rig = await start({
      sessions: {
        ...fakeStore(),
        find: async (hashes: readonly string[]) =>
          hashes.map(() => ({ state: 'live', session, idleEndsAt: Date.now() + 1000 })),
      } as unknown as SessionStore,
    });
    expect((await rig.ask(checkOf('t', dev)))[0]!.decision.effect).toBe('authenticate');
  });

  it('allows any live session to identify itself, and no one else', async () => {
    const rig = await start();
    const [alice, nobody] = await rig.ask(
      checkOf(await rig.logIn(identityOf('alice')), { kind: 'self' }),
      checkOf(undefined, { kind: 'self' }),
    );
    expect(alice).toMatchObject({ decision: { effect: 'allow', rule: 'self' }, identity: { user: 'alice' } });
    expect(nobody!.decision.effect).toBe('authenticate');
  });

  it("evaluates each area of the gateway's API with its own policy, and denies without one", async () => {
    const rig = await start();
    const [sre, alice] = [await rig.logIn(identityOf('bob', ['sre'])), await rig.logIn(identityOf('alice'))];
    const effects = async (token: string) =>
      (await rig.ask(...(['sessions', 'audit'] as const).map((area) => checkOf(token, { kind: 'api', area })))).map(
        (answer) => `${answer.decision.effect} ${answer.decision.rule}`,
      );
    expect(await effects(sre)).toEqual(['allow api/sessions[0].allow.or', 'deny default-deny']);
    expect(await effects(alice)).toEqual(['deny default-deny', 'deny default-deny']);
  });
});

function fakeStore() {
  return {
    renew: async () => {},
    onChange: () => () => {},
    onStart: () => () => {},
    onGap: () => () => {},
    ping: async () => {},
  };
}

describe('a batch', () => {
  it('is answered in order, with each session read once per batch, in one call', async () => {
    const calls: (readonly string[])[] = [];
    const rig = await start({
      sessions: {
        ...fakeStore(),
        find: async (hashes: readonly string[]) => {
          calls.push(hashes);
          return hashes.map(() => ({ state: 'unknown' }));
        },
      } as unknown as SessionStore,
    });
    for (let round = 0; round < 2; round += 1) {
      const answers = await rig.ask(
        checkOf('a', dev),
        checkOf(undefined, dev),
        checkOf('b', dev),
        checkOf('a', { kind: 'self' }),
      );
      expect(answers.map((answer) => answer.problem?.detail)).toEqual([
        expect.stringContaining('This login is unknown'),
        'Log in first.',
        expect.stringContaining('This login is unknown'),
        expect.stringContaining('This login is unknown'),
      ]);
    }
    expect(calls).toEqual([
      [hashToken('a'), hashToken('b')],
      [hashToken('a'), hashToken('b')],
    ]);
  });

  it('keeps users separate', async () => {
    const rig = await start();
    const people = await Promise.all(
      Array.from({ length: 50 }, async (_none, index) => {
        const user = `user-${index}`;
        return {
          user,
          token: await rig.logIn(identityOf(user, [index % 2 === 0 ? 'developers' : 'others', `cn=${index}`])),
        };
      }),
    );
    const answers = await rig.ask(...people.map(({ token }) => checkOf(token, dev)));
    answers.forEach((answer, index) => {
      expect(answer.identity?.user).toBe(people[index]!.user);
      expect(answer.decision.effect).toBe(index % 2 === 0 ? 'allow' : 'deny');
      expect(answer.impersonation?.groups).toEqual(index % 2 === 0 ? ['developers', `cn=${index}`] : undefined);
    });
  });

  it('answers the others if one check fails, which is refused and logged', async () => {
    const rig = await start();
    const token = await rig.logIn(identityOf('alice', ['developers']));
    const { clusters } = rig.policies.current();
    const broken = { ...clusters.get('open')!, policiesFor: () => [throwingPolicy] };
    rig.policies.swap({ ...rig.policies.current(), clusters: new Map([...clusters, ['open', broken]]) });
    const [first, second, third] = await rig.ask(
      checkOf(token, dev),
      checkOf(token, { kind: 'cluster', name: 'open' }),
      checkOf(token, dev),
    );
    expect([first!.decision.effect, second!.decision.effect, third!.decision.effect]).toEqual([
      'allow',
      'deny',
      'allow',
    ]);
    expect(second!.problem?.code).toBe('internal');
    expect(JSON.stringify(second)).not.toContain('planted');
    expect(rig.lines.some((line) => JSON.stringify(line).includes('planted'))).toBe(true);
  });

  it('is evaluated with the policy in force after a swap', async () => {
    const rig = await start();
    const token = await rig.logIn(identityOf('mallory'));
    rig.policies.swap(
      compileConfigPolicies(
        loadedConfig({
          ...sampleConfig,
          clusters: [{ ...sampleConfig.clusters[0], policy: { allow: { or: [{ user: 'mallory' }] } } }],
        }),
      ).snapshot,
    );
    expect((await rig.ask(checkOf(token, dev)))[0]!.decision).toMatchObject({
      effect: 'allow',
      policyVersion: rig.policies.current().version,
    });
  });

  it('logs nothing above debug', async () => {
    const rig = await start();
    await rig.ask(checkOf(await rig.logIn(identityOf('alice')), dev));
    expect(rig.lines).toEqual([]);
    const chatty = await start({ level: 'debug' });
    await chatty.ask(checkOf(undefined, dev), checkOf(undefined, dev));
    expect(chatty.lines).toMatchObject([{ checks: 2 }]);
  });
});

describe('a session store that is down', () => {
  const stores: [string, () => Promise<never>][] = [
    ['reports it', () => Promise.reject(new ProblemError('sessions-unavailable', 'away'))],
    ['fails in another way', () => Promise.reject(new Error('ECONNREFUSED with secrets'))],
    ['does not respond', () => new Promise(() => {})],
    ['returns too few results', async () => [] as never],
  ];
  it.each(stores)('that %s fails the whole call with 503 in time', async (_how, find) => {
    const rig = await start({ sessions: { ...fakeStore(), find } as unknown as SessionStore, storeTimeoutMs: 100 });
    const before = Date.now();
    const response = await rig.post(JSON.stringify({ checks: [checkOf('t', dev), checkOf(undefined, dev)] }));
    expect(Date.now() - before).toBeLessThan(15_000);
    expect(response.status).toBe(503);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ code: 'sessions-unavailable' });
    expect(text).not.toContain('secrets');
  });

  it('does not matter any more when it responds again', async () => {
    let away = true;
    const find = async (hashes: readonly string[]) => {
      if (away) throw new ProblemError('sessions-unavailable', 'away');
      return hashes.map(() => ({ state: 'unknown' }));
    };
    const rig = await start({ sessions: { ...fakeStore(), find } as unknown as SessionStore });
    expect((await rig.post(JSON.stringify({ checks: [checkOf('t', dev)] }))).status).toBe(503);
    away = false;
    expect((await rig.post(JSON.stringify({ checks: [checkOf('t', dev)] }))).status).toBe(200);
  });
});

describe('a session in use', () => {
  it('has its idle time renewed after the answer', async () => {
    const renewed: string[] = [];
    const session = sessionOf(identityOf('alice', ['developers']));
    const rig = await start({
      sessions: {
        ...fakeStore(),
        find: async (hashes: readonly string[]) =>
          hashes.map(() => ({ state: 'live', session, idleEndsAt: Date.now() + session.idleMs - 120_000 })),
        renew: async (hash: string) => void renewed.push(hash),
      } as unknown as SessionStore,
    });
    for (let round = 0; round < 3; round += 1) await rig.ask(checkOf('t', dev), checkOf('t', dev));
    expect(renewed).toEqual([hashToken('t')]);
  });

  it('is not kept alive by a check with use: false, which is told when the session ends', async () => {
    const renewed: string[] = [];
    const session = sessionOf(identityOf('alice', ['developers']));
    const idleEndsAt = Date.now() + session.idleMs - 120_000;
    const rig = await start({
      sessions: {
        ...fakeStore(),
        find: async (hashes: readonly string[]) => hashes.map(() => ({ state: 'live', session, idleEndsAt })),
        renew: async (hash: string) => void renewed.push(hash),
      } as unknown as SessionStore,
    });
    const [watched] = await rig.ask(checkOf('t', dev, { use: false }));
    expect(watched!.session).toEqual({ id: session.id, kind: 'cli', expiresAt: session.expiresAt, idleEndsAt });
    expect(renewed).toEqual([]);
    const [, used] = await rig.ask(checkOf('t', dev, { use: false }), checkOf('t', dev));
    expect(used!.session).not.toHaveProperty('idleEndsAt');
    expect(renewed).toEqual([hashToken('t')]);
  });
});
