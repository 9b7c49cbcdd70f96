import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import type { KubeconfigEntry } from './kubeconfig-entry.ts';
import { mergeEntries } from './merge-entries.ts';

const entry = (cluster: string, server = `https://gate.example.com:8443/clusters/${cluster}`): KubeconfigEntry => ({
  name: `sallyport-${cluster}`,
  server,
  authority: 'PEM',
  command: '/opt/sallyport/bin/sallyport-exec-credential',
  args: ['exec-credential', server],
});
type Named = { name: string } & Record<string, Record<string, unknown>>;
type Kubeconfig = { clusters: Named[]; contexts: Named[]; users: Named[]; 'current-context': string } & Record<
  string,
  unknown
>;
const read = (text: string) => parse(text) as Kubeconfig;
const merge = (text: string, ...entries: KubeconfigEntry[]) => mergeEntries(text, entries, 'the file');

const theirs = `# my clusters
apiVersion: v1
kind: Config
clusters:
  - name: work # do not touch
    cluster: {server: "https://10.0.0.1:6443", x-unknown: [1, 0x10, 1e3, "yes", no, ~]}
contexts:
  - {name: work, context: {cluster: work, user: me, namespace: team}}
current-context: work
users:
  - name: me
    user:
      token: 'abc: #def'
      client-key-data: ${'QUJD'.repeat(60)}
preferences: {}
extensions:
  - name: minikube.sigs.k8s.io
    extension: {version: 1.10}
`;

