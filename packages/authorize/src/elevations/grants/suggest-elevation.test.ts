import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { compileConfigPolicies } from '../../policies/compile-policies.ts';
import { checkOf, kubernetes, loadedConfig } from '../../testing/authorize-rig.ts';
import { elevationsConfig, startElevationRig, type ElevationRig } from '../../testing/elevation-rig.ts';

let rig: ElevationRig;
beforeEach(async () => {
  rig = await startElevationRig();
});
afterEach(() => rig.close());

const detailOf = async (token: string, ...more: [string?, string?]) =>
  (await rig.tryDelete(token, ...more)).problem?.detail ?? '';

describe('a refusal', () => {
  it('says how to ask for what would help', async () => {
    const alice = await rig.logInAs('alice', 'developers');
    expect(await detailOf(alice)).toMatch(
      /"cluster\/prod-eu\[1\]\.deny\.and" does not allow .*\. To ask for the right to it, run: sallyport elevate prod-admin --cluster prod-eu --for 30m --reason "\.\.\."$/,
    );
    expect(await detailOf(alice, 'dev', 'shop')).toMatch(
      /run: sallyport elevate one-namespace --cluster dev --namespace shop --for 30m$/,
    );
  });

  it('says it apart from the rest too, and so does an explanation', async () => {
    const alice = await rig.logInAs('alice', 'developers');
    const { problem } = await rig.tryDelete(alice);
    expect(problem!.suggestion).toMatch(/^To ask for the right to it, run: sallyport elevate prod-admin .*"$/);
    const target = { kind: 'cluster' as const, name: 'prod-eu' };
    const check = checkOf(alice, target, { kubernetes: kubernetes({ verb: 'delete', namespace: 'dev', name: 'web' }) });
    const headers = { authorization: await rig.credential() };
    const answer = await fetch(`${rig.url}/v1/explain`, { method: 'POST', headers, body: JSON.stringify({ check }) });
    expect(await answer.json()).toMatchObject({ suggestion: problem!.suggestion });
  });

  it('names nothing that the caller may not ask for, or that would not help', async () => {
    const bob = await rig.logInAs('bob', 'sre');
    expect(await detailOf(bob)).not.toContain('elevate');
    const intern = await rig.logInAs('ivy', 'interns');
    // Only a deny rule is about admins. No rule allows interns anything.
    expect(await detailOf(intern)).not.toContain('elevate');
    const alice = await rig.logInAs('alice', 'developers');
    expect(await detailOf(alice, 'dev')).not.toContain('elevate');
  });

  it.each(['team-$(touch pwned)', 'team-`id`', 'team-;id', "team-'", 'team-\nid', 'team-\u202e', 'team-é', 'Team-a'])(
    'suggests no command for a namespace that cannot exist: %j',
    async (namespace) => {
      const entry = { ...elevationsConfig.elevations[1]!, name: 'any', namespaces: ['*'] };
      const config = { ...elevationsConfig, elevations: [entry] };
      rig.policies.swap(compileConfigPolicies(loadedConfig(config)).snapshot);
      const alice = await rig.logInAs('alice', 'developers');
      expect(await detailOf(alice, 'dev', namespace)).not.toMatch(/elevate|run:/);
      expect(await detailOf(alice, 'dev', 'team-a')).toContain(
        'sallyport elevate any --cluster dev --namespace team-a ',
      );
    },
  );

  it('names nothing that the caller may ask for only with the groups of another elevation', async () => {
    const [entry] = elevationsConfig.elevations;
    const [prod] = elevationsConfig.clusters;
    const deny = { deny: { and: [{ groups: { exclude: 'auditors' } }, { 'k8s/verb': 'delete' }] } };
    const config = {
      ...elevationsConfig,
      clusters: [{ ...prod, policy: [...prod!.policy, deny] }],
      elevations: [entry, { ...entry, name: 'second', groups: ['auditors'], requesters: { groups: ['admins'] } }],
    };
    rig.policies.swap(compileConfigPolicies(loadedConfig(config)).snapshot);
    const alice = await rig.logInAs('alice', 'developers');
    const { id } = await rig.request(alice);
    await rig.decide(await rig.logInAs('bob', 'sre'), 'approve', id);
    // The refusal comes from the second rule: she has the groups of the elevation.
    expect(await detailOf(alice)).toContain('"cluster/prod-eu[2].deny.and"');
    expect(await detailOf(alice)).not.toContain('elevate');
    const asked = await rig.elevation(alice, { action: 'request', asked: { ...rig.asked, name: 'second' } });
    expect(asked.status).toBe(403);
    expect(await detailOf(await rig.logInAs('root', 'developers', 'admins'))).toContain('sallyport elevate second ');
  });

  it('names nothing to an application that acts for a person, because it never has an elevation', async () => {
    const from = 'https://app.example.com';
    const policy = { allow: { or: [{ accept: true }] } };
    const routes = [{ from, to: 'http://app', policy, identity: { kubernetes: { clusters: ['prod-eu'] } } }];
    const gateway = { url: 'https://gate.example.com', trustedProxies: ['10.0.0.0/8'] };
    rig.policies.swap(compileConfigPolicies(loadedConfig({ ...elevationsConfig, gateway, routes })).snapshot);
    const alice = await rig.logInAs('alice', 'developers');
    expect(await detailOf(alice)).toContain('sallyport elevate');
    const check = checkOf(
      alice,
      { kind: 'cluster', name: 'prod-eu' },
      { kubernetes: kubernetes({ verb: 'delete', requestVerb: 'delete', name: 'web' }) },
    );
    const credential = { ...check.credential, application: from } as typeof check.credential;
    const [refused] = await rig.ask({ ...check, credential });
    expect(refused!.decision).toMatchObject({ effect: 'deny', rule: 'cluster/prod-eu[1].deny.and' });
    expect(refused!.problem!.detail).not.toContain('elevate');
  });

  it('says that a request for it waits already, and nothing once it is over', async () => {
    const alice = await rig.logInAs('alice', 'developers');
    const { id } = await rig.request(alice);
    expect(await detailOf(alice)).toMatch(
      new RegExp(
        String.raw`\. Your request for prod-admin is waiting for approval \(0 of 1\)\. To see it, run: sallyport elevations show ${id}$`,
      ),
    );
    expect(await detailOf(await rig.logInAs('carol', 'developers'))).toContain('run: sallyport elevate prod-admin');
    await rig.decide(alice, 'withdraw', id);
    expect(await detailOf(alice)).toContain('run: sallyport elevate prod-admin');
    const later = await rig.request(alice, { startsAt: Date.now() + 3_600_000 });
    await rig.decide(await rig.logInAs('bob', 'sre'), 'approve', later.id);
    expect(await detailOf(alice)).toMatch(/Your request for prod-admin is approved and begins at 20\d\d-/);
  });

  it('prefers the one with the fewest groups', async () => {
    const [entry] = elevationsConfig.elevations;
    const elevations = [
      { ...entry, name: 'large', groups: ['admins', 'auditors'] },
      { ...entry, name: 'small' },
    ];
    rig.policies.swap(compileConfigPolicies(loadedConfig({ ...elevationsConfig, elevations })).snapshot);
    expect(await detailOf(await rig.logInAs('alice', 'developers'))).toContain('sallyport elevate small ');
  });
});

describe('a question about a request', () => {
  it('is answered with the elevations that the caller has', async () => {
    const alice = await rig.logInAs('alice', 'developers');
    const { kubernetes: asked, ...check } = checkOf(
      alice,
      { kind: 'cluster', name: 'prod-eu' },
      { kubernetes: kubernetes({ verb: 'delete', requestVerb: 'delete', name: 'web' }) },
    );
    const ask = async (path: string, body: object) => {
      const headers = { authorization: await rig.credential() };
      return (await fetch(`${rig.url}${path}`, { method: 'POST', body: JSON.stringify(body), headers })).json();
    };
    const get = { method: 'GET', kubernetes: kubernetes() };
    const requests = [get, { method: 'DELETE', kubernetes: asked }];
    expect(await ask('/v1/can-i', { check: { ...check, kubernetes: asked }, requests })).toMatchObject({
      allowed: [true, false],
    });
    const { id } = await rig.request(alice);
    await rig.decide(await rig.logInAs('bob', 'sre'), 'approve', id);
    expect(await ask('/v1/can-i', { check: { ...check, kubernetes: asked }, requests })).toMatchObject({
      allowed: [true, true],
    });
    expect(await ask('/v1/explain', { check: { ...check, kubernetes: asked } })).toMatchObject({
      decision: { effect: 'allow' },
      person: { groups: ['developers', 'admins'] },
    });
  });
});
