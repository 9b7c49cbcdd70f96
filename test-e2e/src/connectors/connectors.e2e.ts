import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createCertificateAuthority, freePort, type CertificateAuthority } from '@sallyport/bed';
import { Closers } from '../harness/closers.ts';
import {
  createNamespace,
  createPerson,
  describeWith,
  eventually,
  httpRequestOnce,
  roleBinding,
  runDirectory,
  theBed,
  type Person,
  type RunningCommand,
  type TestNamespace,
} from '../harness/index.ts';
import { openEveryKind, startStreamPods, whenEnded } from '../streams/open-streams.ts';
import { findTokens } from './find-tokens.ts';
import { startFour, startSmall, type Installation } from './installations.ts';
import { loadBalancers } from './load-balancers.ts';
import { addPrivateCluster, type PrivateCluster } from './private-cluster.ts';

const webHost = 'scada.localhost';
const webTarget = 'scada.plant.svc:8080';
/** An elevation that nobody has to approve. */
const elevation = {
  name: 'lab-admin',
  clusters: ['*'],
  groups: ['sre'],
  requesters: { groups: ['developers'] },
  approvals: 0,
  maxDuration: '30m',
};
/** The gateway reads its file within two seconds, and streams end a second later. A busy machine gets ten in all. */
const inTime = 10_000;

const otherKey = 'MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=';
const balancers = Object.keys(loadBalancers) as (keyof typeof loadBalancers)[];

