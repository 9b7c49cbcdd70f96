import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { checkOf, identityOf, kubernetes, loadedConfig, sampleConfig } from '../testing/authorize-rig.ts';
import { useRigs } from '../testing/use-rigs.ts';
import { compileConfigPolicies } from '../policies/compile-policies.ts';

const start = useRigs();
const server = 'https://10.0.0.1:6443';
const developers = { name: 'developers', allow: { or: [{ groups: 'developers' }] } };
const noDeletes = {
  name: 'no-deletes',
  message: 'Ask the team platform to delete <it>.',
  deny: { and: [{ 'k8s/verb': 'delete' }] },
};
const leavers = { message: 'Your contract has ended. Ask HR', deny: { or: [{ groups: 'leavers' }] } };
const config = {
  ...sampleConfig,
  gateway: { url: 'https://gate.example.com', trustedProxies: ['10.0.0.0/8'] },
  clusters: [
    {
      name: 'dev',
      server,
      token: 't',
      policy: [developers, noDeletes, leavers],
      shadow: [{ name: 'tried-out', deny: { and: [{ 'k8s/verb': 'get' }] } }],
      impersonate: { groups: ['*'] },
    },
    { name: 'quiet', server, token: 't', policy: [developers, { deny: { or: [{ groups: 'leavers' }] } }] },
  ],
  routes: [
    {
      from: 'https://wiki.example.com',
      to: 'http://wiki',
      policy: [developers, { message: 'Ask the editors.', deny: { and: [{ http_path: '/secret' }] } }, leavers],
    },
  ],
  api: {
    policy: {
      policy: [{ allow: { or: [{ groups: 'auditors' }] } }],
      sessions: [{ ...leavers, message: 'Only the desk.' }],
    },
  },
};
const deletes = { kubernetes: kubernetes({ verb: 'delete', requestVerb: 'delete', name: 'web' }) };

async function setUp() {
  const rig = await start({ config });
  const post = async (path: string, body: object) => {
    const headers = { authorization: await rig.credential() };
    const answer = await fetch(`${rig.url}${path}`, { method: 'POST', body: JSON.stringify(body), headers });
    return { status: answer.status, text: await answer.text() };
  };
  const ask = async (groups: string[], target: Parameters<typeof checkOf>[1], more: object = {}) => {
    const token = await rig.logIn(identityOf('alice', groups), { id: randomUUID() });
    return (await rig.ask(checkOf(token, target, more)))[0]!;
  };
  return { ...rig, check: rig.ask, post, ask };
}
const dev = { kind: 'cluster', name: 'dev' } as const;

describe('a refusal by a rule with a name and a message', () => {
  it('has both, with the position of the rule, and sentences that end', async () => {
    const rig = await setUp();
    expect(await rig.ask(['developers'], dev, deletes)).toMatchObject({
      decision: { effect: 'deny', rule: 'cluster/dev[1].deny.and', ruleName: 'no-deletes' },
      problem: {
        code: 'forbidden',
        detail: expect.stringMatching(
          /^policy rule "no-deletes \(cluster\/dev\[1\]\.deny\.and\)" does not allow alice to delete pods .*\)\. Ask the team platform to delete <it>\.$/,
        ),
        ruleMessage: 'Ask the team platform to delete <it>.',
      },
    });
  });

  it('has no message where the request is allowed, though the decision has the name of the rule', async () => {
    const rig = await setUp();
    const answer = await rig.ask(['developers'], dev);
    expect(answer).toMatchObject({
      decision: {
        effect: 'allow',
        ruleName: 'developers',
        shadow: [{ rule: 'shadow/cluster/dev[0].deny.and', ruleName: 'tried-out' }],
      },
    });
    expect(answer).not.toHaveProperty('problem');
  });

  it('gives no name to what refuses instead of a rule', async () => {
    const rig = await setUp();
    const acting = { kubernetes: kubernetes({ impersonate: ['user:bob'] }) };
    const refused = await rig.ask(['developers'], dev, acting);
    expect(refused.decision).not.toHaveProperty('ruleName');
    const token = await rig.logIn(identityOf('system:admin', ['developers']));
    const [answer] = await rig.check(checkOf(token, dev));
    expect(answer!.decision).toMatchObject({ effect: 'deny', rule: 'cluster/dev.impersonate' });
    expect(answer!.decision).not.toHaveProperty('ruleName');
  });
});

