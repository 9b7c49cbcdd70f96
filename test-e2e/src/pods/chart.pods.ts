import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { isFullRun } from '@sallyport/kit/testing';
import { createCertificateAuthority } from '@sallyport/bed';
import { chart, type ChartValues } from '../deployment/render-chart.ts';
import { Closers } from '../harness/closers.ts';
import { describeWith, eventually, httpRequestOnce, roleBinding, runDirectory, theBed } from '../harness/index.ts';
import { clientId, clientSecret, openProvider } from '../harness/open-provider.ts';
import { createPerson, type Person } from '../harness/person.ts';
import { rightsOf, rightsOfAll, rightsOfGateway } from './account-rights.ts';
import { dialsThrough } from './dials-through.ts';
import { useCredential } from './use-credential.ts';
import { dataObjects, dataUrls } from './cluster-data.ts';
import { clusterObjects, eventuallyOnly, keptObjects } from './cluster-objects.ts';
import { prepareConnector, type PreparedConnector } from './connector-release.ts';
import { startWorkload, workIn } from './everyday-work.ts';
import { releaseIn } from './release.ts';

const namespace = 'with-helm';
/** Where people work. */
const work = 'work-with-helm';
/** The port of the node at which the gateway is reached, as a load balancer would. */
const nodePort = 30_444;
const developers = [{ allow: { or: [{ groups: 'developers' }] } }];
/** The cluster once more, behind a connector of the other chart. */
const far = 'far-with-helm';
const webHost = 'app.localhost';
const webTarget = `web.${work}.svc:8080`;
/** An elevation that needs no approval. */
const elevation = {
  name: 'far-admin',
  clusters: [far],
  groups: ['sre'],
  requesters: { groups: ['developers'] },
  approvals: 0,
  maxDuration: '30m',
};

