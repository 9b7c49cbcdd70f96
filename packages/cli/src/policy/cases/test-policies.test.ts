import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createRig, type Rig } from '../../testing/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
  put(
    'policy.yaml',
    '- allow:\n    and:\n      - groups: {has: developers}\n      - k8s/verb: {in: [get, list, create]}\n      - k8s/resource: [pods, pods/exec, deployments.apps/scale]\n- deny:\n    or:\n      - k8s/name: vault\n',
  );
});
afterEach(() => rig.remove());
const put = (name: string, text: string) => writeFileSync(path.join(rig.directory, name), text);
async function test(cases: string, ...args: string[]) {
  put('dev.test.yaml', cases);
  const { code, out, err } = await rig.run('policy', 'test', 'dev.test.yaml', ...args);
  return { code, out: out.replaceAll(`${rig.directory}/`, ''), err: err.replaceAll(`${rig.directory}/`, '') };
}
const alice = 'user: alice@example.com, groups: [developers]';

describe('test cases for a policy', () => {
  it('pass if each decision is the expected one', async () => {
    const { code, out, err } = await test(`policy: ./policy.yaml
cases:
  - {name: they read pods, ${alice}, cluster: dev, verb: get, resource: pods, namespace: dev, expect: allow}
  - {name: they run programs, input: {${alice}, verb: create, resource: pods/exec}, expect: {effect: allow, rule: "policy[0].allow.and", reasons: [k8s-verb-ok, groups-ok, k8s-resource-ok]}}
  - {name: they scale, ${alice}, verb: get, resource: deployments.apps/scale, expect: allow}
  - {name: but not of the core group, ${alice}, verb: get, resource: deployments/scale, expect: deny}
  - {name: one thing not, ${alice}, verb: get, resource: pods, resourceName: vault, expect: {effect: deny, rule: "policy[1].deny.or"}}
  - {name: nor by its name in an input, input: {${alice}, verb: get, resource: pods, name: vault}, expect: deny}
  - {name: nobody, verb: get, resource: pods, expect: authenticate}
  - {name: in whole form, input: {session: {id: s}, user: {groups: [developers]}, kubernetes: {verb: get, resource: pods}}, expect: allow}
`);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^dev\.test\.yaml\n {2}ok {4}they read pods\n/);
    expect(out).toMatch(/\n8 passed, 0 failed\n$/);
  });

  it('may expect a rule by its name, and are told of another by its name and position', async () => {
    put(
      'policy.yaml',
      '- name: readers\n  allow: {or: [{groups: developers}]}\n- name: no-vault\n  deny: {or: [{k8s/name: vault}]}\n',
    );
    const { code, out } = await test(`policy: ./policy.yaml
cases:
  - {name: named, input: {${alice}, verb: get, resource: pods, name: vault}, expect: {effect: deny, rule: no-vault}}
  - {name: other, input: {${alice}, verb: get, resource: pods, name: vault}, expect: {effect: deny, rule: readers}}
`);
    expect(code).toBe(1);
    expect(out).toContain('  ok    named\n  FAIL  other');
    expect(out).toMatch(/rule: expected readers\n\s+got no-vault \(policy\[1\]\.deny\.or\)/);
    expect(out).toContain('- no-vault (policy[1].deny.or) holds: k8s/name holds');
  });

  it('may be about a web application, by its host or its address', async () => {
    put(
      'sallyport.yaml',
      'routes: [{from: "https://wiki.example.com:8443", to: "http://wiki", policy: [{allow: {or: [{groups: developers}]}}, {deny: {or: [{http_path: {starts_with: /admin}}, {http_method: DELETE}]}}]}, {from: "https://shut.example.com:8443", to: "http://shut"}]\n',
    );
    const { code, out, err } = await test(`config: ./sallyport.yaml
cases:
  - {name: read, ${alice}, route: wiki.example.com, expect: {effect: allow, rule: "route/wiki.example.com[0].allow.or"}}
  - {name: by address, ${alice}, route: "https://Wiki.example.com:8443", path: /a, method: POST, expect: allow}
  - {name: admin, ${alice}, route: wiki.example.com, path: /admin/x, expect: {effect: deny, rule: "route/wiki.example.com[1].deny.or"}}
  - {name: delete, input: {${alice}, route: wiki.example.com, method: DELETE}, expect: deny}
  - {name: in whole form, input: {session: {id: s}, user: {groups: [developers]}, request: {host: "wiki.example.com:8443", method: GET, path: /}}, expect: allow}
  - {name: without a policy, ${alice}, route: shut.example.com, expect: {effect: deny, rule: default-deny}}
  - {name: nobody, route: wiki.example.com, expect: authenticate}
  - {name: unknown, ${alice}, route: other.example.com, expect: allow}
`);
    expect({ code, err: err.split('\n')[0] }).toEqual({ code: 1, err: 'sallyport: 1 of 8 cases failed' });
    expect(out).toContain('        - the configuration does not contain the route "other.example.com"\n');
    expect(out).toMatch(/\n7 passed, 1 failed\n$/);
  });

  it('about a web application has nothing of a cluster', async () => {
    const { code, err } = await test(`policy: ./policy.yaml
cases:
  - {name: mixed, ${alice}, route: wiki.example.com, verb: get, resourceName: x, expect: allow}
  - {name: no text, ${alice}, route: 7, expect: allow}
`);
    expect(code).toBe(1);
    expect(err).toMatch(/dev\.test\.yaml:3:\d+: cases\.0\.verb: is about requests to a cluster/);
    expect(err).toMatch(/cases\.0\.resourceName: is about requests to a cluster/);
    expect(err).toMatch(/cases\.1\.route: /);
  });

  it('may contain what the gateway finds out about a kind and a request', async () => {
    writeFileSync(
      path.join(rig.directory, 'reach.yaml'),
      '[{allow: {and: [{groups: developers}, {k8s/verb: [get, list, patch]}]}}, {deny: {and: [{k8s/namespace: prod}]}}]',
    );
    const { code, out } = await test(`policy: ./reach.yaml
cases:
  - {name: a list of all pods, ${alice}, verb: list, resource: pods, expect: {effect: deny, rule: "policy[1].deny.and", reasons: [k8s-namespace-open]}}
  - {name: pinned, ${alice}, verb: list, resource: pods, fieldSelector: metadata.namespace=dev, expect: allow}
  - {name: a kind that is not known, ${alice}, verb: list, resource: widgets.example.com, expect: deny}
  - {name: a cluster-scoped one, ${alice}, verb: list, resource: widgets.example.com, namespaced: false, expect: allow}
  - {name: one of an aggregated API, ${alice}, verb: list, resource: widgets.example.com, fieldSelector: metadata.namespace=dev, aggregated: true, expect: deny}
  - {name: a patch, ${alice}, verb: patch, resource: configmaps, namespace: dev, resourceName: x, expect: allow}
  - {name: an apply patch, ${alice}, verb: patch, resource: configmaps, namespace: dev, resourceName: x, upsert: true, expect: allow}
`);
    expect(code).toBe(1);
    expect(out).toContain('6 passed, 1 failed');
    expect(out).toContain(
      '        - it is also evaluated as create, and refused as that\n        - policy[0].allow.and does not hold: k8s/verb does not hold (k8s-verb-unauthorized)\n',
    );
  });

  it('show the expectation, the result and the reasons if they fail', async () => {
    const { code, out, err } = await test(`policy: policy.yaml
cases:
  - name: they delete
    input: {${alice}, verb: delete, resource: pods}
    expect: {effect: allow, rule: "policy[0].allow.and"}
  - {name: fine, ${alice}, verb: get, resource: pods, expect: allow}
`);
    expect(code).toBe(1);
    expect(out).toBe(`dev.test.yaml
  FAIL  they delete  (dev.test.yaml:3)
        effect: expected allow
                     got deny
        rule:   expected policy[0].allow.and
                     got default-deny
        - policy[0].allow.and does not hold: k8s/verb does not hold (k8s-verb-unauthorized)
        - policy[1].deny.or does not hold: k8s/name does not hold (k8s-name-unauthorized)
  ok    fine

1 passed, 1 failed
`);
    expect(err).toContain('1 of 2 cases failed');
  });

  it('compare the reasons as a set', async () => {
    expect(
      await test(
        `policy: policy.yaml\ncases: [{${alice}, verb: delete, resource: pods, expect: {effect: deny, reasons: [groups-unauthorized]}}]`,
      ),
    ).toMatchObject({
      code: 1,
      out: expect.stringMatching(/reasons: +expected groups-unauthorized\n +got k8s-verb-unauthorized/),
    });
  });

  it('are reported as JSON and for JUnit', async () => {
    const cases = `policy: policy.yaml\ncases: [{name: "a <b> \\u0001 & \\"c\\"", ${alice}, verb: delete, resource: pods, expect: allow}, {name: d, verb: get, expect: authenticate}]`;
    const { code, out } = await test(cases, '-o', 'json', '--junit', 'report.xml');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      passed: 1,
      failed: 1,
      files: [
        {
          cases: [
            {
              passed: false,
              expected: { effect: 'allow' },
              got: { effect: 'deny', rule: 'default-deny' },
              differences: [{ what: 'effect', expected: 'allow', got: 'deny' }],
            },
            { passed: true },
          ],
        },
      ],
    });
    const report = readFileSync(path.join(rig.directory, 'report.xml'), 'utf8');
    expect(report).toMatch(
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites tests="2" failures="1" errors="0">/,
    );
    expect(report).toContain('name="a &lt;b&gt; \uFFFD &amp; &quot;c&quot;"');
    expect(report).toContain('<failure message="effect: expected allow, got deny">');
  });

  it('use the current time unless they set another', async () => {
    rig.environment.now = () => Date.parse('2026-11-25T12:00:00Z');
    put('policy.yaml', 'allow: {or: [{date: {after: "2026-11-25T00:00:00Z"}}]}');
    const { code, err } = await test(
      'policy: policy.yaml\ncases: [{user: a, expect: allow}, {user: a, now: "2026-11-24T12:00:00Z", expect: deny}]',
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });
});

