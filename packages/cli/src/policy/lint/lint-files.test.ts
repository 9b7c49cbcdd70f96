import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createRig, type Rig } from '../../testing/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.remove());
const put = (name: string, text: string) => writeFileSync(path.join(rig.directory, name), text);
async function lint(...args: string[]) {
  const { code, out, err } = await rig.run('policy', 'lint', ...args);
  const own = (text: string) => text.replaceAll(`${rig.directory}/`, '');
  return { code, out: own(out), err: own(err) };
}
const good = 'allow:\n  or:\n    - groups: {has: sre}\n';

describe('sallyport policy lint', () => {
  it('accepts a valid policy', async () => {
    put('a.yaml', good);
    put('b.json', JSON.stringify([{ allow: { and: [{ email: 'a@b' }] } }]));
    expect(await lint('a.yaml', 'b.json')).toEqual({ code: 0, out: 'a.yaml: ok\nb.json: ok\n', err: '' });
  });

  it('reports every fault of every file, with line, column and hint', async () => {
    put('a.yaml', '- alow:\n    or: []\n- allow:\n    or:\n      - groups: {had: sre}\n');
    put('b.yaml', good);
    const { code, out, err } = await lint('a.yaml', 'b.yaml');
    expect({ code, out }).toEqual({ code: 1, out: 'b.yaml: ok\n' });
    expect(err.split('\n').slice(0, 3)).toEqual([
      'a.yaml:1:3: 0.alow: unknown action "alow" (did you mean allow?)',
      'a.yaml:5:18: 1.allow.or.0.groups.had: unknown list matcher "had" (did you mean has?)',
      'sallyport: 2 faults in 1 file',
    ]);
  });

  it('names both places of a name that two rules have, in a document and in a configuration', async () => {
    const twice = '- name: same\n  deny: {or: [{reject: true}]}\n- name: same\n  deny: {or: [{reject: true}]}\n';
    put('a.yaml', twice);
    expect((await lint('a.yaml')).err).toMatch(
      /^a\.yaml:3:3: 1\.name: is the name of another rule of this document too, at 0\.name, see line 1 \(give each rule a name of its own\)\n/,
    );
    put(
      'sallyport.yaml',
      `policies:\n  one:\n${twice.replaceAll(/^/gm, '    ')}\n  two: [{name: same, deny: {or: []}}]\n`,
    );
    const { err } = await lint('sallyport.yaml');
    expect(err).toMatch(/^sallyport\.yaml:5:7: policies\.one\.1\.name: .*, see line 3 /m);
    expect(err).not.toContain('policies.two.0.name');
  });

  it('repeats nothing of a name or a message that a terminal would obey', async () => {
    put('a.yaml', '- name: "\\e[31mx"\n  message: "a\\e[2Jb\\nc"\n  deny: {or: [{reject: true}]}\n');
    const { code, err } = await lint('a.yaml');
    expect(code).toBe(1);
    expect(err).toMatch(/^[ -~\n]*$/);
    expect(err).toMatch(/^a\.yaml:1:3: 0\.name: is not a name;.*\na\.yaml:2:3: 0\.message: must be one line /);
  });

  it('warns about probable mistakes, and fails on them only with --strict', async () => {
    put('a.yaml', 'deny:\n  or:\n    - k8s/resource: deployments\n');
    const { code, out, err } = await lint('a.yaml');
    expect({ code, out }).toEqual({ code: 0, out: 'a.yaml: ok, 2 warnings\n' });
    expect(err).toMatch(
      /^warning: a\.yaml:1:1: allows no one anything.* \[no-allow\]\nwarning: a\.yaml:3:7: deny\.or\.0\.k8s\/resource: names a resource that is not in the core group.* \[resource-group\]/,
    );
    expect((await lint('--strict', 'a.yaml')).code).toBe(1);
  });

  it('checks all policies of a configuration in all its files, without its secrets', async () => {
    put(
      'sallyport.yaml',
      'gateway: {url: "${env:NOT_SET}"}\nclusters:\n  - name: dev\n    tokenFile: t\n    policies: [sree]\n    policyFile: dev.yaml\n  - name: prod\n    policyFile: none.yaml\npolicies:\n  sre:\n    allow: {or: [{grups: sre}]}\n',
    );
    put('dev.yaml', 'allow:\n  or:\n    - emial: x\n');
    const { code, err } = await lint('sallyport.yaml');
    expect(code).toBe(1);
    expect(err.split('\n').filter((line) => line.startsWith('sallyport.yaml') || line.startsWith('dev.yaml'))).toEqual([
      expect.stringMatching(
        /^sallyport\.yaml:5:16: clusters\.0\.policies\.0: there is no policy "sree" \(did you mean sre\?\)/,
      ),
      expect.stringMatching(/^sallyport\.yaml:8:5: clusters\.1\.policyFile: none\.yaml cannot be read/),
      expect.stringMatching(/^sallyport\.yaml:11:19: policies\.sre\.allow\.or\.0\.grups: unknown criterion/),
      expect.stringMatching(/^dev\.yaml:3:7: clusters\.0\.policy\.allow\.or\.0\.emial: unknown criterion/),
    ]);
    expect(err).not.toContain('NOT_SET');
  });

  it('reports the same as JSON', async () => {
    put('a.yaml', 'allow: {or: [{grups: x}]}');
    const { code, out } = await lint('a.yaml', '-o', 'json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      files: [
        {
          kind: 'policy',
          ok: false,
          faults: [{ path: 'allow.or.0.grups', line: 1, column: 15, hint: 'did you mean groups?' }],
          warnings: [],
        },
      ],
    });
  });

  it('recognizes a file of test cases', async () => {
    put('a.yaml', 'policy: x\ncases: [{expect: allow}]\n');
    expect(await lint('a.yaml')).toMatchObject({
      code: 1,
      err: expect.stringContaining(
        'a.yaml:2:1: cases: is a file of test cases, not a policy (to run them: sallyport policy test a.yaml)',
      ),
    });
  });

  it.each([
    ['invalid YAML', 'allow: ['],
    ['a loop', 'a: &a [*a]'],
    ['a text', 'hello'],
    ['nothing', ''],
  ])('reports a fault with a place for %s', async (_what, text) => {
    put('a.yaml', text);
    const { code, err } = await lint('a.yaml');
    expect(code).toBe(1);
    expect(err).toMatch(/^a\.yaml:\d+:\d+: /);
  });

  it('reports which file is missing', async () => {
    expect(await lint('none.yaml')).toMatchObject({
      code: 7,
      err: expect.stringContaining('none.yaml does not exist'),
    });
  });

  it('warns about what another policy takes away', async () => {
    writeFileSync(
      path.join(rig.directory, 'sallyport.yaml'),
      `gateway: {url: "https://gate.example.com"}
policy: [{deny: {and: [{k8s/namespace: prod}]}}]
clusters:
  - name: dev
    server: https://10.0.0.1:6443
    token: x
    policy: {allow: {and: [{groups: sre}, {k8s/resource: nodes/proxy}]}}
  - {name: other, server: "https://10.0.0.2:6443", token: x, policy: [{allow: {or: [{groups: sre}]}}]}
`,
    );
    const { code, err } = await rig.run('policy', 'lint', 'sallyport.yaml');
    expect(code).toBe(0);
    expect(err).toContain(
      'sallyport.yaml:7:44: clusters.0.policy.allow.and.1.k8s/resource: allows nodes/proxy, which reaches the pods of every namespace: global[0].deny.and denies by namespace',
    );
    expect(err.match(/nodes\/proxy/g)).toHaveLength(1);
  });
});