/** As whom the credential of a gateway tries to act. */
const impersonations = (): Record<string, readonly [string, ...string[]]> => ({
  alice: ['alice@example.com', 'developers'],
  'a node': [`system:node:${theBed().cluster!.node!.name}`, 'system:nodes'],
  'a controller': ['system:kube-controller-manager'],
  'a ServiceAccount': ['system:serviceaccount:kube-system:default'],
  masters: ['alice@example.com', 'system:masters'],
});

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
    let before: Set<string>;
    let connector: PreparedConnector;
    let farAlice: Person;
    const release = releaseIn(namespace);
    const say = (line: string) => process.stderr.write(`pods: ${line}\n`);
    const deploy = (action: 'install' | 'upgrade', changes: ChartValues = {}, ...more: string[]) =>
      release.helm([action, 'gate', chart, '--wait', '--timeout=240s', ...more], { ...values, ...changes });
    const { list: of, pods } = release;
    const dataOf = (name: string, key: string) =>
      admin().kubectl(['get', 'configmap', name, '-n', namespace, '-o', `jsonpath={.data.${key.replace('.', '\\.')}}`]);
    const personOf = async (cluster: string) => {
      const caFile = path.join(directory, 'gateway-ca.crt');
      const caPem = readFileSync(caFile, 'utf8');
      const gateway = { url, caFile, caPem, directory: path.join(directory, cluster), kubectl: theBed().kubectl! };
      const one = await createPerson(gateway, { user: 'alice@example.com', password: 'alice', cluster });
      await one.login();
      return one;
    };
    const bearerOf = async (person: Person) => {
      const { stdout } = await person.cli(['exec-credential', `${url}/clusters/${far}`]);
      return (JSON.parse(stdout) as { status: { token: string } }).status.token;
    };
    const webAuthority = createCertificateAuthority({ name: 'web' });
    /** A Secret with the certificate of the web application. */
    const webCertificate = async () => {
      const authority = await webAuthority;
      const { certPem, keyPem } = await authority.issue({ commonName: webHost, dnsNames: [webHost], server: true });
      const stringData = { 'tls.crt': certPem, 'tls.key': keyPem };
      return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'web-tls', namespace }, stringData };
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
      closers.add(
        async () => void (await admin().tryKubectl(['delete', 'namespace', namespace, work, far, '--wait=false'])),
      );
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
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: work } },
        roleBinding(work, 'developers', 'edit'),
      );
      await eventually('the account of pods', async () => {
        const account = ['get', 'serviceaccount/default', 'configmap/kube-root-ca.crt', '-n', work];
        return (await admin().tryKubectl(account)).code === 0;
      });
      await startWorkload(work);
      await admin().kubectl(['label', 'pod', 'web', '-n', work, 'app=web']);
      await admin().kubectl(['expose', 'pod', 'web', '-n', work, '--port=8080']);
      await admin().apply(roleBinding(work, 'sre', 'admin'));
      connector = await prepareConnector(far, ['developers', 'sre']);
      await admin().apply(await webCertificate());
      before = await clusterObjects();
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
      const said = await release.helm(['test', 'gate', '--logs', '--timeout=240s']);
      expect(said.match(/^ok {6}/gm)).toHaveLength(7);
      expect(said).not.toContain('FAILED');
    });

    it('lets a person work, with the file and the commands that it names', async () => {
      writeFileSync(path.join(directory, 'gateway-ca.crt'), await dataOf('gate-sallyport-gateway-ca', 'ca.crt'));
      alice = await personOf('home');
      const seen = (await alice.kubectl(['get', 'pods', '-n', namespace, '-o', 'name'])).trim().split('\n');
      expect(seen).toHaveLength(4);
      // Her group may see, and the cluster itself refuses the rest.
      expect((await alice.tryKubectl(['get', 'secrets', '-n', namespace])).stderr).toContain('Forbidden');
    });

    it('lets a person work: exec, logs, port-forward, cp, a release of Helm', async () => {
      await workIn(work, alice);
    });

    it('gives its accounts no rights but that of the gateway to impersonate', async () => {
      for (const account of ['authenticate', 'authorize', 'audit'])
        expect(await rightsOf(namespace, `gate-sallyport-${account}`)).toEqual(rightsOfAll);
      expect(await rightsOf(namespace, 'gate-sallyport-gateway')).toEqual(rightsOfGateway(['developers']));
    });

    it('applies a change of the policy in its ConfigMap to the running pods', async () => {
      const running = [await pods(), await release.restarts()];
      const policy = (allowed: object[]) => JSON.stringify({ data: { 'policy.yaml': JSON.stringify(allowed) } });
      const patch = (allowed: object[]) =>
        admin().kubectl(['patch', 'configmap', 'gate-sallyport-policy', '-n', namespace, '-p', policy(allowed)]);
      const began = Date.now();
      await patch([{ allow: { or: [{ groups: 'sre' }] } }]);
      await eventually(
        'the refusal of the new policy',
        async () => (await alice.tryKubectl(['get', 'pods', '-n', namespace])).stderr.includes('Forbidden'),
        90_000,
      );
      say(`a change of the ConfigMap refused a request after ${((Date.now() - began) / 1000).toFixed(1)} s`);
      expect([await pods(), await release.restarts()]).toEqual(running);
    });

    it('applies a policy of an upgrade to the running pods', async () => {
      const running = [await pods(), await release.restarts()];
      const began = Date.now();
      // Helm does not take over by itself what someone else changed in the cluster.
      await deploy('upgrade', {}, '--force-conflicts');
      await eventually(
        'the permission of the policy',
        async () => (await alice.tryKubectl(['get', 'pods', '-n', namespace])).code === 0,
        90_000,
      );
      say(`an upgrade with another policy allowed a request after ${((Date.now() - began) / 1000).toFixed(1)} s`);
      expect([await pods(), await release.restarts()]).toEqual(running);
    });

    it('restarts only the services that read a changed setting at their start, and keeps keys and sessions', async () => {
      const [running, keys] = [await pods(), await of('secrets', '{.metadata.name} {.metadata.uid} {.data}')];
      const isKey = (line: string) => /-(key|tls|ca) /.test(line);
      await deploy('upgrade', { sessions: { lifetime: '8h', idle: '1h' } });
      const after = await pods();
      expect(
        Object.keys(after)
          .filter((service) => after[service] !== running[service])
          .toSorted(),
      ).toEqual(['authenticate', 'authorize']);
      expect((await of('secrets', '{.metadata.name} {.metadata.uid} {.data}')).filter(isKey)).toEqual(
        keys.filter(isKey),
      );
    });

    if (isFullRun)
      it('works with constrained impersonation, which refuses its credential nodes and system:masters', async () => {
        const credential = await useCredential(namespace, 'gate-sallyport-gateway', directory);
        const may = async () => {
          const answers: Record<string, boolean> = {};
          for (const [name, args] of Object.entries(impersonations())) answers[name] = await credential.mayBe(args);
          return answers;
        };
        const cluster = { impersonate: { groups: ['*'] }, policy: developers };
        await deploy('upgrade', { cluster });
        const before = { alice: true, 'a node': true, 'a controller': true, 'a ServiceAccount': false, masters: true };
        expect(await may()).toEqual(before);
        await deploy('upgrade', { cluster, rbac: { constrained: true } });
        await eventually('the rights to change', async () => !(await may()).masters);
        expect(await may()).toEqual({ ...before, 'a node': false, masters: false });
        await workIn(work, alice);
        expect((await alice.kubectl(['auth', 'can-i', 'create', 'pods', '-n', work])).trim()).toBe('yes');
      });

    it('guards a cluster behind a connector, which the other chart installs', async () => {
      const secrets = '/etc/sallyport/secrets';
      const files = [
        { configMap: 'kube-root-ca.crt', key: 'ca.crt', file: 'far-ca.crt' },
        { secret: 'web-tls', key: 'tls.crt', file: 'web.crt' },
        { secret: 'web-tls', key: 'tls.key', file: 'web.key' },
      ];
      await deploy('upgrade', {
        cluster: { impersonate: { groups: ['developers', 'sre'] }, policy: developers },
        connectors: [connector.entry],
        clusters: [
          {
            ...connector.cluster,
            caFile: `${secrets}/far-ca.crt`,
            policy: [{ allow: { or: [{ groups: 'developers' }, { groups: 'sre' }] } }],
          },
        ],
        routes: [
          {
            from: `https://${webHost}:${nodePort}`,
            to: `http://${webTarget}`,
            connector: far,
            policy: developers,
            tls: { certFile: `${secrets}/web.crt`, keyFile: `${secrets}/web.key` },
          },
        ],
        elevations: [elevation],
        proxy: { replicas: 2, secretFiles: files },
      });
      const ca = await dataOf('gate-sallyport-gateway-ca', 'ca.crt');
      const publicKey = await dataOf('gate-sallyport-public-keys', 'proxy.pub');
      // One connection, so that one of the two gateways has none and asks the other.
      const reach = ['kubernetes.default.svc:443', webTarget];
      await connector.install({ url, publicKey, ca }, { replicas: 1, carriers: 1, reach });
      farAlice = await personOf(far);
    });

    it('lets a person work in that cluster: exec, logs, port-forward, cp, a release of Helm, a watch', async () => {
      await workIn(work, farAlice);
      const watch = farAlice.startKubectl(['get', 'pods', '-w', '-n', work]);
      await watch.says(/web .*Running/);
      await watch.stop();
    });

    it('cuts an elevated watch in that cluster when the elevation is revoked', async () => {
      const bindings = ['get', 'rolebindings', '-n', work];
      expect((await farAlice.tryKubectl(bindings)).stderr).toContain('Forbidden');
      const asked = ['elevate', elevation.name, '--cluster', far, '--for', '20m', '--reason', 'test'];
      expect(await farAlice.cli(asked)).toMatchObject({ code: 0 });
      const watch = farAlice.startKubectl([...bindings, '-w']);
      await watch.says(/sre-admin/);
      const { stdout } = await farAlice.cli(['elevations', 'list', '-o', 'json']);
      const [{ id }] = (JSON.parse(stdout) as { elevations: [{ id: string }] }).elevations;
      expect(await farAlice.cli(['elevations', 'revoke', id])).toMatchObject({ code: 0 });
      await watch.ended;
      expect((await farAlice.tryKubectl(bindings)).stderr).toContain('Forbidden');
    });

    it('has a route to a Service in that cluster', async () => {
      const headers = { host: `${webHost}:${nodePort}`, authorization: `Bearer ${await bearerOf(farAlice)}` };
      const answer = await httpRequestOnce(`${url}/`, { ca: (await webAuthority).caPem, headers });
      expect(answer).toMatchObject({ status: 200, text: 'hello\n' });
    });

    it('hands over connections from the gateway without the connector to the other one', async () => {
      const counts = await eventually('a connection that was handed over', async () => {
        // Each request comes on a connection of its own, so both gateways get some.
        await farAlice.kubectl(['get', 'pods', '-n', work]);
        const dials = await dialsThrough(namespace, far);
        return dials['handed-over'] && dials['connected'] ? dials : undefined;
      });
      say(`connections through the connector: ${JSON.stringify(counts)}`);
    });

    it('gives the connector no right but to create tokens of the account of the gateway', async () => {
      const right = `serviceaccounts/token [] [${connector.account}] [create]`;
      expect(await rightsOf(far, connector.secretName)).toEqual([...rightsOfAll, right].toSorted());
      expect(await rightsOf(far, connector.account)).toEqual(rightsOfGateway(['developers', 'sre']));
    });

    it('answers 503 with the time once the connector is uninstalled, which ends its tokens', async () => {
      const bound = ['--bound-object-kind=Secret', `--bound-object-name=${connector.secretName}`];
      const asConnector = `--as=system:serviceaccount:${far}:${connector.secretName}`;
      const token = await useCredential(far, connector.account, directory, [...bound, asConnector]);
      expect(await token.mayBe(['alice@example.com', 'developers'])).toBe(true);
      await connector.release.helm(['uninstall', connector.secretName, '--wait']);
      const answer = await eventually('the connector to be missed', async () => {
        const headers = { authorization: `Bearer ${await bearerOf(farAlice)}` };
        const ca = await dataOf('gate-sallyport-gateway-ca', 'ca.crt');
        const one = await httpRequestOnce(`${url}/clusters/${far}/api/v1/namespaces/${work}/pods`, { ca, headers });
        return one.status === 503 ? one : undefined;
      });
      expect(answer.json()).toMatchObject({ kind: 'Status', code: 503 });
      // The gateway that handed over never had it.
      expect(answer.text).toMatch(/has not (been connected since|connected since the gateway started at) 20\d\d-/);
      // The API server remembers for ten seconds that a token was good.
      await eventually('the refusal of the token', token.isRefused);
    });

    it('is uninstalled, and leaves only what it says', async () => {
      await release.helm(['uninstall', 'gate', '--wait']);
      await eventuallyOnly(keptObjects(namespace, 'gate-sallyport'), before);
      const label = 'app.kubernetes.io/instance=gate,app.kubernetes.io/component=secrets';
      await admin().kubectl(['delete', 'secrets,configmaps', '-n', namespace, '-l', label]);
      await eventuallyOnly([], before);
    });
  },
);
