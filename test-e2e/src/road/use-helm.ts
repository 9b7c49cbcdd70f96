import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from '@jest/globals';
import { runCommand, theBed, type Person } from '../harness/index.ts';

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
    small: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'small' },
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

/** Installs a chart as a person, waits for its pod, upgrades it, lists it and uninstalls it. */
export async function useHelm(person: Person, namespace: string): Promise<void> {
  const chart = writeChart(person.home, theBed().cluster!.node!.image);
  const homes = Object.fromEntries(['CACHE', 'CONFIG', 'DATA'].map((name) => [`HELM_${name}_HOME`, person.home]));
  const env = { ...person.env, ...homes };
  const helm = async (...args: string[]) => {
    const { code, stdout, stderr } = await runCommand(theBed().helm!, [...args, '-n', namespace], { env });
    if (code !== 0) throw new Error(`helm ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const read = (object: string, field: string) =>
    person.kubectl(['get', object, '-n', namespace, '-o', `jsonpath={${field}}`]);
  await helm('install', 'demo', chart, '--set', 'colour=blue', '--wait', '--timeout', '60s');
  expect(await read('deployment/small', '.status.readyReplicas')).toBe('1');
  await helm('upgrade', 'demo', chart, '--set', 'colour=red', '--wait', '--timeout', '60s');
  expect(JSON.parse(await read('configmap/settings', '.data'))).toEqual({ release: 'demo', colour: 'red' });
  expect(JSON.parse(await helm('list', '-o', 'json'))).toMatchObject([
    { name: 'demo', revision: '2', status: 'deployed' },
  ]);
  await helm('uninstall', 'demo', '--wait', '--timeout', '60s');
  const managed = ['get', 'deployments,configmaps', '-n', namespace, '-l', 'app.kubernetes.io/managed-by=Helm'];
  expect(await person.kubectl([...managed, '-o', 'name'])).toBe('');
  expect(JSON.parse(await helm('list', '-o', 'json'))).toEqual([]);
}