describe('entries in a kubeconfig', () => {
  it('turn an empty file into a complete kubeconfig, with the first as the current context', () => {
    const config = read(merge('', entry('dev'), entry('prod')).text);
    expect(config).toEqual({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'sallyport-dev',
      clusters: ['dev', 'prod'].map((name) => ({
        name: `sallyport-${name}`,
        cluster: { server: `https://gate.example.com:8443/clusters/${name}`, 'certificate-authority-data': 'UEVN' },
      })),
      contexts: ['dev', 'prod'].map((name) => ({
        name: `sallyport-${name}`,
        context: { cluster: `sallyport-${name}`, user: `sallyport-${name}` },
      })),
      users: ['dev', 'prod'].map((name) => ({
        name: `sallyport-${name}`,
        user: {
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1',
            command: '/opt/sallyport/bin/sallyport-exec-credential',
            args: ['exec-credential', `https://gate.example.com:8443/clusters/${name}`],
            installHint: expect.any(String),
            interactiveMode: 'IfAvailable',
            provideClusterInfo: false,
          },
        },
      })),
    });
  });

  it('keep everything else unchanged, including comments', () => {
    const { text, current } = merge(theirs, entry('dev'));
    expect(current).toBe('work');
    const before = read(theirs);
    const after = read(text);
    expect({ ...after, clusters: [after.clusters[0]], contexts: [after.contexts[0]], users: [after.users[0]] }).toEqual(
      before,
    );
    for (const piece of [
      '# my clusters',
      '# do not touch',
      'x-unknown: [1, 0x10, 1e3, "yes", no, ~]',
      "token: 'abc: #def'",
      'version: 1.10',
      'QUJD'.repeat(60),
    ])
      expect(text).toContain(piece);
  });

  it('change nothing if they are merged again', () => {
    const once = merge(theirs, entry('dev')).text;
    expect(merge(once, entry('dev'))).toMatchObject({ text: once, notes: [] });
  });

  it("are updated if they are ours, and keep the user's additions", () => {
    const old = entry('dev', 'https://gate.example.com:8443/clusters/old');
    const before = merge(theirs, old).text.replace('user: sallyport-dev', 'user: sallyport-dev\n      namespace: team');
    const { text, notes } = merge(before, entry('dev'));
    expect(notes).toEqual([
      '"sallyport-dev" pointed to https://gate.example.com:8443/clusters/old and now points to https://gate.example.com:8443/clusters/dev',
    ]);
    expect(read(text).contexts[1]!.context).toEqual({
      cluster: 'sallyport-dev',
      user: 'sallyport-dev',
      namespace: 'team',
    });
  });

  it('are not taken from another gateway of the user', () => {
    const before = merge(theirs, entry('dev', 'https://other.example.com/clusters/dev')).text;
    expect(() => merge(before, entry('dev'))).toThrow(
      'has an entry "sallyport-dev" already, for the gateway https://other.example.com',
    );
  });

  it('keep a proxy, a server name and an environment that the user added, and say so', () => {
    const before = merge('', entry('dev'))
      .text.replace('server:', 'proxy-url: http://proxy\n      tls-server-name: gate\n      server:')
      .replace('args:', 'env: [{name: SALLYPORT_HOME, value: /work}]\n        args:');
    const { text, notes } = merge(before, entry('dev'));
    expect(notes).toEqual([
      '"sallyport-dev" keeps what was added to it: proxy-url, tls-server-name, env of its program',
    ]);
    expect(read(text).clusters[0]!.cluster).toMatchObject({ 'proxy-url': 'http://proxy', 'tls-server-name': 'gate' });
    expect(read(text).users[0]!.user!.exec).toMatchObject({
      env: [{ name: 'SALLYPORT_HOME', value: '/work' }],
      args: ['exec-credential', entry('dev').server],
    });
  });

  it('lose a setting that makes them insecure, and say so', () => {
    const before = merge('', entry('dev')).text.replace('server:', 'insecure-skip-tls-verify: true\n      server:');
    const { text, notes } = merge(before, entry('dev'));
    expect(notes).toEqual([expect.stringContaining('no longer has insecure-skip-tls-verify')]);
    expect(read(text).clusters[0]!.cluster).not.toHaveProperty('insecure-skip-tls-verify');
  });

  const pem = (body: string) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const withAuthority = (authority: string | undefined) => ({ ...entry('dev'), authority });
  const dataOf = (text: string) => read(text).clusters[0]!.cluster!['certificate-authority-data'];

  it('keep the CA of the user if this program knows none, or if it contains the one that it knows', () => {
    const bundle = pem('AAAA') + pem('BBBB');
    const before = merge('', withAuthority(bundle)).text;
    for (const authority of [undefined, pem('BBBB')]) {
      const { text, notes } = merge(before, withAuthority(authority));
      expect(dataOf(text)).toBe(base64(bundle));
      expect(notes).toEqual(['"sallyport-dev" keeps what was added to it: certificate-authority-data']);
    }
    const file = before.replace(/certificate-authority-data: .*/, 'certificate-authority: /etc/ca.crt');
    expect(read(merge(file, withAuthority(undefined)).text).clusters[0]!.cluster).toEqual({
      server: entry('dev').server,
      'certificate-authority': '/etc/ca.crt',
    });
  });

  it('get the CA of their gateway instead of one that does not vouch for it, and say so', () => {
    const before = merge('', withAuthority(pem('AAAA'))).text;
    const file = before.replace(/certificate-authority-data: .*/, 'certificate-authority: /does/not/exist');
    for (const text of [before, file]) {
      const merged = merge(text, withAuthority(pem('CCCC')));
      expect(read(merged.text).clusters[0]!.cluster).toEqual({
        server: entry('dev').server,
        'certificate-authority-data': base64(pem('CCCC')),
      });
      expect(merged.notes).toEqual([expect.stringContaining('now has the CA that you gave')]);
    }
  });

  it.each([
    ['a user', 'users: [{name: sallyport-dev, user: {token: x}}]'],
    ['a user with another plugin', 'users: [{name: sallyport-dev, user: {exec: {command: aws, args: [eks]}}}]'],
    ['a cluster', 'clusters: [{name: sallyport-dev, cluster: {server: "https://x"}}]'],
    ['a context', 'contexts: [{name: sallyport-dev, context: {cluster: x}}]'],
  ])('are rejected if %s of that name is not ours', (_what, text) => {
    expect(() => merge(text, entry('dev'))).toThrow('has an entry "sallyport-dev" that this program did not write');
  });

  it.each([
    ['not a map', '- a'],
    ['text', 'hello'],
    ['broken YAML', 'a: [1'],
    ['two documents', 'a: 1\n---\nb: 2'],
    ['a section that is not a list', 'clusters: {a: 1}'],
    ['a doubled key', 'users: []\nusers: []'],
    ['nested too deeply', `a: ${'['.repeat(50_000)}`],
    [
      'an alias bomb',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
        .split('')
        .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(',')}]`)
        .join('\n')}\n`,
    ],
  ])('are rejected in a file that is %s', (_what, text) => {
    expect(() => merge(text, entry('dev'))).toThrow(/the file is not a kubeconfig/);
  });

  it.each([
    'clusters: null\nusers:\ncontexts: ~',
    '{"apiVersion": "v1", "kind": "Config", "clusters": [], "users": null}',
    '# only a comment',
    'clusters: []\r\nusers: []\r\ncontexts: []\r\n',
  ])('can be added to %j', (text) => {
    expect(read(merge(text, entry('dev')).text).users).toHaveLength(1);
  });

  it('keep all other data', () => {
    const name = fc.string({ minLength: 1 }).filter((text) => !text.startsWith('sallyport-') && text !== '__proto__');
    const items = (key: string) => fc.array(fc.record({ name, [key]: fc.jsonValue() }), { maxLength: 4 });
    fc.assert(
      fc.property(
        items('cluster'),
        items('context'),
        items('user'),
        fc.dictionary(name, fc.jsonValue(), { maxKeys: 3 }),
        (clusters, contexts, users, extra) => {
          const sections = { clusters, contexts, users };
          const text = stringify({ ...extra, ...sections, 'current-context': 'x' });
          const after = read(merge(text, entry('dev')).text);
          const strange = (list: { name: string }[]) => list.filter((one) => one.name !== 'sallyport-dev');
          expect({
            ...after,
            clusters: strange(after.clusters),
            contexts: strange(after.contexts),
            users: strange(after.users),
          }).toEqual(read(text));
        },
      ),
    );
  });
});
