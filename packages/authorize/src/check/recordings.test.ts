import { describe, expect, it } from '@jest/globals';
import type { Check } from '@sallyport/contracts';
import { checkOf, identityOf, kubernetes, sampleConfig } from '../testing/authorize-rig.ts';
import { useRigs } from '../testing/use-rigs.ts';

const startRig = useRigs();
const place = { recipients: [`age1${'q'.repeat(58)}`], store: { dir: '/recordings' } };
const everything = { allow: { or: [{ accept: true }] } };
const [dev, open] = sampleConfig.clusters;
type Asked = Parameters<typeof kubernetes>[0];

const exec: Asked = { resource: 'pods', subresource: 'exec', namespace: 'payments', name: 'db-0', verb: 'get' };
const throughNode: Asked = { resource: 'nodes', subresource: 'proxy', name: 'n1', namespace: '', verb: 'create' };

async function demands(recordings: object) {
  const clusters = [{ ...dev, policy: everything }, { ...open }];
  const rig = await startRig({ config: { ...sampleConfig, clusters, recordings: { ...place, ...recordings } } });
  const token = await rig.logIn(identityOf('alice', ['developers']));
  return async (asked: Asked, { name = 'dev', ...more }: { name?: string } & Partial<Check> = {}) => {
    const target = { kind: 'cluster' as const, name };
    const [answer] = await rig.ask(checkOf(token, target, { kubernetes: kubernetes(asked), ...more }));
    return answer!.decision.effect === 'allow' ? (answer!.recording ?? 'off') : 'refused';
  };
}

describe('which sessions are recorded', () => {
  it('is the default if no rule matches, for everything that opens a session and for nothing else', async () => {
    const ask = await demands({ default: 'optional' });
    for (const subresource of ['exec', 'attach', 'ephemeralcontainers', 'portforward', 'proxy'])
      expect(await ask({ ...exec, subresource })).toBe('optional');
    expect(await ask({ ...exec, resource: 'services', subresource: 'proxy' })).toBe('optional');
    expect(await ask(throughNode)).toBe('optional');
    expect(await ask({ ...exec, subresource: '', verb: 'proxy', requestVerb: 'proxy' })).toBe('optional');
    for (const subresource of ['', 'log']) expect(await ask({ ...exec, subresource })).toBe('off');
    expect(await ask({ ...exec, resource: 'serviceaccounts', subresource: 'token' })).toBe('off');
  });

  it('is what the strictest of the matching rules demands', async () => {
    const ask = await demands({
      default: 'off',
      rules: [
        { record: 'required', and: [{ 'k8s/namespace': 'payments' }] },
        { record: 'off', and: [{ groups: 'developers' }] },
        { record: 'optional', and: [{ 'k8s/cluster': 'dev' }] },
      ],
    });
    expect(await ask(exec)).toBe('required');
    expect(await ask({ ...exec, namespace: 'web' })).toBe('optional');
    expect(await ask({ ...exec, namespace: 'web' }, { name: 'open' })).toBe('off');
  });

  it('holds for a request through a node if the rule is about a namespace', async () => {
    const ask = await demands({ rules: [{ record: 'required', and: [{ 'k8s/namespace': 'payments' }] }] });
    expect(await ask(throughNode)).toBe('required');
  });

  it('is less than the default only where a rule surely holds', async () => {
    const ask = await demands({
      default: 'required',
      rules: [
        { record: 'optional', and: [{ 'k8s/namespace': 'web' }] },
        { record: 'off', and: [{ 'k8s/namespace': 'sandbox' }] },
      ],
    });
    expect(await ask(throughNode)).toBe('required');
    expect(await ask({ ...exec, namespace: 'web' })).toBe('optional');
    expect(await ask({ ...exec, namespace: 'sandbox' })).toBe('off');
    expect(await ask({ ...exec, namespace: 'sandbox', impersonate: ['user:bob'] })).toBe('refused');
  });

  it('counts every verb that a request through a node amounts to', async () => {
    const ask = await demands({ rules: [{ record: 'required', and: [{ 'k8s/verb': 'create' }] }] });
    expect(await ask({ ...throughNode, verb: 'get' })).toBe('required');
  });

  it('is decided again for a session that is open', async () => {
    const ask = await demands({ default: 'required' });
    expect(await ask(exec, { use: false })).toBe('required');
  });
});

