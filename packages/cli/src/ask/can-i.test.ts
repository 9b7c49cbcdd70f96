import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { createRig, type Rig } from '../testing/rig.ts';

let gateway: FakeGateway;
let rig: Rig;
let policyAnswer: { status: number; body: unknown };
let clusterAnswer: { status: number; body: unknown };
const asked = {
  verb: 'create',
  resource: 'pods',
  apiGroup: '',
  subresource: 'exec',
  namespace: 'dev',
  name: 'web',
  isResourceRequest: true,
  method: 'POST',
  path: '/',
};
const explained = (effect: string, rule: string, detail?: string) => ({
  status: 200,
  body: {
    cluster: 'dev',
    person: { user: 'alice@example.com', groups: [], other: false },
    asked,
    decision: { effect, rule, reasons: [], policyVersion: 'v' },
    shows: 'yours',
    rules: [],
    leftOut: 0,
    ...(detail === undefined ? {} : { detail }),
  },
});
const reviewed = (allowed: boolean, reason = '') => ({ status: 201, body: { status: { allowed, reason } } });
beforeEach(async () => {
  gateway = await startFakeGateway();
  rig = createRig();
  [policyAnswer, clusterAnswer] = [
    explained('allow', 'cluster/dev[0].allow.or'),
    reviewed(true, 'RBAC: allowed by RoleBinding "x"'),
  ];
  gateway.override = ({ path }) =>
    path === '/.sallyport/api/v1/policy/explain'
      ? policyAnswer
      : path.startsWith('/clusters/')
        ? clusterAnswer
        : undefined;
  await rig.run('login', '--gateway', gateway.origin);
  gateway.raw.length = 0;
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});
const exec = ['can-i', 'exec', 'pods/web', '-n', 'dev', '--cluster', 'dev'];
const bodies = () =>
  gateway.raw
    .map((text) => JSON.parse(text) as { url: string; body: string })
    .map(({ url, body }) => ({ url, body: JSON.parse(body) as object }));