describeWith(['node', 'redis', 'kafka', 'postgres', 'kubectl', 'nginx', 'haproxy'], 'a private cluster', () => {
  const portOf = (url: string) => Number(new URL(url).port);

  describe.each<[string, () => Promise<Installation>]>([
    ['sallyport serve', startSmall],
    ['the four services', startFour],
  ])('behind %s and a connector', (_title, start) => {
    const closers = new Closers();
    let directory: string;
    let gateway: Installation;
    let authority: CertificateAuthority;
    let cluster: PrivateCluster;
    let connector: RunningCommand;
    let namespace: TestNamespace;
    let alice: Person;
    let ports: Record<keyof typeof loadBalancers, number>;
    let webPort: number;
    const admin = () => theBed().cluster!.admin;
    const write = (file: string, text: string) => {
      writeFileSync(path.join(directory, file), text, { mode: 0o600 });
      return path.join(directory, file);
    };

    /** Starts what ends the TLS of the connector in front of the gateway. */
    async function startLoadBalancers() {
      const about = { commonName: 'load balancer', ipAddresses: ['127.0.0.1'], server: true };
      const certificate = await authority.issue(about);
      write('balancers.crt', authority.caPem);
      ports = { nginx: await freePort(), HAProxy: await freePort() };
      for (const one of balancers) {
        const listen = `127.0.0.1:${ports[one]}`;
        const running = await loadBalancers[one]({ directory, listen, certificate, gateway });
        closers.add(() => running.stop());
      }
    }

    async function startWebApp() {
      const app = createServer((request, response) =>
        response.end(`${request.method} ${request.url} of the plant`),
      ).listen(0, '127.0.0.1');
      await once(app, 'listening');
      closers.add(() => Promise.resolve(app.close()));
      webPort = (app.address() as AddressInfo).port;
      const issued = await authority.issue({ commonName: webHost, dnsNames: [webHost], server: true });
      const tls = { certFile: write('web.crt', issued.certPem), keyFile: write('web.key', issued.keyPem) };
      const from = `https://${webHost}:${portOf(gateway.url)}`;
      return { from, to: `http://${webTarget}`, tls };
    }

    async function startConnector(changes?: object) {
      connector = await cluster.startConnector({ ...changes }).catch((cause: Error) => {
        throw new Error(`${cause.message}\nThe gateway: ${gateway.log()}`);
      });
    }

    const pods = (...more: string[]) => alice.tryKubectl(['get', 'pods', '-n', namespace.name, '-o', 'name', ...more]);
    const untilPods = () => eventually('pods again', async () => (await pods()).code === 0);
    /** Asks for pods without kubectl, and measures. */
    async function askForPods() {
      const token = await bearer();
      const begun = performance.now();
      const answer = await httpRequestOnce(
        `${gateway.url}/clusters/${cluster.name}/api/v1/namespaces/${namespace.name}/pods`,
        {
          ca: readFileSync(gateway.caFile, 'utf8'),
          headers: { authorization: `Bearer ${token}` },
        },
      );
      return { ...answer, ms: performance.now() - begun };
    }
    async function bearer() {
      const { stdout } = await alice.cli(['exec-credential', `${gateway.url}/clusters/${cluster.name}`]);
      return (JSON.parse(stdout) as { status: { token: string } }).status.token;
    }
    const says503 = async () => {
      const answer = await eventually('the connector to be missed', async () => {
        const one = await askForPods();
        return one.status === 503 ? one : undefined;
      });
      expect(answer.ms).toBeLessThan(2000);
      expect(answer.json()).toMatchObject({ kind: 'Status', code: 503 });
      expect(answer.text).toMatch(new RegExp(`"${cluster.name}\\\\" has not been connected since 20\\d\\d-`));
      expect(await pods()).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('has not been connected since'),
      });
    };

    beforeAll(async () => {
      directory = mkdtempSync(path.join(runDirectory(), 'connectors-'));
      authority = await createCertificateAuthority({ name: 'load balancers' });
      namespace = await createNamespace();
      closers.add(namespace.remove);
      await admin().apply(roleBinding(namespace.name, 'sre', 'admin'));
      const started = startStreamPods(namespace.name);
      gateway = await start();
      closers.add(gateway.stop);
      await startLoadBalancers();
      const route = await startWebApp();
      const ways = [
        ...balancers.map((one) => ({ host: '127.0.0.1', port: ports[one], to: ports[one] })),
        { host: '10.96.0.8', port: 8080, names: ['scada.plant.svc'], to: webPort },
      ];
      const settings = { reach: ['kubernetes.default.svc:443', webTarget] };
      cluster = await addPrivateCluster({ gateway, directory, settings, ways }, closers);
      const { policy } = cluster.entries.clusters[0]!;
      const routes = [{ ...route, connector: cluster.name, policy }];
      gateway.change({ ...cluster.entries, routes, elevations: [elevation] });
      await startConnector();
      const { url, caFile } = gateway;
      const at = { url, caFile, caPem: readFileSync(caFile, 'utf8'), directory, kubectl: theBed().kubectl! };
      alice = await createPerson(at, { user: 'alice@example.com', password: 'alice', cluster: cluster.name });
      await alice.login();
      await started;
    });
    afterAll(() => closers.run());

    it('has an API server that no program on the machine of the gateway finds', async () => {
      expect(cluster.entries.clusters[0]).toMatchObject({
        server: 'https://kubernetes.default.svc',
        credential: 'connector',
      });
      expect(await admin().tryKubectl(['get', 'ns', '--server', 'https://kubernetes.default.svc'])).toMatchObject({
        code: 1,
      });
      expect(await pods()).toMatchObject({ code: 0, stdout: 'pod/shell\npod/talker\n' });
    });

    it('carries files in both directions', async () => {
      const [there, back] = [path.join(directory, 'there'), path.join(directory, 'back')];
      writeFileSync(there, randomBytes(3_000_000));
      await alice.kubectl(['cp', there, `${namespace.name}/shell:/tmp/file`]);
      await alice.kubectl(['cp', `${namespace.name}/shell:/tmp/file`, back]);
      expect(readFileSync(back).equals(readFileSync(there))).toBe(true);
    });

    it.each([
      ['WebSocket', 'true'],
      ['SPDY', 'false'],
    ])('carries input, both outputs, the exit code, and a forwarded port over %s', async (_name, webSockets) => {
      const env = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: webSockets, KUBECTL_PORT_FORWARD_WEBSOCKETS: webSockets };
      const inside = ['-n', namespace.name];
      const script = 'echo hello > /tmp/w/index.html; wc -c; echo oops >&2; exit 3';
      const input = 'x'.repeat(700_000);
      const result = await alice.tryKubectl(['exec', '-i', 'shell', ...inside, '--', 'sh', '-c', script], {
        env,
        input,
      });
      expect(result).toMatchObject({
        code: 3,
        stdout: `${input.length}\n`,
        stderr: expect.stringContaining('oops\n'),
      });
      const forward = alice.startKubectl(['port-forward', 'pod/shell', ':9090', ...inside], { env });
      const [, port] = await forward.says(/Forwarding from 127\.0\.0\.1:(\d+)/);
      const answers = await Promise.all([1, 2, 3].map(() => httpRequestOnce(`http://127.0.0.1:${port}/`)));
      expect(answers.map(({ text }) => text)).toEqual(['hello\n', 'hello\n', 'hello\n']);
      await forward.stop();
    });

    it('gives an elevation, and cuts its streams when it is revoked', async () => {
      const watch = ['get', 'rolebindings', '-w', '-n', namespace.name];
      expect((await alice.tryKubectl(['get', 'rolebindings', '-n', namespace.name])).code).toBe(1);
      const elevated = await alice.cli([
        'elevate',
        'lab-admin',
        '--cluster',
        cluster.name,
        '--for',
        '20m',
        '--reason',
        'test',
      ]);
      expect(elevated).toMatchObject({ code: 0 });
      const watching = alice.startKubectl(watch);
      await watching.says(/sre-admin/);
      const { stdout } = await alice.cli(['elevations', 'list', '-o', 'json']);
      const [{ id }] = (JSON.parse(stdout) as { elevations: [{ id: string }] }).elevations;
      const revoked = Date.now();
      const cut = whenEnded([{ name: 'get -w', command: watching }], 'from a revocation to the cut', () => revoked);
      expect(await alice.cli(['elevations', 'revoke', id])).toMatchObject({ code: 0 });
      expect((await cut)[0]!.ms).toBeLessThan(inTime);
      expect((await alice.tryKubectl(['get', 'rolebindings', '-n', namespace.name])).code).toBe(1);
    });

    it('has web applications beside it', async () => {
      const ask = async (headers: Record<string, string>) =>
        httpRequestOnce(`${gateway.url}/pumps?all`, {
          ca: authority.caPem,
          headers: { host: `${webHost}:${portOf(gateway.url)}`, ...headers },
        });
      expect(await ask({ authorization: `Bearer ${await bearer()}` })).toMatchObject({
        status: 200,
        text: 'GET /pumps?all of the plant',
      });
      expect((await ask({})).status).toBe(401);
    });

    it('leaves no token of the cluster with the gateway, on disk or in Redis', async () => {
      const { name, account } = cluster;
      const known = await admin().kubectl(['create', 'token', account, '-n', name]);
      const subject = `system:serviceaccount:${name}:${account}`;
      // The search finds what there is.
      write('known', known);
      expect(findTokens({ text: `a ${known} b`, directory, subject })).toEqual([known.trim(), known.trim()]);
      expect(findTokens({ text: await gateway.redis(), directory: gateway.data, subject })).toEqual([]);
    });

    it('is out of reach once the key is removed, streams and all, and within it when the key is back', async () => {
      const streams = await openEveryKind(alice, namespace.name);
      let removed = 0;
      const ending = whenEnded(streams, 'from the removal of a key to the end of its streams', () => removed);
      gateway.change({ connectors: [{ name: cluster.name, publicKeys: [otherKey] }] });
      removed = Date.now();
      expect((await ending).filter(({ ms }) => ms > inTime)).toEqual([]);
      for (const { command } of streams) await command.stop();
      await says503();
      gateway.change({ connectors: cluster.entries.connectors });
      await untilPods();
    });

    it('is named, with the time, when its connector is gone, and is there again with it', async () => {
      const streams = await openEveryKind(alice, namespace.name);
      expect(await connector.stop()).toMatchObject({ code: 0 });
      await whenEnded(streams, 'the end of streams after that of their connector', Date.now);
      for (const { command } of streams) await command.stop();
      await says503();
      await startConnector();
      await untilPods();
    });

    it.each(balancers)('is reached through %s, which ends the TLS in front', async (one) => {
      await connector.stop();
      const caFile = path.join(directory, 'balancers.crt');
      await startConnector({ gateway: `https://127.0.0.1:${ports[one]}`, caFile });
      await untilPods();
      const streams = await openEveryKind(alice, namespace.name);
      for (const { command } of streams) await command.stop();
      await alice.kubectl(['cp', path.join(directory, 'there'), `${namespace.name}/shell:/tmp/by-${one}`]);
    });

    it('is refused by its API server when it is uninstalled, with the token that the gateway still has', async () => {
      await untilPods();
      expect(await cluster.uninstall()).toMatchObject({ code: 0 });
      await eventually('the API server to refuse the token', async () => (await askForPods()).status === 401);
      await connector.stop();
      await says503();
    });
  });
});