describe('test cases for a configuration', () => {
  const config = `gateway: {url: "\${env:GATEWAY_URL}"}
policies: {readers: [{allow: {and: [{groups: developers}, {k8s/verb: get}]}}]}
policy: [{deny: {or: [{k8s/namespace: kube-system}]}}]
clusters:
  - name: dev
    server: https://10.0.0.1
    tokenFile: t
    policies: [readers]
    namespaces: [{match: [team-*, sandbox], policy: [{allow: {or: [{groups: developers}]}}]}]
  - {name: prod, server: https://10.0.0.2, tokenFile: t, policy: [{allow: {or: [{groups: sre}]}}]}
`;
  it("are evaluated by all policies of their cluster and namespace, with the gateway's rule names", async () => {
    put('sallyport.yaml', config);
    const { code, out, err } = await test(`config: sallyport.yaml
cases:
  - {${alice}, cluster: dev, verb: get, resource: pods, namespace: x, expect: {effect: allow, rule: "policy/readers[0].allow.and"}}
  - {${alice}, cluster: dev, verb: delete, resource: pods, namespace: x, expect: deny}
  - {${alice}, cluster: dev, verb: delete, resource: pods, namespace: team-a, expect: {effect: allow, rule: "namespace/dev/team-*,sandbox[0].allow.or"}}
  - {${alice}, cluster: dev, verb: get, resource: pods, namespace: kube-system, expect: {effect: deny, rule: "global[0].deny.or"}}
  - {${alice}, cluster: prod, verb: get, resource: pods, namespace: team-a, expect: deny}
  - {cluster: prod, verb: get, expect: authenticate}
  - {${alice}, cluster: nowhere, verb: get, expect: deny}
`);
    expect({ code, err, end: out.split('\n').at(-2) }).toEqual({ code: 0, err: '', end: '7 passed, 0 failed' });
  });

  it('are not run while its policies have faults', async () => {
    put('sallyport.yaml', config.replace('[readers]', '[reeders]'));
    expect(await test('config: sallyport.yaml\ncases: [{cluster: dev, expect: deny}]')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('clusters.0.policies.0: there is no policy "reeders" (did you mean readers?)'),
    });
  });
});

