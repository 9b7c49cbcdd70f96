import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addToGateway } from '../connectors/private-cluster.ts';
import { Closers } from '../harness/closers.ts';
import {
  createNamespace,
  describeWith,
  eventually,
  countProtocols,
  joinAuditLogs,
  realClusterAccess,
  runCommand,
  runDirectory,
  startGateway,
  startPod,
  theBed,
  type Gateway,
  type TestNamespace,
} from '../harness/index.ts';
import { helmSteps, kubectlProxySteps } from './command-clients.ts';
import { runSteps, stepsFile, type Side, type Verdict } from './run-steps.ts';

const visitor = 'visitor@example.com';
const binding = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'foreign-clients' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ kind: 'User', name: visitor, apiGroup: 'rbac.authorization.k8s.io' }],
};

const closers = new Closers();
let gateway: Gateway;
let namespaces: TestNamespace[] = [];
let sides: { past: Side; through: Side; connector: Side };
const counts: string[] = [];

/** Known differences, and why. They are documented in docs/compatibility.md. */
const exceptions: Record<string, Record<string, string>> = {
  // It asks the cluster about its token, but only the gateway knows that token.
  kr8s: { 'who it is': "KeyError: 'username'" },
};

/**
 * Returns the side with the kubeconfig that some clients need, if it goes through the gateway: the cluster by host, or
 * the older version of the exec plugin.
 */
function instead(side: Side, form: 'by-host' | 'beta'): Side {
  return side.name === 'past'
    ? side
    : { ...side, env: { ...side.env, KUBECONFIG: `${side.env['KUBECONFIG']}-${form}` } };
}

function programs() {
  const { programs: found, cluster, kubectl } = theBed();
  const env = { FOREIGN_POD: 'web', FOREIGN_IMAGE: cluster!.node!.image };
  const python =
    (file: string, ...args: string[]) =>
    (side: Side) =>
      runSteps(found['python-clients']!, [stepsFile(file), ...args], side, env);
  return {
    'kubernetes (Python)': python('official_client.py'),
    kubernetes_asyncio: python('asyncio_client.py'),
    kr8s: python('kr8s_client.py'),
    'pykube-ng': (side: Side) => python('pykube_client.py')(instead(side, 'beta')),
    lightkube: (side: Side) => python('lightkube_client.py')(instead(side, 'beta')),
    '@kubernetes/client-node': (side: Side) => runSteps(process.execPath, [stepsFile('client-node.mjs')], side, env),
    helm: helmSteps,
    // By default it drops the path of the cluster's URL. A URL by host has no path.
    'kubectl proxy': (side: Side) => kubectlProxySteps(side, '--append-server-path'),
    'kubectl proxy, by host': (side: Side) => kubectlProxySteps(instead(side, 'by-host')),
    // It runs kubectl for a shell, and writes files.
    k9s: (side: Side) => {
      const home = path.join(runDirectory(), `k9s-${side.namespace}`);
      mkdirSync(home, { recursive: true });
      const own = {
        HOME: home,
        XDG_CONFIG_HOME: home,
        XDG_DATA_HOME: home,
        XDG_STATE_HOME: home,
        XDG_CACHE_HOME: home,
        PATH: `${path.dirname(kubectl!)}:${process.env['PATH']}`,
      };
      return runSteps(found['python-clients']!, [stepsFile('k9s.py'), found.k9s!], side, { ...env, ...own });
    },
  };
}

const names = [
  'kubernetes (Python)',
  'kubernetes_asyncio',
  'kr8s',
  'pykube-ng',
  'lightkube',
  '@kubernetes/client-node',
  'helm',
  'kubectl proxy',
  'kubectl proxy, by host',
  'k9s',
] as const;

function passed(verdicts: readonly Verdict[]): number {
  return verdicts.filter(({ verdict }) => verdict === 'passed').length;
}

