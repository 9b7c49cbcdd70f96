import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createNamespace,
  describeWith,
  joinAuditLogs,
  realClusterAccess,
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

let gateway: Gateway;
let namespaces: TestNamespace[] = [];
let sides: { past: Side; through: Side };
/**
 * Returns the person's kubeconfig as some clients need it: the cluster by host, and the older version of the exec plugin.
 */
let byHost: string;
let beta: string;
const counts: string[] = [];

/** Known differences, and why. They are documented in docs/compatibility.md. */
const exceptions: Record<string, Record<string, string>> = {
  // It asks the cluster about its token, but only the gateway knows that token.
  kr8s: { 'who it is': "KeyError: 'username'" },
};

/** Returns the side with another kubeconfig if it goes through the gateway. */
function instead(side: Side, kubeconfig: string): Side {
  return side.name === 'past' ? side : { ...side, env: { ...side.env, KUBECONFIG: kubeconfig } };
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
    'pykube-ng': (side: Side) => python('pykube_client.py')(instead(side, beta)),
    lightkube: (side: Side) => python('lightkube_client.py')(instead(side, beta)),
    '@kubernetes/client-node': (side: Side) => runSteps(process.execPath, [stepsFile('client-node.mjs')], side, env),
    helm: helmSteps,
    // By default it drops the path of the cluster's URL. A URL by host has no path.
    'kubectl proxy': (side: Side) => kubectlProxySteps(side, '--append-server-path'),
    'kubectl proxy, by host': (side: Side) => kubectlProxySteps(instead(side, byHost)),
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
  'third-party clients, directly and through four processes',
  () => {
    beforeAll(async () => {
      const { admin, adminKubeconfig } = theBed().cluster!;
      gateway = await startGateway({
        mode: 'processes',
        clusters: [{ ...(await realClusterAccess()), host: 'localhost' }],
        people: [{ user: visitor, password: 'visitor', groups: ['developers'] }],
      });
      namespaces = await Promise.all([createNamespace(), createNamespace()]);
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
      const changed = (name: string, change: (text: string) => string) => {
        const file = path.join(person.home, name);
        writeFileSync(file, change(readFileSync(person.kubeconfig, 'utf8')), { mode: 0o600 });
        return file;
      };
      byHost = changed('by-host', (text) =>
        text.replace(`server: ${gateway.url}/clusters/dev`, `server: ${gateway.url.replace('127.0.0.1', 'localhost')}`),
      );
      beta = changed('beta', (text) =>
        text.replace('client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'),
      );
      sides = {
        past: { name: 'past', env: { KUBECONFIG: adminKubeconfig }, namespace: namespaces[0]!.name },
        through: { name: 'through', env: person.env, namespace: namespaces[1]!.name },
      };
    });
    afterAll(async () => {
      process.stderr.write(`\nclients: passed directly, passed through the gateway, total\n${counts.join('\n')}\n\n`);
      await gateway?.stop();
      await theBed().cluster!.admin.kubectl(['delete', 'clusterrolebinding', 'foreign-clients', '--ignore-not-found']);
      await Promise.all(namespaces.map((namespace) => namespace.remove()));
    });

    describe('have the same results', () => {
      it.each(names)('%s', async (name) => {
        const client = programs()[name];
        const [past, through] = await Promise.all([client(sides.past), client(sides.through)]);
        counts.push(`${name.padEnd(24)} ${passed(past)} ${passed(through)} of ${past.length}`);
        const known = exceptions[name] ?? {};
        const rest = (verdicts: readonly Verdict[]) => verdicts.filter(({ step }) => !Object.hasOwn(known, step));
        expect(rest(through)).toEqual(rest(past));
        expect(past.filter(({ verdict }) => verdict !== 'passed')).toEqual([]);
        expect(
          Object.fromEntries(
            through.filter(({ step }) => Object.hasOwn(known, step)).map(({ step, verdict }) => [step, verdict]),
          ),
        ).toEqual(known);
      });
    });

    it('are completely in both logs', async () => {
      expect(await joinAuditLogs(gateway)).toMatchObject({ lost: [], leaked: [], unknown: [] });
      expect(
        gateway
          .events({ stage: 'ResponseComplete' })
          .filter(({ data }) => /^\/(?:api|apis|version)\/$/.test(data.requestURI)).length,
      ).toBeGreaterThan(5);
    });
  },
);
