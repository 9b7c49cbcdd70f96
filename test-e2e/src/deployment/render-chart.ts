import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { runCommand, theBed } from '../harness/index.ts';
import { parseManifests, repository, type Manifest } from './manifests.ts';

export type ChartValues = Record<string, unknown>;

/** The chart in this repository. */
export const chart = path.join(repository, 'charts/sallyport');

/** Runs a command of helm, with these values in a file if the command takes any. */
export async function runHelm(
  args: readonly string[],
  values?: ChartValues,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-chart-'));
  try {
    const file = path.join(directory, 'values.yaml');
    if (values) writeFileSync(file, stringify(values));
    const home = Object.fromEntries(['CACHE', 'CONFIG', 'DATA'].map((name) => [`HELM_${name}_HOME`, directory]));
    return await runCommand(theBed().helm!, values ? [...args, '--values', file] : args, { env: home });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function render(name: string, values: ChartValues, args: readonly string[]): Promise<Manifest[]> {
  const { code, stdout, stderr } = await runHelm(
    ['template', name, path.join(repository, 'charts', name), '--namespace', 'sallyport', '--skip-tests', ...args],
    values,
  );
  if (code !== 0) throw new Error(`helm template: ${stderr}`);
  return parseManifests(stdout);
}

/** Returns the objects of the chart as a release with the name `sallyport`, without the pods of `helm test`. */
export const renderChart = (values: ChartValues, ...args: string[]) => render('sallyport', values, args);

/** Returns the objects of the chart of the connector, as a release with its name. */
export const renderConnectorChart = (values: ChartValues, ...args: string[]) =>
  render('sallyport-connector', values, args);

/** Values with which the chart configures what k8s/ does. */
export const valuesOfManifests: ChartValues = {
  gateway: { url: 'https://gate.example.com', tls: { secretName: 'sallyport-gateway-tls' } },
  serviceKeys: { from: 'secrets' },
  internalTls: { from: 'none' },
  identity: {
    providers: [
      {
        id: 'corp',
        issuer: 'https://idp.example.com',
        clientId: 'sallyport',
        clientSecretRef: { name: 'sallyport-oidc', key: 'client-secret' },
        scopes: ['openid', 'profile', 'email', 'groups', 'offline_access'],
        claims: { user: 'email', groups: 'groups' },
      },
    ],
  },
  redis: { secret: { name: 'sallyport-redis' } },
  kafka: { brokers: ['kafka.sallyport-data.svc:9092'] },
  postgres: { secret: { name: 'sallyport-postgres' } },
  cluster: {
    impersonate: { groups: ['developers', 'sre', 'security-auditors'] },
    policy: [{ allow: { or: [{ groups: 'developers' }, { groups: 'sre' }] } }],
  },
  api: {
    policy: {
      sessions: [{ allow: { or: [{ groups: 'sre' }] } }],
      audit: [{ allow: { or: [{ groups: 'security-auditors' }] } }],
      policy: [{ allow: { or: [{ groups: 'security-auditors' }] } }],
    },
  },
  networkPolicy: {
    data: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'sallyport-data' } } }],
  },
};

/** A workload whose issuer has a certificate of its own authority. */
export const gitlab = {
  name: 'gitlab',
  issuer: 'https://gitlab.example.com',
  audience: 'sallyport',
  match: { project_path: 'example/shop', ref: 'main' },
  user: 'gitlab:{{project_path}}',
  groups: ['sre'],
};