describe('sallyport can-i', () => {
  it('asks the gateway and, through it, the cluster, and shows both answers', async () => {
    expect(await rig.run(...exec)).toEqual({
      code: 0,
      err: '',
      out: 'yes\n  gateway\'s policy: yes - rule "cluster/dev[0].allow.or"\n  cluster\'s RBAC:   yes - RBAC: allowed by RoleBinding "x"\n',
    });
    expect(bodies()).toEqual([
      {
        url: '/.sallyport/api/v1/policy/explain',
        body: { cluster: 'dev', verb: 'create', resource: 'pods', subresource: 'exec', namespace: 'dev', name: 'web' },
      },
      {
        url: '/clusters/dev/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: {
            resourceAttributes: {
              verb: 'create',
              group: '',
              resource: 'pods',
              subresource: 'exec',
              namespace: 'dev',
              name: 'web',
            },
          },
        },
      },
    ]);
  });

  it('says that the session would be recorded', async () => {
    policyAnswer.body = { ...(policyAnswer.body as object), recording: 'required' };
    expect((await rig.run(...exec)).out).toContain(
      '  recording:        required - the session is recorded, or there is none\n',
    );
    const { out } = await rig.run(...exec, '-o', 'json');
    expect(JSON.parse(out)).toMatchObject({ gateway: { recording: 'required' } });
    expect((await rig.run('policy', ...exec.with(0, 'explain'))).out).toContain(
      'Recording: required - the session is recorded, or there is none.\n',
    );
  });

  it('answers no if either does, and names the command that explains it', async () => {
    clusterAnswer = reviewed(false);
    expect(await rig.run(...exec)).toMatchObject({
      code: 1,
      err: '',
      out: expect.stringMatching(/^no\n {2}gateway's policy: yes - .*\n {2}cluster's RBAC: {3}no\n$/),
    });
    [policyAnswer, clusterAnswer] = [
      explained('deny', 'default-deny', 'policy rule "default-deny" does not allow it'),
      reviewed(true),
    ];
    const { code, out } = await rig.run(...exec);
    expect(code).toBe(1);
    expect(out).toBe(
      'no\n  gateway\'s policy: no - policy rule "default-deny" does not allow it\n  cluster\'s RBAC:   yes\n  why: sallyport policy explain create pods/web --subresource exec -n dev --cluster dev\n',
    );
  });

  it('names an elevation with which the cluster and the policy would allow it', async () => {
    clusterAnswer = reviewed(false);
    const option = {
      groups: ['g'],
      maxDurationMs: 1,
      approvalsNeeded: 1,
      reason: 'optional',
      ticket: { required: false },
    };
    const gain = {
      apiGroup: '',
      resource: 'pods/exec',
      verbs: ['create'],
      refusedByPolicy: [] as string[],
      conditional: [],
    };
    const names = ['elsewhere', 'reader', 'denied', 'admin'];
    const gains: Record<string, object[]> = {
      reader: [{ ...gain, resource: 'pods' }],
      denied: [{ ...gain, refusedByPolicy: ['create'] }],
      admin: [gain],
    };
    const asked: string[] = [];
    const before = gateway.override;
    gateway.override = (call) => {
      if (call.path.endsWith('/elevations/options')) {
        const options = names.map((name) => ({
          ...option,
          name,
          places: [{ cluster: name === 'elsewhere' ? 'prod' : 'dev' }],
        }));
        return { status: 200, body: { options, omitted: 0 } };
      }
      if (!call.path.endsWith('/elevations/dry-run')) return before(call);
      const { name } = JSON.parse(call.body) as { name: string };
      asked.push(name);
      const terms = { name, cluster: 'dev', groups: ['g'], maxDurationMs: 1, approvalsNeeded: 1, comparedIn: 'dev' };
      return { status: 200, body: { preview: { ...terms, gains: gains[name], omitted: 0, incomplete: false } } };
    };
    const { code, out } = await rig.run(...exec);
    expect(code).toBe(1);
    expect(out).toMatch(/ {2}with more rights: sallyport elevate admin --cluster dev -n dev\n$/);
    expect(asked).toEqual(['reader', 'denied', 'admin']);
    expect(JSON.parse((await rig.run(...exec, '-o', 'json')).out)).toMatchObject({ elevation: 'admin' });
    asked.length = 0;
    await rig.run(...exec, '-q');
    expect(asked).toEqual([]);
  });

  it('reports what is unknown', async () => {
    clusterAnswer = {
      status: 403,
      body: {
        kind: 'Status',
        message: 'policy rule "default-deny" does not allow alice to create selfsubjectaccessreviews',
      },
    };
    expect(await rig.run(...exec)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^yes \(by the gateway\)\n[\s\S]*cluster's RBAC: {3}unknown - policy rule/),
    });
    clusterAnswer = { status: 502, body: '<html>' };
    expect((await rig.run(...exec)).out).toContain('unknown - it answered 502');
    const count = gateway.raw.length;
    expect(await rig.run(...exec, '--policy-only')).toMatchObject({
      code: 0,
      out: expect.stringContaining('not asked, but must allow it too'),
    });
    expect(gateway.raw.length - count).toBe(1);
  });

  it('answers no for an unknown cluster, without asking the cluster', async () => {
    policyAnswer = {
      status: 404,
      body: {
        code: 'not-found',
        detail: 'There is no cluster "dev" here, or none of its rules about this request applies to you.',
      },
    };
    expect(await rig.run(...exec)).toMatchObject({
      code: 1,
      err: '',
      out: expect.stringMatching(/^no\n {2}gateway's policy: no - There is no cluster "dev" here/),
    });
    expect(gateway.raw).toHaveLength(1);
  });

  it('prints nothing with -q, and answers by its exit code', async () => {
    expect(await rig.run(...exec, '-q')).toEqual({ code: 0, out: '', err: '' });
    clusterAnswer = reviewed(false);
    expect(await rig.run(...exec, '--quiet')).toEqual({ code: 1, out: '', err: '' });
    expect(await rig.run('can-i', 'create', 'pods/exec', '--cluster', 'dev', '-q')).toEqual({
      code: 1,
      out: '',
      err: '',
    });
    gateway.revokeAll();
    gateway.override = () => undefined;
    expect(await rig.run(...exec, '-q')).toMatchObject({ code: 3, out: '', err: expect.stringContaining('Log in') });
  });

  it('asks about paths, and prints JSON and YAML', async () => {
    const json = await rig.run('can-i', 'get', '/healthz', '--cluster', 'dev', '-o', 'json');
    expect(JSON.parse(json.out)).toEqual({
      allowed: true,
      gateway: {
        allowed: true,
        rule: 'cluster/dev[0].allow.or',
        reasons: [],
        policyVersion: 'v',
        reason: 'rule "cluster/dev[0].allow.or"',
      },
      cluster: { allowed: true, reason: 'RBAC: allowed by RoleBinding "x"' },
    });
    expect(bodies().map(({ body }) => body)).toEqual([
      { cluster: 'dev', path: '/healthz', verb: 'get' },
      expect.objectContaining({ spec: { nonResourceAttributes: { path: '/healthz', verb: 'get' } } }),
    ]);
    expect(parse((await rig.run(...exec, '--policy-only', '-o', 'yaml')).out)).toMatchObject({
      allowed: true,
      cluster: null,
    });
  });

  it('escapes control characters', async () => {
    clusterAnswer = reviewed(false, 'x\u001b[2J');
    expect((await rig.run(...exec)).out).toContain('x\\x1b[2J');
  });
});

