import { startBed, type Bed } from '@sallyport/bed';
import { demoPeople, type Person } from '@sallyport/standalone';
import { hashToken } from '@sallyport/kit';
import {
  realClusterAccess,
  startGateway,
  startRecordingUpstream,
  type Gateway,
  type RecordingUpstream,
} from '../harness/index.ts';

const developers = [{ allow: { or: [{ groups: 'developers' }] } }];
const without = (criterion: object) => [...developers, { deny: { or: [criterion] } }];
const triesOnly = [{ allow: { and: [{ groups: 'developers' }, { 'k8s/dry_run': true }] } }];

/** Paths that a policy denies with every criterion that can name one. */
const pathsDenied = [
  { 'k8s/non_resource_path': { in: ['/version', '/apis'] } },
  { 'k8s/non_resource_path': { starts_with: '/logs/' } },
  { http_path: { ends_with: '/secrets' } },
  { expression: 'kubernetes.path == "/metrics" || kubernetes.path.startsWith("/debug/")' },
];

const onlyVerbs = (...verbs: string[]) => [{ allow: { and: [{ groups: 'developers' }, { 'k8s/verb': verbs }] } }];
const withoutSecrets = [
  ...developers,
  { deny: { and: [{ 'k8s/resource': 'secrets' }, { 'k8s/verb': ['get', 'list', 'watch'] }] } },
];
/** Programs, selectors and paths that a policy denies by expressions that loop over what the caller sends. */
const programsDenied = [
  { expression: 'has(kubernetes.exec) && kubernetes.exec.command.exists(c, c.split("/").exists(p, p == "passwd"))' },
  {
    expression:
      'has(kubernetes.labelSelector) && kubernetes.labelSelector.split(",").exists(t, t.split("=").exists(p, p == "prod"))',
  },
  { expression: 'request.path.split("/").exists(p, p.split("-").exists(q, q == "secret"))' },
];

/** Low enough for an attack to reach, and higher than what any other attack opens at once. */
export const limits = { perUser: 40, perCluster: 60, inFlightPerUser: 150 };
const person = (name: string, groups: string[], more: Partial<Person> = {}): Person => ({
  user: `${name}@example.com`,
  password: name,
  groups,
  ...more,
});

/** The people of the demo, and people with names and groups that an identity provider should not send. */
const people: readonly Person[] = [
  ...demoPeople,
  person('eve', [
    'developers',
    'system:masters',
    'System:Masters',
    'system:serviceaccounts',
    'system:serviceaccount:kube-system:default',
    'cn=a,ou=b',
    'developers,system:masters',
    'Ärzte-開発',
  ]),
  person('dan', ['developers', ' system:masters']),
  person('crlf', ['developers', 'x\r\nImpersonate-Group: system:masters']),
  person('long', ['developers', 'g'.repeat(64 * 1024)]),
  { user: 'system:admin', password: 'admin', groups: ['developers'] },
];

/** The tokens of the gateway at its clusters. They must not appear anywhere else. */
export const planted = {
  dev: 'planted-credential-of-the-dev-cluster',
  prod: 'planted-credential-of-the-prod-cluster',
  gone: 'planted-credential-of-the-gone-cluster',
};

/**
 * The target of all attacks: a gateway as four processes with Redis and Kafka, two recording upstreams and a real API
 * server of their own, because they give developers rights that other tests say they lack. The cluster "real-node" is
 * the shared one, which has the node.
 */
export type AttackFixture = {
  gateway: Gateway;
  cluster: NonNullable<Bed['cluster']>;
  dev: RecordingUpstream;
  prod: RecordingUpstream;
  tokens: Record<'alice' | 'bob' | 'mallory' | 'eve', string>;
  /** Every response that an attacker received. */
  answers: string[];
};

let bed: Bed | undefined;
let open: AttackFixture | undefined;

/** Returns the fixture. It exists while tests run, not while they are collected. */
export function attackFixture(): AttackFixture {
  if (!open) throw new Error('the attack fixture has not been started');
  return open;
}

