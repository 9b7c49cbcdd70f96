import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { text as textOf } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sallyportVersion } from '@sallyport/contracts';
import { authority, certificate, key, otherAuthority } from '../testing/certificates.ts';
import { createRig, type Rig } from '../testing/rig.ts';
import { writeServiceSettings } from '../testing/write-service-settings.ts';

const services = ['authenticate', 'authorize', 'proxy', 'audit'] as const;
type Service = (typeof services)[number];
type Finding = { path: string; services: Service[] };

let rig: Rig;
let good: string;
beforeAll(() => {
  rig = createRig();
  const { services: keys, sessions, audit } = writeServiceSettings(rig.directory);
  for (const [name, text] of Object.entries({
    'tls.crt': certificate,
    'tls.key': key,
    'ca.crt': authority,
    'other.crt': otherAuthority,
    'text.txt': 'not a key, not a certificate',
    'empty.txt': '\n',
    'kubeconfig.yaml': `{current-context: a, contexts: [{name: a, context: {cluster: c}}], clusters: [{name: c, cluster: {server: "https://10.0.0.3", insecure-skip-tls-verify: true}}]}`,
  }))
    writeFileSync(path.join(rig.directory, name), text);
  good = `gateway:
  url: https://gate.example.com
  tls: {certFile: tls.crt, keyFile: tls.key}
${keys}${sessions}${audit}identity:
  providers: [{id: corp, issuer: 'https://idp.example.com', clientId: x, clientSecret: y}]
clusters:
  - name: dev
    server: https://10.0.0.1:6443
    caFile: ca.crt
    tokenFile: token
    policy: [{allow: {or: [{groups: developers}]}}]
`;
});
afterAll(() => rig.remove());

const write = (text: string) => writeFileSync(path.join(rig.directory, 'sallyport.yaml'), text);

/** What `config check` reports, for all services or for one, as the services would print it. */
async function reported(...args: string[]): Promise<{ findings: Finding[]; lines: string[] }> {
  const json = await rig.run('config', 'check', '-o', 'json', ...args);
  const text = await rig.run('config', 'check', ...args);
  const lines = text.err.split('\n').filter((line) => line.startsWith(rig.directory));
  return {
    findings: (JSON.parse(json.out) as { faults: Finding[] }).faults,
    lines: lines.map((line) => line.replace(/ \[[a-z, ]+\]$/, '')).toSorted(),
  };
}