describe('a message of a rule that may not be shown', () => {
  it('reaches the people whom it refuses, and the rule stays hidden', async () => {
    const rig = await setUp();
    const answer = await rig.ask(['leavers'], dev);
    expect(answer).toMatchObject({
      cluster: 'unknown',
      decision: { rule: 'default-deny', reasons: [] },
      problem: {
        detail:
          'There is no cluster "dev" that you may use. Run "sallyport clusters" to list yours, or ask your operator for access. Your contract has ended. Ask HR',
        ruleMessage: 'Your contract has ended. Ask HR',
      },
    });
    const { shadow: _triedOut, ...decision } = answer.decision;
    expect(JSON.stringify({ ...answer, decision })).not.toMatch(/cluster\/dev\[|ruleName/);
  });

  it('is not there without one, so that such a cluster is like one that does not exist', async () => {
    const rig = await setUp();
    const token = await rig.logIn(identityOf('alice', ['leavers']));
    const targets = ['quiet', 'none'].map((name) => checkOf(token, { kind: 'cluster', name }));
    const [quiet, none] = await rig.check(...targets);
    expect(JSON.stringify(quiet).replaceAll('quiet', 'none')).toBe(JSON.stringify(none));
  });

  it('reaches no one whom the rule does not refuse', async () => {
    const rig = await setUp();
    expect(JSON.stringify(await rig.ask([], dev))).not.toContain('contract');
    expect(JSON.stringify(await rig.ask([], dev, { credential: { kind: 'none' } }))).not.toContain('contract');
  });

  it('is in the answer of explain and can-i too', async () => {
    const rig = await setUp();
    const check = checkOf(await rig.logIn(identityOf('alice', ['leavers'])), dev);
    const requests = [{ method: 'GET', kubernetes: kubernetes() }];
    for (const answer of [await rig.post('/v1/explain', { check }), await rig.post('/v1/can-i', { check, requests })]) {
      expect(answer.status).toBe(404);
      expect(answer.text).toContain('Your contract has ended. Ask HR');
      expect(answer.text).not.toMatch(/cluster\/dev\[/);
    }
  });

  it('reaches people at a web application', async () => {
    const rig = await setUp();
    const wiki = { kind: 'route', host: 'wiki.example.com' } as const;
    const request = { method: 'GET', path: '/secret', host: 'wiki.example.com', ip: '10.0.0.9' };
    expect(await rig.ask(['developers'], wiki, { request })).toMatchObject({
      problem: { code: 'forbidden', ruleMessage: 'Ask the editors.' },
    });
    expect(await rig.ask(['leavers'], wiki, { request: { ...request, path: '/' } })).toMatchObject({
      decision: { rule: 'default-deny' },
      problem: { code: 'forbidden', ruleMessage: 'Your contract has ended. Ask HR' },
    });
  });

  it('reaches people at the API of the gateway', async () => {
    const rig = await setUp();
    expect(await rig.ask(['leavers'], { kind: 'api', area: 'sessions' })).toMatchObject({
      problem: { code: 'forbidden', ruleMessage: 'Only the desk.' },
    });
  });
});

describe('an explanation', () => {
  it('names the rules, and says what the one that refuses says', async () => {
    const rig = await setUp();
    const check = checkOf(await rig.logIn(identityOf('alice', ['developers'])), dev, deletes);
    const { text } = await rig.post('/v1/explain', { check });
    expect(JSON.parse(text)).toMatchObject({
      decision: { ruleName: 'no-deletes' },
      ruleMessage: noDeletes.message,
      rules: [
        { rule: 'cluster/dev[0].allow.or', ruleName: 'developers' },
        { rule: 'cluster/dev[1].deny.and', ruleName: 'no-deletes' },
      ],
    });
  });
});

describe('the metrics', () => {
  it('do not grow when policies come into force with ever new names', async () => {
    const rig = await setUp();
    const token = await rig.logIn(identityOf('alice', ['developers']));
    const series = async () =>
      (await rig.metrics.metrics()).split('\n').filter((line) => line.startsWith('sallyport_'));
    let first: string[] | undefined;
    for (let round = 0; round < 50; round += 1) {
      const [one, ...others] = config.clusters;
      const named = (rule: object) => ({ ...rule, name: `generated-${round}` });
      const clusters = [{ ...one!, policy: [developers, named(noDeletes)], shadow: [named(leavers)] }, ...others];
      rig.policies.swap(compileConfigPolicies(loadedConfig({ ...config, clusters })).snapshot);
      expect((await rig.check(checkOf(token, dev, deletes)))[0]!.decision.ruleName).toBe(`generated-${round}`);
      first ??= await series();
    }
    const after = await series();
    expect(after.length).toBe(first!.length);
    expect(after.length).toBeGreaterThan(0);
    expect(after.join('\n')).not.toContain('generated-');
  });
});
