import { X509Certificate } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { isFullRun } from '@sallyport/kit/testing';
import { chart, type ChartValues } from '../deployment/render-chart.ts';
import { Closers } from '../harness/closers.ts';
import { describeWith, eventually, roleBinding, runDirectory, theBed } from '../harness/index.ts';
import { clientId, clientSecret, openProvider } from '../harness/open-provider.ts';
import { createPerson, type Person } from '../harness/person.ts';
import { rightsOf, rightsOfGateway } from './account-rights.ts';
import { clusterObjects, eventuallyOnly } from './cluster-objects.ts';
import { startWorkload, workIn } from './everyday-work.ts';
import { releaseIn } from './release.ts';

const namespace = 'single';
/** Where people work. */
const work = 'work-with-single';
/** The port of the node at which the gateway is reached, as a load balancer would. */
const nodePort = 30_445;
const statefulSet = 'statefulset/gate-sallyport';
const developers = [{ allow: { or: [{ groups: 'developers' }] } }];

/**
 * A volume on the disk of the node, for the claim of the chart. The kubelet gives it to the group of the pod, as it does
 * with the disks of clouds.
 */
const volumeAt = (directory: string): object => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: 'single' },
  spec: {
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteOnce'],
    persistentVolumeReclaimPolicy: 'Retain',
    storageClassName: 'single',
    local: { path: directory },
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [
          {
            matchExpressions: [
              { key: 'kubernetes.io/hostname', operator: 'In', values: [theBed().cluster!.node!.name] },
            ],
          },
        ],
      },
    },
  },
});

