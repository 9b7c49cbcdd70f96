import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { chart, runHelm, type ChartValues } from '../deployment/render-chart.ts';
import { Closers } from '../harness/closers.ts';
import { describeWith, eventually, runDirectory, theBed } from '../harness/index.ts';
import { clientId, clientSecret, openProvider } from '../harness/open-provider.ts';
import { createPerson, type Person } from '../harness/person.ts';
import { dataObjects, dataUrls } from './cluster-data.ts';

jest.setTimeout(180_000);

const namespace = 'with-helm';
/** The port of the node at which the gateway is reached, as a load balancer would. */
const nodePort = 30_444;
const developers = [{ allow: { or: [{ groups: 'developers' }] } }];

describeWith(
  ['pods', 'redis', 'kafka', 'postgres', 'kubectl', 'helm'],
  'the chart, on a node that runs its pods',
  () => {
    const closers = new Closers();
    const cluster = () => theBed().cluster!;
    const admin = () => cluster().admin;
    const directory = path.join(runDirectory(), 'with-helm');
    let url: string;
    let values: ChartValues;
    let alice: Person;
    const say = (line: string) => process.stderr.write(`pods: ${line}\n`);
    const helm = async (args: readonly string[], given?: ChartValues) => {
      const began = Date.now();
      const access = ['--namespace', namespace, '--kubeconfig', cluster().adminKubeconfig];
      const { code, stdout, stderr } = await runHelm([...args, ...access], given, { timeoutMs: 170_000 });
      if (code !== 0) throw new Error(`helm ${args[0]}: ${stderr}\n${stdout}`);
      say(`helm ${args[0]} took ${((Date.now() - began) / 1000).toFixed(1)} s`);
      return stdout;
    };
    const deploy = (action: 'install' | 'upgrade', changes: ChartValues = {}) =>
      helm([action, 'gate', chart, '--wait', '--timeout=150s'], { ...values, ...changes });
    const of = async (kinds: string, path: string) =>
      (await admin().kubectl(['get', kinds, '-n', namespace, '-o', `jsonpath={range .items[*]}${path}{"\\n"}{end}`]))
        .trim()
        .split('\n')
        .filter((line) => line !== '')
        .toSorted();
    /** The running pods of each service, by their identity. */
    const pods = async () => {
      const lines = await of(
        'pods',
        '{.metadata.labels.app\\.kubernetes\\.io/component} {.metadata.uid} {.metadata.deletionTimestamp}',
      );
      const running = lines.map((line) => line.split(' ')).filter(([, , deleted]) => !deleted);
      return Object.fromEntries(running.map(([service, uid]) => [service!, uid!]));
    };

    beforeAll(async () => {
      const { host, node } = cluster().network!;
      url = `https://${node}:${nodePort}`;
      mkdirSync(directory, { recursive: true });
      closers.add(async () => rmSync(directory, { recursive: true, force: true }));
      closers.add(
        async () =>
          void (await admin().tryKubectl(['delete', 'clusterrole,clusterrolebinding', 'gate-sallyport-gateway'])),
      );
      closers.add(async () => void (await admin().tryKubectl(['delete', 'namespace', namespace, '--wait=false'])));
      const people = [
        {
          user: 'alice@example.com',
          email: 'alice@example.com',
          name: 'alice',
          groups: ['developers'],
          password: 'alice',
        },
      ];
      const provider = await openProvider(people, closers, host);
      provider.register(url);
      const { redis, postgres } = dataUrls(theBed());
      const secret = (name: string, stringData: Record<string, string>) => ({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, namespace },
        stringData,
      });
      await admin().apply(...dataObjects(theBed()), {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
      });
      await admin().apply(
        secret('oidc', { 'client-secret': clientSecret }),
        secret('redis', { url: redis }),
        secret('postgres', { url: postgres }),
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'RoleBinding',
          metadata: { name: 'developers', namespace },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
          subjects: [{ kind: 'Group', name: 'developers', apiGroup: 'rbac.authorization.k8s.io' }],
        },
      );
      const one = { replicas: 1 };
      values = {
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
        redis: { secret: { name: 'redis' } },
        kafka: { brokers: ['kafka.sallyport-data.svc:9092'], topic: 'with-helm' },
        postgres: { secret: { name: 'postgres' } },
        cluster: { impersonate: { groups: ['developers'] }, policy: developers },
        service: { type: 'NodePort', nodePort },
        proxy: one,
        authenticate: one,
        authorize: one,
        auditService: one,
      };
    });
    afterAll(() => closers.run());

    it('is installed, with keys and certificates of its Job and TLS between the services', async () => {
      const notes = await deploy('install');
      expect(notes).toContain(`sallyport kubeconfig --merge --gateway ${url} --ca-file gateway-ca.crt`);
      expect(Object.keys(await pods()).toSorted()).toEqual(['audit', 'authenticate', 'authorize', 'proxy']);
      expect(await of('serviceaccounts,roles,jobs', '{.metadata.name}')).not.toContain('gate-sallyport-create-secrets');
    });

    it('passes its own test', async () => {
      const said = await helm(['test', 'gate', '--logs', '--timeout=60s']);
      expect(said.match(/^ok {6}/gm)).toHaveLength(7);
      expect(said).not.toContain('FAILED');
    });

    it('lets a person work, with the file and the commands that it names', async () => {
      const caPem = await admin().kubectl([
        'get',
        'configmap',
        'gate-sallyport-gateway-ca',
        '-n',
        namespace,
        '-o',
        'jsonpath={.data.ca\\.crt}',
      ]);
      const caFile = path.join(directory, 'gateway-ca.crt');
      writeFileSync(caFile, caPem);
      const gateway = { url, caFile, caPem, directory, kubectl: theBed().kubectl! };
      alice = await createPerson(gateway, { user: 'alice@example.com', password: 'alice', cluster: 'home' });
      await alice.login();
      const seen = (await alice.kubectl(['get', 'pods', '-n', namespace, '-o', 'name'])).trim().split('\n');
      expect(seen).toHaveLength(4);
      // Her group may see, and the cluster itself refuses the rest.
      expect((await alice.tryKubectl(['get', 'secrets', '-n', namespace])).stderr).toContain('Forbidden');
    });

    it('applies another policy to the running pods', async () => {
      const before = await pods();
      const began = Date.now();
      await deploy('upgrade', {
        cluster: { impersonate: { groups: ['developers'] }, policy: [{ allow: { or: [{ groups: 'sre' }] } }] },
      });
      await eventually(
        'the refusal of the new policy',
        async () => (await alice.tryKubectl(['get', 'pods', '-n', namespace])).stderr.includes('Forbidden'),
        90_000,
      );
      say(`an upgrade with another policy refused a request after ${((Date.now() - began) / 1000).toFixed(1)} s`);
      expect(await pods()).toEqual(before);
    });

    it('restarts only the services that read a changed setting at their start, and keeps keys and sessions', async () => {
      const [before, keys] = [await pods(), await of('secrets', '{.metadata.name} {.metadata.uid} {.data}')];
      const isKey = (line: string) => /-(key|tls|ca) /.test(line);
      await deploy('upgrade', { sessions: { lifetime: '8h', idle: '1h' } });
      const after = await pods();
      expect(
        Object.keys(after)
          .filter((service) => after[service] !== before[service])
          .toSorted(),
      ).toEqual(['authenticate', 'authorize']);
      expect((await of('secrets', '{.metadata.name} {.metadata.uid} {.data}')).filter(isKey)).toEqual(
        keys.filter(isKey),
      );
      await eventually(
        'the permission of the policy as it was',
        async () => (await alice.tryKubectl(['get', 'pods', '-n', namespace])).code === 0,
        90_000,
      );
    });

    it('is uninstalled, and leaves only what it says', async () => {
      await helm(['uninstall', 'gate', '--wait']);
      const mine = ['oidc', 'redis', 'postgres', 'developers', 'kube-root-ca.crt', 'default'];
      const kinds =
        'deployments,services,secrets,configmaps,serviceaccounts,roles,rolebindings,networkpolicies,poddisruptionbudgets,jobs';
      const left = (await of(kinds, '{.metadata.name}')).filter((name) => !mine.includes(name));
      const secrets = ['authenticate', 'authorize', 'proxy', 'audit', 'checkpoint', 'session'].map(
        (name) => `${name}-key`,
      );
      const tls = ['authenticate', 'authorize', 'audit', 'gateway'].map((name) => `${name}-tls`);
      expect(left).toEqual(
        [...secrets, ...tls, 'ca', 'public-keys', 'gateway-ca'].map((name) => `gate-sallyport-${name}`).toSorted(),
      );
      expect(await admin().kubectl(['get', 'clusterroles,clusterrolebindings', '-o', 'name'])).not.toContain(
        'gate-sallyport',
      );
      const label = 'app.kubernetes.io/instance=gate,app.kubernetes.io/component=secrets';
      await admin().kubectl(['delete', 'secrets,configmaps', '-n', namespace, '-l', label]);
      expect((await of(kinds, '{.metadata.name}')).filter((name) => !mine.includes(name))).toEqual([]);
    });
  },
);
