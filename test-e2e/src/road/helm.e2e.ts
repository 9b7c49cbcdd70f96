import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  createNamespace,
  describeWith,
  joinAuditLogs,
  realClusterAccess,
  runCommand,
  startGateway,
  theBed,
  type Gateway,
  type Person,
  type TestNamespace,
} from '../harness/index.ts';

function writeChart(directory: string, image: string): string {
  const chart = path.join(directory, 'chart');
  mkdirSync(path.join(chart, 'templates'), { recursive: true });
  writeFileSync(path.join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: small\nversion: 1.0.0\n');
  const labels = { app: 'small' };
  const objects = {
    settings: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings' },
      data: { release: '{{ .Release.Name }}', colour: '{{ .Values.colour }}' },
    },
    web: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image, imagePullPolicy: 'Never' }] },
        },
      },
    },
  };
  for (const [name, object] of Object.entries(objects))
    writeFileSync(path.join(chart, 'templates', `${name}.yaml`), JSON.stringify(object));
  return chart;
}

describeWith(
  ['node', 'redis', 'kafka', 'postgres', 'kubectl', 'helm'],
  'helm through four processes to a real node',
  () => {
    let gateway: Gateway;
    let alice: Person;
    let namespace: TestNamespace;
    beforeAll(async () => {
      namespace = await createNamespace();
      gateway = await startGateway({ mode: 'processes', clusters: [await realClusterAccess()] });
      alice = await gateway.person('alice@example.com');
    }, 60_000);
    afterAll(async () => {
      await gateway?.stop();
      await namespace?.remove();
    }, 60_000);

    it('installs a chart, waits for its pods, upgrades it, lists it and uninstalls it', async () => {
      const chart = writeChart(alice.home, theBed().cluster!.node!.image);
      const env = {
        ...alice.env,
        HELM_CACHE_HOME: alice.home,
        HELM_CONFIG_HOME: alice.home,
        HELM_DATA_HOME: alice.home,
      };
      const helm = async (...args: string[]) => {
        const { code, stdout, stderr } = await runCommand(theBed().helm!, [...args, '-n', namespace.name], { env });
        if (code !== 0) throw new Error(`helm ${args.join(' ')}: ${stderr}`);
        return stdout;
      };
      await helm('install', 'demo', chart, '--set', 'colour=blue', '--wait', '--timeout', '60s');
      expect(
        await alice.kubectl([
          'get',
          'deployment',
          'web',
          '-n',
          namespace.name,
          '-o',
          'jsonpath={.status.readyReplicas}',
        ]),
      ).toBe('1');
      await helm('upgrade', 'demo', chart, '--set', 'colour=red', '--wait', '--timeout', '60s');
      expect(
        JSON.parse(
          await alice.kubectl(['get', 'configmap', 'settings', '-n', namespace.name, '-o', 'jsonpath={.data}']),
        ),
      ).toEqual({ release: 'demo', colour: 'red' });
      expect(JSON.parse(await helm('list', '-o', 'json'))).toMatchObject([
        { name: 'demo', revision: '2', status: 'deployed' },
      ]);
      await helm('uninstall', 'demo', '--wait', '--timeout', '60s');
      expect(
        await alice.kubectl([
          'get',
          'deployments,configmaps',
          '-n',
          namespace.name,
          '-l',
          'app.kubernetes.io/managed-by=Helm',
          '-o',
          'name',
        ]),
      ).toBe('');
      expect(JSON.parse(await helm('list', '-o', 'json'))).toEqual([]);
    }, 180_000);

    it('has all its requests in both logs, and its reads of secrets in ours before they are executed', async () => {
      const join = await joinAuditLogs(gateway);
      expect(join).toMatchObject({ lost: [], leaked: [], unknown: [] });
      expect(gateway.events({ resource: 'secrets', stage: 'RequestReceived' }).length).toBeGreaterThan(3);
    });
  },
);