describe('a question about rights', () => {
  const start = async () => {
    const recordings = { ...place, rules: [{ record: 'required', and: [{ 'k8s/namespace': 'payments' }] }] };
    const clusters = [{ ...dev, policy: everything }];
    const rig = await startRig({ config: { ...sampleConfig, clusters, recordings } });
    const token = await rig.logIn(identityOf('alice', ['developers']));
    const check = (asked: Asked) => checkOf(token, { kind: 'cluster', name: 'dev' }, { kubernetes: kubernetes(asked) });
    const post = async (path: string, body: unknown) => {
      const headers = { authorization: rig.authorization };
      const answer = await fetch(`${rig.url}${path}`, { method: 'POST', body: JSON.stringify(body), headers });
      return (await answer.json()) as { recording?: unknown };
    };
    return { check, post };
  };
  const web = { ...exec, namespace: 'web' };

  it('says what would be recorded, each for itself', async () => {
    const { check, post } = await start();
    const ask = async (...all: Asked[]) => {
      const requests = all.map((asked) => ({ method: 'POST', kubernetes: kubernetes(asked) }));
      return (await post('/v1/can-i', { check: check(exec), requests })).recording;
    };
    expect(await ask(exec, web, { ...exec, subresource: 'log' })).toEqual(['required', null, null]);
    expect(await ask(web)).toBeUndefined();
  });

  it('says so with its reasons', async () => {
    const { check, post } = await start();
    expect(await post('/v1/explain', { check: check(exec) })).toMatchObject({ recording: 'required' });
    expect((await post('/v1/explain', { check: check(web) })).recording).toBeUndefined();
  });
});

describe('the policy about recordings', () => {
  const askFor = async (policy: object | undefined) => {
    const api = policy === undefined ? {} : { policy: { recordings: policy } };
    const rig = await startRig({ config: { ...sampleConfig, api } });
    const token = await rig.logIn(identityOf('alice', ['auditors']));
    return async (cluster: string | undefined, asked: Asked = exec) => {
      const target = {
        kind: 'api' as const,
        area: 'recordings' as const,
        ...(cluster === undefined ? {} : { cluster }),
      };
      const [answer] = await rig.ask(checkOf(token, target, { kubernetes: kubernetes({ ...asked, verb: 'create' }) }));
      return answer!.decision.effect;
    };
  };

  it('allows no one anything if there is none', async () => {
    const ask = await askFor(undefined);
    expect(await ask('dev')).toBe('deny');
  });

  it('decides by the cluster, the namespace and the name of the recorded session', async () => {
    const ask = await askFor({
      allow: { and: [{ groups: 'auditors' }, { 'k8s/cluster': 'dev' }] },
      deny: { and: [{ 'k8s/namespace': 'payments' }, { 'k8s/name': { starts_with: 'db-' } }] },
    });
    expect(await ask('dev', { ...exec, namespace: 'web' })).toBe('allow');
    expect(await ask('dev', { ...exec, name: 'api-0' })).toBe('allow');
    expect(await ask('dev')).toBe('deny');
    expect(await ask('open', { ...exec, namespace: 'web' })).toBe('deny');
    expect(await ask(undefined, { ...exec, namespace: 'web' })).toBe('deny');
  });

  it('denies a session through a node where it denies a namespace', async () => {
    const ask = await askFor({
      allow: { and: [{ groups: 'auditors' }] },
      deny: { and: [{ 'k8s/namespace': 'payments' }] },
    });
    expect(await ask('dev', throughNode)).toBe('deny');
  });

  it('may not depend on the command, which events may not contain', async () => {
    await expect(askFor({ allow: { and: [{ 'k8s/exec_command': { program: 'ls' } }] } })).rejects.toThrow(
      'k8s/exec_command does not apply in api.policy.recordings',
    );
  });
});