export async function startAttackFixture(): Promise<void> {
  bed = await startBed({ need: ['cluster', 'kubectl'] });
  const cluster = bed.cluster!;
  const [dev, prod, real, withNode] = await Promise.all([
    startRecordingUpstream(),
    startRecordingUpstream(),
    realClusterAccess(cluster),
    realClusterAccess(),
  ]);
  const gone = { server: 'https://127.0.0.1:9', caFile: dev.caFile, token: planted.gone, policy: developers };
  const gateway = await startGateway({
    mode: 'processes',
    people,
    clusters: [
      { ...dev.access, name: 'dev', token: planted.dev, host: 'dev.k8s.test', policy: developers },
      { ...prod.access, name: 'prod', token: planted.prod, policy: [{ allow: { or: [{ groups: 'sre' }] } }] },
      {
        ...dev.access,
        name: 'readonly',
        token: planted.dev,
        policy: [{ allow: { and: [{ groups: 'developers' }, { 'k8s/verb': ['get', 'list'] }] } }],
      },
      {
        ...dev.access,
        name: 'acting',
        token: planted.dev,
        impersonate: { groups: ['developers'] },
        policy: [{ allow: { and: [{ groups: 'developers' }, { 'k8s/impersonate': { contains: '' } }] } }],
      },
      { ...dev.access, name: 'noshell', token: planted.dev, policy: without({ 'k8s/shell_equivalent': true }) },
      {
        ...dev.access,
        name: 'noexec',
        token: planted.dev,
        policy: without({ 'k8s/resource': ['pods/exec', 'pods/attach'] }),
      },
      { ...dev.access, name: 'noforward', token: planted.dev, policy: without({ 'k8s/resource': 'pods/portforward' }) },
      { ...dev.access, name: 'tries', token: planted.dev, policy: triesOnly },
      { ...dev.access, name: 'noslash', token: planted.dev, policy: [...developers, { deny: { or: pathsDenied } }] },
      { ...dev.access, name: 'noprod', token: planted.dev, policy: without({ 'k8s/namespace': 'prod' }) },
      { ...dev.access, name: 'watchers', token: planted.dev, policy: onlyVerbs('get', 'list', 'watch', 'proxy') },
      { ...dev.access, name: 'nocreate', token: planted.dev, policy: without({ 'k8s/verb': 'create' }) },
      { ...dev.access, name: 'updaters', token: planted.dev, policy: onlyVerbs('update', 'patch') },
      { ...dev.access, name: 'nosecrets', token: planted.dev, policy: withoutSecrets },
      {
        ...dev.access,
        name: 'noprogram',
        token: planted.dev,
        policy: [...developers, { deny: { or: programsDenied } }],
      },
      { ...gone, name: 'gone' },
      { ...real, name: 'real', policy: developers },
      { ...real, name: 'real-tries', policy: triesOnly },
      { ...real, name: 'real-noprod', policy: without({ 'k8s/namespace': 'prod' }) },
      { ...withNode, name: 'real-node', policy: developers },
      { ...withNode, name: 'real-node-readonly', policy: onlyVerbs('get', 'list', 'watch') },
      { ...real, name: 'real-nocreate', policy: without({ 'k8s/verb': 'create' }) },
      { ...real, name: 'real-nosecrets', policy: withoutSecrets },
    ],
    more: { timeouts: { connect: '5s', firstByte: '5s' }, streams: { drain: '0s', ...limits } },
  });
  const token = async (name: string) => (await gateway.login(`${name}@example.com`)).token;
  const tokens = {
    alice: await token('alice'),
    bob: await token('bob'),
    mallory: await token('mallory'),
    eve: await token('eve'),
  };
  open = { gateway, cluster, dev, prod, tokens, answers: [] };
  resetAttackFixture();
}

/** Makes the upstream read a request completely before it answers, like an API server. */
export function resetAttackFixture(): void {
  attackFixture().dev.answer((request, response) =>
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{"kind":"List"}')),
  );
  attackFixture().dev.answerUpgrade(undefined);
}

export async function stopAttackFixture(): Promise<void> {
  await open?.gateway.stop();
  await Promise.all([open?.dev.stop(), open?.prod.stop(), bed?.stop()]);
  open = undefined;
}

/** Returns the value under which a token is stored. */
export const stored = (token: string): string => hashToken(token);