describeWith(
  ['node', 'redis', 'kafka', 'postgres', 'kubectl', 'helm', 'k9s', 'python-clients'],
  'third-party clients, directly, through four processes, and through a connector',
  () => {
    beforeAll(async () => {
      const { admin, adminKubeconfig } = theBed().cluster!;
      gateway = await startGateway({
        http2: true,
        mode: 'processes',
        clusters: [{ ...(await realClusterAccess()), host: 'localhost' }],
        people: [{ user: visitor, password: 'visitor', groups: ['developers'] }],
      });
      closers.add(gateway.stop);
      const behind = await addToGateway(gateway, {}, closers);
      namespaces = await Promise.all([createNamespace(), createNamespace(), createNamespace()]);
      await admin.apply(
        binding,
        ...namespaces.map(({ name }) => ({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'doomed', namespace: name },
        })),
      );
      await Promise.all(
        namespaces.map(({ name }) =>
          startPod(
            name,
            'web',
            'mkdir -p /tmp/w && echo hello > /tmp/w/index.html && echo started && exec httpd -f -p 8080 -h /tmp/w',
          ),
        ),
      );
      const person = await gateway.person(visitor);
      const direct = readFileSync(person.kubeconfig, 'utf8');
      const far = direct.replaceAll(`${gateway.url}/clusters/dev`, `${gateway.url}/clusters/${behind.name}`);
      const write = (name: string, text: string) => {
        const file = path.join(person.home, name);
        writeFileSync(file, text, { mode: 0o600 });
        return { ...person.env, KUBECONFIG: file };
      };
      const host = gateway.url.replace('127.0.0.1', 'localhost');
      write('direct-by-host', direct.replace(`server: ${gateway.url}/clusters/dev`, `server: ${host}`));
      for (const [name, text] of Object.entries({ direct, far }))
        write(`${name}-beta`, text.replace('client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'));
      const [past, through, connector] = namespaces.map(({ name }) => name) as [string, string, string];
      sides = {
        past: { name: 'past', env: { KUBECONFIG: adminKubeconfig }, namespace: past },
        through: { name: 'through', env: write('direct', direct), namespace: through },
        connector: { name: 'by connector', env: write('far', far), namespace: connector },
      };
      await behind.startConnector();
      const { env } = sides.connector;
      await eventually(
        'requests through the connector',
        async () => (await runCommand(theBed().kubectl!, ['get', 'ns'], { env })).code === 0,
      );
    });
    afterAll(async () => {
      process.stderr.write(
        `\nclients: passed directly, through the gateway, and through it and a connector, total\n${counts.join('\n')}\n\n`,
      );
      await closers.run();
      await theBed().cluster!.admin.kubectl(['delete', 'clusterrolebinding', 'foreign-clients', '--ignore-not-found']);
      await Promise.all(namespaces.map((namespace) => namespace.remove()));
    });

    describe('have the same results', () => {
      it.each(names)('%s', async (name) => {
        const client = programs()[name];
        // The cluster behind the connector has no host of its own.
        const ways = [sides.through, ...(name.endsWith('by host') ? [] : [sides.connector])];
        const [past, ...gone] = (await Promise.all([sides.past, ...ways].map(client))) as [Verdict[], ...Verdict[][]];
        counts.push(`${name.padEnd(24)} ${[past, ...gone].map(passed).join(' ')} of ${past.length}`);
        expect(past.filter(({ verdict }) => verdict !== 'passed')).toEqual([]);
        const known = exceptions[name] ?? {};
        const isKnown = ({ step }: Verdict) => Object.hasOwn(known, step);
        const rest = (verdicts: readonly Verdict[]) => verdicts.filter((one) => !isKnown(one));
        for (const verdicts of gone) {
          expect(rest(verdicts)).toEqual(rest(past));
          expect(Object.fromEntries(verdicts.filter(isKnown).map(({ step, verdict }) => [step, verdict]))).toEqual(
            known,
          );
        }
      });
    });

    it('are completely in both logs', async () => {
      expect(await joinAuditLogs(gateway)).toMatchObject({ lost: [], leaked: [], unknown: [] });
      expect(
        gateway
          .events({ stage: 'ResponseComplete' })
          .filter(({ data }) => /^\/(?:api|apis|version)\/$/.test(data.requestURI)).length,
      ).toBeGreaterThan(5);
      expect(countProtocols(gateway, 'foreign clients')['http/2']).toBeGreaterThan(50);
    });
  },
);
