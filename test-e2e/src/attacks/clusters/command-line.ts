import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { runCli, type Person } from '../../harness/index.ts';
import { parse } from 'yaml';
import { attackFixture } from '../fixtures/attack-fixture.ts';

type Config = {
  clusters: { name: string; cluster: Record<string, unknown> }[];
  users: { name: string; user: Record<string, unknown> }[];
  contexts: { name: string; context: Record<string, unknown> }[];
  'current-context'?: string;
};
const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8);
const files = (directory: string): string[] =>
  readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? files(path.join(directory, entry.name)) : [path.join(directory, entry.name)],
  );

/** A kubeconfig from an attacker, with their programs, proxies, servers and names. */
const hostile = `apiVersion: v1
kind: Config
current-context: theirs
clusters:
- {name: theirs, cluster: {server: "https://evil.example", proxy-url: "http://evil.example:3128", insecure-skip-tls-verify: true}}
contexts:
- {name: theirs, context: {cluster: theirs, user: theirs}}
users:
- {name: theirs, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/sh, args: [-c, "touch /tmp/owned"], interactiveMode: Never}}}
`;

let alice: Person;
let kubeconfig = '';
const merge = (text: string) => {
  writeFileSync(kubeconfig, text, { mode: 0o600 });
  const { gateway } = attackFixture();
  return runCli(
    ['kubeconfig', '--merge', '--offline', '--gateway', gateway.url, '--ca-file', gateway.caFile, '--cluster', 'dev'],
    { home: alice.home, env: { KUBECONFIG: kubeconfig } },
  );
};

export function attackCommandLine(): void {
  describe('A40: a kubeconfig from an attacker', () => {
    beforeEach(async () => {
      alice = await attackFixture().gateway.person('alice@example.com');
      kubeconfig = path.join(mkdtempSync(path.join(attackFixture().gateway.directory, 'kubeconfig-')), 'config');
    });

    it('keeps its entries next to ours, and nothing in it is executed', async () => {
      const { code } = await merge(hostile);
      expect(code).toBe(0);
      const after = parse(readFileSync(kubeconfig, 'utf8')) as Config;
      const before = parse(hostile) as Config;
      for (const section of ['clusters', 'contexts', 'users'] as const)
        expect((after[section] as { name: string }[]).filter(({ name }) => name === 'theirs')).toEqual(before[section]);
      const ours = after.clusters.find(({ name }) => name === 'sallyport-dev')!.cluster;
      expect(Object.keys(ours).toSorted()).toEqual(['certificate-authority-data', 'server']);
      expect(ours['server']).toBe(attackFixture().gateway.clusterUrl('dev'));
      expect(modeOf(kubeconfig)).toBe('600');
    });

    it.each([
      [
        'a user with our name that runs their program',
        'users: [{name: sallyport-dev, user: {exec: {command: /bin/sh, args: [-c, x]}}}]',
      ],
      [
        'a cluster with our name that is their server',
        'clusters: [{name: sallyport-dev, cluster: {server: "https://evil.example"}}]',
      ],
      [
        'endless aliases',
        `a: &a [x,x,x]\n${'bcdefghijk'
          .split('')
          .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghij'[index]}`).join(',')}]`)
          .join('\n')}`,
      ],
      ['no kubeconfig', '- [x'],
    ])('with %s is left unchanged, and the command reports why', async (_what, text) => {
      const { code, stderr } = await merge(text);
      expect([code, readFileSync(kubeconfig, 'utf8'), stderr.startsWith('sallyport: ')]).toEqual([7, text, true]);
    });

    it('does not get the credential, because exec-credential serves only its own gateway', async () => {
      const { gateway, tokens } = attackFixture();
      for (const server of [
        'https://evil.example/clusters/dev',
        `${gateway.url}.evil.example/clusters/dev`,
        'https://127.0.0.1:1/clusters/dev',
        gateway.url.replace('127.0.0.1', 'localhost'),
      ]) {
        const { code, stdout } = await runCli(['exec-credential', server], {
          home: alice.home,
          env: { KUBECONFIG: kubeconfig },
        });
        expect([server, code === 0, stdout.includes('spt_')]).toEqual([server, false, false]);
      }
      expect(tokens.alice).toMatch(/^spt_/);
      const { code, stdout } = await runCli(['exec-credential', gateway.clusterUrl('dev')], { home: alice.home });
      expect([code, stdout]).toEqual([0, expect.stringMatching(/"token":\s*"spt_/)]);
    });
  });

  describe('A40: the files of a login', () => {
    it('are readable only by their owner, like their directories, and are restricted again if they were not', async () => {
      const all = files(path.join(alice.home, 'gateways'));
      expect(all.length).toBeGreaterThan(1);
      for (const file of all) expect([file, modeOf(file)]).toEqual([file, '600']);
      expect(modeOf(alice.home)).toBe('700');
      const credential = all.find((file) => file.endsWith('credential.json'))!;
      chmodSync(credential, 0o644);
      expect((await alice.cli(['whoami'])).code).toBe(0);
      expect(modeOf(credential)).toBe('600');
    });

    it('that are links elsewhere, or belong to another gateway, are not used', async () => {
      const { gateway } = attackFixture();
      const home = mkdtempSync(path.join(gateway.directory, 'home-'));
      const elsewhere = mkdtempSync(path.join(gateway.directory, 'elsewhere-'));
      mkdirSync(path.join(home, 'gateways'), { mode: 0o700 });
      symlinkSync(elsewhere, path.join(home, 'gateways', `https+${new URL(gateway.url).host}`));
      const stored = files(path.join(alice.home, 'gateways')).find((file) => file.endsWith('credential.json'))!;
      writeFileSync(
        path.join(elsewhere, 'credential.json'),
        readFileSync(stored, 'utf8').replace(gateway.url, 'https://other.example'),
        { mode: 0o600 },
      );
      const { code, stdout } = await runCli(['exec-credential', gateway.clusterUrl('dev')], { home });
      expect([code === 0, stdout.includes('spt_')]).toEqual([false, false]);
    });
  });
}