describeWith(['pods', 'kubectl', 'helm'], 'the chart with mode: single, on a node that runs its pod', () => {
  const closers = new Closers();
  const admin = () => theBed().cluster!.admin;
  const directory = path.join(runDirectory(), 'single');
  const release = releaseIn(namespace);
  let url: string;
  let values: ChartValues;
  let alice: Person;
  let before: Set<string>;
  const say = (line: string) => process.stderr.write(`pods: ${line}\n`);
  const deploy = (action: 'install' | 'upgrade', changes: ChartValues = {}) =>
    release.helm([action, 'gate', chart, '--wait', '--timeout=240s'], { ...values, ...changes });
  /** Runs JavaScript in the pod, and returns what the expression is. */
  const inPod = (expression: string) =>
    admin().kubectl(['exec', '-n', namespace, statefulSet, '--', 'node', '-p', expression]);
  const isReady = async () => {
    const [line = ''] = await release.list(
      'pods',
      '{.status.containerStatuses[*].ready} {.metadata.deletionTimestamp}',
    );
    return line.trim() === 'true';
  };
  /** Returns what is in the volume that others than the process itself can read or write. */
  const openFiles = () =>
    inPod(
      `fs.readdirSync('/var/lib/sallyport').filter((name) => (fs.statSync('/var/lib/sallyport/' + name).mode & 0o077) !== 0).join()`,
    );
  const alicesPods = () => alice.tryKubectl(['get', 'pods', '-n', work, '-o', 'name']);

  beforeAll(async () => {
    const { host, node } = theBed().cluster!.network!;
    url = `https://${node}:${nodePort}`;
    const volume = path.join(directory, 'volume');
    mkdirSync(volume, { recursive: true });
    closers.add(async () => rmSync(directory, { recursive: true, force: true }));
    closers.add(async () => void (await admin().tryKubectl(['delete', 'persistentvolume', 'single', '--wait=false'])));
    closers.add(
      async () =>
        void (await admin().tryKubectl(['delete', 'clusterrole,clusterrolebinding', 'gate-sallyport-gateway'])),
    );
    closers.add(async () => void (await admin().tryKubectl(['delete', 'namespace', namespace, work])));
    const account = { user: 'alice@example.com', email: 'alice@example.com', name: 'alice', password: 'alice' };
    const provider = await openProvider([{ ...account, groups: ['developers'] }], closers, host);
    provider.register(url);
    await admin().apply(
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
      },
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: work } },
    );
    await admin().apply(
      volumeAt(volume),
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'oidc', namespace },
        stringData: { 'client-secret': clientSecret },
      },
      roleBinding(work, 'developers', 'edit'),
    );
    await eventually('the account of pods', async () => {
      const needed = ['get', 'serviceaccount/default', 'configmap/kube-root-ca.crt', '-n', work];
      return (await admin().tryKubectl(needed)).code === 0;
    });
    await startWorkload(work);
    before = await clusterObjects();
    values = {
      mode: 'single',
      gateway: { url },
      identity: {
        providers: [
          {
            id: 'corp',
            issuer: provider.issuer(),
            allowInsecureIssuer: true,
            clientId,
            clientSecretRef: { name: 'oidc' },
            scopes: ['openid', 'profile', 'email', 'groups'],
          },
        ],
      },
      cluster: { impersonate: { groups: ['developers'] }, policy: developers },
      service: { type: 'NodePort', nodePort },
      single: { volume: { size: '1Gi', storageClassName: 'single' } },
    };
  });
  afterAll(() => closers.run());

  it('is installed as one pod without any server, and says what that does not give', async () => {
    const notes = await deploy('install');
    expect(notes).toContain('There is no second pod.');
    expect(Object.keys(await release.pods())).toEqual(['proxy']);
    expect(await release.list('deployments,jobs', '{.metadata.name}')).toEqual([]);
    expect(await release.list('secrets', '{.type}')).not.toContain('kubernetes.io/tls');
    expect((await openFiles()).trim()).toBe('');
  });

  it('passes its own test', async () => {
    const said = await release.helm(['test', 'gate', '--logs', '--timeout=240s']);
    expect(said.match(/^ok {6}/gm)).toHaveLength(4);
    expect(said).not.toContain('FAILED');
  });

  it('lets a person log in with the CA and the fingerprint that the notes lead to, and work', async () => {
    const caPem = await inPod('fs.readFileSync("/var/lib/sallyport/tls/ca.crt", "utf8")');
    const logs = await admin().kubectl(['logs', '-n', namespace, statefulSet]);
    const fingerprint = new X509Certificate(caPem).fingerprint256.replaceAll(':', '').toLowerCase();
    expect(logs).toContain(`"caFingerprint":"sha256:${fingerprint}"`);
    const caFile = path.join(directory, 'gateway-ca.crt');
    writeFileSync(caFile, caPem);
    const gateway = { url, caFile, caPem, directory, kubectl: theBed().kubectl! };
    alice = await createPerson(gateway, { user: 'alice@example.com', password: 'alice', cluster: 'home' });
    await alice.login();
    await workIn(work, alice);
    expect((await alice.tryKubectl(['get', 'secrets', '-n', namespace])).stderr).toContain('Forbidden');
  });

  it('has the rights of the gateway to impersonate, and no other', async () => {
    expect(await rightsOf(namespace, 'gate-sallyport-gateway')).toEqual(rightsOfGateway(['developers']));
  });

  it('keeps sessions, keys and the CA when its pod is deleted', async () => {
    const { proxy } = await release.pods();
    const began = Date.now();
    await admin().kubectl(['delete', 'pod', 'gate-sallyport-0', '-n', namespace]);
    await eventually('the next pod', isReady, 90_000);
    say(`the gateway was ready ${((Date.now() - began) / 1000).toFixed(1)} s after its pod was deleted`);
    expect((await release.pods())['proxy']).not.toBe(proxy);
    // Without a new login, and with the token of the one before.
    await eventually('a request with the session', async () => (await alicesPods()).code === 0);
    expect((await openFiles()).trim()).toBe('');
    await alice.login();
    expect(await alicesPods()).toMatchObject({ code: 0, stdout: 'pod/web\n' });
  });

  it('applies a policy of an upgrade to the running pod', async () => {
    const running = [await release.pods(), await release.restarts()];
    const policy = [{ allow: { or: [{ groups: 'sre' }] } }];
    await deploy('upgrade', { cluster: { impersonate: { groups: ['developers'] }, policy } });
    await eventually('the refusal', async () => (await alicesPods()).stderr.includes('Forbidden'), 90_000);
    await deploy('upgrade');
    await eventually('the permission', async () => (await alicesPods()).code === 0, 90_000);
    expect([await release.pods(), await release.restarts()]).toEqual(running);
  });

  it('is upgraded to settings that it reads at its start, and keeps sessions', async () => {
    const { proxy } = await release.pods();
    const began = Date.now();
    await deploy('upgrade', { sessions: { lifetime: '8h', idle: '1h' } });
    say(`an upgrade that replaces the only pod took ${((Date.now() - began) / 1000).toFixed(1)} s`);
    expect((await release.pods())['proxy']).not.toBe(proxy);
    await eventually('a request with the session', async () => (await alicesPods()).code === 0);
    expect(await release.restarts()).toBe(0);
  });

  if (isFullRun)
    it('is repaired by an upgrade when its pod never became ready', async () => {
      await release.helm(['upgrade', 'gate', chart], { ...values, image: { tag: 'missing' } });
      await eventually(
        'a pod without an image',
        async () =>
          (await release.list('pods', '{.status.containerStatuses[*].state.waiting.reason}')).join().includes('Pull'),
        120_000,
      );
      await deploy('upgrade');
      await eventually('a request with the session', async () => (await alicesPods()).code === 0);
    });

  it('is uninstalled, leaves only its volume, and goes on with it when it is installed again', async () => {
    await release.helm(['uninstall', 'gate', '--wait']);
    await eventuallyOnly([`PersistentVolumeClaim ${namespace} gate-sallyport-data`], before);
    await deploy('install');
    await eventually('a request with the session', async () => (await alicesPods()).code === 0);
    await release.helm(['uninstall', 'gate', '--wait']);
    await admin().kubectl(['delete', 'persistentvolumeclaim', 'gate-sallyport-data', '-n', namespace]);
    await eventuallyOnly([], before);
  });
});