describe('a file of test cases', () => {
  it.each([
    ['without cases', 'policy: policy.yaml', /dev\.test\.yaml:1:1: cases: contains no case/],
    ['with an empty list', 'policy: policy.yaml\ncases: []', /:2:1: cases: contains no case/],
    ['without a policy', 'cases: [{expect: deny}]', /must have either policy .* or config/],
    ['with two', 'policy: a\nconfig: b\ncases: [{expect: deny}]', /:2:1: config: must have either/],
    [
      'with an unknown name',
      'policy: policy.yaml\ncase: []\ncases: [{expect: deny}]',
      /:2:1: case: unknown field \(did you mean cases\?\)/,
    ],
    [
      'with a case that expects nothing',
      'policy: policy.yaml\ncases:\n  - {user: a}',
      /:3:5: cases\.0: has no expectation/,
    ],
    [
      'with an unknown effect',
      'policy: policy.yaml\ncases:\n  - expect: permit',
      /:3:5: cases\.0\.expect: must be allow, deny or authenticate/,
    ],
    [
      'with a misspelt member',
      'policy: policy.yaml\ncases:\n  - {usr: a, expect: deny}',
      /:3:6: cases\.0\.usr: unknown field \(did you mean user\?\)/,
    ],
    [
      'with a misspelt member in an input',
      'policy: policy.yaml\ncases:\n  - {input: {groops: [a]}, expect: deny}',
      /:3:14: cases\.0\.input\.groops: unknown field \(did you mean groups\?\)/,
    ],
    [
      'with groups that are not a list',
      'policy: policy.yaml\ncases:\n  - {user: a, groups: b, expect: deny}',
      /:3:15: cases\.0\.groups: must be a list of strings/,
    ],
    [
      'with a wrong type in a whole input',
      'policy: policy.yaml\ncases:\n  - {input: {session: {id: 5}}, expect: deny}',
      /:3:\d+: cases\.0\.input\.session\.id: must be a string/,
    ],
    ['that is not YAML', 'cases: [', /dev\.test\.yaml:\d+:\d+: /],
    ['that is a list', '- a', /must be a mapping/],
  ])('%s has a fault, which is reported with its place', async (_what, text, words) => {
    const { code, out, err } = await test(text);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(words);
  });

  it('reports a missing policy', async () => {
    expect(await test('policy: none.yaml\ncases: [{expect: deny}]')).toMatchObject({
      code: 7,
      err: expect.stringContaining('none.yaml does not exist'),
    });
  });
});