describe('sallyport can-i --list', () => {
  const rules = [
    { verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['pods', '*/log'] },
    { verbs: ['*'], apiGroups: ['apps'], resources: ['*'] },
    { verbs: ['delete'], apiGroups: [''], resources: ['secrets'], resourceNames: ['one'] },
  ];
  let asked: { verb: string; resource: string; apiGroup?: string; subresource?: string }[] = [];
  beforeEach(() => {
    gateway.override = ({ path, body }) => {
      if (path.startsWith('/clusters/dev/'))
        return path.endsWith('/selfsubjectrulesreviews') ? clusterAnswer : undefined;
      if (path !== '/.sallyport/api/v1/policy/can-i') return undefined;
      asked = (JSON.parse(body) as { requests: typeof asked }).requests;
      return policyAnswer.status === 200
        ? {
            status: 200,
            body: {
              policyVersion: 'v',
              allowed: asked.map(({ verb, resource }) => verb !== 'delete' && resource !== 'statefulsets'),
            },
          }
        : policyAnswer;
    };
    clusterAnswer = {
      status: 201,
      body: { status: { resourceRules: rules, nonResourceRules: null, incomplete: false } },
    };
  });
  const line = (out: string, resource: string) =>
    out
      .split('\n')
      .find((one) => one.startsWith(`${resource} `))
      ?.split(/ +/);

  it('shows who allows each verb on each resource', async () => {
    const { code, out, err } = await rig.run('can-i', '--list', '-n', 'shop', '--cluster', 'dev');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(line(out, 'RESOURCE')).toEqual(['RESOURCE', 'GET', 'LIST', 'WATCH', 'CREATE', 'UPDATE', 'PATCH', 'DELETE']);
    expect(line(out, 'pods')).toEqual(['pods', 'yes', 'yes', 'yes', 'policy', 'policy', 'policy', '-']);
    expect(line(out, 'pods/log')).toEqual(['pods/log', 'yes']);
    expect(line(out, 'secrets')!.at(-1)).toBe('-');
    expect(line(out, 'deployments.apps')).toEqual([
      'deployments.apps',
      'yes',
      'yes',
      'yes',
      'yes',
      'yes',
      'yes',
      'rbac',
    ]);
    // In RBAC, unlike in policies, `*` includes subresources.
    expect(line(out, 'deployments.apps/scale')).toEqual(['deployments.apps/scale', 'yes', 'yes', 'yes']);
    expect(line(out, 'statefulsets.apps')).toEqual(['statefulsets.apps', ...Array.from({ length: 7 }, () => 'rbac')]);
    expect(out).toContain('In namespace shop of cluster dev, by policy v');
    expect(asked).toContainEqual({ verb: 'create', resource: 'pods', subresource: 'exec' });
    const json = JSON.parse((await rig.run('can-i', '--list', '-n', 'shop', '--cluster', 'dev', '-o', 'json')).out) as {
      rights: object[];
    };
    expect(json).toMatchObject({ cluster: 'dev', namespace: 'shop', policyVersion: 'v' });
    expect(json.rights).toContainEqual({ resource: 'pods/exec', verbs: { create: { gateway: true, cluster: false } } });
  });

  it('reports if the cluster could not be asked or its answer is incomplete', async () => {
    clusterAnswer = { status: 403, body: { kind: 'Status', message: 'policy rule "x" does not allow it' } };
    const { out } = await rig.run('can-i', '--list', '--cluster', 'dev');
    expect(line(out, 'pods')).toEqual(['pods', 'yes?', 'yes?', 'yes?', 'yes?', 'yes?', 'yes?', '-']);
    expect(out).toContain('The answer of the cluster is uncertain (yes?): policy rule "x" does not allow it');
    clusterAnswer = {
      status: 201,
      body: { status: { resourceRules: null, incomplete: true, evaluationError: 'webhook' } },
    };
    expect((await rig.run('can-i', '--list', '--cluster', 'dev')).out).toContain('its list is incomplete: webhook');
  });

  it('is refused without access to the cluster, and rejects options that do not apply', async () => {
    policyAnswer = {
      status: 404,
      body: {
        code: 'not-found',
        detail: 'There is no cluster "dev" here, or none of its rules about this request applies to you.',
      },
    };
    expect(await rig.run('can-i', '--list', '--cluster', 'dev')).toMatchObject({
      code: 5,
      out: '',
      err: expect.stringContaining('applies to you'),
    });
    for (const more of [['get', 'pods'], ['-A'], ['-q']])
      expect(await rig.run('can-i', '--list', '--cluster', 'dev', ...more)).toMatchObject({ code: 2, out: '' });
  });
});
