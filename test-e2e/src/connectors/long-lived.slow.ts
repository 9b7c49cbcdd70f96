import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createCertificateAuthority, freePort, type CertificateAuthority } from '@sallyport/bed';
import { Closers } from '../harness/closers.ts';
import {
  clusterEvents,
  createNamespace,
  createPerson,
  describeWith,
  eventually,
  httpRequestOnce,
  runDirectory,
  theBed,
  type Person,
  type TestNamespace,
} from '../harness/index.ts';
import { startSmall, type Installation } from './installations.ts';
import { loadBalancers } from './load-balancers.ts';
import { addPrivateCluster, type PrivateCluster } from './private-cluster.ts';

const balancers = Object.keys(loadBalancers) as (keyof typeof loadBalancers)[];
/** The shortest life of a token that an API server gives. */
const lifetimeMs = 600_000;

describeWith(['cluster', 'kubectl', 'nginx', 'haproxy'], 'a connector that stays connected', () => {
  const closers = new Closers();
  let directory: string;
  let gateway: Installation;
  let authority: CertificateAuthority;
  let cluster: PrivateCluster;
  let namespace: TestNamespace;
  let alice: Person;
  let ports: Record<keyof typeof loadBalancers, number>;

  beforeAll(async () => {
    directory = mkdtempSync(path.join(runDirectory(), 'long-lived-'));
    authority = await createCertificateAuthority({ name: 'load balancers' });
    namespace = await createNamespace();
    closers.add(namespace.remove);
    gateway = await startSmall();
    closers.add(gateway.stop);
    ports = { nginx: await freePort(), HAProxy: await freePort() };
    const ways = balancers.map((one) => ({ host: '127.0.0.1', port: ports[one], to: ports[one] }));
    cluster = await addPrivateCluster({ gateway, directory, ways }, closers);
    gateway.change(cluster.entries);
    const { url, caFile } = gateway;
    const at = { url, caFile, caPem: readFileSync(caFile, 'utf8'), directory, kubectl: theBed().kubectl! };
    alice = await createPerson(at, { user: 'alice@example.com', password: 'alice', cluster: cluster.name });
    await alice.login();
  });
  afterAll(() => closers.run());

  describe('through what gives up silent connections after 16 seconds', () => {
    it.each(balancers)('keeps its connections and their streams, with %s', async (one) => {
      const about = { commonName: 'load balancer', ipAddresses: ['127.0.0.1'], server: true };
      const listen = `127.0.0.1:${ports[one]}`;
      const certificate = await authority.issue(about);
      const balancer = await loadBalancers[one]({ directory, listen, certificate, gateway });
      const caFile = path.join(directory, 'balancers.crt');
      writeFileSync(caFile, authority.caPem);
      const connector = await cluster.startConnector({ gateway: `https://${listen}`, caFile });
      const place = ['-n', namespace.name];
      await eventually('requests', async () => (await alice.tryKubectl(['get', 'configmaps', ...place])).code === 0);
      const watch = alice.startKubectl(['get', 'configmaps', '-w', '-o', 'name', ...place]);
      await watch.says(/kube-root-ca/);
      await pause(70_000);
      await alice.kubectl(['create', 'configmap', `after-${one.toLowerCase()}`, ...place]);
      await watch.says(new RegExp(`after-${one.toLowerCase()}`));
      await watch.stop();
      expect(connector.stdout()).not.toContain('a connection to the gateway ended');
      await connector.stop();
      await balancer.stop();
    });
  });

  it(
    'sends a new token at two thirds of its life, and no request is refused until the first one is over',
    async () => {
      const { name, account, token } = cluster;
      await cluster.startConnector({ token: { ...token, lifetime: '10m' } });
      const { stdout } = await alice.cli(['exec-credential', `${gateway.url}/clusters/${name}`]);
      const bearer = (JSON.parse(stdout) as { status: { token: string } }).status.token;
      const ask = () =>
        httpRequestOnce(`${gateway.url}/clusters/${name}/api/v1/namespaces/${namespace.name}/configmaps`, {
          ca: readFileSync(gateway.caFile, 'utf8'),
          headers: { authorization: `Bearer ${bearer}` },
        });
      await eventually('the first request', async () => (await ask()).status === 200);
      const answers = [];
      for (const end = Date.now() + lifetimeMs + 30_000; Date.now() < end; await pause(1000)) answers.push(await ask());
      const refusals = answers.filter(({ status }) => status !== 200).map(({ text }) => text);
      const events = clusterEvents();
      const issued = events
        .filter(({ stage, requestURI }) => stage === 'ResponseComplete' && requestURI.endsWith(`/${account}/token`))
        .map(({ annotations, stageTimestamp }) => ({
          id: annotations?.['authentication.kubernetes.io/issued-credential-id'],
          at: Date.parse(stageTimestamp),
        }))
        .slice(-2);
      const used = events
        .filter(({ user }) => user.username === `system:serviceaccount:${name}:${account}`)
        .map(({ user }) => user.extra?.['authentication.kubernetes.io/credential-id']?.[0]);
      const renewedAfter = (issued[1]!.at - issued[0]!.at) / 1000;
      process.stderr.write(
        `measured: ${answers.length} requests, ${refusals.length} refused; the second token after ${renewedAfter} s\n`,
      );
      // On a busy machine, authorize may be late.
      expect(refusals.filter((text) => !text.includes('cannot get a decision'))).toEqual([]);
      expect([...new Set(used)].slice(-2)).toEqual(issued.map(({ id }) => id));
      expect(renewedAfter).toBeGreaterThan(lifetimeMs / 2000);
      expect(renewedAfter).toBeLessThan(lifetimeMs / 1000);
    },
    lifetimeMs + 300_000,
  );
});
