import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway, type FakeGateway } from '../../testing/fake-gateway.ts';
import { createRig, type Rig } from '../../testing/rig.ts';

let gateway: FakeGateway;
let rig: Rig;
let answers: Record<string, { status: number; body: unknown }>;

const ok = (body: unknown) => ({ status: 200, body });
const kind = (resource: string, name: string, namespaced = true) => ({
  resource,
  responseKind: { kind: name },
  singularResource: name.toLowerCase(),
  scope: namespaced ? 'Namespaced' : 'Cluster',
  verbs: ['get', 'list', 'watch', 'create'],
});
const aggregated = (group: string, ...resources: object[]) =>
  ok({
    kind: 'APIGroupDiscoveryList',
    items: [{ metadata: { name: group }, versions: [{ version: 'v1', freshness: 'Current', resources }] }],
  });

beforeEach(async () => {
  gateway = await startFakeGateway();
  rig = createRig();
  answers = {
    '/clusters/dev/api': aggregated('', kind('pods', 'Pod')),
    '/clusters/dev/apis': aggregated('example.com', {
      ...kind('widgets', 'Widget', false),
      shortNames: ['wd'],
      subresources: [{ subresource: 'status', verbs: ['get'] }],
    }),
  };
  gateway.override = ({ path: asked }) =>
    asked.startsWith('/clusters/') ? (answers[asked] ?? { status: 404, body: { message: 'no such path' } }) : undefined;
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});
const put = (text: string, name = 'p.yaml') => writeFileSync(path.join(rig.directory, name), text);
const lint = async (...args: string[]) => {
  const { code, out, err } = await rig.run('policy', 'lint', ...args);
  return { code, out, lines: err.replaceAll(`${rig.directory}/`, '').split('\n').filter(Boolean) };
};
const policy = (...resources: string[]) =>
  `allow:\n  and:\n    - groups: sre\n    - k8s/resource: [${resources.join(', ')}]\n`;

describe('sallyport policy lint --cluster', () => {
  it('compares with what the cluster serves, as the user', async () => {
    await rig.run('login', '--gateway', gateway.origin);
    gateway.raw.length = 0;
    put(policy('widgets.example.com/status', 'wd', 'gears.example.com', 'widgets.example.com/scale', 'secrets'));
    const { code, out, lines } = await lint('p.yaml', '--cluster', 'dev');
    expect([code, out]).toEqual([0, expect.stringContaining('p.yaml: ok, 4 warnings')]);
    expect(lines.map((line) => line.replace(/^warning: p\.yaml:4:\d+: \S+ /, ''))).toEqual([
      expect.stringMatching(/^is not the name of a resource .* \(write widgets\.example\.com\) \[resource-name\]$/),
      expect.stringMatching(
        /^names a resource that the cluster dev does not have in the group example\.com .*\[unknown-resource\]$/,
      ),
      expect.stringMatching(
        /^widgets\.example\.com has no subresource "scale" in the cluster dev.*\[unknown-subresource\]$/,
      ),
      expect.stringMatching(
        /^names a resource that the cluster dev does not have in the core group .*\[unknown-resource\]$/,
      ),
    ]);
    expect(gateway.raw.map((text) => (JSON.parse(text) as { url: string }).url)).toEqual([
      '/clusters/dev/api',
      '/clusters/dev/apis',
    ]);
  });

  it('asks version by version where discovery is not aggregated, and judges no group that does not answer', async () => {
    await rig.run('login', '--gateway', gateway.origin);
    answers = {
      '/clusters/dev/api': ok({ kind: 'APIVersions', versions: ['v1'] }),
      '/clusters/dev/api/v1': ok({
        kind: 'APIResourceList',
        resources: [
          { name: 'pods', kind: 'Pod', singularName: 'pod', namespaced: true, verbs: ['get'], shortNames: ['po'] },
          { name: 'pods/log', kind: 'Pod', verbs: ['get'] },
        ],
      }),
      '/clusters/dev/apis': ok({
        kind: 'APIGroupList',
        groups: ['example.com', 'away.example.com'].map((name) => ({
          name,
          versions: [{ groupVersion: `${name}/v1`, version: 'v1' }],
        })),
      }),
      '/clusters/dev/apis/example.com/v1': ok({
        kind: 'APIResourceList',
        resources: [{ name: 'widgets', kind: 'Widget', singularName: 'widget', namespaced: true, verbs: ['get'] }],
      }),
    };
    put(policy('pods/log', 'widgets.example.com', 'things.away.example.com', 'gears.example.com'));
    const { lines } = await lint('p.yaml', '--cluster', 'dev');
    expect(lines).toEqual([expect.stringMatching(/k8s\/resource\.3: names a resource that the cluster dev/)]);
  });

  it('judges only the policies of a configuration that apply to the cluster', async () => {
    await rig.run('login', '--gateway', gateway.origin);
    const rule = (resource: string) => `[{allow: {and: [{groups: sre}, {k8s/resource: ${resource}}]}}]`;
    put(
      `clusters:\n  - name: dev\n    policy: ${rule('gears.example.com')}\n  - name: prod\n    policy: ${rule('gears.example.com')}\n`,
      'sallyport.yaml',
    );
    const { lines, code } = await lint('--cluster', 'dev');
    expect([code, lines]).toEqual([0, [expect.stringMatching(/^warning: sallyport\.yaml:3:\d+: clusters\.0\.policy/)]]);
  });

  it('fails if the user is not logged in, or is refused', async () => {
    put(policy('pods'));
    expect((await lint('p.yaml', '--cluster', 'dev', '--gateway', gateway.origin)).code).toBe(3);
    await rig.run('login', '--gateway', gateway.origin);
    answers = {};
    const { code, lines } = await lint('p.yaml', '--cluster', 'dev');
    expect([code, lines[0]]).toEqual([
      5,
      'sallyport: the cluster dev could not be asked for its resources: no such path',
    ]);
    answers = {
      '/clusters/dev/api': ok('<html>'),
      '/clusters/dev/api/v1': ok({ kind: 'Other' }),
      '/clusters/dev/apis': ok({}),
    };
    expect((await lint('p.yaml', '--cluster', 'dev')).code).toBe(5);
  });

  it('is needed for a gateway to be asked', async () => {
    put(policy('pods'));
    expect((await lint('p.yaml', '--gateway', gateway.origin)).code).toBe(2);
  });
});

describe('sallyport policy lint -o json', () => {
  it('has the code of each warning, and what to write instead', async () => {
    put(policy('po', 'pods'));
    const { out } = await lint('p.yaml', '-o', 'json');
    expect(JSON.parse(out)).toMatchObject({
      ok: true,
      files: [{ warnings: [{ line: 4, column: 22, code: 'resource-name', suggestion: 'pods', hint: 'write pods' }] }],
    });
  });

  it('names the place of the rule that a warning refers to', async () => {
    put('- allow:\n    or:\n      - groups: sre\n- allow:\n    and:\n      - groups: sre\n      - k8s/verb: get\n');
    expect((await lint('p.yaml')).lines).toEqual([
      'warning: p.yaml:5:5: 1.allow.and: has no effect: policy[0].allow.or allows all of it, see line 3 (remove it, or narrow the other) [shadowed]',
    ]);
  });
});