/** Runs a service as the operator does, from its sources. Returns what it prints about its configuration. */
async function program(service: Service): Promise<{ code: number; lines: string[] }> {
  const main = fileURLToPath(new URL(`../../../${service}/src/main.ts`, import.meta.url));
  const file = path.join(rig.directory, 'sallyport.yaml');
  const child = spawn(process.execPath, ['--conditions=source', main, '--config', file, '--check-config'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  const [said, [code]] = await Promise.all([textOf(child.stderr), once(child, 'exit') as Promise<[number]>]);
  return {
    code,
    lines: said
      .split('\n')
      .filter((line) => line !== '')
      .toSorted(),
  };
}

const all = [...services];
/** A fault, how to make it, where it is reported and by which services. The program of the first is run as well. */
const rows: [what: string, from: string | RegExp, to: string, path: string, by: Service[]][] = [
  ['no private key', 'keyFile: audit.pem, ', '', 'services.audit.keyFile', ['audit']],
  ['no public key', /(proxy: \{keyFile: proxy\.pem), .*?\}/, '$1}', 'services.proxy.publicKey', all],
  ['an absent private key', 'authorize.pem', 'nowhere.pem', 'services.authorize.keyFile', ['authorize']],
  ["another service's private key", 'keyFile: proxy.pem', 'keyFile: audit.pem', 'services.proxy.keyFile', ['proxy']],
  ['a public key that is none', /(audit: .*publicKey: )[^}]*/, '$1abc', 'services.audit.publicKey', all],
  ['an absent certificate', 'certFile: tls.crt', 'certFile: nowhere', 'gateway.tls.certFile', ['proxy']],
  ['a certificate that is none', 'certFile: tls.crt', 'certFile: text.txt', 'gateway.tls.certFile', ['proxy']],
  ['a key of another certificate', 'keyFile: tls.key', 'keyFile: audit.pem', 'gateway.tls.keyFile', ['proxy']],
  [
    'an absent CA of client certificates',
    'keyFile: tls.key',
    'keyFile: tls.key, clientCaFile: nowhere',
    'gateway.tls.clientCaFile',
    ['proxy'],
  ],
  [
    'an internal certificate without its key',
    'authorize: {',
    'authorize: {certFile: tls.crt, ',
    'services.authorize.tlsKeyFile',
    ['authorize'],
  ],
  ['an absent CA of a service', 'audit: {key', 'audit: {caFile: nowhere, key', 'services.audit.caFile', ['proxy']],
  ['an absent CA of a cluster', 'caFile: ca.crt', 'caFile: nowhere', 'clusters.0.caFile', ['proxy']],
  ['an absent token', 'tokenFile: token', 'tokenFile: nowhere', 'clusters.0.tokenFile', ['proxy']],
  ['an empty token', 'tokenFile: token', 'tokenFile: empty.txt', 'clusters.0.tokenFile', ['proxy']],
  [
    'a kubeconfig that trusts everyone',
    /server: .*\n.*\n.*token$/m,
    'kubeconfig: kubeconfig.yaml',
    'clusters.0.kubeconfig',
    ['proxy'],
  ],
  [
    'a kubeconfig without the context',
    /server: .*\n.*\n.*token$/m,
    'kubeconfig: kubeconfig.yaml\n    context: b',
    'clusters.0.kubeconfig',
    ['proxy'],
  ],
  ['a policy with an unknown word', 'or:', 'orr:', 'clusters.0.policy.0.allow.orr', ['authorize']],
  ['an unknown policy', 'policy: [', 'policies: [nope]\n    policy: [', 'clusters.0.policies.0', ['authorize']],
  ['an unknown default provider', 'providers:', 'defaultProvider: nope\n  providers:', 'identity.defaultProvider', all],
  [
    'an unknown source of groups',
    'id: corp',
    'id: corp, groupSources: [hr]',
    'identity.providers.0.groupSources.0',
    all,
  ],
  [
    'an absent CA of a provider',
    'id: corp',
    'id: corp, caFile: nowhere',
    'identity.providers.0.caFile',
    ['authenticate'],
  ],
  [
    'two clusters with one name',
    /$/,
    '  - {name: dev, server: "https://10.0.0.2", tokenFile: token}\n',
    'clusters',
    all,
  ],
  ['a setting that does not exist', 'gateway:\n', 'gateway:\n  lisen: x\n', 'gateway.lisen', all],
  [
    'two listeners on one port',
    'audit: {key',
    "audit: {listen: '0.0.0.0:9182', adminListen: '0.0.0.0:9182', key",
    'services.audit.adminListen',
    ['audit'],
  ],
  [
    'a logo that is not an image',
    'sessions:',
    'branding: {logoFile: text.txt}\nsessions:',
    'branding.logoFile',
    ['proxy'],
  ],
  ['sessions in memory', /sessions: .*/, 'sessions: {memory: true}', 'sessions.memory', ['authenticate', 'authorize']],
  ['a Redis URL without a host', 'redis://redis:6379', 'redis://', 'sessions.redis', ['authenticate', 'authorize']],
  [
    'a key for tokens that is absent',
    /key: "[^"]*"/,
    'keyFile: nowhere',
    'sessions.encryption.keys.0.keyFile',
    ['authenticate'],
  ],
  ['events in memory', /audit: \{kafka: .*/, 'audit: {kafka: {memory: true}}', 'audit.kafka', all],
  ['an absent CA of Kafka', "['kafka:9092']", "['kafka:9092'], tls: {caFile: nowhere}", 'audit.kafka.tls.caFile', all],
  [
    'a spool below a file',
    "['kafka:9092']}",
    "['kafka:9092']}, spool: {dir: text.txt}",
    'audit.spool.dir',
    ['authenticate', 'authorize', 'proxy'],
  ],
  [
    'a spool that is too small',
    "['kafka:9092']}",
    "['kafka:9092']}, spool: {dir: spool, maxBytes: 1000KiB}",
    'audit.spool.maxBytes',
    ['authenticate', 'authorize', 'proxy'],
  ],
  [
    'a token for Kafka without TLS',
    "['kafka:9092']",
    "['kafka:9092'], sasl: {mechanism: oauthbearer, tokenUrl: 'https://a.example.com', clientId: x, clientSecret: y}",
    'audit.kafka.sasl',
    all,
  ],
  ['a login page in plain text', 'https://gate', 'http://gate', 'gateway.url', ['authenticate']],
  [
    'a secret that is not there',
    'clientSecret: y',
    "clientSecret: '${file:nowhere}'",
    'identity.providers.0.clientSecret',
    all,
  ],
];

describe('config check and --check-config', () => {
  it.each(rows)('say the same of %s', async (_what, from, to, where, by) => {
    const faulty = good.replace(from, to);
    expect(faulty).not.toBe(good);
    write(faulty);
    const { findings, lines } = await reported();
    expect(findings.map(({ path: at, services: who }) => [at, who])).toEqual([[where, by]]);
    const said = await program(by[0]!);
    expect(said).toEqual({ code: 1, lines });
    const silent = services.filter((name) => !by.includes(name));
    for (const name of silent) expect(await rig.run('config', 'check', '--service', name)).toMatchObject({ code: 0 });
  });

  it('warn of SCRAM without TLS, and say what to write', async () => {
    write(good.replace("['kafka:9092']", "['kafka:9092'], sasl: {mechanism: scram-sha-256, username: x, password: y}"));
    const { code, out } = await rig.run('config', 'check', '-o', 'json');
    const { warnings } = JSON.parse(out) as { warnings: (Finding & { hint: string })[] };
    expect(code).toBe(0);
    expect(warnings).toEqual([
      expect.objectContaining({ path: 'audit.kafka.sasl', services: all, hint: expect.stringContaining('tls: true') }),
    ]);
  });

  it('accept the same configuration', async () => {
    write(good);
    expect(await rig.run('config', 'check')).toMatchObject({ code: 0, err: '' });
    for (const name of services) expect(await program(name)).toEqual({ code: 0, lines: [] });
  });

  it('together report the same, if each service has faults of its own', async () => {
    write(
      rows
        .filter(([what]) =>
          ['no private key', 'an absent private key', 'an empty token', 'sessions in memory'].includes(what),
        )
        .reduce((text, [, from, to]) => text.replace(from, to), good),
    );
    const union = (await Promise.all(services.map(program))).flatMap(({ lines }) => lines);
    expect((await reported()).lines).toEqual([...new Set(union)].toSorted());
    expect(union.length).toBeGreaterThan(3);
  });
});

describe('config check, for what a service reports while it runs', () => {
  it('finds downloads that would not be offered, although the gateway starts', async () => {
    const downloads = path.join(rig.directory, 'downloads');
    mkdirSync(downloads);
    const name = `sallyport-${sallyportVersion}.tgz`;
    writeFileSync(path.join(downloads, name), 'npm');
    writeFileSync(path.join(downloads, 'SHA256SUMS'), `${'0'.repeat(64)}  ${name}\n`);
    write(`${good}downloads: {directory: downloads}\n`);
    writeFileSync(path.join(rig.directory, 'token'), 'token');
    const { findings } = await reported();
    expect(findings.filter(({ path: at }) => at.startsWith('downloads'))).toEqual([
      expect.objectContaining({
        path: 'downloads.directory',
        message: `${name} does not match its checksum in SHA256SUMS`,
        services: ['proxy'],
      }),
    ]);
    expect((await program('proxy')).lines.join()).not.toContain('downloads');
  });
});
